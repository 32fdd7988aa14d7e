// Finds the row and checks who may have it.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/route.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/disagreement.h"
#include "verifier/door/api/forward.h"
#include "verifier/door/api/held.h"
#include "verifier/door/api/introspect.h"
#include "verifier/door/api/issue.h"
#include "verifier/door/api/jwks.h"
#include "verifier/door/api/page.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/revoke.h"
#include "verifier/door/api/verify.h"

#include <sodium.h>

#define ROUTE_PROBLEM_ROOM 256 // of a problem beside its detail

// Every route, in the order of the documentation.
// clang-format off
static const struct route routes[] = {
	{"GET",  "/",           0,            ROUTE_TCP_OPEN,    page_answer,     ROUTE_BROWSER},
	{"GET",  "/healthz",    0,            ROUTE_TCP_OPEN,    answers_healthz, ROUTE_APP},
	{"GET",  "/readyz",     0,            ROUTE_TCP_OPEN,    answers_readyz,  ROUTE_APP},
	{"GET",  "/metrics",    0,            ROUTE_TCP_OPEN,    answers_metrics, ROUTE_APP},
	{"GET",  "/v1/secrets", ADMIT_STATUS, ROUTE_TCP_BY_NAME, held_answer,     ROUTE_APP},
	{"GET",  "/v1/drift",   ADMIT_STATUS, ROUTE_TCP_BY_NAME, disagreement_answer, ROUTE_APP},
	{"GET",  "/v1/guards",  ADMIT_STATUS, ROUTE_TCP_BY_NAME, answers_guards,  0},
	{"POST", "/v1/verify",  ADMIT_VERIFY, ROUTE_TCP_BY_NAME, verify_one,      ROUTE_PROFILE},
	{"GET",  "/v1/verify",  ADMIT_VERIFY, ROUTE_TCP_BY_NAME, verify_one,      ROUTE_PROFILE | ROUTE_JUDGES_BEARER},
	{"POST", "/v1/verify-batch", ADMIT_VERIFY, ROUTE_TCP_BY_NAME, verify_batch, ROUTE_PROFILE},
	{"POST", "/v1/introspect", ADMIT_INTROSPECT, ROUTE_TCP_BY_NAME, introspect_answer, ROUTE_PROFILE},
	{"POST", "/v1/issue",   ADMIT_ISSUE,  ROUTE_TCP_BY_NAME, issue_token,     ROUTE_PROFILE},
	{"POST", "/v1/revoke",  ADMIT_REVOKE, ROUTE_TCP_BY_NAME, revoke_answer,   ROUTE_PROFILE},
	{"POST", "/v1/diagnose", ADMIT_DIAGNOSE, ROUTE_TCP_NEVER, diagnosis_answer, ROUTE_PROFILE},
	{"POST", "/v1/attest",  ADMIT_ATTEST, ROUTE_TCP_NEVER,   attest_answer,   0},
	{"ANY",  "/v1/auth/",   ADMIT_VERIFY, ROUTE_TCP_BY_NAME, forward_answer,  ROUTE_JUDGES_BEARER | ROUTE_FORWARD},
	{"GET",  "/.well-known/jwks.json", 0, ROUTE_TCP_OPEN,    jwks_answer,     0},
};
// clang-format on

