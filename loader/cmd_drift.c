// samekey drift: every disagreement of all witnesses in one list, worst first.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/wire/drift.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/resolution.h"
#include "loader/witness/drift_list.h"
#include "loader/witness/witness_build.h"
#include "loader/witness/witness_processes.h"
#include "loader/witness/witness_verifier.h"
#include "loader/witness/witnesses.h"

#include <errno.h>

// What cannot be compared is no drift, but what was asked for was not done.
static int exit_of_stamp(int code)
{
	if (code == STAMP_E_OTHER_KEY)
		return EXIT_SETTINGS;
	return code > 0 ? EXIT_DATA : code < 0 ? EXIT_NO_INPUT : EXIT_OK;
}

// Whoever was named and cannot be asked ends it; the others are only unasked.
static int ask_all(
	struct witnesses *witnesses, const struct options *options, int *ret_exit, struct err *err)
{
	const struct witness_output output = {
		options->scan.items, options->scan.count, options->stamp};
	int code = witnesses_leave_unread(witnesses);

	if (code == 0)
		code = witness_verifier_ask(witnesses);
	if (code == 0 && options->stamp)
		code = witness_build_ask_stamp(witnesses, options->stamp, err);
	*ret_exit = exit_of_stamp(code);
	if (code == 0)
		code = witness_build_ask_framework(witnesses);
	if (code == 0)
		code = witness_processes_ask(witnesses);
	if (code == 0 && options->scan.count) {
		code = witness_build_ask_output(witnesses, &output, err);
		*ret_exit = command_exit_code(code);
	}
	if (code != -ENOMEM)
		return code;
	*ret_exit = EXIT_TRY_AGAIN;
	return err_no_memory(err);
}

static void tell_unasked(const struct witnesses *witnesses)
{
	const struct witnesses_unasked *unasked = witnesses->unasked.items;

	for (size_t i = 0; i < witnesses->unasked.count; i++) {
		char why[ERR_WHERE_SIZE + ERR_WHAT_SIZE], hint[ERR_HINT_SIZE];

		(void)fprintf(stderr, "samekey: not asked: %s: %s\n", unasked[i].who,
			text_printable(why, sizeof(why), unasked[i].why));
		if (*unasked[i].hint)
			(void)fprintf(stderr, "  hint: %s\n",
				text_printable(hint, sizeof(hint), unasked[i].hint));
	}
}

static int print(const struct witnesses *witnesses, const struct options *options)
{
	bool quiet = options->quiet == SETTING_YES;
	const struct drift *drifts = witnesses->drifts.items;
	size_t count = witnesses->drifts.count, notes = 0;
	int code;

	while (notes < count && drifts[count - notes - 1].severity <= DIAG_NOTE)
		notes++; // the worst come first
	code = notes < count ? EXIT_FINDINGS : EXIT_OK;
	if (options->json == SETTING_YES)
		return command_print_json(witnesses_to_json(witnesses), code);
	if (!quiet)
		(void)puts(code != EXIT_OK            ? "drift" // a note is none
			   : witnesses->unasked.count ? "no drift among those that were asked"
						      : "no drift");
	drift_list_print(drifts, quiet ? count - notes : count);
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct witnesses witnesses = {.pool = pool};
	struct err err = ERR_NONE;
	int exit, code = resolving_begin(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	witnesses.resolution = resolution;
	resolving_tell_unread(resolution);
	resolving_tell_nothing(options, resolution);
	code = ask_all(&witnesses, options, &exit, &err);
	if (options->quiet != SETTING_YES)
		tell_unasked(&witnesses);
	if (code != 0)
		return command_fail(options, &err, exit);
	witnesses_sort(&witnesses);
	return print(&witnesses, options);
}

const struct command cmd_drift = {
	.name = "drift",
	.moment = COMMAND_RUNNING,
	.synopsis = "[OPTION]...",
	.summary = "list every disagreement between the bundle and what was really used",
	.details =
		"Asks everybody who can show which value was really used, worst first, each with\n"
		"both origins, their ages and the fix: the verifier (other apps, rotations,\n"
		"builds, what processes say of themselves, tokens), the stamp of a build, what a\n"
		"framework froze into it, running processes (as samekey ps) and, with --scan,\n"
		"what was built (as samekey scan). Who could not be asked is named on stderr.\n"
		"--quiet prints errors and warnings alone.\n"
		"\n"
		"  samekey drift\n"
		"  samekey drift --stamp build.stamp --scan .next\n"
		"  samekey drift --quiet        for cron: silent while nothing disagrees\n"
		"  samekey drift --json | jq '.drift[] | select(.severity == \"error\")'\n"
		"\n"
		"Exit 0: nothing disagrees, or there are only notes; 1: something disagrees, be\n"
		"it an error or a warning; 65: a stamp that is damaged or was changed; 66: a\n"
		"stamp or DIR that cannot be read; 69: --scan, and no samekey-scan; 78: a stamp\n"
		"of another fingerprint key.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", "witness", NULL},
	.settings = true,
	.run = run,
};
