// The keyring: profiles get their keys from bundles and files, keep them while the app is away, and
// say what is wrong in a sentence that shows nothing of a value.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keyring.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/vault.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#define GOOD "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5"
#define GOOD2 "Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xA"

// ---- a vault with bundles, and a keyring

struct room {
	struct vault *vault;
	struct keyring *keyring;
	uint64_t id;
};

struct given {
	const char *name, *value; // value NULL: none
};

static void room_open(struct room *room)
{
	*room = (struct room){0};
	assert_int_equal(vault_open(16u * 1024 * 1024, &room->vault, NULL), 0);
	room->keyring = keyring_new(vault_arena(room->vault));
	assert_non_null(room->keyring);
}

static void room_close(struct room *room)
{
	keyring_free(room->keyring);
	vault_close(room->vault);
}

static void refresh(struct room *room)
{
	struct vault_snapshot *snapshot = vault_now(room->vault);

	assert_int_equal(keyring_refresh(room->keyring, snapshot), 0);
	vault_snapshot_unref(snapshot);
}

static void configure(struct room *room, const struct profile_rules *rules, size_t count)
{
	struct vault_snapshot *snapshot = vault_now(room->vault);

	assert_int_equal(keyring_configure(room->keyring, rules, count, snapshot), 0);
	vault_snapshot_unref(snapshot);
}

static struct vault_bundle *make_bundle(struct room *room, const char *app, enum bundle_phase phase,
	const struct given *given, size_t count)
{
	struct pool *pool = pool_new();
	struct bundle_key *keys = pool_array(pool, count + 1, sizeof(*keys));
	struct candidate *winners = pool_array(pool, count + 1, sizeof(*winners));
	const struct bundle bundle = {
		.app = app, .phase = phase, .root = "/", .keys = keys, .key_count = count};
	uint8_t *block = secret_arena_take(vault_arena(room->vault), 4096);
	size_t used = 0;

	if (!keys || !winners || !block)
		abort();
	for (size_t i = 0; i < count; i++) {
		size_t length = given[i].value ? strlen(given[i].value) : 0;

		keys[i] = (struct bundle_key){.name = given[i].name,
			.candidates = &winners[i],
			.count = given[i].value != NULL};
		memcpy(block + used, given[i].value ? given[i].value : "", length);
		winners[i].value = secret_view(block + used, length);
		used += length;
	}
	return vault_bundle_new(room->vault, &bundle, block, 4096, pool);
}

// Puts a bundle of the app into the vault and shows it to the keyring. Returns: its id.
static uint64_t offer_phase(struct room *room, const char *app, enum bundle_phase phase,
	const struct given *given, size_t count)
{
	struct vault_bundle *bundle = make_bundle(room, app, phase, given, count);
	struct vault_snapshot *prepared = vault_prepare(room->vault, bundle);

	assert_non_null(prepared);
	vault_put(room->vault, prepared, ++room->id);
	vault_bundle_unref(bundle);
	refresh(room);
	return room->id;
}

static uint64_t offer(struct room *room, const char *app, const char *key, const char *value)
{
	const struct given given[] = {{key, value}};

	return offer_phase(room, app, BUNDLE_PHASE_START, given, 1);
}

static void end(struct room *room, uint64_t id)
{
	assert_int_equal(vault_drop(room->vault, id), 0);
	refresh(room);
}

static const struct profile_source web_key = {
	.app = "web", .key = "AUTH_SECRET", .options = {.label = "AUTH_SECRET"}};

static const struct profile_rules session = {
	.name = "session", .sources = &web_key, .source_count = 1};

static const struct profile *at(const struct room *room, size_t index)
{
	return keyring_at(room->keyring, index);
}

static void expect_unusable(const struct room *room, const char *fault)
{
	const struct profile *profile = at(room, 0);

	assert_false(profile->usable);
	assert_int_equal(profile->key_count, 0);
	assert_string_equal(profile->fault, fault);
}

// Whether the profile's key at `index` made the MAC of "x" by `secret`.
static bool has_secret(const struct room *room, size_t index, const char *secret)
{
	const struct key_options options = {.label = "", .allow_short = true};
	uint8_t mac[ALGORITHM_SIGNATURE_MAX];
	struct key *keys[KEY_SET_MAX];
	size_t count, size;
	bool fits;

	assert_int_equal(key_load(secret_view(secret, strlen(secret)), &options,
				 vault_arena(room->vault), keys, &count, NULL),
		KEY_OK);
	assert_int_equal(key_sign(keys[0], "x", 1, mac, &size), 0);
	fits = key_verifies(at(room, 0)->keys[index].key, "x", 1, mac, size);
	key_unref(keys[0]);
	return fits;
}

