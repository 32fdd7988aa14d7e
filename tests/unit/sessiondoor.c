// A store of our own stands in front of SQLite, so that it can be away.
// SPDX-License-Identifier: MIT
#include "tests/unit/sessiondoor.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "tests/forge.h"
#include "tests/unit/fickle.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/session/upstream.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DEADLINE_MS 10000

// ---- profiles

enum { ACCESS, REFRESH, ABSENT, FILES };
static const char *const contents[FILES] = {SESSIONDOOR_ACCESS_KEY, SESSIONDOOR_REFRESH_KEY, NULL};
static char paths[FILES][64];

static const char *const forwarded[] = {"userId", "role"};
static const char *const access_cookie[] = {"accessTokenEtls"};
static const char *const refresh_cookies[] = {"refreshTokenEtls", "oldRefreshToken"};
static const char *const required[] = {"owner"};

// clang-format off
static const struct profile_source access_keys[] = {
	{.file = paths[ACCESS], .options = {.label = "ETLS_ACCESS"}},
};
static const struct profile_source refresh_keys[] = {
	{.file = paths[REFRESH], .options = {.label = "ETLS_REFRESH"}},
};
static const struct profile_source resting_keys[] = {
	{.file = paths[ACCESS], .options = {.label = "OLD", .state = KEY_RETIRING}},
};
static const struct profile_source broken_keys[] = {
	{.file = paths[ABSENT], .options = {.label = "gone"}},
};
static const struct profile_rules profiles[] = {
	{.name = "access", .sources = access_keys, .source_count = 1, .lifetime_ms = 900000,
		.forward = {forwarded, 2}, .cookies = {access_cookie, 1}},
	{.name = "page", .sources = access_keys, .source_count = 1, .lifetime_ms = 900000,
		.cookies = {access_cookie, 1}, .redirect = true},
	{.name = "owner", .sources = access_keys, .source_count = 1, .lifetime_ms = 900000,
		.cookies = {access_cookie, 1}, .require = {required, 1}},
	{.name = "refresh", .sources = refresh_keys, .source_count = 1, .lifetime_ms = 604800000,
		.cookies = {refresh_cookies, 2}},
	{.name = "resting", .sources = resting_keys, .source_count = 1, .lifetime_ms = 900000,
		.cookies = {access_cookie, 1}},
	{.name = "broken", .sources = broken_keys, .source_count = 1},
};
static const struct sessionrules_map access_claims[] = {
	{"userId", "userData.id"}, {"role", "userData.role"}};
static const struct sessionrules_map refresh_claims[] = {{"userId", "userData.id"}};
static const struct sessionrules_map pass[] = {
	{"accessToken", "accessToken"}, {"refreshToken", "refreshToken"}};
static const char *const origins[] = {"https://admin.shop.example"};
static const struct sessionrules seed = {
	.access = "access", .refresh = "refresh",
	.access_cookie = "accessTokenEtls", .refresh_cookie = "refreshTokenEtls",
	.absolute_ms = 2592000000, .grace_ms = 10000,
	.access_claims = {access_claims, 2}, .refresh_claims = {refresh_claims, 1},
	.subject = "userData.id", .user_data = "userData",
	.pass = {pass, 2}, .pass_ms = 604800000,
	.same_site = SESSIONRULES_STRICT, .secure = true, .path = "/",
	.login_page = "/login", .origins = {origins, 1},
	.refused = {{400, 401, 403, 422}, 4},
};
// clang-format on

static void put_file(const char *path, const char *text)
{
	FILE *file = text ? fopen(path, "we") : NULL;

	if (!text)
		return;
	if (!file)
		abort();
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_int_equal(fclose(file), 0);
}

// ---- the store

// As the daemon does.
static void on_revoked(void *owner, const struct store_revocation *revocation)
{
	struct sessiondoor *door = owner;
	char name[FAMILY_ID_TEXT];
	const char *text = revocation->is_family ? family_id_text(revocation->family, name)
						 : revocation->token;

	assert_int_equal(revocations_add(door->answers.revocations, text, strlen(text),
				 revocation->until_wall_ms),
		0);
}

static void open_store(struct sessiondoor *door)
{
	struct fickle *fickle = calloc(1, sizeof(*fickle));
	char url[64];
	const struct store_options options = {.url = url};
	struct err err = ERR_NONE;

	if (!fickle)
		abort();
	(void)snprintf(url, sizeof(url), "sqlite:%s/sessions.db", door->folder);
	fickle->store.kind = &fickle_kind;
	fickle->door = door;
	if (store_open(&options, &fickle->real, &err) < 0)
		fail_msg("%s", err.what);
	assert_int_equal(ledger_open(&fickle->store, on_revoked, door, &door->sessions.ledger), 0);
}