static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{421, "Misdirected Request"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

const char *route_title(unsigned status)
{
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

void route_problem(struct route_reply *reply, unsigned status, const char *code, const char *detail)
{
	route_problem_hint(reply, status, code, detail, "");
}

void route_problem_hint(struct route_reply *reply, unsigned status, const char *code,
	const char *detail, const char *hint)
{
	route_reply_done(reply);
	reply_begin(
		reply, status, ROUTE_PROBLEM, ROUTE_PROBLEM_ROOM + strlen(detail) + strlen(hint));
	reply_text(reply, "{\"type\":\"urn:samekey:error:");
	reply_text(reply, code);
	reply_member(reply, "\",\"title\":", route_title(status));
	reply_text(reply, ",\"status\":");
	reply_number(reply, status);
	reply_member(reply, ",\"code\":", code);
	reply_member(reply, ",\"detail\":", detail);
	if (*hint)
		reply_member(reply, ",\"hint\":", hint);
	reply->code = code;
	reply_text(reply, "}"); // where memory is short the status alone says it
}

void route_reply_done(struct route_reply *reply)
{
	struct route_headers *headers = reply->headers;

	if (reply->is_private && reply->body)
		sodium_memzero(reply->body, reply->length);
	if (reply->is_private && headers)
		sodium_memzero(headers->text, headers->used);
	free(reply->body);
	free(headers);
	*reply = (struct route_reply){0};
}

bool route_sees_names(const struct route_caller *caller)
{
	return caller->door == ROUTE_TCP ? caller->has_token : caller->verbs & ADMIT_STATUS;
}

// ---- the target

// Decodes one value, up to `&` or the end.
static bool decode(const char *text, char *out, size_t size)
{
	size_t used = text_from_form(text, strcspn(text, "&"), out, size);

	if (!used || used >= size)
		return false;
	out[used] = '\0';
	return text_is_line(out, used);
}

// What may stand in a query.
static const struct {
	unsigned flag;
	const char *name, *fault;
} queries[] = {
	{ROUTE_APP, "app=", "a path with at most ?app=NAME"},
	{ROUTE_PROFILE, "profile=", "a path with at most ?profile=NAME"},
};

// Reads the query of a row that takes one name at most.
// Returns: NULL, or what is wrong.
static const char *read_query(const struct route *route, const char *query, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		size_t length = strlen(queries[i].name);

		if (!(route->flags & queries[i].flag))
			continue;
		if (!*query)
			return NULL;
		if (!text_starts(query, queries[i].name) || !decode(query + length, out, size) ||
			strchr(query, '&'))
			return queries[i].fault;
		return NULL;
	}
	return *query ? "a path without a query" : NULL;
}

// ---- the row

// What a segment behind a row's '/' may consist of: as a profile's name, undecoded.
static bool is_segment(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!ascii_is_alphanumeric(text[i]) && !strchr("-_.", text[i]))
			return false;
	return length && length <= ROUTE_NAME_MAX;
}

static bool takes_segment(const struct route *route)
{
	return text_ends(route->path, "/") && route->path[1];
}

static bool is_path_of(const struct route *route, const char *path, size_t length)
{
	size_t own = strlen(route->path);

	if (length < own || memcmp(path, route->path, own) != 0)
		return false;
	return takes_segment(route) ? is_segment(path + own, length - own) : length == own;
}

static bool is_method_of(const struct route *route, const char *method)
{
	return text_equal(route->method, "ANY") || text_equal(route->method, method) ||
	       (text_equal(method, "HEAD") && text_equal(route->method, "GET"));
}

const struct route *route_find(const char *method, const char *target)
{
	size_t length = strcspn(target, "?");

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (is_path_of(&routes[i], target, length) && is_method_of(&routes[i], method))
			return &routes[i];
	return NULL;
}

bool route_is_forward(const char *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		size_t own = strlen(routes[i].path) - 1; // also without the '/'

		if ((routes[i].flags & ROUTE_FORWARD) &&
			strncmp(target, routes[i].path, own) == 0 &&
			(!target[own] || strchr("/?", target[own])))
			return true;
	}
	return false;
}

// ---- who may

static bool refuse(struct route_reply *reply, unsigned status, const char *code, const char *detail)
{
	route_problem(reply, status, code, detail);
	reply->challenge = status == 401 ? ROUTE_CHALLENGE_BEARER : ROUTE_CHALLENGE_NONE;
	return false;
}

// Of the routes for tokens 401 says that the token to be judged is bad, and nothing else.
static bool refuse_tokenless(const struct route *route, struct route_reply *reply, const char *what)
{
	bool of_status = route->verb == ADMIT_STATUS;
	char text[160];

	(void)snprintf(text, sizeof(text), "over TCP this needs %s", what);
	return refuse(reply, of_status ? 401 : 403,
		of_status ? "tcp_token_required" : "not_admitted", text);
}

static bool may_over_tcp(
	const struct route *route, const struct route_caller *caller, struct route_reply *reply)
{
	if (route->tcp == ROUTE_TCP_NEVER)
		return refuse(reply, 403, "not_over_tcp", "ask on the Unix socket");
	if (caller->lacks_token)
		return refuse_tokenless(route, reply,
			"a token, and samekeyd.ini names none: "
			"token_file under [listen]");
	if (!caller->has_token)
		return refuse_tokenless(route, reply,
			route->verb == ADMIT_STATUS
				? "the token of token_file as Authorization: Bearer"
				: "the token of token_file as X-Samekey-Token");
	if (!(caller->verbs & route->verb))
		return refuse(reply, 403, "not_over_tcp",
			"ask on the Unix socket, or open it with tcp_verbs in samekeyd.ini");
	return true;
}

