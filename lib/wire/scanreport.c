// Records as lines of JSON. One table has the texts, one the numbers: writer and reader are driven
// by the same rows, and what no row names is refused.
// SPDX-License-Identifier: MIT
#include "lib/wire/scanreport.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/jsonload.h"

#include <errno.h>
#include <jansson.h>

// Bytes of a text as it is shown; a longer one is cut, so that a record is a line in any case.
#define PATH_SHOWN_MAX 8191
#define INSIDE_SHOWN_MAX 1023
#define ORIGIN_SHOWN_MAX 4199
#define TEXT_SHOWN_MAX 1023
#define KEY_SHOWN_MAX 1023
#define WORD_SHOWN_MAX 63

static const char *const types[SCANREPORT_TYPES] = {
	[SCANREPORT_VALUE] = "value",
	[SCANREPORT_OLD] = "old",
	[SCANREPORT_PLACEHOLDER] = "placeholder",
	[SCANREPORT_TOKEN] = "token",
	[SCANREPORT_ENV_FILE] = "env-file",
	[SCANREPORT_KEY_FILE] = "key-file",
	[SCANREPORT_VARIABLE] = "variable",
	[SCANREPORT_SKIPPED] = "skipped",
	[SCANREPORT_DONE] = "done",
};

#define AT(field) offsetof(struct scanreport, field)

static const struct {
	const char *name;
	size_t offset, most;
} texts[] = {
	{"path", AT(place.path), PATH_SHOWN_MAX},
	{"key", AT(key), KEY_SHOWN_MAX},
	{"origin", AT(origin), ORIGIN_SHOWN_MAX},
	{"kind", AT(kind), WORD_SHOWN_MAX},
	{"form", AT(form), WORD_SHOWN_MAX},
	{"state", AT(state), WORD_SHOWN_MAX},
	{"text", AT(text), TEXT_SHOWN_MAX},
	{"token", AT(token), SCANREPORT_TOKEN_MAX},
};

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{"offset", AT(place.offset)},
	{"line", AT(place.line)},
	{"size", AT(size)},
	{"files", AT(files)},
	{"bytes", AT(bytes)},
	{"members", AT(members)},
};

// ---- writing

static json_t *shown_json(const char *text, size_t most)
{
	char shown[SCANREPORT_TOKEN_MAX + 1];

	return json_string(text_printable(shown, most + 1, text));
}

static int add_texts(const struct scanreport *report, json_t *object)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text;

		memcpy(&text, (const char *)report + texts[i].offset, sizeof(text));
		if (text && *text &&
			json_object_set_new(
				object, texts[i].name, shown_json(text, texts[i].most)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_numbers(const struct scanreport *report, json_t *object)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t number;

		memcpy(&number, (const char *)report + numbers[i].offset, sizeof(number));
		if (number > INT64_MAX)
			number = INT64_MAX; // as much as JSON's readers hold
		if (number && json_object_set_new(object, numbers[i].name,
				      json_integer((json_int_t)number)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_inside(const struct scanreport_place *place, json_t *object)
{
	json_t *list = place->inside_count ? json_array() : NULL;

	for (size_t i = 0; i < place->inside_count && i < SCANREPORT_INSIDE_MAX; i++)
		dump_append(&list,
			shown_json(place->inside[i] ? place->inside[i] : "", INSIDE_SHOWN_MAX));
	return place->inside_count ? json_object_set_new(object, "inside", list) : 0;
}

json_t *scanreport_to_json(const struct scanreport *report)
{
	json_t *object = json_pack("{s:s}", "type", types[report->type]);

	if (object && add_texts(report, object) == 0 && add_inside(&report->place, object) == 0 &&
		add_numbers(report, object) == 0)
		return object;
	json_decref(object);
	return NULL;
}

// ---- reading

struct reader {
	struct pool *pool;
	struct err *err;
	struct scanreport report;
};

static int refuse(const struct reader *reader, const char *member)
{
	char shown[WORD_SHOWN_MAX + 1];

	return err_set(reader->err, -EINVAL, NULL, "a record is malformed: '%s'",
		text_printable(shown, sizeof(shown), member));
}

static int get_text(const struct reader *reader, const char *member, const json_t *value,
	size_t most, const char **ret_text)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (!text || length > most || !text_is_shown(text, length))
		return refuse(reader, member);
	*ret_text = length ? pool_text(reader->pool, text, length) : "";
	return *ret_text ? 0 : err_no_memory(reader->err);
}

static int get_inside(struct reader *reader, const json_t *list)
{
	struct scanreport_place *place = &reader->report.place;
	const json_t *item;
	size_t i;
	int code = 0;

	if (!json_is_array(list) || json_array_size(list) > SCANREPORT_INSIDE_MAX)
		return refuse(reader, "inside");
	json_array_foreach(list, i, item)
	{
		if (code == 0)
			code = get_text(
				reader, "inside", item, INSIDE_SHOWN_MAX, &place->inside[i]);
	}
	place->inside_count = json_array_size(list);
	return code;
}

static int get_type(struct reader *reader, const json_t *value)
{
	const char *word = json_string_value(value);

	for (unsigned i = 0; word && i < SCANREPORT_TYPES; i++)
		if (text_equal(types[i], word)) {
			reader->report.type = (enum scanreport_type)i;
			return 0;
		}
	return refuse(reader, "type");
}

static int get_member(struct reader *reader, const char *name, const json_t *value)
{
	if (text_equal(name, "type"))
		return get_type(reader, value);
	if (text_equal(name, "inside"))
		return get_inside(reader, value);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = "";
		int code;

		if (!text_equal(name, texts[i].name))
			continue;
		code = get_text(reader, name, value, texts[i].most, &text);
		memcpy((char *)&reader->report + texts[i].offset, &text, sizeof(text));
		return code;
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t number;

		if (!text_equal(name, numbers[i].name))
			continue;
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return refuse(reader, name);
		number = (uint64_t)json_integer_value(value);
		memcpy((char *)&reader->report + numbers[i].offset, &number, sizeof(number));
		return 0;
	}
	return refuse(reader, name);
}

static int get_report(struct reader *reader, json_t *object)
{
	const char *name, *empty = "";
	json_t *value;
	int code = json_is_object(object) ? 0 : refuse(reader, "");

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		memcpy((char *)&reader->report + texts[i].offset, &empty, sizeof(empty));
	if (code == 0 && !json_object_get(object, "type"))
		code = refuse(reader, "type");
	json_object_foreach(object, name, value)
	{
		if (code == 0)
			code = get_member(reader, name, value);
	}
	return code;
}

int scanreport_read(const char *line, size_t length, struct pool *pool,
	struct scanreport *ret_report, struct err *err)
{
	struct reader reader = {.pool = pool, .err = err};
	json_t *object;
	int code = -EBADMSG;

	if (length <= SCANREPORT_LINE_MAX)
		code = jsonload_text(line, length, JSON_REJECT_DUPLICATES, &object, NULL);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0)
		return err_set(err, -EINVAL, NULL, "a record is malformed: no JSON");
	code = get_report(&reader, object);
	json_decref(object);
	if (code == 0)
		*ret_report = reader.report;
	return code;
}
