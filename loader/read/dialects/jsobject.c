// As node has it: Object.prototype, and array indices before all other keys.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/jsobject.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"

enum jsobject_property jsobject_inherited(struct span name, struct span *ret_text)
{
	static const struct {
		const char *name;
		enum jsobject_property property;
		const char *text;
	} rows[] = {
		{"__proto__", JSOBJECT_TEXT, "[object Object]"},
		{"toString", JSOBJECT_TEXT, "[object Undefined]"},
		{"isPrototypeOf", JSOBJECT_TEXT, "false"},
		{"constructor", JSOBJECT_ITSELF, ""},
		{"hasOwnProperty", JSOBJECT_THROWS, ""},
		{"propertyIsEnumerable", JSOBJECT_THROWS, ""},
		{"toLocaleString", JSOBJECT_THROWS, ""},
		{"valueOf", JSOBJECT_THROWS, ""},
		{"__defineGetter__", JSOBJECT_THROWS, ""},
		{"__defineSetter__", JSOBJECT_THROWS, ""},
		{"__lookupGetter__", JSOBJECT_THROWS, ""},
		{"__lookupSetter__", JSOBJECT_THROWS, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!span_is(name, rows[i].name))
			continue;
		*ret_text = span_of(rows[i].text);
		return rows[i].property;
	}
	return JSOBJECT_NO_PROPERTY;
}

// JavaScript walks the keys of an object that are array indices first, by number.
struct numbered {
	uint32_t number;
	size_t index;
};

static bool is_index(struct span name, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (!name.length || name.length > 10 || (name.at[0] == '0' && name.length > 1))
		return false;
	for (size_t i = 0; i < name.length; i++) {
		if (!ascii_is_digit(name.at[i]))
			return false;
		number = number * 10 + (name.at[i] - '0');
	}
	*ret_number = (uint32_t)number;
	return number < UINT32_MAX;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = ((const struct numbered *)a)->number;
	uint32_t right = ((const struct numbered *)b)->number;

	return (left > right) - (left < right);
}

size_t *jsobject_order(struct emulation *emulation)
{
	size_t count = emulation_set_count(emulation), indices = 0, at = 0;
	own_free struct numbered *numbered = calloc(count + 1, sizeof(*numbered));
	size_t *order = calloc(count + 1, sizeof(*order));
	struct span name, value;

	if (!numbered || !order) {
		emulation_no_memory(emulation);
		free(order);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		(void)emulation_set_at(emulation, i, &name, &value);
		if (is_index(name, &numbered[indices].number))
			numbered[indices++].index = i;
	}
	qsort(numbered, indices, sizeof(*numbered), by_number);
	for (; at < indices; at++)
		order[at] = numbered[at].index;
	for (size_t i = 0; i < count && indices < count; i++) {
		uint32_t number;

		(void)emulation_set_at(emulation, i, &name, &value);
		if (!is_index(name, &number))
			order[at++] = i;
	}
	return order;
}
