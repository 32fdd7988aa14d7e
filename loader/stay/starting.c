// A command stays this process's child only where somebody has to look at it or to keep its set
// current: reach and keeping say what they saw, and supervise.h asks them when something happens.
// SPDX-License-Identifier: MIT
#include "loader/stay/starting.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/value/finding.h"
#include "loader/cli/command.h"
#include "loader/cli/options.h"
#include "loader/deliver/launch.h"
#include "loader/deliver/report.h"
#include "loader/deliver/supervise.h"
#include "loader/inspect/running/reach.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"
#include "loader/stay/keeping.h"

#include <errno.h>
#include <signal.h>

int starting_refuse(const struct report *report)
{
	int code = finding_exit_code(report->resolution->diag);

	report_refusal(report);
	return code == EXIT_FINDINGS || code == EXIT_OK ? EXIT_SETTINGS : code;
}

// Says why the command could not be run.
// Returns: the exit code for it.
static int not_run(int code, const struct err *err)
{
	command_complain(err);
	if (code == -ENOENT)
		return EXIT_NOT_FOUND;
	if (command_exit_code(code) == EXIT_TRY_AGAIN)
		return EXIT_TRY_AGAIN;
	return code == -E2BIG ? EXIT_DATA : EXIT_CANNOT_RUN;
}

// What the command, and a samekey that it starts, find a private verifier by.
static int make_environment(struct starting *starting)
{
	const struct launch_own sockets[] = {{"SAMEKEY_API_SOCKET", starting->private.api},
		{"SAMEKEY_SOCKET", starting->private.handoff}, {NULL, NULL}};

	return launch_environment(starting->resolution, *starting->private.api ? sockets : NULL,
		&starting->environment);
}

// Nothing will be compared any more: what stays only waits.
static void let_go(void *user)
{
	struct starting *starting = user;

	starting->reach = reach_free(starting->reach);
	if (!starting->keeping)
		resolution_free(starting->resolution);
	starting->keeping = keeping_close(starting->keeping);
	starting->resolution = NULL;
	private_close(&starting->private);
}

// What one look found is told at once; an error stops all that was started.
static bool tell_reach(struct starting *starting, struct diag *found)
{
	struct report report = *starting->report;

	report.diag = found;
	report.refused = diag_objections(found, report.strict) > 0;
	report_findings(&report);
	if (!report.refused)
		return true;
	for (size_t i = 0; i < diag_size(found); i++)
		diag_add(starting->resolution->diag, diag_at(found, i));
	return false;
}

static enum supervise_view look(void *user, pid_t child)
{
	struct starting *starting = user;
	own(diag_release) struct diag *found = starting->reach ? diag_new() : NULL;
	int code = found ? 0 : -ENOMEM;

	(void)child; // it may have left processes to us
	if (code == 0)
		code = resolution_allow(starting->resolution, found);
	if (code == 0)
		code = reach_look(starting->reach, found);
	// first what was found before memory ran out: it is not found again
	if (found && !tell_reach(starting, found))
		return SUPERVISE_VIEW_BAD;
	if (code < 0 || !diag_is_complete(found)) // without memory or /proc nobody can tell
		return SUPERVISE_VIEW_OPEN;
	return reach_is_known(starting->reach) ? SUPERVISE_VIEW_GOOD : SUPERVISE_VIEW_OPEN;
}

// Runs a build as a child. Its own failure goes before what is found in what it built.
static int watch(struct starting *starting)
{
	struct err err = ERR_NONE;
	const struct supervise_options options = {
		.program = starting->program, .environment = starting->environment};
	int status, code = building_begin(&starting->building);
	sigset_t mask;

	if (code != EXIT_OK)
		return code;
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	code = supervise_run(&options, &status, &err);
	if (code)
		return not_run(code, &err);
	if (status)
		return supervise_end(status);
	// nobody takes signals any more, and to look through what was built may take minutes
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return building_end(&starting->building);
}

// ---- kept current

static int begin_reach(struct starting *starting, enum settings_reach level)
{
	starting->reach = reach_free(starting->reach);
	if (level == SETTINGS_REACH_OFF)
		return 0;
	starting->reach = reach_new(
		starting->resolution, starting->environment, level == SETTINGS_REACH_FAIL);
	return starting->reach ? 0 : -ENOMEM;
}

