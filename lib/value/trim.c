// One of each: what stands there twice was meant.
// SPDX-License-Identifier: MIT
#include "lib/value/trim.h"

#define BOM_SIZE 3

struct secret trim_value(struct secret value, struct trim_rules rules, struct trim_taken *ret_taken)
{
	const uint8_t *bytes = secret_bytes(value);
	size_t length = value.length;

	*ret_taken = (struct trim_taken){0};
	if (rules.file && length >= BOM_SIZE && memcmp(bytes, "\xEF\xBB\xBF", BOM_SIZE) == 0) {
		ret_taken->bom = true;
		bytes += BOM_SIZE;
		length -= BOM_SIZE;
	}
	if (rules.file && length && bytes[length - 1] == '\n') {
		ret_taken->newline = true;
		length--;
	}
	if (length && bytes[length - 1] == '\r') {
		ret_taken->carriage_return = !ret_taken->newline;
		length--;
	}
	if (rules.quotes && length >= 2 && bytes[0] == bytes[length - 1] &&
		(bytes[0] == '"' || bytes[0] == '\'')) {
		ret_taken->quotes = true;
		bytes++;
		length -= 2;
	}
	return secret_view(bytes, length);
}
