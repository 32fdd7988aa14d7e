// The stamp of a build: what is in it, that it comes back, and that nobody can change it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/stamp.h"

#include "lib/base/freshfile.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SECRET "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE"
#define STANDIN "Zb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xWvB0yQ"
#define FEEBLE "hunter2"

struct scene {
	struct secret_arena *arena;
	struct pool *pool;
	struct fingerprint_key *key, *other;
	char folder[64];
};

static int open_key(
	struct scene *scene, const char *name, uint8_t filling, struct fingerprint_key **ret_key)
{
	uint8_t bytes[32];
	char path[128];

	memset(bytes, filling, sizeof(bytes));
	(void)snprintf(path, sizeof(path), "%s/%s", scene->folder, name);
	return freshfile_write(path, bytes, sizeof(bytes), 0600, false, NULL) < 0
		       ? -1
		       : fingerprint_key_open(path, scene->arena, ret_key, NULL);
}

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){.pool = pool_new(), .folder = "/tmp/samekey-stamp-XXXXXX"};
	*state = &scene;
	if (sodium_init() < 0 || !scene.pool || !mkdtemp(scene.folder) ||
		secret_arena_open(NULL, &scene.arena, NULL) < 0)
		return -1;
	return open_key(&scene, "key", 1, &scene.key) || open_key(&scene, "other", 2, &scene.other);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"key", "other", "stamp", "foreign"};
	struct scene *scene = *state;
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", scene->folder, names[i]);
		(void)unlink(path);
	}
	fingerprint_key_free(scene->key);
	fingerprint_key_free(scene->other);
	secret_arena_free(scene->arena);
	pool_free(scene->pool);
	return rmdir(scene->folder);
}

static const struct candidate secret = {.kind = CANDIDATE_WINNER,
	.origin = {SOURCE_DOTENV, ".env", 3, 1},
	.value = {(const struct secret_byte *)SECRET, sizeof(SECRET) - 1}};
static const struct candidate standin = {.kind = CANDIDATE_WINNER,
	.origin = {SOURCE_SENTINEL, "", 0, 0},
	.value = {(const struct secret_byte *)STANDIN, sizeof(STANDIN) - 1}};
static const struct candidate feeble = {.kind = CANDIDATE_WINNER,
	.origin = {SOURCE_ENV, "", 0, 0},
	.value = {(const struct secret_byte *)FEEBLE, sizeof(FEEBLE) - 1}};
static const struct bundle_key keys[] = {
	{"A_SECRET", BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT, &secret, 1},
	{"FOR_VERIFIER", BUNDLE_KEY_SECRET, &secret, 1},
	{"GIVEN_A_STANDIN", BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT | BUNDLE_KEY_SENTINEL, &standin,
		1},
	{"NEXT_PUBLIC_NAME", BUNDLE_KEY_INJECT | BUNDLE_KEY_WEAK, &feeble, 1},
	{"NO_VALUE", BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT, NULL, 0},
	{"WEAK", BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT | BUNDLE_KEY_WEAK, &feeble, 1},
};
static const struct stamp_frozen frozen[] = {{"A_SECRET", ".next/server/x.js", "base64", 17}};

static struct resolution resolution_of(const struct scene *scene)
{
	return (struct resolution){.fingerprints = scene->key,
		.arena = scene->arena,
		.bundle = {.app = "web",
			.group = "shop",
			.mode = "production",
			.root = "/srv/\xff",
			.keys = keys,
			.key_count = ARRAY_SIZE(keys)}};
}

// The sample stamp as text; the caller frees it.
static char *sample(struct scene *scene)
{
	struct resolution resolution = resolution_of(scene);
	struct stamp stamp;
	char *text = NULL;

	assert_int_equal(stamp_make(&resolution, scene->pool, &stamp), 0);
	stamp.frozen = frozen;
	stamp.frozen_count = 1;
	assert_int_equal(stamp_codec_encode(&stamp, scene->key, &text, NULL), 0);
	if (!text)
		abort();
	return text;
}

static void it_holds_what_may_be_known_and_no_value(void **state)
{
	own_free char *text = sample(*state);
	char hash[FINGERPRINT_TEXT_SIZE];

	assert_null(strstr(text, SECRET));
	assert_null(strstr(text, STANDIN));
	assert_null(strstr(text, FEEBLE));
	assert_null(strstr(text, "FOR_VERIFIER"));
	assert_null(strstr(text, "NO_VALUE"));
	fingerprint_text(((struct scene *)*state)->key, secret.value, hash);
	assert_non_null(strstr(text, hash));
}

