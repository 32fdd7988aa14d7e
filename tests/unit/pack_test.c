// Bundles to bytes and back: nothing lost, and nothing taken that the writer would not write.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define VALUE(text) \
	{ \
		(const struct secret_byte *)(text), sizeof(text) - 1 \
	}
#define PLACE(place, line) \
	{ \
		SOURCE_DOTENV, place, line, 1 \
	}

static const struct candidate first[] = {
	{CANDIDATE_WINNER, PLACE(".env.production", 3), "", VALUE("winner-value")},
	{CANDIDATE_SHADOWED, PLACE(".env.second", 7), NULL, VALUE("loser-value")},
	{CANDIDATE_READING, PLACE(".env.production", 3), "next, dotenv", VALUE("winner")},
};
static const struct candidate second[] = {
	{CANDIDATE_WINNER, {SOURCE_ENV, NULL, 0, 0}, "", VALUE("")},
};
static const struct bundle_key keys[] = {
	{"KEY_A", BUNDLE_KEY_SECRET | BUNDLE_KEY_DECLARED | BUNDLE_KEY_SHARED, first, 3},
	{"KEY_B", BUNDLE_KEY_INJECT, second, 1},
	{"KEY_C", BUNDLE_KEY_REQUIRED | BUNDLE_KEY_BAD, NULL, 0},
};
static const struct bundle_allowed allowed[] = {{"conflict", "KEY_A"}, {"weak", NULL}};
static const struct bundle sample = {
	.app = "shop/web",
	.group = "shop",
	.mode = "production",
	.phase = BUNDLE_PHASE_BUILD,
	.program = "node server.js",
	.root = "/srv/shop",
	.rotation_ms = 300000,
	.made_at_ms = 1700000000123,
	.keys = keys,
	.key_count = ARRAY_SIZE(keys),
	.allowed = allowed,
	.allowed_count = ARRAY_SIZE(allowed),
};

struct fixture {
	struct pool *pool;
	uint8_t *bytes;
	size_t size;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->pool = pool_new();
	assert_int_equal(pack_size(&sample, &fixture->size, NULL), 0);
	fixture->bytes = malloc(fixture->size);
	assert_non_null(fixture->bytes);
	assert_int_equal(pack_encode(&sample, fixture->bytes, fixture->size), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	pool_free(fixture->pool);
	free(fixture->bytes);
	free(fixture);
	return 0;
}

static void same_candidate(const struct candidate *a, const struct candidate *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->origin.source, b->origin.source);
	assert_string_equal(a->origin.place ? a->origin.place : "", b->origin.place);
	assert_int_equal(a->origin.line, b->origin.line);
	assert_int_equal(a->origin.column, b->origin.column);
	assert_string_equal(a->dialects ? a->dialects : "", b->dialects);
	assert_true(secret_equal(a->value, b->value));
}

static void everything_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct bundle bundle;

	assert_int_equal(
		pack_decode(fixture->bytes, fixture->size, fixture->pool, &bundle, NULL), 0);
	assert_string_equal(bundle.app, sample.app);
	assert_string_equal(bundle.group, sample.group);
	assert_string_equal(bundle.mode, sample.mode);
	assert_string_equal(bundle.program, sample.program);
	assert_string_equal(bundle.root, sample.root);
	assert_int_equal(bundle.phase, sample.phase);
	assert_int_equal(bundle.rotation_ms, sample.rotation_ms);
	assert_int_equal(bundle.made_at_ms, sample.made_at_ms);
	assert_int_equal(bundle.allowed_count, 2);
	assert_string_equal(bundle.allowed[0].code, "conflict");
	assert_string_equal(bundle.allowed[0].key, "KEY_A");
	assert_string_equal(bundle.allowed[1].key, "");
	assert_int_equal(bundle.key_count, sample.key_count);
	for (size_t i = 0; i < sample.key_count; i++) {
		assert_string_equal(bundle.keys[i].name, keys[i].name);
		assert_int_equal(bundle.keys[i].flags, keys[i].flags);
		assert_int_equal(bundle.keys[i].count, keys[i].count);
		for (size_t j = 0; j < keys[i].count; j++)
			same_candidate(&keys[i].candidates[j], &bundle.keys[i].candidates[j]);
	}
	assert_ptr_equal(bundle_find(&bundle, "KEY_B"), &bundle.keys[1]);
}

