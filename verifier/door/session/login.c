// A login in its order: the request, the upstream's answer, a pair of tokens on trial, the record,
// and the pair that the browser gets.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/login.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/identity.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/loginanswer.h"
#include "verifier/door/session/rotation.h"
#include "verifier/door/session/turn.h"
#include "verifier/door/session/upstream.h"
#include "verifier/door/session/userdata.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/session/refreshtoken.h"

#include <errno.h>
#include <sodium.h>

// ---- the log

// Whoever may try passwords may not fill a disk.
static bool is_heard(const struct sessions *sessions, enum sessionfault fault)
{
	return !fault || throttle_admits(sessions->throttle, THROTTLE_STRANGER, THROTTLE_UNKNOWN,
				 clock_steady_ms());
}

// `turn`: whose session begins, or NULL.
static void note(const struct sessions *sessions, enum sessionfault fault, const struct turn *turn)
{
	struct log_line line;

	if (!is_heard(sessions, fault))
		return;
	log_begin(&line, sessions->log,
		sessionfault_result(fault) == SESSIONS_FAILED ? LOG_ERROR : LOG_INFO,
		"session_login");
	log_text(&line, "result", sessionfault_code(fault));
	if (turn && !fault)
		turn_tell(turn, &line);
	log_end(&line);
}

// `path`: which of the settings does not fit, or NULL.
static void note_upstream(
	const struct sessions *sessions, enum sessionfault fault, unsigned status, const char *path)
{
	struct log_line line;

	if (!is_heard(sessions, fault))
		return;
	log_begin(&line, sessions->log, LOG_WARNING, "upstream_failed");
	log_text(&line, "code", sessionfault_code(fault));
	if (status)
		log_number(&line, "status", status);
	log_text(&line, "path", path);
	log_end(&line);
}

// ---- the session

// What the access token says is told to a proxy with each page: whoever could not be told there
// must not be logged in, and sent from the page to the login for ever.
// Returns: SESSIONFAULT_NONE, _UNFIT, _AWAY or _MEMORY.
static enum sessionfault judge_pair(const struct sessions *sessions, const struct pair *pair)
{
	struct judge *judge = sessions->answers->judge;
	const struct profile *access = turn_profile(sessions, sessions->rules->access);
	const struct judge_question question = {
		.profile = access, .token = pair->access.token, .length = pair->access.length};
	struct route_reply told = {0};
	struct token_verdict verdict;
	const char *code;

	judge_token(judge, &question, &verdict);
	code = token_code_text(verdict.code);
	if (verdict.code == TOKEN_OK)
		code = identity_tell(access, &verdict, &told) ? NULL : told.code;
	judge_forget(judge);
	route_reply_done(&told);
	if (!code || verdict.code == TOKEN_E_STORE_AWAY)
		return code ? SESSIONFAULT_AWAY : SESSIONFAULT_NONE;
	if (text_equal(code, sessionfault_code(SESSIONFAULT_MEMORY)))
		return SESSIONFAULT_MEMORY;
	if (is_heard(sessions, SESSIONFAULT_UNFIT))
		log_event(sessions->log, LOG_WARNING, "session_unfit", "code", code);
	return SESSIONFAULT_UNFIT;
}

// Makes the pair of a session that is not begun yet, and drops it.
// Returns: SESSIONFAULT_NONE, or why nobody could go on with it.
static enum sessionfault try_pair(const struct turn *turn)
{
	struct pair pair;
	enum sessionfault fault = turn_mint(turn, true, clock_wall_ms(), &pair);

	if (fault)
		return fault;
	fault = judge_pair(turn->sessions, &pair);
	pair_done(&pair);
	return fault;
}

// Without one of its own the browser would go on with the refresh token that it has, of whoever was
// logged in before.
static enum sessionfault forget_refresh(struct turn *turn)
{
	const struct sessions *sessions = turn->sessions;
	const struct profile *refresh = turn_profile(sessions, sessions->rules->refresh);
	const struct profile_list *names = refresh ? &refresh->rules->cookies : NULL;
	int code = 0;

	for (size_t i = 0; names && i < names->count && code == 0; i++)
		code = cookiejar_clear_one(sessions->rules, names->items[i], &turn->reply);
	if (code == 0)
		return SESSIONFAULT_NONE;
	sessionfault_answer(&turn->reply, SESSIONFAULT_MEMORY);
	return SESSIONFAULT_MEMORY;
}

static enum sessionfault add_pair(struct turn *turn, bool is_recorded)
{
	int64_t now_wall_ms = clock_wall_ms();
	struct pair pair;
	enum sessionfault fault = turn_mint(turn, is_recorded, now_wall_ms, &pair);

	if (fault)
		return fault;
	fault = turn_set_pair(turn, &pair, now_wall_ms, COOKIEJAR_PLAIN);
	if (!fault && !is_recorded)
		fault = forget_refresh(turn);
	pair_done(&pair);
	return fault;
}

// Where the old session could not be ended, the browser has forgotten it all the same.
static void on_replaced(struct turn *turn)
{
	turn_end(turn, SESSIONFAULT_NONE);
}