static const struct stamp_key *find(const struct stamp *stamp, const char *name)
{
	for (size_t i = 0; i < stamp->key_count; i++)
		if (text_equal(stamp->keys[i].name, name))
			return &stamp->keys[i];
	return NULL;
}

static void it_comes_back(void **state)
{
	struct scene *scene = *state;
	own_free char *text = sample(scene);
	struct stamp back;
	const struct stamp_key *key;

	assert_int_equal(
		stamp_codec_decode(text, strlen(text), scene->key, scene->pool, &back, NULL), 0);
	assert_string_equal(back.app, "web");
	assert_string_equal(back.group, "shop");
	assert_string_equal(back.mode, "production");
	assert_string_equal(back.root, "/srv/\\xff");
	assert_true(back.built_at_s > 1700000000);
	assert_int_equal(back.key_count, 4);
	assert_int_equal(back.frozen_count, 1);
	assert_string_equal(back.frozen[0].path, ".next/server/x.js");
	assert_string_equal(back.frozen[0].form, "base64");
	assert_int_equal(back.frozen[0].offset, 17);
	key = find(&back, "A_SECRET");
	if (!key)
		abort();
	assert_string_equal(key->origin, ".env:3:1");
	assert_int_equal(key->length, sizeof(SECRET) - 1);
	assert_true(key->secret);
	assert_false(key->sentinel);
	key = find(&back, "GIVEN_A_STANDIN");
	if (!key)
		abort();
	assert_true(key->sentinel);
	assert_null(find(&back, "NO_VALUE"));
}

static void of_a_weak_value_nothing_is_said(void **state)
{
	struct scene *scene = *state;
	own_free char *text = sample(scene);
	struct stamp back;
	const struct stamp_key *weak, *public;

	assert_int_equal(
		stamp_codec_decode(text, strlen(text), scene->key, scene->pool, &back, NULL), 0);
	weak = find(&back, "WEAK");
	public = find(&back, "NEXT_PUBLIC_NAME"); // every browser is told
	if (!weak || !public)
		abort();
	assert_string_equal(weak->fingerprint, "weak");
	assert_int_equal(weak->length, 0);
	assert_int_equal(strlen(public->fingerprint), 12);
}

// Whether two stamps say the same.
static bool is_alike(struct scene *scene, const struct stamp *a, const char *text)
{
	own_free char *again = NULL;

	return stamp_codec_encode(a, scene->key, &again, NULL) == 0 && text_equal(again, text);
}

// Reads it with one byte changed. Returns: whether it is taken.
static bool takes_changed(struct scene *scene, char *text, size_t at, uint8_t change)
{
	own(pool_release) struct pool *pool = pool_new();
	struct err err = ERR_NONE;
	struct stamp back;
	int code;

	text[at] = (char)((uint8_t)text[at] ^ change);
	code = stamp_codec_decode(text, strlen(text), scene->key, pool, &back, &err);
	text[at] = (char)((uint8_t)text[at] ^ change);
	if (code == 0 && !is_alike(scene, &back, text))
		fail_msg("byte %zu may be changed", at);
	if (code < 0 || (code > 0 && !*err.what))
		fail_msg("byte %zu: %d, %s", at, code, err.what);
	return code == 0;
}

static void whichever_byte_is_changed_is_seen(void **state)
{
	static const uint8_t changes[] = {0x01, 0x20, 0x80, 0xff};
	struct scene *scene = *state;
	own_free char *text = sample(scene);
	size_t length = strlen(text), taken = 0;

	for (size_t i = 0; i < length; i++)
		for (size_t j = 0; j < ARRAY_SIZE(changes); j++)
			taken += takes_changed(scene, text, i, changes[j]);
	assert_true(taken < length); // only blanks between what is said may differ
}

static void what_is_cut_off_is_refused(void **state)
{
	struct scene *scene = *state;
	own_free char *text = sample(scene);

	for (size_t length = 0; length + 1 < strlen(text); length++) {
		struct stamp back;

		assert_int_equal(
			stamp_codec_decode(text, length, scene->key, scene->pool, &back, NULL),
			STAMP_E_MALFORMED);
	}
}