// ---- apps that come and go

static void an_offer_brings_the_key(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	assert_int_equal(keyring_size(room.keyring), 1);
	expect_unusable(&room, "web has offered nothing yet");
	assert_ptr_equal(at(&room, 0)->faulty, &web_key);
	offer(&room, "ws", "AUTH_SECRET", GOOD);
	expect_unusable(&room, "web has offered nothing yet");
	offer(&room, "web", "AUTH_SECRET", GOOD);
	assert_true(at(&room, 0)->usable);
	assert_int_equal(at(&room, 0)->key_count, 1);
	assert_string_equal(at(&room, 0)->fault, "");
	assert_null(at(&room, 0)->faulty);
	assert_string_equal(at(&room, 0)->keys[0].label, "AUTH_SECRET");
	assert_true(has_secret(&room, 0, GOOD));
	assert_ptr_equal(keyring_find(room.keyring, "session", 7), at(&room, 0));
	assert_null(keyring_find(room.keyring, "session", 6));
	assert_null(keyring_find(room.keyring, "sessions", 8));
	room_close(&room);
}

static void a_bundle_that_is_there_already_is_taken(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	offer(&room, "web", "AUTH_SECRET", GOOD2);
	offer(&room, "web", "AUTH_SECRET", GOOD);
	configure(&room, &session, 1);
	assert_true(has_secret(&room, 0, GOOD)); // the newest
	room_close(&room);
}

static void a_build_brings_no_key(void **state)
{
	const struct given given[] = {{"AUTH_SECRET", GOOD}};
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	offer_phase(&room, "web", BUNDLE_PHASE_BUILD, given, 1);
	expect_unusable(&room, "web has offered nothing yet");
	room_close(&room);
}

static void keys_stay_while_their_app_is_away(void **state)
{
	struct room room;
	struct key *key;
	uint64_t first, second;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	first = offer(&room, "web", "AUTH_SECRET", GOOD);
	key = key_ref(at(&room, 0)->keys[0].key); // so that no other comes to lie there
	end(&room, first);
	assert_true(at(&room, 0)->usable);
	second = offer(&room, "web", "AUTH_SECRET", GOOD);
	assert_ptr_equal(at(&room, 0)->keys[0].key, key); // not loaded again
	key_unref(key);
	offer(&room, "web", "AUTH_SECRET", GOOD2);
	assert_true(has_secret(&room, 0, GOOD2) && !has_secret(&room, 0, GOOD));
	end(&room, second);
	end(&room, room.id); // the older one does not come back
	assert_true(has_secret(&room, 0, GOOD2));
	room_close(&room);
}

static void an_older_bundle_that_outlives_the_newest_is_not_gone_back_to(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	offer(&room, "web", "AUTH_SECRET", GOOD);
	end(&room, offer(&room, "web", "AUTH_SECRET", GOOD2));
	assert_true(has_secret(&room, 0, GOOD2));
	room_close(&room);
}

static void a_bad_key_takes_the_place_of_a_good_one(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	offer(&room, "web", "AUTH_SECRET", GOOD);
	offer(&room, "web", "AUTH_SECRET", "changeme");
	assert_false(at(&room, 0)->usable);
	offer(&room, "web", "AUTH_SECRET", NULL);
	expect_unusable(&room, "AUTH_SECRET of web has no value");
	offer(&room, "web", "AUTH_SECRET", GOOD);
	assert_true(at(&room, 0)->usable);
	room_close(&room);
}

static void what_is_withdrawn_is_forgotten(void **state)
{
	struct room room;
	uint64_t standing;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	standing = offer(&room, "web", "AUTH_SECRET", GOOD);
	keyring_forget(room.keyring, "ws");
	assert_true(at(&room, 0)->usable);
	keyring_forget(room.keyring, "web");
	end(&room, standing);
	expect_unusable(&room, "web has offered nothing yet");

	offer(&room, "web", "AUTH_SECRET", GOOD2); // of a process
	standing = offer(&room, "web", "AUTH_SECRET", GOOD);
	keyring_forget(room.keyring, "web");
	end(&room, standing);
	assert_true(has_secret(&room, 0, GOOD2));
	room_close(&room);
}

