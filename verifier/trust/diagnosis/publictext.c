// The ways to refer stand in the order in which they are met.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/publictext.h"

#include <stdio.h>

size_t publictext_spell(const char *text, char dash, char out[static PLACEHOLDER_MAX + 1])
{
	size_t length = strlen(text);

	if (length > PLACEHOLDER_MAX)
		return 0;
	for (size_t i = 0; i <= length; i++)
		out[i] = text[i] == '-' ? dash : text[i];
	return length;
}

size_t publictext_refer(size_t way, const char *name, char out[static PLACEHOLDER_MAX + 1])
{
	static const char *const around[PUBLICTEXT_REFERENCES][2] = {
		{"$", ""}, {"${", "}"}, {"process.env.", ""}, {"", ""}};
	int length =
		snprintf(out, PLACEHOLDER_MAX + 1, "%s%s%s", around[way][0], name, around[way][1]);

	return length < 0 || length > PLACEHOLDER_MAX ? 0 : (size_t)length;
}
