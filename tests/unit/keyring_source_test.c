// Where a profile's keys come from: one or several sources, sets, cookies, files; and what is
// wrong with one, in a sentence that shows nothing of a value.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keyring.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "tests/unit/keyroom.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/vault.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

// ---- further keys

static void the_previous_key_may_be_there_or_not(void **state)
{
	const struct profile_source sources[] = {
		{.app = "web",
			.key = "AUTH_SECRET_PREVIOUS",
			.optional = true,
			.options = {.label = "AUTH_SECRET_PREVIOUS", .state = KEY_RETIRING}},
		keyroom_web_key};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	const struct {
		const char *name, *previous, *fault;
		size_t keys;
	} cases[] = {
		{"none", NULL, "", 1},
		{"empty", "", "", 1},
		{"good", KEYROOM_GOOD2, "", 2},
		{"bad", "undefined",
			"AUTH_SECRET_PREVIOUS of web: the key is the text of a missing value", 1},
		{"good again", KEYROOM_GOOD2, "", 2},
	};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &rules, 1);
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct keyroom_given given[] = {
			{"AUTH_SECRET", KEYROOM_GOOD}, {"AUTH_SECRET_PREVIOUS", cases[i].previous}};
		const struct profile *profile = keyroom_at(&room, 0);

		keyroom_offer_phase(&room, "web", BUNDLE_PHASE_START, given, 2);
		if (!profile->usable || profile->key_count != cases[i].keys ||
			!text_equal(profile->fault, cases[i].fault))
			fail_msg("%s: %s", cases[i].name, profile->fault);
		assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD)); // the active one first
		assert_int_equal(profile->keys[0].state, KEY_ACTIVE);
		if (profile->key_count == 2)
			assert_true(profile->keys[1].state == KEY_RETIRING &&
				    keyroom_has_secret(&room, 1, KEYROOM_GOOD2));
	}
	keyroom_offer(&room, "web", "AUTH_SECRET_PREVIOUS", "undefined");
	keyroom_expect_unusable(&room, "web offers no AUTH_SECRET"); // the worse fault is told
	keyroom_close(&room);
}

static void a_further_key_is_needed_when_it_is_active(void **state)
{
	struct profile_source sources[] = {keyroom_web_key,
		{.app = "ws", .key = "WS_SECRET", .options = {.label = "WS_SECRET"}}};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &rules, 1);
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	keyroom_expect_unusable(&room, "ws has offered nothing yet");
	assert_ptr_equal(keyroom_at(&room, 0)->faulty, &sources[1]);
	sources[1].options.state = KEY_PENDING;
	keyroom_configure(&room, &rules, 1);
	assert_true(keyroom_at(&room, 0)->usable);
	assert_string_equal(keyroom_at(&room, 0)->fault, "ws has offered nothing yet");
	keyroom_offer(&room, "ws", "WS_SECRET", KEYROOM_GOOD2);
	assert_int_equal(keyroom_at(&room, 0)->key_count, 2);
	assert_int_equal(keyroom_at(&room, 0)->keys[1].state, KEY_PENDING);
	sources[0].options.state = KEY_RETIRED;
	keyroom_configure(&room, &rules, 1);
	keyroom_expect_unusable(&room, "none of its keys verifies");
	keyroom_close(&room);
}

static void a_set_brings_several_keys_and_no_kid_twice(void **state)
{
#define JWK(kid, k) "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"" kid "\",\"k\":\"" k "\"}"
	const struct profile_source sources[] = {
		{.app = "web", .key = "SET", .options = {.label = "SET", .encoding = KEY_JWK}},
		{.app = "web",
			.key = "ONE",
			.optional = true,
			.options = {.label = "ONE", .encoding = KEY_JWK}}};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	const struct keyroom_given set[] = {
		{"ONE", NULL}, {"SET", "{\"keys\":[" JWK("a", KEYROOM_GOOD KEYROOM_GOOD2) "," JWK(
					       "b", KEYROOM_GOOD2 KEYROOM_GOOD) "]}"}};
	const struct keyroom_given twice[] = {
		{"ONE", JWK("b", KEYROOM_GOOD2 KEYROOM_GOOD)}, set[1]};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &rules, 1);
	keyroom_offer_phase(&room, "web", BUNDLE_PHASE_START, set, 2);
	assert_string_equal(keyroom_at(&room, 0)->fault, "");
	assert_int_equal(keyroom_at(&room, 0)->key_count, 2);
	assert_string_equal(key_id(keyroom_at(&room, 0)->keys[1].key), "b");
	keyroom_offer_phase(&room, "web", BUNDLE_PHASE_START, twice, 2);
	keyroom_expect_unusable(&room, "two keys have the kid b");
	keyroom_close(&room);
}

