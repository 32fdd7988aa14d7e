// Walks the text anew for each path: there are a few, and it is small.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/userdata.h"

#include "lib/base/text.h"
#include "verifier/door/session/sessionrules.h"

bool userdata_read(const char *text, size_t length, struct strictjson_value *ret_root)
{
	const char *begin, *end;

	if (strictjson_object(text, length, NULL, 0, NULL) != STRICTJSON_OK)
		return false;
	begin = memchr(text, '{', length);
	end = memrchr(text, '}', length);
	*ret_root = (struct strictjson_value){
		.type = STRICTJSON_OBJECT, .text = begin, .length = (size_t)(end - begin) + 1};
	return true;
}

static struct strictjson_value member(
	const struct strictjson_value *object, const char *name, size_t length)
{
	struct strictjson_value key, value;
	size_t cursor = 0;

	while (object->type == STRICTJSON_OBJECT && strictjson_next(object, &cursor, &key, &value))
		if (strictjson_is(&key, name, length))
			return value;
	return (struct strictjson_value){.type = STRICTJSON_ABSENT};
}

struct strictjson_value userdata_find(const struct strictjson_value *root, const char *path)
{
	struct strictjson_value value = *root;

	for (;;) {
		size_t length = strcspn(path, ".");

		value = member(&value, path, length);
		if (!path[length])
			return value;
		path += length + 1;
	}
}

const char *userdata_raw(const struct strictjson_value *value, size_t *ret_length)
{
	bool is_text = value->type == STRICTJSON_STRING;

	*ret_length = value->length + (is_text ? 2 : 0);
	return is_text ? value->text - 1 : value->text; // what is missing has no text
}

// ---- claims

struct text {
	char *at;
	size_t used, size;
};

static void put(struct text *text, const char *bytes, size_t length)
{
	if (length >= text->size - text->used) {
		text->used = text->size - 1; // too long, from here on
		return;
	}
	memcpy(text->at + text->used, bytes, length);
	text->used += length;
}

static void put_name(struct text *text, const char *name)
{
	put(text, "\"", 1);
	for (const char *at = name; *at; at++) {
		if (*at == '"' || *at == '\\')
			put(text, "\\", 1);
		put(text, at, 1);
	}
	put(text, "\":", 2);
}

// Whether a claim is always a text (RFC 7519 section 4.1.2), of those that people number.
static bool is_text_claim(const char *name)
{
	return text_equal(name, "sub");
}

static bool is_fit(const struct strictjson_value *value, const char *claim)
{
	bool is_flag = value->type == STRICTJSON_TRUE || value->type == STRICTJSON_FALSE;

	return value->type == STRICTJSON_STRING || value->type == STRICTJSON_NUMBER ||
	       (is_flag && !is_text_claim(claim));
}

static void put_value(struct text *text, const struct strictjson_value *value, const char *claim)
{
	bool is_quoted = value->type == STRICTJSON_NUMBER && is_text_claim(claim);
	size_t length;
	const char *raw = userdata_raw(value, &length);

	put(text, "\"", is_quoted);
	put(text, raw, length);
	put(text, "\"", is_quoted);
}

const char *userdata_claims(const struct strictjson_value *root,
	const struct sessionrules_maps *maps, char *out, size_t size)
{
	struct text text = {out, 0, size};

	put(&text, "{", 1);
	for (size_t i = 0; i < maps->count; i++) {
		struct strictjson_value value = userdata_find(root, maps->items[i].from);

		if (!is_fit(&value, maps->items[i].name))
			return maps->items[i].from;
		put(&text, ",", i > 0);
		put_name(&text, maps->items[i].name);
		put_value(&text, &value, maps->items[i].name);
		if (text.used + 2 > size) // no room for the brace and a NUL
			return maps->items[i].from;
	}
	put(&text, "}", 1);
	out[text.used] = '\0';
	return NULL;
}

// ---- the subject

bool userdata_subject(const struct strictjson_value *root, const char *path, char *out, size_t size)
{
	struct strictjson_value value = userdata_find(root, path);

	if (value.type == STRICTJSON_NUMBER && value.length < size) {
		memcpy(out, value.text, value.length);
		out[value.length] = '\0';
		return true;
	}
	return strictjson_text(&value, out, size) && *out && text_is_line(out, strlen(out));
}