// ---- rules that change

static void new_rules_keep_the_keys_of_which_the_same_is_said(void **state)
{
	const struct profile_source hs512 = {.app = "web",
		.key = "AUTH_SECRET",
		.options = {.label = "AUTH_SECRET",
			.allow_short = true,
			.algorithm = algorithm_find("HS512", 5)}};
	const struct profile_rules other[] = {
		{.name = "other", .sources = &web_key, .source_count = 1},
		{.name = "session", .sources = &web_key, .source_count = 1, .issuer = "me"}};
	const struct profile_rules changed = {
		.name = "session", .sources = &hs512, .source_count = 1};
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	end(&room, offer(&room, "web", "AUTH_SECRET", GOOD));
	configure(&room, other, 2);
	assert_int_equal(keyring_size(room.keyring), 2);
	assert_false(at(&room, 0)->usable);
	assert_true(at(&room, 1)->usable);
	assert_string_equal(at(&room, 1)->rules->issuer, "me");
	configure(&room, &session, 1);
	assert_true(has_secret(&room, 0, GOOD));
	configure(&room, &changed, 1); // the bytes are gone
	expect_unusable(&room, "web has offered nothing yet");
	offer(&room, "web", "AUTH_SECRET", GOOD);
	assert_string_equal(key_algorithm(at(&room, 0)->keys[0].key)->name, "HS512");
	configure(&room, &session, 1);
	assert_string_equal(key_algorithm(at(&room, 0)->keys[0].key)->name, "HS256");
	configure(&room, NULL, 0);
	assert_int_equal(keyring_size(room.keyring), 0);
	room_close(&room);
}

static void a_key_of_which_something_else_is_said_waits_for_its_app(void **state)
{
	static const char *const cookies[] = {"a", "b"};
	const struct key_options plain = {.label = "AUTH_SECRET", .kid = "a"};
	struct {
		const char *name;
		struct profile_source source;
		enum profile_kind kind;
		struct profile_list cookies;
	} cases[] = {
		{.name = "another name", .source = {.app = "web", .key = "OTHER"}},
		{.name = "another app", .source = {.app = "ws", .key = "AUTH_SECRET"}},
		{.name = "no longer needed", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another algorithm", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another encoding", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another state", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another kid", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "short is allowed", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another kind",
			.source = {.app = "web", .key = "AUTH_SECRET"},
			.kind = PROFILE_NEXTAUTH_V4},
	};
	const struct profile_source before = {.app = "web", .key = "AUTH_SECRET", .options = plain};
	const struct profile_rules rules = {
		.name = "session", .sources = &before, .source_count = 1};
	const struct profile_rules cookie = {.name = "session",
		.kind = PROFILE_AUTHJS_V5,
		.cookies = {cookies, 1},
		.sources = &before,
		.source_count = 1};
	const struct profile_rules salted = {.name = "session",
		.kind = PROFILE_AUTHJS_V5,
		.cookies = {cookies + 1, 1},
		.sources = &before,
		.source_count = 1};
	struct room room;

	(void)state;
	room_open(&room);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cases[i].source.options = plain;
	cases[2].source.optional = true;
	cases[3].source.options.algorithm = algorithm_find("HS256", 5);
	cases[4].source.options.encoding = KEY_BASE64;
	cases[5].source.options.state = KEY_RETIRING;
	cases[6].source.options.kid = "b";
	cases[7].source.options.allow_short = true;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile_rules changed = {.name = "session",
			.kind = cases[i].kind,
			.sources = &cases[i].source,
			.source_count = 1};

		configure(&room, &rules, 1);
		end(&room, offer(&room, "web", "AUTH_SECRET", GOOD));
		assert_true(at(&room, 0)->usable);
		configure(&room, &changed, 1);
		if (at(&room, 0)->usable)
			fail_msg("%s: is taken over", cases[i].name);
		configure(&room, NULL, 0); // its rules end with this turn
	}
	configure(&room, &cookie, 1);
	end(&room, offer(&room, "web", "AUTH_SECRET", GOOD));
	configure(&room, &cookie, 1);
	assert_true(at(&room, 0)->usable);
	configure(&room, &salted, 1);
	assert_false(at(&room, 0)->usable);
	room_close(&room);
}

