// Nothing is copied but by yamltext_undollar.
// SPDX-License-Identifier: MIT
#include "loader/scan/yamltext.h"

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

struct secret yamltext_strip(struct secret value, const char **ret_what)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length;

	while (end > at && is_space(end[-1]))
		*ret_what = *--end == '\n' ? "a line end stands behind the value, as echo without "
					     "-n makes it"
					   : "white space stands behind the value";
	if (end - at >= 2 && (*at == '"' || *at == '\'') && end[-1] == *at) {
		*ret_what = "quotes are part of the value";
		at++;
		end--;
	}
	return secret_view(at, (size_t)(end - at));
}

bool yamltext_has_reference(struct secret value, bool parens)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length;

	for (; at + 1 < end; at++) {
		if (*at != '$')
			continue;
		if (at[1] == '$')
			at++;
		else if (parens ? at[1] == '('
				: at[1] == '{' || at[1] == '_' || (at[1] | 0x20) - 'a' + 0u < 26)
			return true;
	}
	return false;
}

struct secret yamltext_default(struct secret value)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length, *dash;

	if (value.length < 4 || at[0] != '$' || at[1] != '{' || end[-1] != '}')
		return SECRET_NONE;
	dash = memchr(at, '-', value.length);
	return dash ? secret_view(dash + 1, (size_t)(end - 1 - dash - 1)) : SECRET_NONE;
}

struct secret yamltext_undollar(struct secret value, uint8_t *out)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length;
	size_t used = 0;

	for (; at < end; at++) {
		out[used++] = *at;
		if (*at == '$' && at + 1 < end && at[1] == '$')
			at++;
	}
	return secret_view(out, used);
}
