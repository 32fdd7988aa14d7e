// A problem is counted always and logged within a rate: who may not connect may ask all day.
// SPDX-License-Identifier: MIT
#include "verifier/door/intake_problem.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/wire/exchange.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/intake.h"
#include "verifier/trust/vault.h"

void intake_problem_note(const struct intake_parts *parts, const struct peer *peer,
	enum fault fault, const char *text)
{
	bool stranger = !admit_verbs(parts->admit, peer->uid, peer->gid);
	struct log_line line;

	parts->answers->counts.problems[fault]++;
	if (fault == FAULT_E_NOT_ADMITTED)
		parts->answers->counts.denied[ROUTE_HANDOFF]++;
	if (!throttle_admits(parts->throttle, stranger ? THROTTLE_STRANGER : THROTTLE_PROBLEM,
		    peer->uid, clock_steady_ms()))
		return;
	log_begin(&line, parts->log, LOG_WARNING, "problem");
	log_text(&line, "door", "handoff");
	log_text(&line, "code", fault_text(fault));
	log_text(&line, "text", text);
	log_number(&line, "uid", peer->uid);
	log_number(&line, "pid", (uint64_t)peer->pid);
	log_end(&line);
}

int intake_problem_send(
	const struct intake_parts *parts, int socket, enum fault fault, const struct err *err)
{
	const struct exchange exchange = {.socket = socket, .arena = vault_arena(parts->vault)};
	const struct message message = {.type = MESSAGE_PROBLEM,
		.problem = {.code = fault_text(fault),
			.text = err->what,
			.hint = err->hint[0] ? err->hint : fault_hint(fault)}};

	return exchange_send(&exchange, &message, -1, NULL);
}