// ---- further keys

static void the_previous_key_may_be_there_or_not(void **state)
{
	const struct profile_source sources[] = {
		{.app = "web",
			.key = "AUTH_SECRET_PREVIOUS",
			.optional = true,
			.options = {.label = "AUTH_SECRET_PREVIOUS", .state = KEY_RETIRING}},
		web_key};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	const struct {
		const char *name, *previous, *fault;
		size_t keys;
	} cases[] = {
		{"none", NULL, "", 1},
		{"empty", "", "", 1},
		{"good", GOOD2, "", 2},
		{"bad", "undefined",
			"AUTH_SECRET_PREVIOUS of web: the key is the text of a missing value", 1},
		{"good again", GOOD2, "", 2},
	};
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &rules, 1);
	expect_unusable(&room, "web has offered nothing yet");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct given given[] = {
			{"AUTH_SECRET", GOOD}, {"AUTH_SECRET_PREVIOUS", cases[i].previous}};
		const struct profile *profile = at(&room, 0);

		offer_phase(&room, "web", BUNDLE_PHASE_START, given, 2);
		if (!profile->usable || profile->key_count != cases[i].keys ||
			!text_equal(profile->fault, cases[i].fault))
			fail_msg("%s: %s", cases[i].name, profile->fault);
		assert_true(has_secret(&room, 0, GOOD)); // the active one first
		assert_int_equal(profile->keys[0].state, KEY_ACTIVE);
		if (profile->key_count == 2)
			assert_true(profile->keys[1].state == KEY_RETIRING &&
				    has_secret(&room, 1, GOOD2));
	}
	offer(&room, "web", "AUTH_SECRET_PREVIOUS", "undefined");
	expect_unusable(&room, "web offers no AUTH_SECRET"); // the worse fault is told
	room_close(&room);
}

static void a_further_key_is_needed_when_it_is_active(void **state)
{
	struct profile_source sources[] = {
		web_key, {.app = "ws", .key = "WS_SECRET", .options = {.label = "WS_SECRET"}}};
	const struct profile_rules rules = {
		.name = "session", .sources = sources, .source_count = 2};
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &rules, 1);
	offer(&room, "web", "AUTH_SECRET", GOOD);
	expect_unusable(&room, "ws has offered nothing yet");
	assert_ptr_equal(at(&room, 0)->faulty, &sources[1]);
	sources[1].options.state = KEY_PENDING;
	configure(&room, &rules, 1);
	assert_true(at(&room, 0)->usable);
	assert_string_equal(at(&room, 0)->fault, "ws has offered nothing yet");
	offer(&room, "ws", "WS_SECRET", GOOD2);
	assert_int_equal(at(&room, 0)->key_count, 2);
	assert_int_equal(at(&room, 0)->keys[1].state, KEY_PENDING);
	sources[0].options.state = KEY_RETIRED;
	configure(&room, &rules, 1);
	expect_unusable(&room, "none of its keys verifies");
	room_close(&room);
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
	const struct given set[] = {{"ONE", NULL},
		{"SET", "{\"keys\":[" JWK("a", GOOD GOOD2) "," JWK("b", GOOD2 GOOD) "]}"}};
	const struct given twice[] = {{"ONE", JWK("b", GOOD2 GOOD)}, set[1]};
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &rules, 1);
	offer_phase(&room, "web", BUNDLE_PHASE_START, set, 2);
	assert_string_equal(at(&room, 0)->fault, "");
	assert_int_equal(at(&room, 0)->key_count, 2);
	assert_string_equal(key_id(at(&room, 0)->keys[1].key), "b");
	offer_phase(&room, "web", BUNDLE_PHASE_START, twice, 2);
	expect_unusable(&room, "two keys have the kid b");
	room_close(&room);
}