static bool may_over_unix(
	const struct route *route, const struct route_caller *caller, struct route_reply *reply)
{
	const char *verb = admit_verb_name(route->verb);
	char text[160];

	if (caller->verbs & route->verb)
		return true;
	(void)snprintf(text, sizeof(text),
		"uid %llu lacks the verb %s: [admit NAME] uid = %llu, verbs = %s in samekeyd.ini",
		(unsigned long long)caller->uid, verb, (unsigned long long)caller->uid, verb);
	return refuse(reply, 403, "not_admitted", text);
}

static bool may(
	const struct route *route, const struct route_caller *caller, struct route_reply *reply)
{
	if (!route->verb || (caller->door == ROUTE_TCP ? may_over_tcp(route, caller, reply)
						       : may_over_unix(route, caller, reply)))
		return true;
	reply->verb = admit_verb_name(route->verb);
	return false;
}

// ---- what there is instead

static bool is_first_of_path(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_equal(routes[i].path, routes[index].path))
			return false;
	return true;
}

// Adds a word behind the `used` bytes of a text of `size`, as far as it fits.
// Returns: how many are used then.
static size_t add_word(char *text, size_t size, size_t used, const char *word)
{
	size_t length = strnlen(word, size - 1 - used);

	memcpy(text + used, word, length);
	text[used + length] = '\0';
	return used + length;
}

static void no_such_path(struct route_reply *reply)
{
	char text[ROUTE_TARGET_MAX] = "paths: ";
	size_t used = strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!is_first_of_path(i))
			continue;
		used = add_word(text, sizeof(text), used, i ? ", " : "");
		used = add_word(text, sizeof(text), used, routes[i].path);
		if (takes_segment(&routes[i]))
			used = add_word(text, sizeof(text), used, "PROFILE");
	}
	route_problem(reply, 404, "no_such_path", text);
}

// Tells the methods of a path, if there is one.
static void no_such_row(const char *path, size_t length, struct route_reply *reply)
{
	char methods[64] = "", text[96];
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		const char *method = routes[i].method;

		if (!is_path_of(&routes[i], path, length))
			continue;
		used = add_word(methods, sizeof(methods), used, used ? ", " : "");
		used = add_word(methods, sizeof(methods), used,
			text_equal(method, "GET") ? "GET, HEAD" : method);
	}
	if (!used) {
		no_such_path(reply);
		return;
	}
	(void)snprintf(text, sizeof(text), "this path takes %s", methods);
	route_problem(reply, 405, "no_such_method", text);
	ignore_result(reply_header(reply, "Allow", methods, used)); // short of memory
}

// ---- answering

static void answer(struct answers *answers, struct route_request *request, size_t length,
	struct route_reply *reply)
{
	const struct route *route = route_find(request->method, request->target);
	const char *query = request->target + length + (request->target[length] == '?');
	char name[ROUTE_NAME_MAX + 1], rest[ROUTE_NAME_MAX + 1] = "";
	const char *fault;
	size_t own;

	if (!route) {
		no_such_row(request->target, length, reply);
		return;
	}
	fault = read_query(route, query, name, sizeof(name));
	if (fault) {
		route_problem(reply, 400, "bad_target", fault);
		return;
	}
	own = strlen(route->path);
	if (length > own)
		memcpy(rest, request->target + own, length - own); // is_segment knows the length
	if (length > own)
		rest[length - own] = '\0';
	request->rest = rest;
	request->app = (route->flags & ROUTE_APP) && name[0] ? name : NULL;
	request->profile = (route->flags & ROUTE_PROFILE) && name[0] ? name : NULL;
	if (may(route, &request->caller, reply))
		route->handler(answers, request, reply);
	request->rest = request->app = request->profile = NULL;
}

// Whatever happens: a proxy makes 500 of any other status, or lets the request through.
static void confine(struct route_reply *reply)
{
	unsigned status = reply->status;

	if (status == 401 || status == 403 || (status >= 200 && status < 300))
		return;
	route_reply_done(reply);
	route_problem(
		reply, 403, "forward_refused", "there is no such profile, or it cannot judge");
}

void route_answer(
	struct answers *answers, struct route_request *request, struct route_reply *ret_reply)
{
	bool forward = route_is_forward(request->target);

	*ret_reply = (struct route_reply){0};
	if (forward)
		request->lender = NULL; // nobody would confine what comes later
	if (request->target[0] != '/')
		route_problem(ret_reply, 400, "bad_target", "a target is a path");
	else
		answer(answers, request, strcspn(request->target, "?"), ret_reply);
	if (forward)
		confine(ret_reply);
}
