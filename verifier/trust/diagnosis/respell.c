// A few functions with an argument each.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/respell.h"

#include "lib/base/ascii.h"

void respell_put_bytes(struct respell_draft *draft, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		respell_put(draft, ((const uint8_t *)bytes)[i]);
}

void respell_put_text(struct respell_draft *draft, const char *text)
{
	respell_put_bytes(draft, text, strlen(text));
}

// ---- something kept or left on

bool respell_wrap(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	respell_put_text(draft, recipe->a);
	respell_put_bytes(draft, draft->from, draft->length);
	respell_put_text(draft, recipe->b);
	return true;
}

bool respell_line(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	respell_put_text(draft, recipe->a);
	respell_put_text(draft, draft->name);
	respell_put(draft, '=');
	respell_put_text(draft, recipe->b);
	respell_put_bytes(draft, draft->from, draft->length);
	respell_put_text(draft, recipe->b);
	return true;
}

// ---- something taken away

bool respell_strip(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *at = draft->from;
	size_t start = 0, end = draft->length;

	while (start < end && at[start] && strchr(recipe->a, at[start]))
		start++;
	while (end > start && at[end - 1] && strchr(recipe->b, at[end - 1]))
		end--;
	respell_put_bytes(draft, at + start, end - start);
	return true;
}

bool respell_unquote(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *at = draft->from;

	if (draft->length < 2 || at[0] != at[draft->length - 1] || !at[0] ||
		!strchr(recipe->a, at[0]))
		return false;
	respell_put_bytes(draft, at + 1, draft->length - 2);
	return true;
}

bool respell_behead(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t length = strlen(recipe->a);

	if (draft->length < length || memcmp(draft->from, recipe->a, length) != 0)
		return false;
	respell_put_bytes(draft, draft->from + length, draft->length - length);
	return true;
}

static const uint8_t *find(const struct respell_draft *draft, const char *text)
{
	return draft->length ? memmem(draft->from, draft->length, text, strlen(text)) : NULL;
}

bool respell_cut(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *mark = find(draft, recipe->a);
	size_t length = mark ? (size_t)(mark - draft->from) : 0;

	while (length && draft->from[length - 1] == ' ')
		length--;
	respell_put_bytes(draft, draft->from, length);
	return mark != NULL;
}

bool respell_behind(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *mark = find(draft, recipe->a);

	if (!mark)
		return false;
	mark += strlen(recipe->a);
	respell_put_bytes(draft, mark, draft->length - (size_t)(mark - draft->from));
	return true;
}

bool respell_first_bytes(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	if (draft->length <= (size_t)recipe->number)
		return false;
	respell_put_bytes(draft, draft->from, (size_t)recipe->number);
	return true;
}

// How long the reference that begins at `at` is: $NAME or ${...}; 0: none.
static size_t reference_length(const uint8_t *at, size_t length)
{
	size_t end = 1;

	if (length < 2 || at[0] != '$')
		return 0;
	if (at[1] == '{') {
		const uint8_t *close = memchr(at, '}', length);

		return close ? (size_t)(close - at) + 1 : 0;
	}
	while (end < length && ascii_is_name(at[end], end == 1))
		end++;
	return end > 1 ? end : 0;
}

bool respell_expand(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length;) {
		size_t skip = reference_length(draft->from + i, draft->length - i);

		if (!skip)
			respell_put(draft, draft->from[i]);
		i += skip ? skip : 1;
	}
	return true;
}

// ---- something in another's place

bool respell_replace(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t length = strlen(recipe->a);

	for (size_t i = 0; i < draft->length;) {
		bool here = draft->length - i >= length &&
			    memcmp(draft->from + i, recipe->a, length) == 0;

		if (here)
			respell_put_text(draft, recipe->b);
		else
			respell_put(draft, draft->from[i]);
		i += here ? length : 1;
	}
	return true;
}

bool respell_translate(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at = byte ? strchr(recipe->a, byte) : NULL;

		respell_put(draft, at ? (uint8_t)recipe->b[at - recipe->a] : byte);
	}
	return true;
}

bool respell_change_case(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i], base = (uint8_t)recipe->number;

		respell_put(draft, byte >= base && byte < base + 26 ? byte ^ 0x20 : byte);
	}
	return true;
}

bool respell_unescape(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char letters[] = "nrtbf", bytes[] = "\n\r\t\b\f";

	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at;

		if (byte == '\\' && i + 1 < draft->length) {
			byte = draft->from[++i];
			at = byte ? strchr(letters, byte) : NULL;
			byte = at ? (uint8_t)bytes[at - letters] : byte;
		}
		respell_put(draft, byte);
	}
	return true;
}

bool respell_escape(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char letters[] = "nrtbf\"\\", bytes[] = "\n\r\t\b\f\"\\";

	respell_put_text(draft, recipe->a);
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at = byte ? strchr(bytes, byte) : NULL;

		if (at)
			respell_put(draft, '\\');
		respell_put(draft, at ? (uint8_t)letters[at - bytes] : byte);
	}
	respell_put_text(draft, recipe->a);
	return true;
}