static void sessions_have_a_key_for_each_cookie(void **state)
{
	static const char *const cookies[] = {
		"__Secure-authjs.session-token", "authjs.session-token"};
	const struct profile_rules rules[] = {{.name = "v5",
						      .kind = PROFILE_AUTHJS_V5,
						      .cookies = {cookies, 2},
						      .sources = &web_key,
						      .source_count = 1},
		{.name = "v4",
			.kind = PROFILE_NEXTAUTH_V4,
			.cookies = {cookies, 2},
			.sources = &web_key,
			.source_count = 1}};
	struct room room;
	const struct jwe_key *key;

	(void)state;
	room_open(&room);
	configure(&room, rules, 2);
	offer(&room, "web", "AUTH_SECRET", "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3"); // 31 bytes
	expect_unusable(&room, "AUTH_SECRET of web: shorter than 32 bytes");
	offer(&room, "web", "AUTH_SECRET", GOOD);
	for (size_t i = 0; i < 2; i++) {
		assert_true(at(&room, i)->usable && at(&room, i)->key_count == 1);
		assert_null(at(&room, i)->keys[0].key);
		assert_non_null(at(&room, i)->keys[0].sessions[0]);
	}
	assert_non_null(at(&room, 0)->keys[0].sessions[1]);
	assert_null(at(&room, 1)->keys[0].sessions[1]); // one for all cookies
	key = at(&room, 0)->keys[0].sessions[1];
	end(&room, room.id);
	configure(&room, rules, 2);
	assert_ptr_equal(at(&room, 0)->keys[0].sessions[1], key);
	room_close(&room);
}

// ---- keys that cannot be used