static void a_profile_has_sixteen_keys_at_most(void **state)
{
	const struct profile_source sources[] = {
		{.app = "web", .key = "SET", .options = {.label = "SET", .encoding = KEY_JWK}},
		keyroom_web_key};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	struct keyroom room;
	char set[4096];

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &rules, 1);
	for (size_t keys = PROFILE_KEYS_MAX - 1; keys <= PROFILE_KEYS_MAX; keys++) {
		const struct keyroom_given given[] = {{"AUTH_SECRET", KEYROOM_GOOD}, {"SET", set}};
		size_t used = (size_t)snprintf(set, sizeof(set), "{\"keys\":[");

		for (size_t i = 0; i < keys; i++)
			used += (size_t)snprintf(set + used, sizeof(set) - used,
				"%s{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"%zu\",\"k\":"
				"\"" KEYROOM_GOOD KEYROOM_GOOD2 "\"}",
				i ? "," : "", i);
		memcpy(set + used, "]}", 3);
		keyroom_offer_phase(&room, "web", BUNDLE_PHASE_START, given, 2);
		if (keys < PROFILE_KEYS_MAX)
			assert_int_equal(keyroom_at(&room, 0)->key_count, PROFILE_KEYS_MAX);
		else
			keyroom_expect_unusable(&room, "it has over 16 keys");
	}
	keyroom_close(&room);
}

static void sessions_have_a_key_for_each_cookie(void **state)
{
	static const char *const cookies[] = {
		"__Secure-authjs.session-token", "authjs.session-token"};
	const struct profile_rules rules[] = {{.name = "v5",
						      .kind = PROFILE_AUTHJS_V5,
						      .cookies = {cookies, 2},
						      .sources = &keyroom_web_key,
						      .source_count = 1},
		{.name = "v4",
			.kind = PROFILE_NEXTAUTH_V4,
			.cookies = {cookies, 2},
			.sources = &keyroom_web_key,
			.source_count = 1}};
	struct keyroom room;
	const struct jwe_key *key;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, rules, 2);
	keyroom_offer(&room, "web", "AUTH_SECRET", "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3"); // 31 bytes
	keyroom_expect_unusable(&room, "AUTH_SECRET of web: shorter than 32 bytes");
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	for (size_t i = 0; i < 2; i++) {
		assert_true(keyroom_at(&room, i)->usable && keyroom_at(&room, i)->key_count == 1);
		assert_null(keyroom_at(&room, i)->keys[0].key);
		assert_non_null(keyroom_at(&room, i)->keys[0].sessions[0]);
	}
	assert_non_null(keyroom_at(&room, 0)->keys[0].sessions[1]);
	assert_null(keyroom_at(&room, 1)->keys[0].sessions[1]); // one for all cookies
	key = keyroom_at(&room, 0)->keys[0].sessions[1];
	keyroom_end(&room, room.id);
	keyroom_configure(&room, rules, 2);
	assert_ptr_equal(keyroom_at(&room, 0)->keys[0].sessions[1], key);
	keyroom_close(&room);
}

// ---- keys that cannot be used

static void a_bad_key_is_told_without_its_value(void **state)
{
	static const struct {
		const char *name, *key, *value, *fault, *hint;
	} cases[] = {
		{"missing", "AUTH_SECRETS", KEYROOM_GOOD, "web offers no AUTH_SECRET",
			"did you mean key = AUTH_SECRETS?"},
		{"missing, and nothing like it", "PORT", "80", "web offers no AUTH_SECRET", NULL},
		{"empty", "AUTH_SECRET", "", "AUTH_SECRET of web has no value", NULL},
		{"a placeholder", "AUTH_SECRET", "your-secret-key",
			"AUTH_SECRET of web: the key stands in public examples: anybody can sign "
			"with it",
			NULL},
		{"the text of nothing", "AUTH_SECRET", "undefined",
			"AUTH_SECRET of web: the key is the text of a missing value", NULL},
		{"a reference", "AUTH_SECRET", "op://vault/item/field",
			"AUTH_SECRET of web: the key is a 1Password reference (op://) that nobody "
			"resolved",
			NULL},
		{"too short", "AUTH_SECRET", "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3",
			"AUTH_SECRET of web: shorter than the 32 bytes that HS256 needs", NULL},
		{"a public key", "AUTH_SECRET",
			"-----BEGIN PUBLIC KEY-----\nVw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3o\n-----END",
			"AUTH_SECRET of web: the bytes of an HMAC key hold a PEM block", NULL},
	};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile *profile = keyroom_at(&room, 0);

		keyroom_offer(&room, "web", cases[i].key, cases[i].value);
		if (profile->usable || !text_equal(profile->fault, cases[i].fault) ||
			(cases[i].hint && !text_equal(profile->hint, cases[i].hint)))
			fail_msg("%s: %s; %s", cases[i].name, profile->fault, profile->hint);
		if (*cases[i].value && (strstr(profile->fault, cases[i].value) ||
					       strstr(profile->hint, cases[i].value)))
			fail_msg("%s: shows the value", cases[i].name);
	}
	keyroom_close(&room);
}

