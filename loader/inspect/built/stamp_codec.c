// The stamp as JSON and back. What is authenticated is the object without its code, written in one
// way: names sorted, no blanks.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/dump.h"
#include "lib/value/jsonload.h"
#include "loader/inspect/built/stamp.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>

#define CODE_TEXT_SIZE (2 * FINGERPRINT_STAMP_BYTES + 1)
#define TEXT_MAX (4 * BUNDLE_PLACE_MAX) // bytes of one text; a byte that is none is written \xNN

static json_t *keys_to_json(const struct stamp *stamp)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < stamp->key_count; i++) {
		const struct stamp_key *key = &stamp->keys[i];
		json_t *item =
			json_pack("{s:s, s:s}", "key", key->name, "fingerprint", key->fingerprint);

		if (key->length)
			dump_set(&item, "length", json_integer((json_int_t)key->length));
		dump_set(&item, "origin", json_string(key->origin));
		dump_set(&item, "sentinel", json_boolean(key->sentinel));
		dump_set(&item, "secret", json_boolean(key->secret));
		dump_append(&list, item);
	}
	return list;
}

static json_t *frozen_to_json(const struct stamp *stamp)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < stamp->frozen_count; i++) {
		const struct stamp_frozen *frozen = &stamp->frozen[i];

		dump_append(&list,
			json_pack("{s:s, s:s, s:s, s:I}", "key", frozen->key, "path", frozen->path,
				"form", frozen->form, "offset", (json_int_t)frozen->offset));
	}
	return list;
}

static json_t *to_json(const struct stamp *stamp)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:o}", "v", STAMP_VERSION, "app",
		stamp->app, "group", stamp->group, "mode", stamp->mode, "root", stamp->root,
		"built_at", (json_int_t)stamp->built_at_s, "key_id", stamp->key_id, "keys",
		keys_to_json(stamp), "frozen", frozen_to_json(stamp));
}

// The code of an object that has none (yet).
static int authenticate(
	const json_t *json, const struct fingerprint_key *key, char ret_text[static CODE_TEXT_SIZE])
{
	size_t length;
	own_free char *canonical = dump_json_as(json, JSON_COMPACT | JSON_SORT_KEYS, &length);
	uint8_t code[FINGERPRINT_STAMP_BYTES];

	if (!canonical)
		return -ENOMEM;
	fingerprint_stamp(key, canonical, length, code);
	(void)sodium_bin2hex(ret_text, CODE_TEXT_SIZE, code, sizeof(code));
	return 0;
}

int stamp_codec_encode(const struct stamp *stamp, const struct fingerprint_key *key,
	char **ret_text, struct err *err)
{
	json_t *json = to_json(stamp);
	char code[CODE_TEXT_SIZE];
	own_free char *text = NULL;
	char *line = NULL;
	size_t length;

	if (json && authenticate(json, key, code) == 0 &&
		json_object_set_new(json, "mac", json_string(code)) == 0)
		text = dump_json_as(json, JSON_INDENT(1), &length);
	json_decref(json);
	if (!text)
		return err_no_memory(err);
	if (strlen(text) + 1 > STAMP_SIZE_MAX)
		return err_set(err, -E2BIG, NULL, "the stamp has %zu bytes, the cap is %u",
			strlen(text) + 1, STAMP_SIZE_MAX);
	if (asprintf(&line, "%s\n", text) < 0)
		return err_no_memory(err);
	*ret_text = line;
	return 0;
}

// ---- from JSON

struct reader {
	struct pool *pool;
	struct err *err;
	int code; // the first failure
};

static void fail(struct reader *reader, int code, const char *what)
{
	if (reader->code == 0 && code == -ENOMEM)
		reader->code = err_no_memory(reader->err);
	else if (reader->code == 0)
		reader->code = err_set(reader->err, code, NULL, "%s", what);
}

