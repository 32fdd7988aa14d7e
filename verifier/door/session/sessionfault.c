// The table of refusals. What a code means and what to do about it: lib/value/problem.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/sessionfault.h"

#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/verify.h"

#define SESSIONFAULT_ROOM 128 // of a refusal's body

#define NO_LOGIN "Login is not available"
#define NO_SESSIONS "Sessions are not available"
#define BAD_REFRESH "Invalid refresh token"

struct row {
	unsigned status;
	const char *code, *error;
	enum sessions_result result;
	unsigned retry_s; // Retry-After; 0: none
	bool clears;
};

// clang-format off
static const struct row rows[SESSIONFAULTS] = {
	[SESSIONFAULT_PATH] = {404, "no_such_path", "No such path", SESSIONS_BROKEN, 0, false},
	[SESSIONFAULT_METHOD] = {405, "no_such_method", "Method not allowed", SESSIONS_BROKEN, 0, false},
	[SESSIONFAULT_CROSS_SITE] = {403, "cross_site", "Cross-site request refused", SESSIONS_FOREIGN, 0, false},
	[SESSIONFAULT_TYPE] = {415, "type_unsupported", "Send application/json", SESSIONS_BROKEN, 0, false},
	[SESSIONFAULT_BODY] = {400, "body_invalid", "The request is not valid", SESSIONS_BROKEN, 0, false},
	[SESSIONFAULT_CREDENTIALS] = {401, "credentials_invalid", "Invalid credentials", SESSIONS_REFUSED, 0, false},
	[SESSIONFAULT_TOO_OFTEN] = {429, "login_too_often", "Too many attempts", SESSIONS_REFUSED, 30, false},
	[SESSIONFAULT_NO_LOGIN] = {404, "login_off", "There is no login here", SESSIONS_BROKEN, 0, false},
	[SESSIONFAULT_LOGIN_WAITS] = {503, "login_waiting", NO_LOGIN, SESSIONS_UPSTREAM, 5, false},
	[SESSIONFAULT_UNREACHABLE] = {502, "upstream_unreachable", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_TIMEOUT] = {504, "upstream_timeout", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_TLS] = {502, "upstream_tls", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_TOO_LARGE] = {502, "upstream_too_large", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_BROKEN] = {502, "upstream_broken", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_BUSY] = {503, "upstream_busy", NO_LOGIN, SESSIONS_UPSTREAM, 1, false},
	[SESSIONFAULT_DOWN] = {502, "upstream_down", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_REDIRECT] = {502, "upstream_redirect", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_STATUS] = {502, "upstream_status", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_NOT_JSON] = {502, "upstream_not_json", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_UNFIT] = {502, "upstream_unfit", NO_LOGIN, SESSIONS_UPSTREAM, 0, false},
	[SESSIONFAULT_PROFILE] = {403, "profile_unknown", "Not allowed", SESSIONS_FAILED, 0, false},
	[SESSIONFAULT_TOKEN_BAD] = {403, "forward_refused", "Not allowed", SESSIONS_REFUSED, 0, false},
	[SESSIONFAULT_TOKEN_SEVERAL] = {401, "token_ambiguous", "Not logged in", SESSIONS_REFUSED, 0, false},
	[SESSIONFAULT_NOT_LOGGED_IN] = {401, "not_logged_in", "Not logged in", SESSIONS_REFUSED, 0, false},
	[SESSIONFAULT_REFRESH_NONE] = {401, "refresh_required", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_REFRESH_BAD] = {401, "refresh_invalid", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_REFRESH_SEVERAL] = {401, "refresh_invalid", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_REUSED] = {401, "reuse_detected", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_ENDED] = {401, "session_ended", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_EXPIRED] = {401, "session_expired", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_UNKNOWN] = {401, "session_unknown", BAD_REFRESH, SESSIONS_REFUSED, 0, true},
	[SESSIONFAULT_AWAY] = {503, "store_away", NO_SESSIONS, SESSIONS_AWAY, 5, false},
	[SESSIONFAULT_WAITING] = {503, "store_busy", NO_SESSIONS, SESSIONS_FAILED, 1, false},
	[SESSIONFAULT_NO_KEY] = {503, "key_unusable", NO_SESSIONS, SESSIONS_FAILED, 5, false},
	[SESSIONFAULT_NOT_SIGNED] = {500, "not_signed", NO_SESSIONS, SESSIONS_FAILED, 0, false},
	[SESSIONFAULT_COOKIE] = {500, "cookie_too_large", NO_SESSIONS, SESSIONS_FAILED, 0, false},
	[SESSIONFAULT_MEMORY] = {503, "out_of_memory", NO_SESSIONS, SESSIONS_FAILED, 1, false},
};
// clang-format on

static void answer(struct route_reply *reply, unsigned status, const char *code, const char *error)
{
	route_reply_done(reply);
	reply_begin(reply, status, QUESTION_JSON, SESSIONFAULT_ROOM);
	reply_member(reply, "{\"error\":", error);
	reply_member(reply, ",\"code\":", code);
	reply_text(reply, "}"); // where memory is short the status alone says it
	reply->code = code;
}

void sessionfault_wait(struct route_reply *reply, enum sessionfault fault, uint32_t retry_s)
{
	const struct row *row = &rows[fault];
	char text[16];
	int length;

	answer(reply, row->status, row->code, row->error);
	if (row->status == 401) // of tokens, too: users whose session is over are no attack
		verify_challenge(reply, NULL, NULL);
	if (!retry_s)
		retry_s = row->retry_s;
	if (!retry_s)
		return;
	length = snprintf(text, sizeof(text), "%u", retry_s);
	ignore_result(reply_header(reply, "Retry-After", text, (size_t)length)); // memory is short
}

void sessionfault_answer(struct route_reply *reply, enum sessionfault fault)
{
	sessionfault_wait(reply, fault, 0);
}

void sessionfault_token(struct route_reply *reply, unsigned status, const char *code)
{
	answer(reply, status, code, status == 401 ? "Not logged in" : "Not allowed");
	if (status == 401)
		verify_challenge(reply, "invalid_token", code);
}

const char *sessionfault_code(enum sessionfault fault)
{
	return fault ? rows[fault].code : "ok";
}

enum sessions_result sessionfault_result(enum sessionfault fault)
{
	return fault ? rows[fault].result : SESSIONS_OK;
}

bool sessionfault_clears(enum sessionfault fault)
{
	return rows[fault].clears;
}
