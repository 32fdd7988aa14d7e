// samekey run: resolve, check, hand off, say who won, start the app in place.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/report.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/resolve/resolution.h"
#include "loader/stay/guarded.h"
#include "loader/stay/starting.h"

static void offer(const struct resolution *resolution, const struct private_verifier *private,
	struct report *report, struct handoff_verdict *verdict)
{
	struct handoff_options options;

	verifiercall_options(resolution, &options);
	if (private->connection >= 0)
		options.connection = &private->connection;
	if (verifiercall_offer(resolution, &options, resolution->pool, verdict))
		report->verdict = verdict;
}

// What the words alone say. Returns: EXIT_OK or EXIT_USAGE.
static int judge_words(const struct options *options, struct onchange *ret_onchange)
{
	struct err err = ERR_NONE;

	if (!options->program)
		return command_misuse(options, NULL, "run needs a command behind '--'",
			"samekey run -- node server.js");
	if (!**options->program)
		return command_misuse(options, NULL, "the command behind '--' is an empty word",
			"a variable that holds it may not be set");
	if (options->verifier_ini && options->private_verifier != SETTING_YES)
		return command_misuse(options, NULL, "--verifier-ini is for a private verifier",
			"samekey run --private-verifier --verifier-ini FILE -- COMMAND");
	if (onchange_read(options, ret_onchange, &err) == 0)
		return EXIT_OK;
	command_complain(&err);
	return EXIT_USAGE;
}

// What they mean once the phase is known. Returns: EXIT_OK or EXIT_USAGE.
static int judge_phase(const struct options *options, enum bundle_phase phase)
{
	if (phase == BUNDLE_PHASE_BUILD)
		return options->supervise == SETTING_YES
			       ? command_misuse(options, NULL,
					 "--supervise is for a start, and this is a build",
					 "leave it out, or say --phase start")
			       : EXIT_OK;
	if (options->sentinels != SETTING_YES && !options->scan.count)
		return EXIT_OK;
	return command_misuse(options, NULL,
		options->scan.count ? "--scan is for a build, and this is a start"
				    : "--sentinels is for a build, and this is a start",
		"if COMMAND builds, say so: samekey run --phase build --scan dist -- COMMAND");
}

static int run(const struct options *options, struct pool *pool)
{
	own(starting_done) struct starting start = {
		.options = options, .private = PRIVATE_NONE, .program = options->program};
	struct handoff_verdict verdict;
	struct report report = {
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.words = options->words,
		.program = options->program,
	};
	int code;

	code = judge_words(options, &start.on_change);
	if (code != EXIT_OK)
		return code;
	if (options->supervise == SETTING_YES && guarded_environment() < 0)
		return command_no_memory();
	code = resolving_begin(options, pool, &start.resolution);
	if (code != EXIT_OK)
		return code;
	code = judge_phase(options, start.resolution->phase);
	if (code != EXIT_OK)
		return code;
	start.report = &report;
	report.resolution = start.resolution;
	start.building = (struct building){options, start.resolution, &report, pool};
	if (options->stamp && start.resolution->phase == BUNDLE_PHASE_START &&
		build_drift_judge(options->stamp, start.resolution, pool) < 0)
		return command_no_memory();
	if (!diag_objections(start.resolution->diag, report.strict)) {
		if (options->private_verifier == SETTING_YES)
			code = verifiercall_start(
				options, start.resolution, true, pool, &start.private);
		if (code != EXIT_OK)
			return code;
		start.offered_ms = clock_steady_ms();
		offer(start.resolution, &start.private, &report, &verdict);
	}
	if (start.private.connection >= 0 && report.verdict && report.verdict->accepted)
		verifiercall_tell_strangers(options, start.resolution, &start.private, pool);
	// --allow lets errors pass, never a refusal
	report.refused = diag_objections(start.resolution->diag, report.strict) > 0 ||
			 (report.verdict && !report.verdict->accepted);
	report_resolved(&report);
	if (report.refused)
		return starting_refuse(&report);
	return starting_go(&start);
}

