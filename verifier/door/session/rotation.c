// A loser of a race is as logged in as the winner: the store says so, and the pair is the same.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/rotation.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/carrier.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/session/farewells.h"
#include "verifier/record/revocations.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/session/refreshtoken.h"

#include <errno.h>
#include <sodium.h>

static const enum sessionfault faults[FAMILY_OUTCOMES] = {[FAMILY_REUSED] = SESSIONFAULT_REUSED,
	[FAMILY_ENDED] = SESSIONFAULT_ENDED,
	[FAMILY_EXPIRED] = SESSIONFAULT_EXPIRED,
	[FAMILY_UNKNOWN] = SESSIONFAULT_UNKNOWN};

bool rotation_is_over(const struct sessions *sessions, const uint8_t family[static FAMILY_ID_BYTES])
{
	const struct revocations *revocations = sessions->answers->revocations;
	char name[FAMILY_ID_TEXT];

	if (sessions->farewells && farewells_has(sessions->farewells, family))
		return true;
	return revocations && revocations_size(revocations) &&
	       revocations_has(revocations, family_id_text(family, name), FAMILY_ID_TEXT - 1,
		       clock_wall_ms());
}

// ---- the token

static enum sessionfault judge_found(const struct profile *profile, struct cookie_view value,
	int64_t now_wall_ms, struct refreshtoken *ret_token)
{
	struct token_scratch scratch;
	enum token_code code = refreshtoken_read(
		profile, value.text, value.length, now_wall_ms, &scratch, ret_token);

	sodium_memzero(&scratch, sizeof(scratch));
	ret_token->claims = NULL;
	ret_token->claims_length = 0;
	if (code == TOKEN_E_KEY_UNUSABLE)
		return SESSIONFAULT_NO_KEY;
	if (code == TOKEN_E_EXPIRED)
		return SESSIONFAULT_EXPIRED;
	return code == TOKEN_OK ? SESSIONFAULT_NONE : SESSIONFAULT_REFRESH_BAD;
}

// Of several names, which a profile has while it changes its cookie's, the first that is there.
static enum cookie_result find_cookie(const struct sessions *sessions,
	const struct route_request *request, const struct profile *profile,
	struct cookie_view *ret_value)
{
	const struct profile_list session = {&sessions->rules->refresh_cookie, 1};
	const struct profile_list *names =
		profile && profile->rules->cookies.count ? &profile->rules->cookies : &session;
	char *room = judge_text(sessions->answers->judge);
	enum cookie_result found = COOKIE_NONE;

	for (size_t i = 0; request->cookie_count && found == COOKIE_NONE && i < names->count; i++)
		found = carrier_cookie(request, names->items[i], room, ret_value);
	return found;
}

enum sessionfault rotation_read(const struct sessions *sessions,
	const struct route_request *request, int64_t now_wall_ms, struct refreshtoken *ret_token)
{
	const struct profile *profile = turn_profile(sessions, sessions->rules->refresh);
	enum sessionfault fault;
	struct cookie_view value;
	enum cookie_result found = find_cookie(sessions, request, profile, &value);

	if (found == COOKIE_NONE)
		fault = SESSIONFAULT_REFRESH_NONE;
	else if (found != COOKIE_OK)
		fault = found == COOKIE_E_AMBIGUOUS ? SESSIONFAULT_REFRESH_SEVERAL
						    : SESSIONFAULT_REFRESH_BAD;
	else
		fault = profile ? judge_found(profile, value, now_wall_ms, ret_token)
				: SESSIONFAULT_NO_KEY;
	judge_forget(sessions->answers->judge);
	return fault;
}

// Makes the turn's op.
static enum sessionfault use(struct turn *turn, const struct route_request *request)
{
	struct refreshtoken token = {0};
	enum sessionfault fault = rotation_read(turn->sessions, request, clock_wall_ms(), &token);

	if (fault)
		return fault;
	if (rotation_is_over(turn->sessions, token.family))
		return SESSIONFAULT_ENDED;
	turn->op.verb = STORE_USE;
	turn->op.generation = token.generation;
	memcpy(turn->op.family.id, token.family, sizeof(token.family));
	return turn_can_mint(turn->sessions) && turn_rules(turn->sessions, &turn->op.rules)
		       ? SESSIONFAULT_NONE
		       : SESSIONFAULT_NO_KEY;
}

enum sessionfault rotation_begin(struct sessions *sessions, enum sessionrules_route route,
	const struct route_request *request, turn_stored *used)
{
	struct turn *turn = turn_new(sessions, route, request);
	enum sessionfault fault;

	if (!turn)
		return SESSIONFAULT_MEMORY;
	(void)snprintf(turn->profile, sizeof(turn->profile), "%s", request->rest);
	fault = use(turn, request);
	if (!fault)
		fault = turn_store(turn, used);
	if (fault)
		turn_cancel(turn);
	return fault;
}

// ---- what the store says

static void note_reuse(const struct turn *turn)
{
	struct log_line line;

	log_begin(&line, turn->sessions->log, LOG_WARNING, "session_reuse");
	turn_tell(turn, &line);
	log_number(&line, "generation", turn->op.generation);
	log_end(&line);
}

// What a store that is away said last, if it said anything. Its clock is away too, so nobody knows
// how long ago an earlier generation was used, and only the present one counts.
static enum sessionfault judge_remembered(const struct turn *turn, int64_t now_wall_ms)
{
	struct family family = turn->op.family;
	struct family_now now = {now_wall_ms, 0};
	enum family_outcome outcome;

	if (!turn->op.remembered || !turn_has_grace(turn))
		return SESSIONFAULT_AWAY;
	if (family.used_count)
		now.steady_ms = family.used_steady_ms[0] + (int64_t)turn->op.rules.grace_ms + 1;
	outcome = family_use(&family, turn->op.generation, &turn->op.rules, &now);
	sodium_memzero(&family, sizeof(family));
	if (outcome == FAMILY_REUSED)
		return SESSIONFAULT_AWAY; // the store is to judge that
	return family_is_good(outcome) ? SESSIONFAULT_NONE : faults[outcome];
}

static enum sessionfault judge_answer(const struct turn *turn, int64_t now_wall_ms)
{
	const struct store_op *op = &turn->op;

	if (op->code < 0 && op->code != -EAGAIN)
		return SESSIONFAULT_AWAY;
	if (op->code == 0 && op->outcome == FAMILY_REUSED)
		note_reuse(turn);
	else if (rotation_is_over(turn->sessions, op->family.id))
		return SESSIONFAULT_ENDED;
	if (op->code == -EAGAIN)
		return judge_remembered(turn, now_wall_ms);
	return family_is_good(op->outcome) ? SESSIONFAULT_NONE : faults[op->outcome];
}

enum sessionfault rotation_end(struct turn *turn, int64_t now_wall_ms, struct pair *ret_pair)
{
	enum sessionfault fault = judge_answer(turn, now_wall_ms);

	if (fault)
		return fault;
	// Where nothing was used, there is no next one
	return turn_mint(turn, turn->op.code == 0, now_wall_ms, ret_pair);
}
