// Names are decoded as well: "t%6Fken" is the field "token".
// SPDX-License-Identifier: MIT
#include "verifier/door/api/form.h"

#include "lib/base/text.h"

// The value of a field, if it is one of `fields`.
// Returns: NULL, or what is wrong.
static const char *read_field(
	const char *at, const char *stop, struct form_field *fields, size_t count)
{
	const char *equals = memchr(at, '=', (size_t)(stop - at));
	const char *value = equals ? equals + 1 : stop;
	char name[FORM_NAME_MAX + 1];
	size_t length =
		text_from_form(at, (size_t)((equals ? equals : stop) - at), name, sizeof(name));

	if (length == SIZE_MAX)
		return "a broken escape in the form";
	for (size_t i = 0; i < count; i++) {
		struct form_field *field = &fields[i];

		if (length != strlen(field->name) || memcmp(name, field->name, length) != 0)
			continue;
		if (field->found)
			return "a field stands twice in the form";
		field->found = true;
		field->length =
			text_from_form(value, (size_t)(stop - value), field->out, field->size);
		if (field->length == SIZE_MAX)
			return "a broken escape in the form";
		if (field->length > field->size)
			field->length = field->size;
	}
	return NULL;
}

const char *form_read(const char *body, size_t length, struct form_field *fields, size_t count)
{
	const char *at = body, *end = body + length;

	while (at < end) {
		const char *next = memchr(at, '&', (size_t)(end - at));
		const char *fault = read_field(at, next ? next : end, fields, count);

		if (fault)
			return fault;
		at = next ? next + 1 : end;
	}
	return NULL;
}

bool form_is_text(struct form_field *field)
{
	field->out[field->length] = '\0';
	return strlen(field->out) == field->length;
}
