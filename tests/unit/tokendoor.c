// Key files in a folder of their own; the rules are those that a samekeyd.ini would make.
// SPDX-License-Identifier: MIT
#include "tests/unit/tokendoor.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "tests/forge.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/judge.h"
#include "verifier/record/registry.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char pair[] = "-----BEGIN PRIVATE KEY-----\n"
			   "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghTylrX9IQ0Kojs+O\n"
			   "kUCy4mxEXhYzADtmI69yz4fMtIqhRANCAATnU4CYcjoz/ow/NB/EkVKlazzMIu4h\n"
			   "Q5wttEqCJ19rhlCSDIcDcUIrz1coDLa35nL154jrdIfwOq04LgMJlcHq\n"
			   "-----END PRIVATE KEY-----\n";
static const char pair_next[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4I1bv08ruHUiWCfc\n"
				"B2adWFuQfli4HD9ZGKnnlgVbUu+hRANCAAQWUQal01WDTwEnG2NGFs1W7LV5A3cv\n"
				"5TjILNLXxsN2Ub0t9sfkIIKR0dDwxhgSxSXW8+8jgq0lvoaMrpm141N4\n"
				"-----END PRIVATE KEY-----\n";
static const char pair_last[] = "-----BEGIN PRIVATE KEY-----\n"
				"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/5QRgXhoXa9NiQzU\n"
				"d9MO+iG7I6EBRd2ojpMcoRZac6qhRANCAAQK26vv4s40k+vBoHZL/FLu7RG/18d7\n"
				"6gbpedW7p/PF6XA/JGE3LdvqTMDwUdfqPsqfUMxcprnbAShsshUvw4OZ\n"
				"-----END PRIVATE KEY-----\n";

enum { SECRET, OLD, PAIR, NEXT, LAST, ABSENT, FILES };
static const char *const contents[FILES] = {
	TOKENDOOR_SECRET, TOKENDOOR_OLD_SECRET, pair, pair_next, pair_last, NULL};
static char paths[FILES][48];

static const char *const forwarded[] = {"role", "user_id", "user-id", "https://x/y"};
static const char *const cookies[] = {"session", "__Host-session"};
static const char *const audiences[] = {"api", "other"};
static const char *const required[] = {"sub"};

// clang-format off
static struct profile_source session_keys[] = {
	{.file = paths[SECRET], .options = {.label = "SESSION_SECRET"}},
	{.file = paths[OLD], .options = {.label = "OLD_SECRET", .kid = "old", .state = KEY_RETIRING}},
};
static struct profile_source pair_keys[] = {
	{.file = paths[PAIR], .options = {.label = "a", .encoding = KEY_PEM, .kid = "now"}},
	{.file = paths[NEXT], .options = {.label = "b", .encoding = KEY_PEM, .state = KEY_PENDING}},
	{.file = paths[LAST], .options = {.label = "c", .encoding = KEY_PEM, .state = KEY_RETIRED}},
};
static struct profile_source twin_keys[] = {
	{.file = paths[PAIR], .options = {.label = "a", .encoding = KEY_PEM, .kid = "now"}},
	{.file = paths[SECRET], .options = {.label = "SESSION_SECRET"}},
};
static struct profile_source broken_keys[] = {
	{.file = paths[ABSENT], .options = {.label = "gone"}},
};
static const struct profile_rules rules[] = {
	{.name = "session", .sources = session_keys, .source_count = 2, .lifetime_ms = 900000,
		.forward = {forwarded, 4}, .cookies = {cookies, 2}},
	{.name = "strict", .sources = session_keys, .source_count = 1, .lifetime_ms = 900000,
		.issuer = "https://shop.example", .audience = {audiences, 2}, .typ = "at+jwt",
		.require = {required, 1}},
	{.name = "pair", .sources = pair_keys, .source_count = 3, .lifetime_ms = 900000},
	{.name = "twin", .sources = twin_keys, .source_count = 2, .lifetime_ms = 900000},
	{.name = "broken", .sources = broken_keys, .source_count = 1, .leeway_ms = 5000},
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

void tokendoor_open(struct tokendoor *door)
{
	static const struct registry_rules none = {0};
	const struct algorithm *es256 = algorithm_find("ES256", 5);

	*door = (struct tokendoor){.folder = "/tmp/samekey-door-XXXXXX"};
	assert_non_null(mkdtemp(door->folder));
	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%zu", door->folder, i);
		put_file(paths[i], contents[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pair_keys); i++)
		pair_keys[i].options.algorithm = es256;
	twin_keys[0].options.algorithm = es256;
	door->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	assert_true(door->log.fd >= 0);
	assert_int_equal(secret_arena_open(NULL, &door->arena, NULL), 0);
	assert_int_equal(vault_open(4u << 20, &door->vault, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, door->arena, &door->key, NULL), 0);
	door->registry = registry_new(&none);
	door->keyring = keyring_new(door->arena, NULL);
	if (!door->registry || !door->keyring)
		abort();
	assert_int_equal(keyring_configure(door->keyring, rules, ARRAY_SIZE(rules), NULL), 0);
	door->answers = (struct answers){.registry = door->registry,
		.key = door->key,
		.keyring = door->keyring,
		.vault = door->vault,
		.diagnoses = {DIAGNOSIS_AT_ONCE, DIAGNOSIS_EACH_MS},
		.judge = judge_new(&door->log)};
	assert_non_null(door->answers.judge);
}

void tokendoor_only_session(struct tokendoor *door)
{
	assert_int_equal(keyring_configure(door->keyring, rules, 1, NULL), 0);
}

void tokendoor_close(struct tokendoor *door)
{
	judge_free(door->answers.judge);
	keyring_free(door->keyring);
	vault_close(door->vault);
	registry_free(door->registry);
	fingerprint_key_free(door->key);
	secret_arena_free(door->arena);
	for (size_t i = 0; i < FILES; i++)
		(void)unlink(paths[i]);
	(void)rmdir(door->folder);
	(void)close(door->log.fd);
}

struct route_reply tokendoor_ask(
	struct tokendoor *door, const char *target, const struct tokendoor_ask *ask)
{
	struct route_request request = {.caller = {.door = ask->by_ask ? ROUTE_HANDOFF
							   : ask->door ? ask->door
								       : ROUTE_API,
						.verbs = ask->verbs ? ask->verbs : ADMIT_ALL,
						.has_token = ask->has_token},
		.method = ask->method ? ask->method : "POST",
		.target = target,
		.type = ask->type ? ask->type : "application/json",
		.body = ask->body ? ask->body : "",
		.length = ask->body ? strlen(ask->body) : 0,
		.authorization = ask->authorization,
		.if_none_match = ask->if_none_match,
		.cookies = ask->cookies};
	struct route_reply reply;

	if (ask->no_verbs)
		request.caller.verbs = 0;
	while (request.cookie_count < ARRAY_SIZE(ask->cookies) &&
		ask->cookies[request.cookie_count])
		request.cookie_count++;
	route_answer(&door->answers, &request, &reply);
	return reply;
}

char *tokendoor_token(const char *claims)
{
	char payload[8192];

	(void)snprintf(
		payload, sizeof(payload), "{\"sub\":\"u1\",\"exp\":%s%s}", TOKENDOOR_LATER, claims);
	return forge_signed(TOKENDOOR_HS256, payload, TOKENDOOR_SECRET);
}