const struct command cmd_run = {
	.name = "run",
	.moment = COMMAND_START,
	.synopsis = "[OPTION]... -- COMMAND [ARGUMENT]...",
	.summary = "resolve, check, hand off, say who won, then start COMMAND",
	.details =
		"COMMAND gets exactly the resolved values, over whatever was inherited, and\n"
		"replaces samekey: no process stays in between, signals and the exit status are\n"
		"its own.\n"
		"\n"
		"Where COMMAND only starts the server (npm, npx, sh, make, a script, in a\n"
		"framework's folder a start script), samekey stays as a small parent: signals\n"
		"and exit status are as without it, and COMMAND gets SIGTERM should samekey be\n"
		"killed. When COMMAND fails, what it left running gets SIGTERM too. For 10 s\n"
		"samekey looks whether the processes below that run a program or listen hold\n"
		"each secret. --reach off does not stay; warn says what is missing and where;\n"
		"fail stops all of it with exit 78, the default in a framework's folder, and\n"
		"waits up to 2 min for a server that is late.\n"
		"\n"
		"  samekey run -- npm start\n"
		"  samekey run --reach fail -- ./start.sh\n"
		"\n"
		"Under systemd a service of Type=notify needs NotifyAccess=all then.\n"
		"\n"
		"--supervise always stays, as parent and, in a container, as its first process:\n"
		"every signal is handed on, orphans are reaped, the exit status is COMMAND's. It\n"
		"watches the sources; when one changes it resolves and checks anew. A set that\n"
		"is refused, here or by the verdict, is logged (event=change_refused;\n"
		"change_mended once it is what is in use again) and changes nothing; so is, with\n"
		"signal and restart, one that lacks a secret of COMMAND. A good one is offered,\n"
		"and --on-change says what COMMAND gets:\n"
		"  offer        nothing: it goes on with its values, and samekeyd shows it as\n"
		"               stale\n"
		"  signal NAME  a signal, for a COMMAND that reads its secret files again; one\n"
		"               that still starts gets it when it takes it, or after 30 s\n"
		"  restart      SIGTERM, after --stop-timeout SIGKILL, and a start with the new\n"
		"               values\n"
		"When samekeyd comes back after a restart of its own, it gets the set again. A\n"
		"COMMAND that ends by itself ends samekey: to start it again is the service\n"
		"manager's part.\n"
		"\n"
		"  samekey run --supervise --on-change restart -- node server.js\n"
		"  samekey run --supervise --on-change signal HUP -- ./server\n"
		"\n"
		"A build is watched when it is given stand-ins (--sentinels, or phases = start\n"
		"for a key), leaves a stamp or is told what it builds: once it has ended with 0,\n"
		"what it built is looked through for the values that it had. Without --scan that\n"
		"is the output of the framework. A stand-in there, or a value of a key with\n"
		"build_drift = fail, is exit 78; another value is a warning. Nobody could look:\n"
		"a warning, with --sentinels or where DIR is not there exit 78. A start with\n"
		"--stamp is refused where the build froze another value.\n"
		"\n"
		"  samekey run --sentinels --stamp build.stamp -- next build\n"
		"  samekey run --stamp build.stamp -- next start\n"
		"\n"
		"Refused by a rule or a verdict: exit 78. Malformed or oversized input: 65.\n"
		"Unreadable: 66. No verdict though one is required: 69, 77 where samekeyd does\n"
		"not admit this user. COMMAND cannot be run: 126, is not there: 127.\n"
		"\n"
		"--private-verifier is for development without a daemon: a samekeyd of this\n"
		"start alone gets the bundle, answers on the socket that COMMAND finds in\n"
		"$SAMEKEY_API_SOCKET, and ends with COMMAND. samekey below COMMAND finds it by\n"
		"$SAMEKEY_SOCKET, unless samekey.ini names a socket. Not found or not to be\n"
		"started: exit 69; bad settings: 78.\n"
		"\n"
		"  samekey run --private-verifier -- npm run dev\n",
	.groups = (const char *const[]){"resolve", "root", "quiet", "strict", "supervise",
		"private", "witness", "build", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
