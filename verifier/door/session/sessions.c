// The session listener's table, and what holds for every row: the method, and who asks for it.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/sessions.h"

#include "lib/base/text.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/check.h"
#include "verifier/door/session/farewells.h"
#include "verifier/door/session/login.h"
#include "verifier/door/session/logout.h"
#include "verifier/door/session/origin.h"
#include "verifier/door/session/renew.h"
#include "verifier/door/session/turn.h"
#include "verifier/door/session/whoami.h"
#include "verifier/trust/token/profile.h"

const char *const sessions_result_names[] = {[SESSIONS_OK] = "ok",
	[SESSIONS_REFUSED] = "refused",
	[SESSIONS_FOREIGN] = "cross_site",
	[SESSIONS_BROKEN] = "bad_request",
	[SESSIONS_UPSTREAM] = "upstream",
	[SESSIONS_AWAY] = "store_away",
	[SESSIONS_FAILED] = "failed",
	[SESSIONS_RESULTS] = NULL};

typedef void handler(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

struct row {
	const char *method; // GET answers HEAD as well
	const char *path;   // ends in '/': a profile's name follows
	handler *handler;
	enum sessionrules_route route; // SESSIONRULES_ROUTES: is not counted
	bool changes;                  // state: a page of another site may not ask
};

// clang-format off
static const struct row rows[] = {
	{"POST", "/auth/login",   login_answer,  SESSIONRULES_LOGIN,   true},
	{"ANY",  "/auth/check/",  check_answer,  SESSIONRULES_CHECK,   false},
	{"POST", "/auth/refresh", renew_answer,  SESSIONRULES_REFRESH, true},
	{"POST", "/auth/logout",  logout_answer, SESSIONRULES_LOGOUT,  true},
	{"GET",  "/auth/session", whoami_answer, SESSIONRULES_ROUTES,  false},
};
// clang-format on

static bool is_path_of(const struct row *row, const char *path, size_t length)
{
	size_t own = strlen(row->path);

	if (length < own || memcmp(path, row->path, own) != 0)
		return false;
	return row->path[own - 1] == '/' || length == own;
}

static const struct row *find_row(const char *path, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_path_of(&rows[i], path, length))
			return &rows[i];
	return NULL;
}

static bool is_method_of(const struct row *row, const char *method)
{
	return text_equal(row->method, "ANY") || text_equal(row->method, method) ||
	       (text_equal(row->method, "GET") && text_equal(method, "HEAD"));
}

static void refuse_method(
	struct sessions *sessions, const struct row *row, struct route_reply *reply)
{
	const char *methods = text_equal(row->method, "GET") ? "GET, HEAD" : row->method;

	turn_answer(sessions, row->route, SESSIONFAULT_METHOD, reply);
	ignore_result(reply_header(reply, "Allow", methods, strlen(methods))); // short of memory
}

// Cuts the profile's name out of the path; one that is too long is none.
static void answer_row(struct sessions *sessions, const struct row *row, size_t length,
	const struct route_request *request, struct route_reply *reply)
{
	struct route_request copy = *request;
	char rest[PROFILE_NAME_MAX + 1] = "";
	size_t own = strlen(row->path);

	if (length - own < sizeof(rest))
		(void)snprintf(
			rest, sizeof(rest), "%.*s", (int)(length - own), request->target + own);
	copy.rest = rest;
	row->handler(sessions, &copy, reply);
}

void sessions_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	size_t length = strcspn(request->target, "?"); // a query is the app's and decides nothing
	const struct row *row = find_row(request->target, length);

	*reply = (struct route_reply){0};
	if (!row)
		sessionfault_answer(reply, SESSIONFAULT_PATH);
	else if (!is_method_of(row, request->method))
		refuse_method(sessions, row, reply);
	else if (row->changes && !origin_may(sessions->rules, request))
		turn_answer(sessions, row->route, SESSIONFAULT_CROSS_SITE, reply);
	else
		answer_row(sessions, row, length, request, reply);
}

void sessions_settle(struct sessions *sessions)
{
	if (sessions->farewells)
		farewells_settle(sessions->farewells);
}

size_t sessions_pending(const struct sessions *sessions)
{
	return sessions->farewells ? farewells_size(sessions->farewells) : 0;
}

void sessions_done(struct sessions *sessions)
{
	sessions->farewells = farewells_free(sessions->farewells);
}