static void inherited_keys_stay_at_home(void **state)
{
	struct fixture *fixture = *state;
	struct bundle_key some[ARRAY_SIZE(keys)];
	struct bundle bundle = sample, back;
	size_t size;

	memcpy(some, keys, sizeof(keys));
	some[1].flags |= BUNDLE_KEY_INHERITED;
	bundle.keys = some;
	assert_int_equal(pack_size(&bundle, &size, NULL), 0);
	assert_true(size < fixture->size);
	assert_int_equal(pack_encode(&bundle, fixture->bytes, size), 0);
	assert_int_equal(pack_decode(fixture->bytes, size, fixture->pool, &back, NULL), 0);
	assert_int_equal(back.key_count, 2);
	assert_null(bundle_find(&back, "KEY_B"));
}

static void texts_for_people_are_made_printable(void **state)
{
	struct fixture *fixture = *state;
	struct bundle bundle = sample, back;
	uint8_t bytes[1024];
	size_t size;

	bundle.root = "/srv/\xff\n";
	assert_int_equal(pack_size(&bundle, &size, NULL), 0);
	assert_true(size <= sizeof(bytes));
	assert_int_equal(pack_encode(&bundle, bytes, size), 0);
	assert_int_equal(pack_decode(bytes, size, fixture->pool, &back, NULL), 0);
	assert_string_equal(back.root, "/srv/\\xff\\x0a");
}

// Each prefix lies in memory of its own size, so that a sanitizer sees a read past its end.
static void every_prefix_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct bundle bundle = {.app = "untouched"};

	for (size_t size = 0; size < fixture->size; size++) {
		own_free uint8_t *prefix = malloc(size ? size : 1);

		assert_non_null(prefix);
		memcpy(prefix, fixture->bytes, size);
		assert_int_equal(
			pack_decode(prefix, size, fixture->pool, &bundle, NULL), FAULT_E_TRUNCATED);
		if (size < 12)
			continue;
		prefix[8] = prefix[9] = 0; // now it announces what it has
		prefix[10] = (uint8_t)(size >> 8);
		prefix[11] = (uint8_t)size;
		assert_int_equal(
			pack_decode(prefix, size, fixture->pool, &bundle, NULL), FAULT_E_MALFORMED);
	}
	assert_string_equal(bundle.app, "untouched");
}

static void every_changed_byte_is_survived(void **state)
{
	static const uint8_t changes[] = {0x01, 0x80, 0xff};
	struct fixture *fixture = *state;

	for (size_t at = 0; at < fixture->size; at++)
		for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
			struct bundle bundle;
			int code;

			fixture->bytes[at] ^= changes[i];
			code = pack_decode(
				fixture->bytes, fixture->size, fixture->pool, &bundle, NULL);
			assert_true(code >= 0);
			fixture->bytes[at] ^= changes[i];
		}
}

