// Names, fingerprints and findings; the registry decided before.
// SPDX-License-Identifier: MIT
#include "verifier/door/verdict.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/message.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/custody.h"
#include "verifier/record/registry.h"

// Fingerprints of the secrets that have a winner, for the loader to show.
static struct message_fingerprint *list_fingerprints(const struct bundle *bundle,
	const struct registry_key *keys, struct pool *pool, size_t *ret_count)
{
	struct message_fingerprint *list = pool_array(pool, bundle->key_count + 1, sizeof(*list));

	*ret_count = 0;
	for (size_t i = 0; list && i < bundle->key_count; i++) {
		struct message_fingerprint *at = &list[*ret_count];

		if (!(keys[i].flags & BUNDLE_KEY_SECRET) || !keys[i].has_value)
			continue;
		at->key = keys[i].name;
		memcpy(at->text, keys[i].fingerprint, sizeof(at->text));
		++*ret_count;
	}
	return list;
}

void verdict_write(const struct answers *answers, const struct bundle *bundle,
	const struct custody_verdict *verdict, const struct diag *diag, struct pool *pool,
	struct message_verdict *ret_said)
{
	struct message_verdict said = {.accepted = verdict->result == REGISTRY_ACCEPTED,
		.generation = registry_generation(answers->registry),
		.key_id = fingerprint_key_id(answers->key),
		.findings = diag_size(diag) ? diag_at(diag, 0) : NULL,
		.finding_count = diag_size(diag)};

	said.fingerprints = list_fingerprints(bundle, verdict->keys, pool, &said.fingerprint_count);
	*ret_said = said;
}

void verdict_log(const struct log *log, struct throttle *throttle, const struct peer *peer,
	const struct bundle *bundle, const struct message_verdict *said)
{
	uint64_t now = clock_steady_ms();
	struct log_line line;

	if (!said->accepted && throttle_admits(throttle, THROTTLE_OFFER, peer->uid, now)) {
		log_begin(&line, log, LOG_WARNING, "refused");
		log_text(&line, "app", bundle->app);
		log_text(&line, "phase", bundle_phase_text(bundle->phase));
		log_number(&line, "uid", peer->uid);
		log_number(&line, "pid", (uint64_t)peer->pid);
		log_end(&line);
	}
	for (size_t i = 0; i < said->finding_count; i++) {
		const struct diag_item *item = &said->findings[i];
		enum log_level level = item->severity == DIAG_ERROR     ? LOG_ERROR
				       : item->severity == DIAG_WARNING ? LOG_WARNING
									: LOG_INFO;

		if (!throttle_admits(throttle, THROTTLE_FINDING, peer->uid, now))
			continue;
		log_begin(&line, log, level, "finding");
		log_text(&line, "app", bundle->app);
		log_text(&line, "code", item->code);
		log_text(&line, "key", item->key);
		log_text(&line, "text", item->text);
		log_text(&line, "hint", item->hint);
		log_end(&line);
	}
}