static int keeper_wait(void *user, int ret_fds[SUPERVISE_FDS])
{
	const struct starting *starting = user;

	return keeping_wait(starting->keeping, ret_fds);
}

static void take_new(struct starting *starting)
{
	starting->reach = reach_free(starting->reach); // it compares with what goes now
	starting->resolution = keeping_take(starting->keeping);
	starting->report->resolution = starting->resolution;
	starting->report->verdict = NULL;
}

static enum supervise_order keeper_turn(void *user)
{
	struct starting *starting = user;

	if (!keeping_turn(starting->keeping))
		return SUPERVISE_GOES_ON;
	if (starting->on_change.change == KEEPING_RESTARTS)
		return SUPERVISE_RESTARTS; // the one that runs still is what is in use
	take_new(starting);
	return SUPERVISE_SIGNALS;
}

static char **keeper_environment(void *user)
{
	struct starting *starting = user;

	take_new(starting);
	if (make_environment(starting) < 0 ||
		begin_reach(starting, reach_level(starting->resolution, starting->program)) < 0)
		return NULL;
	return starting->environment;
}

static void keeper_restarted(void *user, int code)
{
	struct starting *starting = user;
	struct err err = ERR_NONE;

	if (code < 0 && launch_failed(starting->program, starting->environment, code, &err) < 0)
		command_complain(&err);
}

// Hands the set over to who keeps it current.
static int begin_keeping(struct starting *starting)
{
	const struct keeping_options options = {
		.options = starting->options,
		.change = starting->on_change.change,
		.socket = *starting->private.handoff ? starting->private.handoff : NULL,
		.held_ms = starting->report->verdict ? starting->offered_ms : 0,
		.quiet = starting->report->quiet,
	};

	if (starting->options->supervise != SETTING_YES)
		return 0;
	starting->keeping = keeping_open(&options, starting->resolution);
	return starting->keeping ? 0 : -ENOMEM;
}

// Runs the command as a child, and ends as it ends. `fails`: what does not reach the server is an
// error, also where the command has ended.
static int stay(struct starting *starting, bool fails)
{
	struct err err = ERR_NONE;
	const struct supervise_keeper keeper = {
		.wait = keeper_wait,
		.turn = keeper_turn,
		.environment = keeper_environment,
		.restarted = keeper_restarted,
		.restarts = starting->on_change.change == KEEPING_RESTARTS,
		.signal = starting->on_change.signal,
		.stop_ms = starting->on_change.stop_ms,
		.user = starting,
	};
	const struct supervise_options options = {
		.program = starting->program,
		.environment = starting->environment,
		.look = starting->reach ? look : NULL,
		.outlast = starting->reach && fails,
		.settled = let_go,
		.user = starting,
		.keeper = starting->keeping ? &keeper : NULL,
	};
	int status, code = supervise_run(&options, &status, &err);

	if (code == SUPERVISE_E_STOPPED) {
		starting->report->stopped = true;
		return starting_refuse(starting->report);
	}
	if (code)
		return not_run(code, &err);
	starting->keeping = keeping_close(starting->keeping); // it may end by a signal
	starting->resolution = NULL;
	return supervise_end(status);
}

void starting_done(struct starting *starting)
{
	let_go(starting);
	private_leave(&starting->private);
}

int starting_go(struct starting *starting)
{
	enum settings_reach level = reach_level(starting->resolution, starting->program);
	struct err err = ERR_NONE;
	int code;

	if (make_environment(starting) < 0)
		return not_run(err_no_memory(&err), &err);
	if (building_is_watched(&starting->building))
		return watch(starting);
	if (begin_reach(starting, level) < 0 || begin_keeping(starting) < 0)
		return not_run(err_no_memory(&err), &err);
	if (starting->reach || starting->keeping)
		return stay(starting, level == SETTINGS_REACH_FAIL);
	code = launch_exec(starting->program, starting->environment);
	return not_run(launch_failed(starting->program, starting->environment, code, &err), &err);
}
