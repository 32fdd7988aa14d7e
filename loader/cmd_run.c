// samekey run: resolve, check, hand off, say who won, start the app in place.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/value/finding.h"
#include "loader/building.h"
#include "loader/commands.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/launch.h"
#include "loader/deliver/private.h"
#include "loader/deliver/report.h"
#include "loader/deliver/supervise.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/inspect/running/reach.h"
#include "loader/keeping.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"
#include "loader/session.h"
#include "loader/steward.h"

#include <errno.h>

// run never exits 1 itself: that would look like the app's own status.
static int refuse(const struct report *report)
{
	int code = finding_exit_code(report->resolution->diag);

	report_refusal(report);
	return code == EXIT_FINDINGS || code == EXIT_OK ? EXIT_SETTINGS : code;
}

// What a start needs, as long as run is there.
struct start {
	const struct options *options;
	struct resolution *resolution; // of `keeping`, once there is one
	struct keeping *keeping;       // NULL: nobody keeps it current
	struct steward_plan plan;
	struct private_verifier private;
	struct report *report;
	char *const *program;
	char **environment;  // the command's
	struct reach *reach; // NULL: nobody looks
	struct building building;
};

// Says why the command could not be run.
// Returns: the exit code for it.
static int not_run(int code, const struct err *err)
{
	command_complain(err);
	if (code == -ENOENT)
		return EXIT_NOT_FOUND;
	if (code == -ENOMEM || code == -EAGAIN)
		return EXIT_TRY_AGAIN;
	return code == -E2BIG ? EXIT_DATA : EXIT_CANNOT_RUN;
}

// What the command, and a samekey that it starts, find a private verifier by.
static int make_environment(struct start *start)
{
	const struct launch_own sockets[] = {{"SAMEKEY_API_SOCKET", start->private.api},
		{"SAMEKEY_SOCKET", start->private.handoff}, {NULL, NULL}};

	return launch_environment(
		start->resolution, *start->private.api ? sockets : NULL, &start->environment);
}

// Nothing will be compared any more: what stays only waits.
static void let_go(void *user)
{
	struct start *start = user;

	start->reach = reach_free(start->reach);
	if (!start->keeping)
		resolution_free(start->resolution);
	start->keeping = keeping_close(start->keeping);
	start->resolution = NULL;
	private_close(&start->private);
}

// What one look found is told at once; an error stops all that was started.
static bool tell_reach(struct start *start, struct diag *found)
{
	struct report report = *start->report;

	report.diag = found;
	report.refused = diag_objections(found, report.strict) > 0;
	report_findings(&report);
	if (!report.refused)
		return true;
	for (size_t i = 0; i < diag_size(found); i++)
		diag_add(start->resolution->diag, diag_at(found, i));
	return false;
}

static enum supervise_view look(void *user, pid_t child)
{
	struct start *start = user;
	const struct bundle *bundle = &start->resolution->bundle;
	own(diag_release) struct diag *found = start->reach ? diag_new() : NULL;
	int code = found ? 0 : -ENOMEM;

	(void)child; // it may have left processes to us
	for (size_t i = 0; i < bundle->allowed_count && code == 0; i++)
		code = diag_allow(found, bundle->allowed[i].code,
			*bundle->allowed[i].key ? bundle->allowed[i].key : NULL);
	if (code == 0)
		code = reach_look(start->reach, found);
	if (code < 0) // without memory or /proc nobody can tell
		return SUPERVISE_VIEW_OPEN;
	if (!tell_reach(start, found))
		return SUPERVISE_VIEW_BAD;
	return reach_is_known(start->reach) ? SUPERVISE_VIEW_GOOD : SUPERVISE_VIEW_OPEN;
}

// Runs a build as a child. Its own failure goes before what is found in what it built.
static int watch(struct start *start)
{
	struct err err = ERR_NONE;
	const struct supervise_options options = {
		.program = start->program, .environment = start->environment};
	int status, code = building_begin(&start->building);

	if (code != EXIT_OK)
		return code;
	code = supervise_run(&options, &status, &err);
	if (code)
		return not_run(code, &err);
	return status ? supervise_end(status) : building_end(&start->building);
}

// ---- kept current

static int begin_reach(struct start *start, enum settings_reach level)
{
	start->reach = reach_free(start->reach);
	if (level == SETTINGS_REACH_OFF)
		return 0;
	start->reach =
		reach_new(start->resolution, start->environment, level == SETTINGS_REACH_FAIL);
	return start->reach ? 0 : -ENOMEM;
}