static void fail_at(struct reader *reader, const char *member)
{
	if (reader->code == 0)
		reader->code = err_set(reader->err, STAMP_E_MALFORMED, NULL,
			"no stamp: its \"%s\" is missing or wrong", member);
}

static const char *get_text(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	size_t length = json_string_length(value);
	const char *copy;

	if (!json_is_string(value) || length > TEXT_MAX ||
		!text_is_line(json_string_value(value), length)) {
		fail_at(reader, member);
		return "";
	}
	copy = pool_text(reader->pool, json_string_value(value), length);
	if (!copy)
		fail(reader, -ENOMEM, NULL);
	return copy ? copy : "";
}

static uint64_t get_number(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		fail_at(reader, member);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

static bool get_flag(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_boolean(value))
		fail_at(reader, member);
	return json_is_true(value);
}

static bool is_hex(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static void get_key(struct reader *reader, const json_t *object, struct stamp_key *key)
{
	const char *fingerprint = get_text(reader, object, "fingerprint");
	bool weak = text_equal(fingerprint, STAMP_WEAK);

	*key = (struct stamp_key){
		.name = get_text(reader, object, "key"),
		.origin = get_text(reader, object, "origin"),
		.length = weak || !json_object_get(object, "length")
				  ? 0
				  : get_number(reader, object, "length"),
		.sentinel = get_flag(reader, object, "sentinel"),
		.secret = get_flag(reader, object, "secret"),
	};
	(void)snprintf(key->fingerprint, sizeof(key->fingerprint), "%s", fingerprint);
	if (!weak && !is_hex(fingerprint, FINGERPRINT_TEXT_SIZE - 1))
		fail_at(reader, "fingerprint");
	if (!bundle_is_key_name(key->name))
		fail_at(reader, "key");
}

// Room for the items of a list of at most `most`.
// Returns: NULL when it is none, or memory is short; that is noted.
static void *take_list(struct reader *reader, const json_t *list, const char *member, size_t most,
	size_t item_size)
{
	size_t count = json_array_size(list);
	void *items;

	if (!json_is_array(list) || count > most) {
		fail_at(reader, member);
		return NULL;
	}
	items = pool_array(reader->pool, count, item_size);
	if (!items)
		fail(reader, -ENOMEM, NULL);
	return items;
}

static void get_keys(struct reader *reader, const json_t *list, struct stamp *stamp)
{
	size_t count = json_array_size(list);
	struct stamp_key *keys = take_list(reader, list, "keys", BUNDLE_KEYS_MAX, sizeof(*keys));

	if (!keys)
		return;
	for (size_t i = 0; reader->code == 0 && i < count; i++) {
		get_key(reader, json_array_get(list, i), &keys[i]);
		if (i && strcmp(keys[i - 1].name, keys[i].name) >= 0)
			fail_at(reader, "keys");
	}
	stamp->keys = keys;
	stamp->key_count = count;
}

static void get_frozen(struct reader *reader, const json_t *list, struct stamp *stamp)
{
	size_t count = json_array_size(list);
	struct stamp_frozen *frozen =
		take_list(reader, list, "frozen", STAMP_FROZEN_MAX, sizeof(*frozen));

	if (!frozen)
		return;
	for (size_t i = 0; reader->code == 0 && i < count; i++) {
		const json_t *object = json_array_get(list, i);

		frozen[i] = (struct stamp_frozen){
			.key = get_text(reader, object, "key"),
			.path = get_text(reader, object, "path"),
			.form = get_text(reader, object, "form"),
			.offset = get_number(reader, object, "offset"),
		};
	}
	stamp->frozen = frozen;
	stamp->frozen_count = count;
}

static void get_stamp(struct reader *reader, const json_t *json, struct stamp *stamp)
{
	stamp->app = get_text(reader, json, "app");
	stamp->group = get_text(reader, json, "group");
	stamp->mode = get_text(reader, json, "mode");
	stamp->root = get_text(reader, json, "root");
	stamp->built_at_s = get_number(reader, json, "built_at");
	get_keys(reader, json_object_get(json, "keys"), stamp);
	get_frozen(reader, json_object_get(json, "frozen"), stamp);
}

// Version and key first: what another version or key has made says nothing else here.
static void judge_version(struct reader *reader, const json_t *json)
{
	const json_t *version = json_object_get(json, "v");

	if (!json_is_integer(version) || json_integer_value(version) < 1)
		fail_at(reader, "v");
	else if (json_integer_value(version) > STAMP_VERSION && reader->code == 0)
		reader->code = err_set(reader->err, STAMP_E_VERSION, NULL,
			"a stamp of version %lld; this samekey reads version %d",
			(long long)json_integer_value(version), STAMP_VERSION);
}

static void judge_key(struct reader *reader, const json_t *json, const struct fingerprint_key *key,
	struct stamp *stamp)
{
	const char *id = get_text(reader, json, "key_id");

	if (!is_hex(id, FINGERPRINT_TEXT_SIZE - 1)) {
		fail_at(reader, "key_id");
		return;
	}
	(void)snprintf(stamp->key_id, sizeof(stamp->key_id), "%s", id);
	if (text_equal(id, fingerprint_key_id(key)) || reader->code != 0)
		return;
	reader->code = err_set(reader->err, STAMP_E_OTHER_KEY, NULL,
		"cannot compare: made with the fingerprint key %s, here it is %s", id,
		fingerprint_key_id(key));
	(void)err_hint(reader->err,
		"give build and start the same key: key = FILE under [fingerprint] in samekey.ini, "
		"or --fingerprint-key FILE");
}

static void judge_code(struct reader *reader, json_t *json, const struct fingerprint_key *key)
{
	const char *given = get_text(reader, json, "mac");
	char shown[CODE_TEXT_SIZE], computed[CODE_TEXT_SIZE];

	if (!is_hex(given, CODE_TEXT_SIZE - 1)) {
		fail_at(reader, "mac");
		return;
	}
	(void)snprintf(shown, sizeof(shown), "%s", given);
	if (json_object_del(json, "mac") < 0 || authenticate(json, key, computed) < 0) {
		fail(reader, -ENOMEM, NULL);
		return;
	}
	if (reader->code != 0 || sodium_memcmp(shown, computed, sizeof(shown)) == 0)
		return;
	fail(reader, STAMP_E_CHANGED, "was changed after the build: its code does not fit");
	(void)err_hint(reader->err, "build again, or take the stamp that the build left");
}

int stamp_codec_decode(const char *bytes, size_t length, const struct fingerprint_key *key,
	struct pool *pool, struct stamp *ret_stamp, struct err *err)
{
	struct reader reader = {.pool = pool, .err = err};
	struct stamp stamp = {0};
	json_error_t error;
	json_t *json;
	int code;

	if (length > STAMP_SIZE_MAX)
		return err_set(err, STAMP_E_MALFORMED, NULL, "no stamp: %zu bytes, the cap is %u",
			length, STAMP_SIZE_MAX);
	code = jsonload_text(bytes, length, JSON_REJECT_DUPLICATES, &json, &error);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0) {
		(void)err_set(err, STAMP_E_MALFORMED, NULL,
			"no stamp, or cut off: line %d is no JSON", error.line);
		(void)err_hint(err, "build again with --stamp");
		return STAMP_E_MALFORMED;
	}
	judge_version(&reader, json);
	judge_key(&reader, json, key, &stamp);
	judge_code(&reader, json, key);
	get_stamp(&reader, json, &stamp);
	json_decref(json);
	if (reader.code == 0)
		*ret_stamp = stamp;
	else if (err && !*err->hint && reader.code > 0)
		(void)err_hint(err, reader.code == STAMP_E_VERSION
					    ? "build and start with the same samekey"
					    : "build again with --stamp");
	return reader.code;
}