// ---- the upstream

struct upstream {
	struct sessiondoor *door;
	char body[8192];
	unsigned count;
	upstream_answered *answered;
	void *owner;
};

int upstream_ask(struct upstream *upstream, const char *body, size_t length,
	upstream_answered *answered, void *owner)
{
	upstream->count++;
	(void)snprintf(upstream->body, sizeof(upstream->body), "%.*s", (int)length, body);
	upstream->answered = answered;
	upstream->owner = owner;
	return 0;
}

void sessiondoor_upstream(struct sessiondoor *door, const struct relay_answer *answer)
{
	door->answer = *answer;
	door->answer.length = answer->body ? strlen(answer->body) : 0;
}

const char *sessiondoor_asked(const struct sessiondoor *door, unsigned *ret_count)
{
	*ret_count = door->upstream->count;
	return door->upstream->body;
}

// ---- all of it

void sessiondoor_open(struct sessiondoor *door)
{
	*door = (struct sessiondoor){.folder = "/tmp/samekey-sessions-XXXXXX", .rules = seed};
	assert_non_null(mkdtemp(door->folder));
	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%zu", door->folder, i);
		put_file(paths[i], contents[i]);
	}
	door->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	assert_true(door->log.fd >= 0);
	assert_int_equal(secret_arena_open(NULL, &door->arena, NULL), 0);
	door->keyring = keyring_new(door->arena, NULL);
	door->upstream = calloc(1, sizeof(*door->upstream));
	if (!door->keyring || !door->upstream)
		abort();
	assert_int_equal(keyring_configure(door->keyring, profiles, ARRAY_SIZE(profiles), NULL), 0);
	door->answers = (struct answers){.keyring = door->keyring,
		.judge = judge_new(&door->log),
		.revocations = revocations_new()};
	if (!door->answers.judge || !door->answers.revocations)
		abort();
	judge_watch(door->answers.judge, door->answers.revocations, "refresh");
	door->upstream->door = door;
	door->sessions = (struct sessions){.rules = &door->rules,
		.answers = &door->answers,
		.upstream = door->upstream,
		.log = &door->log,
		.throttle = throttle_new(&door->log)};
	assert_non_null(door->sessions.throttle);
	open_store(door);
	sessiondoor_upstream(door,
		&(struct relay_answer){.status = 200, .is_json = true, .body = SESSIONDOOR_GOOD});
}

static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder)
		abort();
	while ((entry = readdir(folder)))
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	(void)closedir(folder);
	(void)rmdir(path);
}

void sessiondoor_close(struct sessiondoor *door)
{
	ledger_close(door->sessions.ledger);
	sessions_done(&door->sessions);
	throttle_free(door->sessions.throttle);
	judge_free(door->answers.judge);
	revocations_free(door->answers.revocations);
	keyring_free(door->keyring);
	secret_arena_free(door->arena);
	free(door->upstream);
	remove_folder(door->folder);
	(void)close(door->log.fd);
}

int sessiondoor_set_up(void **state)
{
	static struct sessiondoor door;

	sessiondoor_open(&door);
	*state = &door;
	return 0;
}

int sessiondoor_tear_down(void **state)
{
	sessiondoor_close(*state);
	return 0;
}

// ---- requests

static void on_reply(void *owner, struct route_reply *reply)
{
	struct sessiondoor_request *request = owner;

	assert_int_not_equal(reply->status, 0);
	request->reply = *reply;
	*reply = (struct route_reply){0};
	request->door->waiting--;
}

void sessiondoor_send(struct sessiondoor *door, const char *target,
	const struct sessiondoor_ask *ask, struct sessiondoor_request *request)
{
	const struct route_request asked = {.caller = {.door = ROUTE_SESSION},
		.method = ask->method ? ask->method : "POST",
		.target = target,
		.type = ask->type,
		.body = ask->body ? ask->body : "",
		.length = ask->body ? strlen(ask->body) : 0,
		.authorization = ask->authorization,
		.host = ask->host ? ask->host : "shop.example",
		.origin = ask->origin,
		.fetch_site = ask->site,
		.cookies = &ask->cookies,
		.cookie_count = ask->cookies ? 1 : 0,
		.numbered = ask->numbered,
		.lender = &request->lender};

	*request = (struct sessiondoor_request){
		.door = door, .lender = {.answer = on_reply, .owner = request}};
	sessions_answer(&door->sessions, &asked, &request->reply);
	request->kept = later_waits(&request->lender, &request->reply);
	assert_int_not_equal(request->kept, request->reply.status != 0);
	door->waiting += request->kept;
}

