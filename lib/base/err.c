// One failure, recorded where it is first known. Does not print.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include "lib/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, int code, const char *where, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return code;
	err->code = code;
	err->hint[0] = '\0';
	text_mark_cut(err->where, sizeof(err->where),
		snprintf(err->where, sizeof(err->where), "%s", where ? where : ""));
	va_start(arguments, format);
	text_mark_cut(err->what, sizeof(err->what),
		vsnprintf(err->what, sizeof(err->what), format, arguments));
	va_end(arguments);
	return code;
}

int err_no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, NULL, "out of memory");
}

int err_hint(struct err *err, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return -EINVAL; // the code was not kept, and 0 would say that nothing failed
	va_start(arguments, format);
	text_mark_cut(err->hint, sizeof(err->hint),
		vsnprintf(err->hint, sizeof(err->hint), format, arguments));
	va_end(arguments);
	return err->code;
}