// ---- files

static char folder[] = "/tmp/keyring_test.XXXXXX";
static char path[sizeof(folder) + 8];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/k", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void write_file(const char *bytes, size_t length, mode_t mode)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

// Ed25519, from RFC 8410 section 10.
#define PUBLIC_PEM \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"
#define PRIVATE_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\n"

static bool is_quote(char byte)
{
	return byte == '"' || byte == '\'';
}

static void files_are_keys(void **state)
{
	static const struct {
		const char *name, *bytes;
		mode_t mode;
		enum key_encoding encoding;
		const char *fault; // behind "PATH: ", or NULL: usable
		bool exposed;
	} cases[] = {
		{"a secret", KEYROOM_GOOD, 0600, KEY_TEXT, NULL, false},
		{"a line end of an editor", KEYROOM_GOOD "\n", 0600, KEY_TEXT, NULL, false},
		{"a line end of Windows", KEYROOM_GOOD "\r\n", 0600, KEY_TEXT, NULL, false},
		{"half of one", KEYROOM_GOOD "\r", 0600, KEY_TEXT, NULL, false},
		{"a byte order mark", "\xEF\xBB\xBF" KEYROOM_GOOD "\n", 0600, KEY_TEXT, NULL,
			false},
		{"nothing but a byte order mark", "\xEF\xBB\xBF", 0600, KEY_TEXT,
			"the key is empty", false},
		{"quotes of a compose file", "\"" KEYROOM_GOOD "\"\n", 0600, KEY_TEXT, NULL, false},
		{"quotes of a shell", "'" KEYROOM_GOOD "'", 0600, KEY_TEXT, NULL, false},
		{"nothing but quotes", "''\n", 0600, KEY_TEXT, "the key is empty", false},
		{"for a group", KEYROOM_GOOD "\n", 0640, KEY_TEXT, NULL, false},
		{"for everybody", KEYROOM_GOOD "\n", 0644, KEY_TEXT, NULL, true},
		{"that everybody may write", KEYROOM_GOOD "\n", 0622, KEY_TEXT,
			"everybody may write this file", false},
		{"empty", "", 0600, KEY_TEXT, "the key is empty", false},
		{"nothing but a line end", "\n", 0600, KEY_TEXT, "the key is empty", false},
		{"hex, as openssl writes it",
			"8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e8f3a1c5e7b9d2f4a6c8e0b1d3f5a7c9e\n", 0600,
			KEY_HEX, NULL, false},
		{"a public key for everybody", PUBLIC_PEM, 0644, KEY_PEM, NULL, false},
		{"a private key", PRIVATE_PEM, 0600, KEY_PEM, NULL, false},
		{"a private key for everybody", PRIVATE_PEM, 0644, KEY_PEM, NULL, true},
	};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile_source source = {.file = path,
			.options = {.label = path,
				.encoding = cases[i].encoding,
				.algorithm = cases[i].encoding == KEY_PEM
						     ? algorithm_find("EdDSA", 5)
						     : NULL}};
		const struct profile_rules rules = {
			.name = "file", .sources = &source, .source_count = 1};
		const struct profile *profile;

		write_file(cases[i].bytes, strlen(cases[i].bytes), cases[i].mode);
		keyroom_configure(&room, &rules, 1);
		profile = keyroom_at(&room, 0);
		if (profile->usable != !cases[i].fault ||
			(cases[i].fault &&
				!text_equal(profile->fault + strlen(path) + 2, cases[i].fault)))
			fail_msg("%s: %s", cases[i].name, profile->fault);
		if ((profile->exposed != NULL) != cases[i].exposed)
			fail_msg("%s: %s", cases[i].name, profile->exposed);
		if (profile->usable && (profile->quoted != NULL) != is_quote(*cases[i].bytes))
			fail_msg("%s: quotes", cases[i].name);
		if (profile->usable && cases[i].encoding == KEY_TEXT)
			assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
		keyroom_configure(&room, NULL, 0); // the source ends with this turn
	}
	keyroom_close(&room);
}