static int keeper_wait(void *user, int ret_fds[SUPERVISE_FDS])
{
	const struct start *start = user;

	return keeping_wait(start->keeping, ret_fds);
}

static void take_new(struct start *start)
{
	start->reach = reach_free(start->reach); // it compares with what goes now
	start->resolution = keeping_take(start->keeping);
	start->report->resolution = start->resolution;
	start->report->verdict = NULL;
}

static enum supervise_order keeper_turn(void *user)
{
	struct start *start = user;

	if (!keeping_turn(start->keeping))
		return SUPERVISE_GOES_ON;
	if (start->plan.change == KEEPING_RESTARTS)
		return SUPERVISE_RESTARTS; // the one that runs still is what is in use
	take_new(start);
	return SUPERVISE_SIGNALS;
}

static char **keeper_environment(void *user)
{
	struct start *start = user;

	take_new(start);
	if (make_environment(start) < 0 ||
		begin_reach(start, reach_level(start->resolution, start->program)) < 0)
		return NULL;
	return start->environment;
}

static void keeper_restarted(void *user, int code)
{
	struct start *start = user;
	struct err err = ERR_NONE;

	if (code < 0 && launch_failed(start->program, start->environment, code, &err) < 0)
		command_complain(&err);
}

// Hands the set over to who keeps it current.
static int begin_keeping(struct start *start)
{
	const struct keeping_options options = {
		.options = start->options,
		.change = start->plan.change,
		.socket = *start->private.handoff ? start->private.handoff : NULL,
		.held = start->report->verdict != NULL,
		.quiet = start->report->quiet,
	};

	if (start->options->supervise != SETTING_YES)
		return 0;
	start->keeping = keeping_open(&options, start->resolution);
	return start->keeping ? 0 : -ENOMEM;
}

// Runs the command as a child, and ends as it ends. `fails`: what does not reach the server is an
// error, also where the command has ended.
static int stay(struct start *start, bool fails)
{
	struct err err = ERR_NONE;
	const struct supervise_keeper keeper = {
		.wait = keeper_wait,
		.turn = keeper_turn,
		.environment = keeper_environment,
		.restarted = keeper_restarted,
		.restarts = start->plan.change == KEEPING_RESTARTS,
		.signal = start->plan.signal,
		.stop_ms = start->plan.stop_ms,
		.user = start,
	};
	const struct supervise_options options = {
		.program = start->program,
		.environment = start->environment,
		.look = start->reach ? look : NULL,
		.outlast = start->reach && fails,
		.settled = let_go,
		.user = start,
		.keeper = start->keeping ? &keeper : NULL,
	};
	int status, code = supervise_run(&options, &status, &err);

	if (code == SUPERVISE_E_STOPPED) {
		start->report->stopped = true;
		return refuse(start->report);
	}
	if (code)
		return not_run(code, &err);
	start->keeping = keeping_close(start->keeping); // it may end by a signal
	start->resolution = NULL;
	return supervise_end(status);
}

static void start_done(struct start *start)
{
	let_go(start);
}

static int start_it(struct start *start)
{
	enum settings_reach level = reach_level(start->resolution, start->program);
	struct err err = ERR_NONE;
	int code;

	if (make_environment(start) < 0)
		return not_run(err_set(&err, -ENOMEM, NULL, "out of memory"), &err);
	if (building_is_watched(&start->building))
		return watch(start);
	if (begin_reach(start, level) < 0 || begin_keeping(start) < 0)
		return not_run(err_set(&err, -ENOMEM, NULL, "out of memory"), &err);
	if (start->reach || start->keeping)
		return stay(start, level == SETTINGS_REACH_FAIL);
	code = launch_exec(start->program, start->environment);
	return not_run(launch_failed(start->program, start->environment, code, &err), &err);
}

static void offer(const struct resolution *resolution, const struct private_verifier *private,
	struct report *report, struct handoff_verdict *verdict)
{
	struct handoff_options options;

	session_handoff(resolution, &options);
	if (private->connection >= 0)
		options.connection = &private->connection;
	if (session_offer(resolution, &options, resolution->pool, verdict))
		report->verdict = verdict;
}

