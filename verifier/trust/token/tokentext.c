// Once something did not fit, nothing more is written.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/tokentext.h"

#include "verifier/trust/form/base64url.h"

#include <inttypes.h>

void tokentext_put(struct tokentext *text, const char *bytes, size_t length)
{
	text->cut |= length > text->size - text->used;
	if (text->cut)
		return;
	memcpy(text->out + text->used, bytes, length);
	text->used += length;
}

void tokentext_put_text(struct tokentext *text, const char *string)
{
	tokentext_put(text, string, strlen(string));
}

void tokentext_put_quoted(struct tokentext *text, const char *string)
{
	char escape[8];

	tokentext_put(text, "\"", 1);
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			tokentext_put(text, "\\", 1);
		if ((unsigned char)*string >= 0x20) {
			tokentext_put(text, string, 1);
			continue;
		}
		(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)*string);
		tokentext_put_text(text, escape);
	}
	tokentext_put(text, "\"", 1);
}

void tokentext_put_number(struct tokentext *text, const char *name, int64_t number)
{
	char digits[48];

	(void)snprintf(digits, sizeof(digits), ",\"%s\":%" PRId64, name, number);
	tokentext_put_text(text, digits);
}

void tokentext_put_part(struct tokentext *text, const void *bytes, size_t length)
{
	size_t size = base64url_encoded_size(length);

	text->cut |= size > text->size - text->used;
	if (text->cut)
		return;
	base64url_encode(bytes, length, text->out + text->used);
	text->used += size;
}
