// samekey check: is the bundle complete and good enough to start? Hands nothing over.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"

static void print_sum(const struct report *report)
{
	const struct resolution *resolution = report->resolution;
	const struct diag *diag = resolution->diag;
	size_t errors = diag_count(diag, DIAG_ERROR), warnings = diag_count(diag, DIAG_WARNING),
	       notes = diag_count(diag, DIAG_NOTE), keys = resolution->bundle.key_count,
	       secrets = 0;

	for (size_t i = 0; i < keys; i++)
		secrets += resolution->bundle.keys[i].flags & BUNDLE_KEY_SECRET;
	(void)printf("%s: %s, %zu key%s (%zu secret%s), %zu error%s, %zu warning%s, %zu note%s\n",
		resolution->bundle.app,
		diag_objections(diag, report->strict) ? "not ready" : "ready", keys,
		text_plural(keys), secrets, text_plural(secrets), errors, text_plural(errors),
		warnings, text_plural(warnings), notes, text_plural(notes));
}

// "ready" would be said of any folder that the app does not lie in. Whatever else was found says
// more.
static void judge_sources(const struct resolution *resolution, const struct options *options)
{
	const struct place *place = &resolution->place;
	bool any = place->ini || resolution->framework.name || resolution->file_count ||
		   resolution->bundle.key_count || options->override_count;

	if (!any && diag_size(resolution->diag) == 0)
		finding_add(resolution->diag, FINDING_NO_SOURCE,
			&(struct finding_about){.origin = place->start},
			"no samekey.ini, no env file, no secret: there is nothing to judge");
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct report report = {.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.program = options->program};
	int code = resolving_begin(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	report.resolution = resolution;
	judge_sources(resolution, options);
	if (options->json == SETTING_YES) {
		if (report_json(&report, NULL, false) < 0)
			return command_no_memory();
	} else {
		report_findings(&report);
		if (!report.quiet)
			print_sum(&report);
	}
	code = finding_exit_code(resolution->diag);
	if (code == EXIT_OK && diag_objections(resolution->diag, report.strict))
		code = EXIT_FINDINGS;
	return code;
}

const struct command cmd_check = {
	.name = "check",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [-- COMMAND [ARGUMENT]...]",
	.summary = "say whether the app could start, and what is wrong",
	.details =
		"Resolves as `samekey run` would for COMMAND, judges it, starts nothing and\n"
		"hands nothing over; the verifier is not asked. Exit 0: it could start; 1:\n"
		"findings of severity error (--strict: warnings too); 65, 66, 77, 78: malformed,\n"
		"unreadable, unsafe or misconfigured input.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", "strict", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