static void a_bad_key_is_told_without_its_value(void **state)
{
	static const struct {
		const char *name, *key, *value, *fault, *hint;
	} cases[] = {
		{"missing", "AUTH_SECRETS", GOOD, "web offers no AUTH_SECRET",
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
	struct room room;

	(void)state;
	room_open(&room);
	configure(&room, &session, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile *profile = at(&room, 0);

		offer(&room, "web", cases[i].key, cases[i].value);
		if (profile->usable || !text_equal(profile->fault, cases[i].fault) ||
			(cases[i].hint && !text_equal(profile->hint, cases[i].hint)))
			fail_msg("%s: %s; %s", cases[i].name, profile->fault, profile->hint);
		if (*cases[i].value && (strstr(profile->fault, cases[i].value) ||
					       strstr(profile->hint, cases[i].value)))
			fail_msg("%s: shows the value", cases[i].name);
	}
	room_close(&room);
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
		{"a secret", GOOD, 0600, KEY_TEXT, NULL, false},
		{"a line end of an editor", GOOD "\n", 0600, KEY_TEXT, NULL, false},
		{"a line end of Windows", GOOD "\r\n", 0600, KEY_TEXT, NULL, false},
		{"half of one", GOOD "\r", 0600, KEY_TEXT, NULL, false},
		{"a byte order mark", "\xEF\xBB\xBF" GOOD "\n", 0600, KEY_TEXT, NULL, false},
		{"nothing but a byte order mark", "\xEF\xBB\xBF", 0600, KEY_TEXT,
			"the key is empty", false},
		{"quotes of a compose file", "\"" GOOD "\"\n", 0600, KEY_TEXT, NULL, false},
		{"quotes of a shell", "'" GOOD "'", 0600, KEY_TEXT, NULL, false},
		{"nothing but quotes", "''\n", 0600, KEY_TEXT, "the key is empty", false},
		{"for a group", GOOD "\n", 0640, KEY_TEXT, NULL, false},
		{"for everybody", GOOD "\n", 0644, KEY_TEXT, NULL, true},
		{"that everybody may write", GOOD "\n", 0622, KEY_TEXT,
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
	struct room room;

	(void)state;
	room_open(&room);
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
		configure(&room, &rules, 1);
		profile = at(&room, 0);
		if (profile->usable != !cases[i].fault ||
			(cases[i].fault &&
				!text_equal(profile->fault + strlen(path) + 2, cases[i].fault)))
			fail_msg("%s: %s", cases[i].name, profile->fault);
		if ((profile->exposed != NULL) != cases[i].exposed)
			fail_msg("%s: %s", cases[i].name, profile->exposed);
		if (profile->usable && (profile->quoted != NULL) != is_quote(*cases[i].bytes))
			fail_msg("%s: quotes", cases[i].name);
		if (profile->usable && cases[i].encoding == KEY_TEXT)
			assert_true(has_secret(&room, 0, GOOD));
		configure(&room, NULL, 0); // the source ends with this turn
	}
	room_close(&room);
}

static void a_file_is_read_again_with_the_rules(void **state)
{
	const struct profile_source source = {.file = path, .options = {.label = path}};
	const struct profile_rules rules = {.name = "file", .sources = &source, .source_count = 1};
	const struct profile_rules sessions = {
		.name = "file", .kind = PROFILE_NEXTAUTH_V4, .sources = &source, .source_count = 1};
	struct room room;

	(void)state;
	room_open(&room);
	(void)unlink(path);
	configure(&room, &rules, 1);
	assert_false(at(&room, 0)->usable);
	assert_non_null(strstr(at(&room, 0)->fault, "No such file"));
	write_file(GOOD, strlen(GOOD), 0600);
	configure(&room, &rules, 1);
	assert_true(has_secret(&room, 0, GOOD));
	write_file(GOOD2, strlen(GOOD2), 0600);
	refresh(&room);
	assert_true(has_secret(&room, 0, GOOD)); // not before
	configure(&room, &rules, 1);
	assert_true(has_secret(&room, 0, GOOD2));
	configure(&room, &sessions, 1);
	assert_true(at(&room, 0)->usable);
	assert_int_equal(chmod(path, 0644), 0);
	configure(&room, &sessions, 1);
	assert_true(at(&room, 0)->usable);
	assert_string_equal(at(&room, 0)->exposed, path);
	room_close(&room);
}

static void a_file_of_another_user_is_refused(void **state)
{
	const struct profile_source source = {.file = path, .options = {.label = path}};
	const struct profile_rules rules = {.name = "file", .sources = &source, .source_count = 1};
	struct room room;

	(void)state;
	if (geteuid() != 0)
		skip();
	room_open(&room);
	write_file(GOOD, strlen(GOOD), 0600);
	assert_int_equal(chown(path, 4711, 4711), 0);
	configure(&room, &rules, 1);
	assert_non_null(strstr(at(&room, 0)->fault, "it belongs to uid 4711"));
	room_close(&room);
}

// What is revoked is refused for as long as the most patient profile would take it.
static void spans_are_those_of_the_longest(void **state)
{
	static const struct profile_rules rules[] = {
		{.name = "short", .lifetime_ms = 1000, .leeway_ms = 30000},
		{.name = "long", .lifetime_ms = 900000, .leeway_ms = 5000},
		{.name = "refresh", .lifetime_ms = 604800000}};
	uint64_t leeway_ms = 1, life_ms = 1;
	struct room room;

	(void)state;
	keyring_spans(NULL, NULL, &leeway_ms, &life_ms);
	assert_int_equal(leeway_ms, 0);
	assert_int_equal(life_ms, 0);
	room_open(&room);
	configure(&room, rules, ARRAY_SIZE(rules));
	keyring_spans(room.keyring, "refresh", &leeway_ms, &life_ms);
	assert_int_equal(leeway_ms, 30000);
	assert_int_equal(life_ms, 930000);
	keyring_spans(room.keyring, NULL, &leeway_ms, &life_ms);
	assert_int_equal(life_ms, 604830000);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_brings_the_key),
		cmocka_unit_test(a_bundle_that_is_there_already_is_taken),
		cmocka_unit_test(a_build_brings_no_key),
		cmocka_unit_test(keys_stay_while_their_app_is_away),
		cmocka_unit_test(an_older_bundle_that_outlives_the_newest_is_not_gone_back_to),
		cmocka_unit_test(a_bad_key_takes_the_place_of_a_good_one),
		cmocka_unit_test(what_is_withdrawn_is_forgotten),
		cmocka_unit_test(new_rules_keep_the_keys_of_which_the_same_is_said),
		cmocka_unit_test(a_key_of_which_something_else_is_said_waits_for_its_app),
		cmocka_unit_test(the_previous_key_may_be_there_or_not),
		cmocka_unit_test(a_further_key_is_needed_when_it_is_active),
		cmocka_unit_test(a_set_brings_several_keys_and_no_kid_twice),
		cmocka_unit_test(sessions_have_a_key_for_each_cookie),
		cmocka_unit_test(a_bad_key_is_told_without_its_value),
		cmocka_unit_test(files_are_keys),
		cmocka_unit_test(a_file_is_read_again_with_the_rules),
		cmocka_unit_test(a_file_of_another_user_is_refused),
		cmocka_unit_test(spans_are_those_of_the_longest),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