static void another_key_cannot_compare(void **state)
{
	struct scene *scene = *state;
	own_free char *text = sample(scene);
	struct err err = ERR_NONE;
	struct stamp back;

	assert_int_equal(
		stamp_codec_decode(text, strlen(text), scene->other, scene->pool, &back, &err),
		STAMP_E_OTHER_KEY);
	assert_non_null(strstr(err.what, fingerprint_key_id(scene->key)));
	assert_non_null(strstr(err.what, fingerprint_key_id(scene->other)));
	assert_non_null(strstr(err.hint, "[fingerprint]"));
}

static const struct {
	const char *prose, *member, *json; // json NULL: the member is taken out
	int code;
} cases[] = {
	{"a later version", "v", "2", STAMP_E_VERSION},
	{"version 0", "v", "0", STAMP_E_MALFORMED},
	{"a version that is text", "v", "\"1\"", STAMP_E_MALFORMED},
	{"no version", "v", NULL, STAMP_E_MALFORMED},
	{"a member that is not known is authenticated and passed over", "more", "[1]", 0},
	{"no app", "app", NULL, STAMP_E_MALFORMED},
	{"an app with a line's end", "app", "\"a\\nb\"", STAMP_E_MALFORMED},
	{"a time before 1970", "built_at", "-1", STAMP_E_MALFORMED},
	{"a time with a fraction", "built_at", "1.5", STAMP_E_MALFORMED},
	{"keys that are no list", "keys", "{}", STAMP_E_MALFORMED},
	{"a key that is no object", "keys", "[1]", STAMP_E_MALFORMED},
	{"no keys at all", "keys", "[]", 0},
	{"no list of frozen values", "frozen", NULL, STAMP_E_MALFORMED},
	{"a frozen value without its form", "frozen",
		"[{\"key\":\"A\",\"path\":\"p\",\"offset\":1}]", STAMP_E_MALFORMED},
#define KEY(name, hash, more) \
	"{\"key\":\"" name "\",\"fingerprint\":\"" hash "\",\"origin\":\"o\",\"sentinel\":false" \
	",\"secret\":true" more "}"
	{"a key", "keys", "[" KEY("A", "0123456789ab", ",\"length\":20") "]", 0},
	{"a weak key with a length, which is not believed", "keys",
		"[" KEY("A", "weak", ",\"length\":\"x\"") "]", 0},
	{"a fingerprint of 11 digits", "keys", "[" KEY("A", "0123456789a", "") "]",
		STAMP_E_MALFORMED},
	{"a fingerprint of 13 digits", "keys", "[" KEY("A", "0123456789abc", "") "]",
		STAMP_E_MALFORMED},
	{"a fingerprint in capitals", "keys", "[" KEY("A", "0123456789AB", "") "]",
		STAMP_E_MALFORMED},
	{"a name that is none", "keys", "[" KEY("A B", "weak", "") "]", STAMP_E_MALFORMED},
	{"a negative length", "keys", "[" KEY("A", "0123456789ab", ",\"length\":-1") "]",
		STAMP_E_MALFORMED},
	{"a key twice", "keys", "[" KEY("A", "weak", "") "," KEY("A", "weak", "") "]",
		STAMP_E_MALFORMED},
	{"keys out of order", "keys", "[" KEY("B", "weak", "") "," KEY("A", "weak", "") "]",
		STAMP_E_MALFORMED},
};

// Changes a member of a stamp and makes it authentic again; the caller frees it.
static char *forge(struct scene *scene, const char *member, const char *json)
{
	own_free char *text = sample(scene);
	json_t *object = json_loads(text, 0, NULL);
	uint8_t code[FINGERPRINT_STAMP_BYTES];
	char hex[2 * sizeof(code) + 1], *canonical, *forged;

	assert_int_equal(json_object_del(object, "mac"), 0);
	if (json)
		assert_int_equal(json_object_set_new(
					 object, member, json_loads(json, JSON_DECODE_ANY, NULL)),
			0);
	else
		assert_int_equal(json_object_del(object, member), 0);
	canonical = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	if (!canonical)
		abort();
	fingerprint_stamp(scene->key, canonical, strlen(canonical), code);
	free(canonical);
	(void)sodium_bin2hex(hex, sizeof(hex), code, sizeof(code));
	assert_int_equal(json_object_set_new(object, "mac", json_string(hex)), 0);
	forged = json_dumps(object, 0);
	json_decref(object);
	if (!forged)
		abort();
	return forged;
}

