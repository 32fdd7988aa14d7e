// One failure, recorded where it is first known. Does not print.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include "lib/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define MORE "..." // ends what was cut

// Marks a text of which `size` bytes were printed, and which would have `length`.
static void mark_cut(char *out, size_t size, int length)
{
	if (length >= 0 && (size_t)length >= size)
		memcpy(out + text_cut(out, size - sizeof(MORE)), MORE, sizeof(MORE));
}

int err_set(struct err *err, int code, const char *where, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return code;
	err->code = code;
	err->hint[0] = '\0';
	mark_cut(err->where, sizeof(err->where),
		snprintf(err->where, sizeof(err->where), "%s", where ? where : ""));
	va_start(arguments, format);
	mark_cut(err->what, sizeof(err->what),
		vsnprintf(err->what, sizeof(err->what), format, arguments));
	va_end(arguments);
	return code;
}

int err_hint(struct err *err, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return -EINVAL; // the code was not kept, and 0 would say that nothing failed
	va_start(arguments, format);
	mark_cut(err->hint, sizeof(err->hint),
		vsnprintf(err->hint, sizeof(err->hint), format, arguments));
	va_end(arguments);
	return err->code;
}