static void turn_upstream(struct sessiondoor *door)
{
	upstream_answered *answered = door->upstream->answered;

	door->upstream->answered = NULL;
	if (answered)
		answered(door->upstream->owner, &door->answer);
}

void sessiondoor_wait(struct sessiondoor *door)
{
	turn_upstream(door);
	while (door->waiting) {
		struct pollfd event = {ledger_fd(door->sessions.ledger), POLLIN, 0};

		errno = 0;
		if (poll(&event, 1, DEADLINE_MS) != 1 && errno != EINTR) // a fuzzer has an alarm
			fail_msg("%zu requests have no answer", door->waiting);
		ledger_collect(door->sessions.ledger);
	}
}

struct route_reply sessiondoor_ask(
	struct sessiondoor *door, const char *target, const struct sessiondoor_ask *ask)
{
	struct sessiondoor_request request;

	sessiondoor_send(door, target, ask, &request);
	sessiondoor_wait(door);
	return request.reply;
}

struct sessiondoor_cookies sessiondoor_login(struct sessiondoor *door)
{
	const struct sessiondoor_ask ask = {.type = "application/json", .body = SESSIONDOOR_LOGIN};
	struct route_reply reply = sessiondoor_ask(door, "/auth/login", &ask);
	struct sessiondoor_cookies cookies = {sessiondoor_cookie(&reply, "accessTokenEtls"),
		sessiondoor_cookie(&reply, "refreshTokenEtls")};

	if (reply.status != 200 || !cookies.access || !cookies.refresh)
		fail_msg("%u %s", reply.status, reply.body);
	route_reply_done(&reply);
	return cookies;
}

void sessiondoor_cookies_done(struct sessiondoor_cookies *cookies)
{
	free(cookies->access);
	free(cookies->refresh);
}

// ---- replies

// The value of the Set-Cookie of a number, or NULL.
static const char *set_cookie(const struct route_reply *reply, size_t index)
{
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		if (text_equal(reply->headers->list[i].name, "Set-Cookie") && index-- == 0)
			return reply->headers->list[i].value;
	return NULL;
}

char *sessiondoor_cookie(const struct route_reply *reply, const char *name)
{
	size_t length = strlen(name);
	const char *line;

	for (size_t i = 0; (line = set_cookie(reply, i)); i++)
		if (strncmp(line, name, length) == 0 && line[length] == '=')
			return strndup(line, strcspn(line, ";"));
	return NULL;
}

unsigned sessiondoor_check(struct sessiondoor *door, const char *cookies)
{
	struct route_reply reply = sessiondoor_ask(door, "/auth/check/access",
		&(struct sessiondoor_ask){.method = "GET", .cookies = cookies});
	unsigned status = reply.status;

	route_reply_done(&reply);
	return status;
}

size_t sessiondoor_set(const struct route_reply *reply)
{
	size_t count = 0;

	while (set_cookie(reply, count))
		count++;
	return count;
}

size_t sessiondoor_cleared(const struct route_reply *reply)
{
	size_t count = 0;
	const char *line;

	for (size_t i = 0; (line = set_cookie(reply, i)); i++)
		count += strstr(line, "=; Max-Age=0; Expires=Thu, 01 Jan 1970") != NULL;
	return count;
}

static char *forge_cookie(
	const char *name, const char *key, const char *claims, int64_t life_s, int64_t left_s)
{
	int64_t end_s = clock_wall_ms() / 1000 + left_s;
	own_free char *payload = NULL, *token = NULL;
	char *cookie;

	if (asprintf(&payload, "{\"iat\":%lld,\"exp\":%lld%s}", (long long)(end_s - life_s),
		    (long long)end_s, claims) < 0)
		abort();
	token = forge_signed("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payload, key);
	if (asprintf(&cookie, "%s=%s", name, token) < 0)
		abort();
	return cookie;
}

char *sessiondoor_forged(const char *key, const char *claims, int64_t life_s, int64_t left_s)
{
	return forge_cookie("accessTokenEtls", key, claims, life_s, left_s);
}

char *sessiondoor_forged_refresh(int64_t life_s, int64_t left_s)
{
	return forge_cookie("refreshTokenEtls", SESSIONDOOR_REFRESH_KEY,
		",\"jti\":\"00112233445566778899aabbccddeeff.1\"", life_s, left_s);
}