// One change to the bytes of the sample: `length` bytes at `offset` from a text in it.
struct tampering {
	const char *prose;
	const char *near; // NULL: the beginning
	long offset;
	const char *bytes;
	size_t length;
	int fault;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct tampering tamperings[] = {
	{"another magic", NULL, 0, BYTES("X"), FAULT_E_MALFORMED},
	{"another version", NULL, 5, BYTES("\2"), FAULT_E_VERSION},
	{"a version before all", NULL, 5, BYTES("\0"), FAULT_E_VERSION},
	{"a phase that is none", NULL, 7, BYTES("\2"), FAULT_E_MALFORMED},
	{"a size that is larger", NULL, 9, BYTES("\1"), FAULT_E_TRUNCATED},
	{"a size that is smaller", NULL, 10, BYTES("\0\x20"), FAULT_E_MALFORMED},
	{"an app's name with a line end", "shop/web", 4, BYTES("\n"), FAULT_E_MALFORMED},
	{"an app's name that is not UTF-8", "shop/web", 4, BYTES("\xff"), FAULT_E_MALFORMED},
	{"a mode with a C1 control character", "production", 0, BYTES("\xc2\x85"),
		FAULT_E_MALFORMED},
	{"a rotation of more than ten years", "conflict", -20, BYTES("\1"), FAULT_E_MALFORMED},
	{"a time that JSON cannot hold", "conflict", -12, BYTES("\1"), FAULT_E_MALFORMED},
	{"too many allowed findings", "conflict", -3, BYTES("\x41"), FAULT_E_TOO_LARGE},
	{"an allowed finding that is no code", "conflict", 0, BYTES("C"), FAULT_E_MALFORMED},
	{"an allowed key that is no name", "conflict", 10, BYTES("="), FAULT_E_MALFORMED},
	{"a key with = in its name", "KEY_B", 3, BYTES("="), FAULT_E_MALFORMED},
	{"a key with a space in its name", "KEY_B", 3, BYTES(" "), FAULT_E_MALFORMED},
	{"a key that is not ASCII", "KEY_B", 2, BYTES("\xc3\xa4"), FAULT_E_MALFORMED},
	{"keys out of order", "KEY_B", 0, BYTES("A"), FAULT_E_MALFORMED},
	{"a key twice", "KEY_C", 4, BYTES("B"), FAULT_E_MALFORMED},
	{"an unknown flag", "KEY_B", 5, BYTES("\x80"), FAULT_E_MALFORMED},
	{"a key that is not handed over", "KEY_B", 8, BYTES("\x40"), FAULT_E_MALFORMED},
	{"shared = yes and no at once", "KEY_B", 8, BYTES("\x18"), FAULT_E_MALFORMED},
	{"more candidates than there are bytes", "KEY_B", 9, BYTES("\x40"), FAULT_E_MALFORMED},
	{"fewer candidates than there are", "KEY_B", 9, BYTES("\0"), FAULT_E_MALFORMED},
	{"a winner that is not the first", ".env.second", -12, BYTES("\0"), FAULT_E_MALFORMED},
	{"a kind that is none", ".env.second", -12, BYTES("\3"), FAULT_E_MALFORMED},
	{"a reading without its dialects", ".env.second", -12, BYTES("\2"), FAULT_E_MALFORMED},
	{"a candidate from nowhere", ".env.second", -11, BYTES("\0"), FAULT_E_MALFORMED},
	{"a source that is none", ".env.second", -11, BYTES("\7"), FAULT_E_MALFORMED},
	{"a place with a NUL", ".env.second", 4, BYTES("\0"), FAULT_E_MALFORMED},
	{"a value longer than the bundle", "loser-value", -2, BYTES("\x7f"), FAULT_E_MALFORMED},
	{"a value longer than 4 GiB less one", "loser-value", -4, BYTES("\xff\xff\xff\xff"),
		FAULT_E_MALFORMED},
	{"another value is another bundle, not a bad one", "loser-value", 0, BYTES("\0\xff"), 0},
};

static uint8_t *find(struct fixture *fixture, const char *text)
{
	void *at = memmem(fixture->bytes, fixture->size, text, strlen(text));

	assert_non_null(at);
	return at;
}

static void tampering_is_noticed(void **state)
{
	struct fixture *fixture = *state;
	own_free uint8_t *untouched = malloc(fixture->size);

	assert_non_null(untouched);
	memcpy(untouched, fixture->bytes, fixture->size);
	for (size_t i = 0; i < ARRAY_SIZE(tamperings); i++) {
		const struct tampering *one = &tamperings[i];
		uint8_t *at = one->near ? find(fixture, one->near) : fixture->bytes;
		struct err err = ERR_NONE;
		struct bundle bundle;
		int code;

		memcpy(at + one->offset, one->bytes, one->length);
		code = pack_decode(fixture->bytes, fixture->size, fixture->pool, &bundle, &err);
		if (code != one->fault)
			fail_msg(
				"%s: %d (%s), expected %d", one->prose, code, err.what, one->fault);
		if (code && !*err.what)
			fail_msg("%s: no message", one->prose);
		memcpy(fixture->bytes, untouched, fixture->size);
	}
}

static void bytes_behind_the_end_are_noticed(void **state)
{
	struct fixture *fixture = *state;
	own_free uint8_t *longer = calloc(1, fixture->size + 1);
	struct bundle bundle;

	assert_non_null(longer);
	memcpy(longer, fixture->bytes, fixture->size);
	assert_int_equal(pack_decode(longer, fixture->size + 1, fixture->pool, &bundle, NULL),
		FAULT_E_MALFORMED);
	longer[10] = (uint8_t)((fixture->size + 1) >> 8);
	longer[11] = (uint8_t)(fixture->size + 1);
	assert_int_equal(pack_decode(longer, fixture->size + 1, fixture->pool, &bundle, NULL),
		FAULT_E_MALFORMED);
}

static void caps_are_named_when_encoding(void **state)
{
	static const uint8_t zeros[BUNDLE_VALUE_MAX + 1];
	static struct candidate many[BUNDLE_CANDIDATES_MAX + 1];
	struct bundle_key key = {"KEY", 0, many, 1};
	struct bundle bundle = sample;
	struct err err = ERR_NONE;
	size_t size;

	(void)state;
	bundle.keys = &key;
	bundle.key_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct candidate){.kind = i ? CANDIDATE_READING : CANDIDATE_WINNER,
			.origin.source = SOURCE_ENV,
			.dialects = i ? "next" : "",
			.value = secret_view(zeros, BUNDLE_VALUE_MAX)};
	key.count = 1 + BUNDLE_READINGS_MAX;
	assert_int_equal(pack_size(&bundle, &size, &err), 0);
	key.count++;
	assert_int_equal(pack_size(&bundle, &size, &err), -E2BIG);
	assert_non_null(strstr(err.what, "17"));
	for (size_t i = 1; i < ARRAY_SIZE(many); i++) {
		many[i].kind = CANDIDATE_SHADOWED;
		many[i].dialects = "";
	}
	key.count = ARRAY_SIZE(many) - 1;
	assert_int_equal(pack_size(&bundle, &size, &err), 0);
	key.count++;
	assert_int_equal(pack_size(&bundle, &size, &err), -E2BIG);
	assert_non_null(strstr(err.what, "candidates: 65"));
	key.count = 1;
	many[0].value = secret_view(zeros, BUNDLE_VALUE_MAX + 1);
	assert_int_equal(pack_size(&bundle, &size, &err), -E2BIG);
	assert_non_null(strstr(err.what, "65537"));
	assert_string_equal(err.where, "KEY");
}

