// The words for sources and places.
// SPDX-License-Identifier: MIT
#include "lib/value/origin.h"

const char *source_text(enum source_kind source)
{
	static const char *const texts[SOURCE_KINDS] = {
		[SOURCE_NONE] = "none",
		[SOURCE_ENV] = "env",
		[SOURCE_CREDENTIALS] = "credentials",
		[SOURCE_SECRETS] = "secrets",
		[SOURCE_DOTENV] = "dotenv",
		[SOURCE_DEFAULT] = "default",
		[SOURCE_SENTINEL] = "sentinel",
	};

	return source < SOURCE_KINDS ? texts[source] : texts[SOURCE_NONE];
}

char *origin_text(struct origin origin, char *out, size_t size)
{
	if (!origin.place || !*origin.place)
		(void)snprintf(out, size, "%s", source_text(origin.source));
	else if (!origin.line)
		(void)snprintf(out, size, "%s", origin.place);
	else if (!origin.column)
		(void)snprintf(out, size, "%s:%u", origin.place, origin.line);
	else
		(void)snprintf(out, size, "%s:%u:%u", origin.place, origin.line, origin.column);
	return out;
}
