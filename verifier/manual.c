// The options are written here, the settings come from setup.c's table.
// SPDX-License-Identifier: MIT
#include "verifier/manual.h"

#include "lib/base/setting.h"
#include "lib/base/text.h"
#include "verifier/setup.h"

#include <errno.h>

#define MANUAL_COLUMN 24

static const char usage[] =
	"usage: samekeyd [--ini FILE] [--check] [--verbose]\n"
	"\n"
	"Keeps the bundles that samekey hands over, compares them, and answers for them.\n"
	"\n"
	"  --ini FILE  settings; default: " SETUP_DEFAULT_INI ", if it is there\n"
	"  --check     reads the settings and the files they name, says what is wrong, and ends\n"
	"  --verbose   logs every request\n"
	"  --help      prints this\n"
	"  --version   prints the version\n"
	"\n"
	"Signals: SIGHUP reads the settings again, SIGTERM finishes what has begun and ends.\n"
	"\n"
	"Settings of samekeyd.ini, each under its section:\n";

static bool has_name(const char *section)
{
	return text_equal(section, "admit") || text_equal(section, "app");
}

static const char *argument_of(const struct setting *row)
{
	static const char *const by_type[] = {
		[SETTING_TEXT] = "TEXT",
		[SETTING_FLAG] = "yes|no",
		[SETTING_CHOICE] = "WORD",
		[SETTING_COUNT] = "N",
		[SETTING_SIZE] = "SIZE",
		[SETTING_DURATION] = "DURATION",
		[SETTING_LIST] = "ITEM",
		[SETTING_WORDS] = "WORD",
	};

	return row->metavar ? row->metavar : by_type[row->type];
}

static void print_row(FILE *out, const struct setting *row)
{
	char left[96];

	(void)snprintf(left, sizeof(left), "%s = %s", row->key, argument_of(row));
	if (strlen(left) < MANUAL_COLUMN)
		(void)fprintf(out, "  %-*s%s", MANUAL_COLUMN, left, row->doc);
	else
		(void)fprintf(out, "  %s\n  %*s%s", left, MANUAL_COLUMN, "", row->doc);
	if (row->fallback)
		(void)fprintf(out, " (default: %s)", row->fallback);
	(void)fputc('\n', out); // errors show at the end
}

int manual_print(FILE *out)
{
	const char *section = "";

	(void)fputs(usage, out);
	for (size_t i = 0; i < setup_row_count; i++) {
		const struct setting *row = &setup_rows[i];

		if (!text_equal(row->section, section))
			(void)fprintf(out, "\n[%s%s]\n", row->section,
				has_name(row->section) ? " NAME" : "");
		section = row->section;
		print_row(out, row);
	}
	return fflush(out) < 0 || ferror(out) ? -EIO : 0;
}