static void too_many_keys_or_bytes_are_refused(void **state)
{
	static const uint8_t zeros[4096];
	static struct bundle_key many[BUNDLE_KEYS_MAX + 1];
	static char names[BUNDLE_KEYS_MAX + 1][12];
	const struct candidate value = {
		.origin.source = SOURCE_ENV, .value = secret_view(zeros, sizeof(zeros))};
	struct bundle bundle = sample;
	struct err err = ERR_NONE;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "KEY_%05zu", i);
		many[i] = (struct bundle_key){.name = names[i]};
	}
	bundle.keys = many;
	bundle.key_count = BUNDLE_KEYS_MAX;
	assert_int_equal(pack_size(&bundle, &size, &err), 0);
	bundle.key_count++;
	assert_int_equal(pack_size(&bundle, &size, &err), -E2BIG);
	bundle.key_count = 2100; // of 4 KiB each: over 8 MiB
	for (size_t i = 0; i < bundle.key_count; i++) {
		many[i].candidates = &value;
		many[i].count = 1;
	}
	assert_int_equal(pack_size(&bundle, &size, &err), -E2BIG);
	assert_non_null(strstr(err.what, "8388608"));
}

static void a_hostile_count_takes_no_memory(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *count;
	struct bundle bundle;

	count = find(fixture, "weak") + 4 + 2; // behind the last allowed finding and its empty key
	count[2] = 10001 >> 8;
	count[3] = 10001 & 0xff;
	assert_int_equal(pack_decode(fixture->bytes, fixture->size, fixture->pool, &bundle, NULL),
		FAULT_E_TOO_LARGE);
	count[3] = 10000 & 0xff;
	assert_int_equal(pack_decode(fixture->bytes, fixture->size, fixture->pool, &bundle, NULL),
		FAULT_E_MALFORMED);
}

static void what_is_no_bundle_is_not_encoded(void **state)
{
	struct bundle bundle = sample;
	struct bundle_key swapped[] = {keys[1], keys[0]};
	size_t size = 77;

	(void)state;
	bundle.app = "";
	assert_int_equal(pack_size(&bundle, &size, NULL), -EINVAL);
	bundle = sample;
	bundle.group = "a group\nof two lines";
	assert_int_equal(pack_size(&bundle, &size, NULL), -EINVAL);
	bundle.group = NULL;
	assert_int_equal(pack_size(&bundle, &size, NULL), -EINVAL);
	bundle = sample;
	bundle.keys = swapped;
	bundle.key_count = 2;
	assert_int_equal(pack_size(&bundle, &size, NULL), -EINVAL);
	assert_int_equal(size, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(inherited_keys_stay_at_home, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			texts_for_people_are_made_printable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_prefix_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_changed_byte_is_survived, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tampering_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			bytes_behind_the_end_are_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hostile_count_takes_no_memory, set_up, tear_down),
		cmocka_unit_test(caps_are_named_when_encoding),
		cmocka_unit_test(too_many_keys_or_bytes_are_refused),
		cmocka_unit_test(what_is_no_bundle_is_not_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