// Ends the session that the browser had until now: without its cookies nobody else could.
// Returns: whether that is under way.
static bool replace(struct turn *turn)
{
	if (!turn->replaces || !turn_is_wanted(turn))
		return false;
	turn->op.verb = STORE_END_FAMILY;
	turn->op.end = FAMILY_ENDED_BY_LOGOUT;
	memcpy(turn->op.family.id, turn->replaced, sizeof(turn->replaced));
	return turn_store(turn, on_replaced) == SESSIONFAULT_NONE;
}

static void on_created(struct turn *turn)
{
	bool is_away = turn->op.code == -EAGAIN;
	enum sessionfault fault = SESSIONFAULT_AWAY;

	if (turn->op.code == 0 || (is_away && turn_has_grace(turn)))
		fault = add_pair(turn, !is_away);
	else if (!is_away)
		fault = SESSIONFAULT_WAITING; // the id is taken: trying again makes another
	// now: afterwards the turn may be about the old session
	note(turn->sessions, fault, turn);
	if (!fault && !is_away && replace(turn))
		return;
	if (fault)
		sessionfault_answer(&turn->reply, fault);
	turn_end(turn, fault);
}

// ---- the upstream's answer

static void on_answered(void *owner, const struct relay_answer *answer)
{
	struct turn *turn = owner;
	const struct sessions *sessions = turn->sessions;
	enum sessionfault fault = loginanswer_judge(sessions->rules, answer);
	struct strictjson_value root;
	const char *path = NULL;

	if (!fault && !userdata_read(answer->body, answer->length, &root))
		fault = SESSIONFAULT_NOT_JSON;
	if (!fault)
		fault = loginanswer_take(turn, &root, &path);
	if (!fault)
		fault = try_pair(turn);
	if (path || sessionfault_result(fault) == SESSIONS_UPSTREAM)
		note_upstream(sessions, fault, answer->status, path);
	if (!turn_is_wanted(turn)) { // a session that nobody gets is not begun
		turn_cancel(turn);
		return;
	}
	if (!fault)
		fault = turn_store(turn, on_created);
	if (!fault)
		return;
	note(sessions, fault, NULL);
	sessionfault_wait(
		&turn->reply, fault, fault == SESSIONFAULT_TOO_OFTEN ? answer->retry_after_s : 0);
	turn_end(turn, fault);
}

// ---- the request

static bool is_text(const struct strictjson_member *member, size_t most)
{
	return member->value.type == STRICTJSON_STRING && member->value.length &&
	       member->value.length <= most;
}

// Sends both on, as they were written.
static enum sessionfault ask(struct turn *turn, const struct strictjson_member members[static 2])
{
	char body[LOGIN_EMAIL_MAX + LOGIN_PASSWORD_MAX + 64];
	int length = snprintf(body, sizeof(body), "{\"email\":\"%.*s\",\"password\":\"%.*s\"}",
		(int)members[0].value.length, members[0].value.text, (int)members[1].value.length,
		members[1].value.text);
	int code = upstream_ask(turn->sessions->upstream, body, (size_t)length, on_answered, turn);

	sodium_memzero(body, sizeof(body));
	if (code == 0)
		return SESSIONFAULT_NONE;
	return code == -EBUSY ? SESSIONFAULT_BUSY : SESSIONFAULT_DOWN;
}

static enum sessionfault begin(struct sessions *sessions, const struct route_request *request,
	const struct strictjson_member members[static 2])
{
	struct turn *turn = turn_new(sessions, SESSIONRULES_LOGIN, request);
	struct refreshtoken token = {0};
	enum sessionfault fault;

	if (!turn)
		return SESSIONFAULT_MEMORY;
	turn->op.verb = STORE_CREATE;
	turn->replaces = !rotation_read(sessions, request, clock_wall_ms(), &token);
	memcpy(turn->replaced, token.family, sizeof(turn->replaced));
	fault = turn_can_mint(sessions) && turn_rules(sessions, &turn->op.rules)
			? ask(turn, members)
			: SESSIONFAULT_NO_KEY;
	if (fault)
		turn_cancel(turn);
	return fault;
}

static enum sessionfault judge_request(
	const struct route_request *request, struct strictjson_member members[static 2])
{
	struct route_reply ignored = {0};
	bool is_good;

	if (!question_is_type(request, QUESTION_JSON))
		return SESSIONFAULT_TYPE;
	is_good = question_read(request, members, 2, &ignored) &&
		  is_text(&members[0], LOGIN_EMAIL_MAX) && is_text(&members[1], LOGIN_PASSWORD_MAX);
	route_reply_done(&ignored);
	return is_good ? SESSIONFAULT_NONE : SESSIONFAULT_BODY;
}

void login_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	struct strictjson_member members[] = {{.name = "email"}, {.name = "password"}};
	enum sessionfault fault =
		sessions->login_waits ? SESSIONFAULT_LOGIN_WAITS : SESSIONFAULT_NO_LOGIN;

	if (sessions->upstream)
		fault = judge_request(request, members);
	if (!fault)
		fault = begin(sessions, request, members);
	if (!fault)
		return;
	note(sessions, fault, NULL);
	turn_answer(sessions, SESSIONRULES_LOGIN, fault, reply);
}