static void a_file_is_read_again_with_the_rules(void **state)
{
	const struct profile_source source = {.file = path, .options = {.label = path}};
	const struct profile_rules rules = {.name = "file", .sources = &source, .source_count = 1};
	const struct profile_rules sessions = {
		.name = "file", .kind = PROFILE_NEXTAUTH_V4, .sources = &source, .source_count = 1};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	(void)unlink(path);
	keyroom_configure(&room, &rules, 1);
	assert_false(keyroom_at(&room, 0)->usable);
	assert_non_null(strstr(keyroom_at(&room, 0)->fault, "No such file"));
	write_file(KEYROOM_GOOD, strlen(KEYROOM_GOOD), 0600);
	keyroom_configure(&room, &rules, 1);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	write_file(KEYROOM_GOOD2, strlen(KEYROOM_GOOD2), 0600);
	keyroom_refresh(&room);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD)); // not before
	keyroom_configure(&room, &rules, 1);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2));
	keyroom_configure(&room, &sessions, 1);
	assert_true(keyroom_at(&room, 0)->usable);
	assert_int_equal(chmod(path, 0644), 0);
	keyroom_configure(&room, &sessions, 1);
	assert_true(keyroom_at(&room, 0)->usable);
	assert_string_equal(keyroom_at(&room, 0)->exposed, path);
	keyroom_close(&room);
}

static bool is_hidden(const struct keyroom *room, const char *value)
{
	return vault_holds(room->vault, value, strlen(value));
}

static void what_a_file_holds_is_hidden_for_as_long(void **state)
{
	const struct profile_source source = {.file = path, .options = {.label = path}};
	const struct profile_rules rules = {.name = "file", .sources = &source, .source_count = 1};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	write_file("\"" KEYROOM_GOOD "\"\n", strlen(KEYROOM_GOOD) + 3, 0600);
	keyroom_configure(&room, &rules, 1);
	assert_true(is_hidden(&room, "path=/" KEYROOM_GOOD));
	assert_false(is_hidden(&room, "path=/" KEYROOM_GOOD2));
	write_file(KEYROOM_GOOD2, strlen(KEYROOM_GOOD2), 0600);
	keyroom_configure(&room, &rules, 1);
	assert_false(is_hidden(&room, "path=/" KEYROOM_GOOD));
	assert_true(is_hidden(&room, "path=/" KEYROOM_GOOD2));
	keyroom_configure(&room, NULL, 0);
	assert_false(is_hidden(&room, "path=/" KEYROOM_GOOD2));
	keyroom_close(&room);
}

static void a_file_of_another_user_is_refused(void **state)
{
	const struct profile_source source = {.file = path, .options = {.label = path}};
	const struct profile_rules rules = {.name = "file", .sources = &source, .source_count = 1};
	struct keyroom room;

	(void)state;
	if (geteuid() != 0)
		skip();
	keyroom_open(&room);
	write_file(KEYROOM_GOOD, strlen(KEYROOM_GOOD), 0600);
	assert_int_equal(chown(path, 4711, 4711), 0);
	keyroom_configure(&room, &rules, 1);
	assert_non_null(strstr(keyroom_at(&room, 0)->fault, "it belongs to uid 4711"));
	keyroom_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_previous_key_may_be_there_or_not),
		cmocka_unit_test(a_further_key_is_needed_when_it_is_active),
		cmocka_unit_test(a_set_brings_several_keys_and_no_kid_twice),
		cmocka_unit_test(a_profile_has_sixteen_keys_at_most),
		cmocka_unit_test(sessions_have_a_key_for_each_cookie),
		cmocka_unit_test(a_bad_key_is_told_without_its_value),
		cmocka_unit_test(files_are_keys),
		cmocka_unit_test(a_file_is_read_again_with_the_rules),
		cmocka_unit_test(what_a_file_holds_is_hidden_for_as_long),
		cmocka_unit_test(a_file_of_another_user_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