static void also_what_is_authentic_is_judged(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *text = forge(scene, cases[i].member, cases[i].json);
		struct stamp back = {.app = "untouched"};
		struct err err = ERR_NONE;
		int code = stamp_codec_decode(
			text, strlen(text), scene->key, scene->pool, &back, &err);

		if (code != cases[i].code)
			fail_msg("%s: %d (%s)", cases[i].prose, code, err.what);
		if (code && (!*err.what || !text_equal(back.app, "untouched")))
			fail_msg("%s: says nothing, or gives something", cases[i].prose);
	}
}

static void other_files_are_no_stamps(void **state)
{
	static const struct {
		const char *prose, *bytes;
		size_t length;
	} files[] = {
		{"nothing", "", 0},
		{"JSON that is no object", "[]", 2},
		{"an empty object", "{}", 2},
		{"a member twice", "{\"v\":1,\"v\":1}", 13},
		{"a NUL", "{\"v\":1}\0", 8},
		{"a NUL in a text", "{\"v\":1,\"key_id\":\"\\u0000\"}", 25},
		{"bad UTF-8", "{\"v\":1,\"key_id\":\"\xff\"}", 20},
	};
	struct scene *scene = *state;
	size_t deep = 1u << 20;
	own_free char *nested = malloc(deep);
	struct stamp back;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (stamp_codec_decode(files[i].bytes, files[i].length, scene->key, scene->pool,
			    &back, NULL) != STAMP_E_MALFORMED)
			fail_msg("%s is taken", files[i].prose);
	if (!nested)
		abort();
	memset(nested, '[', deep);
	assert_int_equal(stamp_codec_decode(nested, deep, scene->key, scene->pool, &back, NULL),
		STAMP_E_MALFORMED);
	assert_int_equal(
		stamp_codec_decode(nested, STAMP_SIZE_MAX + 1, scene->key, scene->pool, &back,
			NULL), // judged by its size alone
		STAMP_E_MALFORMED);
}

static void a_file_is_written_whole_and_read(void **state)
{
	struct scene *scene = *state;
	struct resolution resolution = resolution_of(scene);
	struct stamp stamp, back;
	struct stat facts;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/stamp", scene->folder);
	assert_int_equal(stamp_make(&resolution, scene->pool, &stamp), 0);
	assert_int_equal(stamp_write(path, &stamp, scene->key, NULL), 0);
	assert_int_equal(stat(path, &facts), 0);
	assert_int_equal(facts.st_mode & 0600, 0600);
	assert_int_equal(facts.st_mode & 0022, 0);
	assert_int_equal(stamp_read(path, &resolution, scene->pool, &back, NULL), 0);
	assert_int_equal(back.key_count, stamp.key_count);
	assert_int_equal(stamp_prepare(path, scene->key, NULL), 0);
	assert_int_equal(stat(path, &facts), -1); // a build that fails leaves none
	assert_int_equal(stamp_read(path, &resolution, scene->pool, &back, NULL), -ENOENT);
	assert_int_equal(stamp_read(scene->folder, &resolution, scene->pool, &back, NULL), -EINVAL);
}

static void nothing_else_is_overwritten(void **state)
{
	struct scene *scene = *state;
	struct err err = ERR_NONE;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/foreign", scene->folder);
	assert_int_equal(freshfile_write(path, "{\"name\":\"app\"}", 14, 0600, false, NULL), 0);
	assert_int_equal(stamp_prepare(path, scene->key, &err), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(stamp_prepare(scene->folder, scene->key, &err), -EEXIST);
	assert_int_equal(stamp_prepare("/nowhere/stamp", scene->key, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_what_may_be_known_and_no_value),
		cmocka_unit_test(it_comes_back),
		cmocka_unit_test(of_a_weak_value_nothing_is_said),
		cmocka_unit_test(whichever_byte_is_changed_is_seen),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(another_key_cannot_compare),
		cmocka_unit_test(also_what_is_authentic_is_judged),
		cmocka_unit_test(other_files_are_no_stamps),
		cmocka_unit_test(a_file_is_written_whole_and_read),
		cmocka_unit_test(nothing_else_is_overwritten),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
