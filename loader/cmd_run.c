// samekey run: resolve, check, hand off, say who won, start the app in place.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/value/finding.h"
#include "loader/commands.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/launch.h"
#include "loader/deliver/private.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"
#include "loader/session.h"

#include <errno.h>

// run never exits 1 itself: that would look like the app's own status.
static int refuse(const struct report *report)
{
	int code = finding_exit_code(report->resolution->diag);

	report_refusal(report);
	return code == EXIT_FINDINGS || code == EXIT_OK ? EXIT_SETTINGS : code;
}

// What the command, and a samekey that it starts, find a private verifier by.
static int start(const struct resolution *resolution, char *const *program,
	const struct private_verifier *private)
{
	const struct launch_own sockets[] = {{"SAMEKEY_API_SOCKET", private->api},
		{"SAMEKEY_SOCKET", private->handoff}, {NULL, NULL}};
	struct err err = ERR_NONE;
	int code = launch_in_place(resolution, program, *private->api ? sockets : NULL, &err);

	command_complain(&err);
	if (code == -ENOENT)
		return EXIT_NOT_FOUND;
	if (code == -ENOMEM || code == -EAGAIN)
		return EXIT_TRY_AGAIN;
	return code == -E2BIG ? EXIT_DATA : EXIT_CANNOT_RUN;
}

static int complain_usage(const char *what, const char *hint)
{
	struct err err = ERR_NONE;

	(void)err_set(&err, -EINVAL, NULL, "%s", what);
	(void)err_hint(&err, "%s", hint);
	command_complain(&err);
	return EXIT_USAGE;
}

static void offer(const struct resolution *resolution, const struct private_verifier *private,
	struct report *report, struct handoff_verdict *verdict)
{
	struct handoff_options options;

	session_handoff(resolution, &options);
	if (private->connection >= 0)
		options.connection = &private->connection;
	if (!session_offer(resolution, &options, resolution->pool, verdict))
		return;
	report->verdict = verdict;
	if (!verdict->accepted && !diag_count(resolution->diag, DIAG_ERROR))
		finding_add(resolution->diag, FINDING_VERIFIER_REQUIRED, NULL,
			"the verifier refused the bundle and gave no reason");
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	own(private_close) struct private_verifier private = PRIVATE_NONE;
	struct handoff_verdict verdict;
	struct report report = {
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.words = options->words,
		.program = options->program,
	};
	int code;

	if (!options->program)
		return complain_usage(
			"run needs a command behind '--'", "samekey run -- node server.js");
	if (options->verifier_ini && options->private_verifier != SETTING_YES)
		return complain_usage("--verifier-ini is for a private verifier",
			"samekey run --private-verifier --verifier-ini FILE -- COMMAND");
	code = session_resolve(options, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	report.resolution = resolution;
	if (!diag_objections(resolution->diag, report.strict)) {
		if (options->private_verifier == SETTING_YES)
			code = session_private(options, resolution, true, pool, &private);
		if (code != EXIT_OK)
			return code;
		offer(resolution, &private, &report, &verdict);
	}
	if (private.connection >= 0 && report.verdict && report.verdict->accepted)
		session_tell_strangers(options, resolution, &private, pool);
	// --allow lets errors pass, never a refusal
	report.refused = diag_objections(resolution->diag, report.strict) > 0 ||
			 (report.verdict && !report.verdict->accepted);
	report_resolved(&report);
	report_findings(&report);
	if (report.refused)
		return refuse(&report);
	return start(resolution, options->program, &private);
}

const struct command cmd_run = {
	.name = "run",
	.moment = COMMAND_START,
	.synopsis = "[OPTION]... -- COMMAND [ARGUMENT]...",
	.summary = "resolve, check, hand off, say who won, then start COMMAND",
	.details = "COMMAND replaces samekey: no process stays in between, signals and the exit "
		   "status are\n"
		   "its own. It gets exactly the resolved values, over whatever was inherited.\n"
		   "\n"
		   "Refused by a rule or a verdict: exit 78. Malformed or oversized input: 65. "
		   "Unreadable: 66.\n"
		   "No verdict though one is required: 69. COMMAND cannot be run: 126, is not "
		   "there: 127.\n"
		   "\n"
		   "--private-verifier is for development without a daemon: a samekeyd of this "
		   "start alone\n"
		   "gets the bundle, answers on the socket that COMMAND finds in "
		   "$SAMEKEY_API_SOCKET, and ends\n"
		   "with COMMAND. samekey below COMMAND finds it by $SAMEKEY_SOCKET, unless "
		   "samekey.ini names a\n"
		   "socket. Not found or not to be started: exit 69; bad settings: 78.\n"
		   "\n"
		   "  samekey run --private-verifier -- npm run dev\n",
	.groups = (const char *const[]){"resolve", "root", "quiet", "strict", "private", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
