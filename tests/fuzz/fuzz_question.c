// Any bytes as a body, cookie or bearer for the routes for tokens: without a token of a key that is
// there, nothing is accepted; what is answered is JSON. The first byte picks the route.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"
#include "lib/base/secret.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/trust/keyring.h"

#include <jansson.h>
#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char path[] = "/tmp/samekey-fuzz-XXXXXX";
static const struct profile_source source = {.file = path, .options = {.label = "key"}};
static const char *const cookies[] = {"a", "b"};
static const struct profile_rules rules = {
	.name = "p", .sources = &source, .source_count = 1, .cookies = {cookies, 2}};

static const struct {
	const char *method, *target, *type;
} routes[] = {
	{"POST", "/v1/verify", "application/json"},
	{"POST", "/v1/verify", "application/jwt"},
	{"POST", "/v1/verify-batch", "application/json"},
	{"POST", "/v1/introspect", "application/x-www-form-urlencoded"},
	{"GET", "/v1/auth/p", NULL},
};

static void open_door(struct answers *answers)
{
	static const struct log nowhere = {.fd = -1};
	struct secret_arena *arena;
	struct keyring *keyring;
	char secret[2 * 24 + 1];
	uint8_t random[24];
	int fd = mkstemp(path);

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(secret, sizeof(secret), random, sizeof(random));
	if (fd < 0 || write(fd, secret, strlen(secret)) != (ssize_t)strlen(secret))
		abort();
	if (secret_arena_open(NULL, &arena, NULL) < 0)
		abort();
	keyring = keyring_new(arena, NULL);
	answers->judge = judge_new(&nowhere);
	if (!keyring || !answers->judge || keyring_configure(keyring, &rules, 1, NULL) < 0)
		abort();
	(void)unlink(path);
	(void)close(fd);
	if (!keyring_at(keyring, 0)->usable)
		abort();
	answers->keyring = keyring;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct answers answers;
	size_t i = length ? bytes[0] % ARRAY_SIZE(routes) : 0;
	own_free char *rest = strndup((const char *)bytes + (length > 0), length - (length > 0));
	const char *line = rest;
	struct route_request request = {.caller = {.door = ROUTE_API, .verbs = ADMIT_ALL},
		.method = routes[i].method,
		.target = routes[i].target,
		.type = routes[i].type,
		.body = (const char *)bytes + (length > 0),
		.length = length - (length > 0),
		.authorization = rest,
		.cookies = &line,
		.cookie_count = 1};
	struct route_reply reply;
	json_t *json;

	if (!answers.judge)
		open_door(&answers);
	route_answer(&answers, &request, &reply);
	json = json_loadb(reply.body, reply.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!json || reply.status == 204 || json_is_true(json_object_get(json, "active")))
		abort();
	json_decref(json);
	route_reply_done(&reply);
	return 0;
}
