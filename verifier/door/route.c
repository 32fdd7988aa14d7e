// Finds the row and checks who may have it.
// SPDX-License-Identifier: MIT
#include "verifier/door/route.h"

#include "lib/base/text.h"
#include "verifier/door/admit.h"
#include "verifier/door/answers.h"

#include <jansson.h>

#define ROUTE_APP_MAX 255
#define ROUTE_ALLOW "GET, HEAD"

// clang-format off
const struct route route_table[] = {
	{"GET", "/healthz",    0,            ROUTE_TCP_OPEN,    answers_healthz},
	{"GET", "/readyz",     0,            ROUTE_TCP_OPEN,    answers_readyz},
	{"GET", "/metrics",    0,            ROUTE_TCP_OPEN,    answers_metrics},
	{"GET", "/v1/secrets", ADMIT_STATUS, ROUTE_TCP_BY_NAME, answers_secrets},
	{"GET", "/v1/drift",   ADMIT_STATUS, ROUTE_TCP_BY_NAME, answers_drift},
};
// clang-format on
const size_t route_count = ARRAY_SIZE(route_table);

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
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{421, "Misdirected Request"},
	{503, "Service Unavailable"},
};

static const char *title_of(unsigned status)
{
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

void route_problem(struct route_reply *reply, unsigned status, const char *code, const char *detail)
{
	char type[128];
	json_t *problem;

	(void)snprintf(type, sizeof(type), "urn:samekey:error:%s", code);
	problem = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", title_of(status),
		"status", (int)status, "detail", detail);
	route_reply_done(reply);
	*reply = (struct route_reply){.status = status, .content_type = "application/problem+json"};
	reply->body = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
	reply->length = reply->body ? strlen(reply->body) : 0;
	json_decref(problem);
}

void route_reply_done(struct route_reply *reply)
{
	free(reply->body);
	*reply = (struct route_reply){0};
}

bool route_sees_names(const struct route_caller *caller)
{
	return caller->door == ROUTE_TCP ? caller->has_token : caller->verbs & ADMIT_STATUS;
}

// ---- the target

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// Decodes %XX and + of one value, up to `&` or the end.
static bool decode(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text && *text != '&'; text++) {
		char byte = *text == '+' ? ' ' : *text;

		if (byte == '%') {
			int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);

			if (low < 0 || high * 16 + low < 0x20)
				return false;
			byte = (char)(high * 16 + low);
			text += 2;
		}
		if (used + 1 >= size)
			return false;
		out[used++] = byte;
	}
	out[used] = '\0';
	return used && text_utf8_error(out, used) == used;
}

// Splits a target; only ?app=NAME is known.
static bool split(const char *target, char *path, size_t path_size, char *app, size_t app_size)
{
	size_t length = strcspn(target, "?");
	const char *query = target[length] ? target + length + 1 : "";

	app[0] = '\0';
	if (length >= path_size)
		return false;
	memcpy(path, target, length);
	path[length] = '\0';
	while (*query) {
		if (!text_starts(query, "app=") || app[0] || !decode(query + 4, app, app_size))
			return false;
		query += strcspn(query, "&");
		query += *query == '&';
	}
	return true;
}

// ---- who may

static bool is_method_of(const struct route *route, const char *method)
{
	return text_equal(route->method, method) ||
	       (text_equal(method, "HEAD") && text_equal(route->method, "GET"));
}

static bool may(
	const struct route *route, const struct route_caller *caller, struct route_reply *reply)
{
	bool by_name = route->tcp == ROUTE_TCP_BY_NAME;

	if (!route->verb)
		return true;
	if (caller->door == ROUTE_TCP && by_name && !caller->has_token) {
		route_problem(reply, 401, "token-required",
			"over TCP this needs the token of token_file as Authorization: Bearer");
		reply->ask_token = true;
		return false;
	}
	if (caller->door == ROUTE_TCP && !(by_name && (caller->verbs & route->verb))) {
		route_problem(reply, 403, "not-over-tcp",
			"ask on the Unix socket, or open it with tcp_verbs in samekeyd.ini");
		return false;
	}
	if (!(caller->verbs & route->verb)) {
		route_problem(reply, 403, "not-admitted",
			"no [admit] section of samekeyd.ini gives this user the verb");
		return false;
	}
	return true;
}

static void no_such_path(struct route_reply *reply)
{
	char text[ROUTE_TARGET_MAX] = "paths: ";
	size_t used = strlen(text);

	for (size_t i = 0; i < route_count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
			route_table[i].path);
	route_problem(reply, 404, "no-such-path", text);
}

void route_answer(struct answers *answers, const char *method, const char *target,
	const struct route_caller *caller, struct route_reply *ret_reply)
{
	char path[ROUTE_TARGET_MAX + 1], app[ROUTE_APP_MAX + 1];
	struct route_request request = {.caller = *caller};
	bool found = false;

	*ret_reply = (struct route_reply){0};
	if (target[0] != '/' || !split(target, path, sizeof(path), app, sizeof(app))) {
		route_problem(ret_reply, 400, "bad-target", "a path with at most ?app=NAME");
		return;
	}
	request.app = app[0] ? app : NULL;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &route_table[i];

		if (!text_equal(route->path, path))
			continue;
		found = true;
		if (!is_method_of(route, method))
			continue;
		if (may(route, caller, ret_reply))
			route->handler(answers, &request, ret_reply);
		return;
	}
	if (!found) {
		no_such_path(ret_reply);
		return;
	}
	route_problem(ret_reply, 405, "no-such-method", "this path can only be read");
	ret_reply->allow = ROUTE_ALLOW;
}