// What the words alone say. Returns: EXIT_OK or EXIT_USAGE.
static int judge_words(const struct options *options, struct steward_plan *ret_plan)
{
	struct err err = ERR_NONE;

	if (!options->program)
		return command_misuse(options, NULL, "run needs a command behind '--'",
			"samekey run -- node server.js");
	if (options->verifier_ini && options->private_verifier != SETTING_YES)
		return command_misuse(options, NULL, "--verifier-ini is for a private verifier",
			"samekey run --private-verifier --verifier-ini FILE -- COMMAND");
	if (steward_plan(options, ret_plan, &err) == 0)
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
	own(start_done) struct start start = {
		.options = options, .private = PRIVATE_NONE, .program = options->program};
	struct handoff_verdict verdict;
	struct report report = {
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.words = options->words,
		.program = options->program,
	};
	int code;

	code = judge_words(options, &start.plan);
	if (code != EXIT_OK)
		return code;
	if (options->supervise == SETTING_YES && keeping_guard_environment() < 0)
		return command_no_memory();
	code = session_resolve(options, pool, &start.resolution);
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
			code = session_private(
				options, start.resolution, true, pool, &start.private);
		if (code != EXIT_OK)
			return code;
		offer(start.resolution, &start.private, &report, &verdict);
	}
	if (start.private.connection >= 0 && report.verdict && report.verdict->accepted)
		session_tell_strangers(options, start.resolution, &start.private, pool);
	// --allow lets errors pass, never a refusal
	report.refused = diag_objections(start.resolution->diag, report.strict) > 0 ||
			 (report.verdict && !report.verdict->accepted);
	report_resolved(&report);
	if (report.refused)
		return refuse(&report);
	return start_it(&start);
}

const struct command cmd_run = {
	.name = "run",
	.moment = COMMAND_START,
	.synopsis = "[OPTION]... -- COMMAND [ARGUMENT]...",
	.summary = "resolve, check, hand off, say who won, then start COMMAND",
	.details =
		"COMMAND gets exactly the resolved values, over whatever was inherited, and "
		"replaces\n"
		"samekey: no process stays in between, signals and the exit status are its "
		"own.\n"
		"\n"
		"Where COMMAND only starts the server (npm, npx, sh, make, a script, in a "
		"framework's\n"
		"folder a start script), samekey stays as a small parent: signals and exit "
		"status are as\n"
		"without it, and COMMAND gets SIGTERM should samekey be killed. When COMMAND "
		"fails, what it\n"
		"left running gets SIGTERM too. For 10 s samekey looks whether the processes below "
		"that run a\n"
		"program or listen hold each secret. --reach off does not stay; warn says what is "
		"missing and\n"
		"where; fail stops all of it with exit 78, the default in a framework's folder, "
		"and waits\n"
		"up to 2 min for a server that is late.\n"
		"\n"
		"  samekey run -- npm start\n"
		"  samekey run --reach fail -- ./start.sh\n"
		"\n"
		"Under systemd a service of Type=notify needs NotifyAccess=all then.\n"
		"\n"
		"--supervise always stays, as parent and, in a container, as its first process: "
		"every "
		"signal\n"
		"is handed on, orphans are reaped, the exit status is COMMAND's. It watches the "
		"sources; when\n"
		"one changes it resolves and checks anew. A set that is refused, here or by the "
		"verdict, is\n"
		"logged (event=change_refused; change_mended once it is what is in use again) and "
		"changes\n"
		"nothing; so is, with signal and restart, one that lacks a secret of COMMAND. A "
		"good one is\n"
		"offered, and --on-change says what COMMAND gets:\n"
		"  offer        nothing: it goes on with its values, and samekeyd shows it as "
		"stale\n"
		"  signal NAME  a signal, for a COMMAND that reads its secret files again; one "
		"that\n"
		"               still starts gets it when it takes it, or after 30 s\n"
		"  restart      SIGTERM, after --stop-timeout SIGKILL, and a start with the new "
		"values\n"
		"When samekeyd comes back after a restart of its own, it gets the set again. A "
		"COMMAND that\n"
		"ends by itself ends samekey: to start it again is the service manager's part.\n"
		"\n"
		"  samekey run --supervise --on-change restart -- node server.js\n"
		"  samekey run --supervise --on-change signal HUP -- ./server\n"
		"\n"
		"A build is watched when it is given stand-ins (--sentinels, or phases = start "
		"for a key),\n"
		"leaves a stamp or is told what it builds: once it has ended with 0, what it built "
		"is looked\n"
		"through for the values that it had. Without --scan that is the output of the "
		"framework.\n"
		"A stand-in there, or a value of a key with build_drift = fail, is exit 78; "
		"another value is\n"
		"a warning. Nobody could look: a warning, with --sentinels exit 78. A start with "
		"--stamp is\n"
		"refused where the build froze another value.\n"
		"\n"
		"  samekey run --sentinels --stamp build.stamp -- next build\n"
		"  samekey run --stamp build.stamp -- next start\n"
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
	.groups = (const char *const[]){"resolve", "root", "quiet", "strict", "supervise",
		"private", "witness", "build", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
