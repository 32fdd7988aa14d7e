// Any requests at the session listener, with any answer of the login server: the answer is one that
// the route may give, its headers are lines, nobody is let in who did not log in, and neither the
// keys nor a password are in an answer or in the log.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "tests/fuzz/feed.h"
#include "tests/unit/sessiondoor.h"

#include <jansson.h>

#define REQUESTS_MAX 5
#define PASSWORD "canary-password"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

// What is known of one visitor.
struct visit {
	struct sessiondoor *door;
	struct pool *pool;
	const char *access, *refresh; // NAME=VALUE, as they were set last
	bool logged_in;               // ever
};

static void check_text(const char *text, size_t length)
{
	static const char *const secrets[] = {
		SESSIONDOOR_ACCESS_KEY, SESSIONDOOR_REFRESH_KEY, PASSWORD};

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		if (memmem(text, length, secrets[i], strlen(secrets[i])))
			abort();
}

static void check_log(const struct sessiondoor *door)
{
	static char text[1u << 20];
	ssize_t size = pread(door->log.fd, text, sizeof(text), 0);

	if (size < 0 || ftruncate(door->log.fd, 0) < 0 || lseek(door->log.fd, 0, SEEK_SET) < 0)
		abort();
	check_text(text, (size_t)size);
}

static void check_reply(const struct visit *visit, const char *target, struct route_reply *reply)
{
	bool check = text_starts(target, "/auth/check/");
	json_t *json = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);

	if (!route_title(reply->status) || (reply->length > 0 && !json))
		abort();
	if (check && reply->status >= 300 && reply->status != 302 && reply->status != 401 &&
		reply->status != 403 && reply->status != 500 && reply->status != 503)
		abort();
	if (!visit->logged_in &&
		((check && reply->status < 300) || json_is_true(json_object_get(json, "active"))))
		abort();
	check_text(reply->body ? reply->body : "", reply->length);
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++) {
		const char *value = reply->headers->list[i].value;

		if (!text_is_line(value, strlen(value)))
			abort();
		check_text(value, strlen(value));
	}
	json_decref(json);
}

static void keep_cookies(struct visit *visit, const char *target, const struct route_reply *reply)
{
	own_free char *access = sessiondoor_cookie(reply, "accessTokenEtls");
	own_free char *refresh = sessiondoor_cookie(reply, "refreshTokenEtls");

	visit->logged_in |= text_starts(target, "/auth/login") && reply->status == 200;
	if (access)
		visit->access = pool_copy(visit->pool, access);
	if (refresh)
		visit->refresh = pool_copy(visit->pool, refresh);
}

static const char *pick_cookies(struct feed *feed, const struct visit *visit)
{
	const char *access = visit->access ? visit->access : "accessTokenEtls=a.b.c";
	const char *refresh = visit->refresh ? visit->refresh : "refreshTokenEtls=a.b.c";

	switch (feed_pick(feed, 6)) {
	case 0:
		return feed_text(feed);
	case 1:
		return access;
	case 2:
		return refresh;
	case 3:
		return NULL;
	case 4: // something stands in front
		return pool_format(feed->pool, "%s; %s; %s", feed_text(feed), access, refresh);
	default:
		return pool_format(feed->pool, "%s; %s", access, refresh);
	}
}

static void answer_logins(struct feed *feed, struct sessiondoor *door)
{
	static const char *const bodies[] = {(SESSIONDOOR_GOOD), "{}", "{\"message\":\"no\"}",
		"{\"userData\":{\"id\":7,\"role\":\"a\\nb\"}}", "{\"userData\":{\"id\":\"7\"}}"};
	static const unsigned statuses[] = {200, 200, 200, 201, 204, 302, 400, 401, 429, 500, 503};
	struct relay_answer answer = {
		.outcome = feed_pick(feed, 4)
				   ? RELAY_OK
				   : (enum relay_outcome)feed_pick(feed, RELAY_OUTCOMES)};

	if (answer.outcome == RELAY_OK) {
		answer.status = statuses[feed_pick(feed, ARRAY_SIZE(statuses))];
		answer.is_json = feed_pick(feed, 8);
		answer.body = feed_word(feed, bodies, ARRAY_SIZE(bodies));
		answer.retry_after_s = feed_byte(feed);
	}
	sessiondoor_upstream(door, &answer);
}

static void request(struct feed *feed, struct visit *visit)
{
	static const char *const targets[] = {"/auth/login", "/auth/login", "/auth/check/access",
		"/auth/check/page", "/auth/check/owner", "/auth/check/broken", "/auth/refresh",
		"/auth/logout", "/auth/session", "/auth/session?x=1"};
	static const char *const methods[] = {"POST", "POST", "POST", "GET", "HEAD"};
	static const char *const types[] = {
		"application/json", "application/json; charset=utf-8", "text/plain"};
	static const char *const bodies[] = {
		SESSIONDOOR_LOGIN, SESSIONDOOR_LOGIN, "{\"everywhere\":true}", "{}", ""};
	static const char *const sites[] = {"same-origin", "cross-site", "none"};
	static const char *const origins[] = {"https://admin.shop.example", "null"};
	const char *target = feed_word(feed, targets, ARRAY_SIZE(targets));
	struct sessiondoor_ask ask = {.method = feed_word(feed, methods, ARRAY_SIZE(methods)),
		.type = feed_word(feed, types, ARRAY_SIZE(types)),
		.body = feed_word(feed, bodies, ARRAY_SIZE(bodies)),
		.cookies = pick_cookies(feed, visit)};
	struct route_reply reply;

	if (feed_pick(feed, 4) == 0) {
		ask.site = feed_word(feed, sites, ARRAY_SIZE(sites));
		ask.origin = feed_word(feed, origins, ARRAY_SIZE(origins));
		ask.host = feed_text(feed);
		ask.authorization = feed_text(feed);
		ask.numbered = feed_pick(feed, 2);
	}
	answer_logins(feed, visit->door);
	reply = sessiondoor_ask(visit->door, target, &ask);
	keep_cookies(visit, target, &reply);
	check_reply(visit, target, &reply);
	route_reply_done(&reply);
}

static struct sessiondoor the_door;

static void close_door(void)
{
	sessiondoor_close(&the_door);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, length, pool};
	struct visit visit = {.door = &the_door, .pool = pool};

	if (!the_door.arena) {
		sessiondoor_open(&the_door);
		(void)atexit(close_door); // it has a folder
	}
	for (int i = 0; i < REQUESTS_MAX && feed.left; i++)
		request(&feed, &visit);
	if (!memmem(bytes, length, "canary-", 7)) // a target is shown
		check_log(&the_door);
	return 0;
}
