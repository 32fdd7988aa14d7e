// Whatever a turn waits for calls back from the loop, so a turn ends outside of its handler.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/turn.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/later.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/lifespan.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/session/refreshtoken.h"
#include "verifier/trust/token/mint.h"

#include <errno.h>
#include <sodium.h>

#define TURN_FAMILY_SHOWN 8 // hexadecimal digits in the log

struct turn *turn_new(struct sessions *sessions, enum sessionrules_route route,
	const struct route_request *request)
{
	struct turn *turn = calloc(1, sizeof(*turn));

	if (!turn)
		return NULL;
	turn->sessions = sessions;
	turn->route = route;
	turn->form = request->numbered ? COOKIEJAR_NUMBERED : COOKIEJAR_PLAIN;
	turn->later = later_begin(request);
	if (turn->later)
		return turn;
	free(turn);
	return NULL;
}

static void wipe(struct turn *turn)
{
	route_reply_done(&turn->reply);
	sodium_memzero(turn, sizeof(*turn));
	free(turn);
}

void turn_cancel(struct turn *turn)
{
	ignore_result(later_cancel(turn->later)); // NULL
	wipe(turn);
}

static void on_done(void *owner, struct store_op *op)
{
	struct turn *turn = owner;

	(void)op; // the turn's
	turn->stored(turn);
}

enum sessionfault turn_store(struct turn *turn, turn_stored *stored)
{
	struct ledger *ledger = turn->sessions->ledger;

	turn->stored = stored;
	if (!ledger)
		return SESSIONFAULT_AWAY;
	return ledger_put(ledger, &turn->op, on_done, turn) == 0 ? SESSIONFAULT_NONE
								 : SESSIONFAULT_WAITING;
}

void turn_tell(const struct turn *turn, struct log_line *line)
{
	char text[FAMILY_ID_TEXT];

	(void)family_id_text(turn->op.family.id, text);
	text[TURN_FAMILY_SHOWN] = '\0';
	log_text(line, "family", text);
}

enum sessionfault turn_mint(
	const struct turn *turn, bool is_recorded, int64_t now_wall_ms, struct pair *ret_pair)
{
	const struct sessions *sessions = turn->sessions;
	const struct profile *access = turn_profile(sessions, sessions->rules->access);
	const struct profile *refresh = turn_profile(sessions, sessions->rules->refresh);
	struct err err = ERR_NONE;
	int code;

	if (!access || !refresh)
		return SESSIONFAULT_NO_KEY;
	code = pair_mint(access, is_recorded ? refresh : NULL, &turn->op.family, now_wall_ms,
		ret_pair, &err);
	if (code == MINT_OK)
		return SESSIONFAULT_NONE;
	if (code == MINT_E_LIFETIME)
		return SESSIONFAULT_EXPIRED;
	log_failure(sessions->log, "session_unsigned", &err);
	return SESSIONFAULT_NOT_SIGNED;
}

bool turn_is_wanted(const struct turn *turn)
{
	return later_is_wanted(turn->later);
}

static void count(struct sessions *sessions, enum sessionrules_route route, enum sessionfault fault)
{
	if (route < SESSIONRULES_ROUTES)
		sessions->counts[route][sessionfault_result(fault)]++;
}

void turn_end(struct turn *turn, enum sessionfault fault)
{
	if (fault && !turn->reply.status)
		sessionfault_answer(&turn->reply, fault);
	count(turn->sessions, turn->route, fault);
	later_end(turn->later, &turn->reply);
	wipe(turn);
}

void turn_answer(struct sessions *sessions, enum sessionrules_route route, enum sessionfault fault,
	struct route_reply *reply)
{
	count(sessions, route, fault);
	if (fault)
		sessionfault_answer(reply, fault);
}

enum sessionfault turn_set_pair(
	struct turn *turn, const struct pair *pair, int64_t now_wall_ms, enum cookiejar_form form)
{
	const struct sessions *sessions = turn->sessions;
	int code = cookiejar_set_pair(sessions->rules, pair, now_wall_ms, form, &turn->reply);
	enum sessionfault fault = code == -ENOMEM ? SESSIONFAULT_MEMORY : SESSIONFAULT_COOKIE;

	if (code == 0)
		return SESSIONFAULT_NONE;
	if (fault == SESSIONFAULT_COOKIE)
		log_event(sessions->log, LOG_ERROR, "session_unfit", "hint",
			"the session's cookies do not fit: have fewer claims in them");
	sessionfault_answer(&turn->reply, fault);
	return fault;
}

const struct profile *turn_profile(const struct sessions *sessions, const char *name)
{
	const struct keyring *keyring = sessions->answers->keyring;
	const struct profile *profile = keyring ? keyring_find(keyring, name, strlen(name)) : NULL;

	return profile && profile->usable ? profile : NULL;
}

bool turn_can_mint(const struct sessions *sessions)
{
	const struct profile *access = turn_profile(sessions, sessions->rules->access);
	const struct profile *refresh = turn_profile(sessions, sessions->rules->refresh);

	return access && access->rules->kind == PROFILE_JWS && mint_key(access) && refresh &&
	       refreshtoken_fits(refresh);
}

bool turn_has_grace(const struct turn *turn)
{
	const struct ledger_state *state = ledger_state(turn->sessions->ledger);
	uint64_t grace_ms = turn->sessions->rules->away_ms[turn->route];

	if (!grace_ms || state->up) // up: this one was late, or the first to find out
		return grace_ms;
	return clock_steady_ms() < (uint64_t)state->away_since_steady_ms + grace_ms;
}

bool turn_rules(const struct sessions *sessions, struct family_rules *ret_rules)
{
	const struct profile *access = turn_profile(sessions, sessions->rules->access);
	const struct profile *refresh = turn_profile(sessions, sessions->rules->refresh);
	uint64_t leeway_ms, life_ms;

	if (!access || !refresh)
		return false;
	lifespan_longest(sessions->answers->keyring, NULL, &leeway_ms, &life_ms);
	*ret_rules = (struct family_rules){.grace_ms = sessions->rules->grace_ms,
		.idle_ms = refresh->rules->lifetime_ms,
		.access_ms = access->rules->lifetime_ms + leeway_ms};
	return true;
}
