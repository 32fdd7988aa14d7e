// What one row of the table makes of a value, step by step.
// SPDX-License-Identifier: MIT
#include "lib/value/forms.h"

#include "lib/value/forms_rows.h"
#include "lib/value/forms_style.h"

const char *forms_name(size_t form)
{
	return form < forms_count ? forms_rows[form].name : NULL;
}

// What one step of a row makes of `from`, at `writer`; nothing to do is a copy.
static void write_step(
	struct forms_writer *writer, const struct forms_style *style, struct secret from)
{
	if (style) {
		forms_style_write(writer, style, secret_bytes(from), from.length);
		return;
	}
	writer->full = from.length > writer->size;
	writer->length = writer->full ? 0 : from.length;
	memcpy(writer->out, secret_bytes(from), writer->length);
}

bool forms_write(
	size_t form, struct secret value, uint8_t *out, size_t size, struct forms_text *ret_text)
{
	const struct forms_row *row = &forms_rows[form];
	struct forms_writer even = {.out = out, .size = size / 2}, odd = {.out = out + size / 2};
	struct forms_text text = {0};

	odd.size = size - even.size;
	write_step(&even, row->style, value);
	if (row->encode)
		row->encode(&odd, secret_view(even.out, even.length), row->detail, &text);
	else
		write_step(&odd, NULL, secret_view(even.out, even.length));
	even.length = 0;
	write_step(&even, row->outer, secret_view(odd.out, odd.length));
	if (even.full || odd.full || !even.length)
		return false;
	if (row->outer)
		text = (struct forms_text){0}; // a digit beside may be spelled in some other way
	text.length = even.length;
	text.wraps = row->encode == forms_encoding_base64 && !row->outer;
	*ret_text = text;
	return true;
}
