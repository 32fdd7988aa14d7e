// samekey export: the resolved values in the form of another loader or tool, to a file that only
// this user reads, or to stdout. Prints values: that is its purpose.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/freshfile.h"
#include "lib/base/fs.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/export.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/report.h"
#include "loader/read/dialects/dialect.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>

// ---- where it goes

// The folder that a file is made in.
static int judge_folder(const char *path, struct pool *pool, struct err *err)
{
	size_t length = (size_t)(path_basename(path) - path);
	const char *folder = length ? pool_text(pool, path, length) : ".";
	struct stat facts;

	if (!folder)
		return err_no_memory(err);
	if (stat(folder, &facts) < 0)
		return err_set(
			err, -errno, path, "cannot write into '%s': %s", folder, strerror(errno));
	// in a sticky folder nobody else can put another file in its place
	if (!(facts.st_mode & S_IWOTH) || (facts.st_mode & S_ISVTX))
		return 0;
	(void)err_set(err, -EPERM, path, "everybody may write to its folder");
	return err_hint(
		err, "choose a folder that only this user writes to, or chmod o-w '%s'", folder);
}

// The file that would be replaced.
static int judge_file(const char *path, const struct resolution *resolution, struct err *err)
{
	struct stat facts;

	if (!*path || path[strlen(path) - 1] == '/')
		return err_set(err, -EISDIR, path, "is no file");
	if (lstat(path, &facts) < 0)
		return errno == ENOENT
			       ? 0
			       : err_set(err, -errno, path, "cannot write it: %s", strerror(errno));
	if (!S_ISREG(facts.st_mode)) {
		(void)err_set(err, -EPERM, path, "is there already, and no regular file");
		return err_hint(err, "without FILE the values go to stdout");
	}
	if (facts.st_uid != geteuid()) {
		(void)err_set(err, -EPERM, path, "is there already, and another user owns it");
		return err_hint(err, "remove it, or choose another name");
	}
	if (resolution_file(resolution, &facts)) {
		(void)err_set(err, -EPERM, path, "the values come from this file");
		return err_hint(err, "write to another one; samekey lint --fix changes a file in "
				     "place");
	}
	return 0;
}

// ---- writing

static int deliver(const struct options *options, const struct resolution *resolution,
	const struct draft *draft, struct err *err)
{
	const char *path = options->argument_count ? options->arguments[0] : NULL;
	int code;

	if (!path) {
		code = fs_write_all(STDOUT_FILENO, draft->bytes, draft->length);
		return code < 0 ? err_set(err, code, "stdout", "cannot write: %s", strerror(-code))
				: 0;
	}
	code = judge_file(path, resolution, err);
	return code < 0 ? code
			: freshfile_write(path, draft->bytes, draft->length, 0600, true, err);
}

static int say_done(const struct options *options, const struct export_format *format, size_t count)
{
	const char *path = options->argument_count ? options->arguments[0] : NULL;
	char shown[PATH_MAX];

	if (!path)
		return EXIT_OK;
	(void)text_printable(shown, sizeof(shown), path);
	if (options->json == SETTING_YES)
		return command_print_json(json_pack("{s:i, s:s, s:s, s:i}", "v", 1, "for",
						  format->name, "file", shown, "keys", (int)count),
			EXIT_OK);
	if (options->quiet != SETTING_YES)
		(void)fprintf(stderr, "samekey: wrote %s for %s, %zu key%s\n", shown, format->name,
			count, text_plural(count));
	return EXIT_OK;
}

// As `run` does: it never exits 1.
static int refuse(const struct options *options, const struct report *report)
{
	int code = finding_exit_code(report->resolution->diag);

	if (code == EXIT_FINDINGS || code == EXIT_OK)
		code = EXIT_SETTINGS;
	if (options->json == SETTING_YES)
		return report_json(report, NULL, false) < 0 ? command_no_memory() : code;
	report_findings(report);
	report_refusal(report);
	return code;
}

// Once the process that called us is over, samekeyd would take another one for it: the one that we
// were left to, such as the first of all, which never ends.
static void end_with_caller(void)
{
	pid_t caller = getppid();

	ignore_result(
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)); // a number that every kernel knows
	if (getppid() != caller)                            // it was over before
		ignore_result(raise(SIGKILL));
}

// The bundle is live while the process lives that called us, for it will hold the values.
static void offer(struct report *report, struct handoff_verdict *verdict)
{
	const struct resolution *resolution = report->resolution;
	struct handoff_options options;

	verifiercall_options(resolution, &options);
	options.kind = MESSAGE_OFFER_PARENT;
	if (verifiercall_offer(resolution, &options, resolution->pool, verdict))
		report->verdict = verdict;
}

static int export_bundle(const struct options *options, const struct export_format *format,
	struct report *report, struct handoff_verdict *verdict)
{
	const struct resolution *resolution = report->resolution;
	own(draft_done) struct draft draft = {.arena = resolution->arena};
	struct err err = ERR_NONE;
	size_t count = 0;
	int code = 0;

	if (options->offer == SETTING_YES && !diag_objections(resolution->diag, report->strict))
		offer(report, verdict);
	report->refused = diag_objections(resolution->diag, report->strict) > 0 ||
			  (report->verdict && !report->verdict->accepted);
	if (!report->refused)
		code = export_write(resolution, format, &draft, &count);
	if (code < 0)
		return command_no_memory();
	report->refused |= code == EXPORT_E_REFUSED;
	if (report->refused)
		return refuse(options, report);
	report_findings(report);
	if (!text_equal(format->name, "process")) // which lacks nothing without a key, as run does
		resolving_tell_nothing(options, resolution);
	code = deliver(options, resolution, &draft, &err);
	if (code < 0)
		return command_fail(options, &err, command_exit_code(code));
	return say_done(options, format, count);
}

// ---- what was asked for

static void list_forms(char *to, size_t size)
{
	size_t used = (size_t)snprintf(to, size, "forms:");

	for (size_t i = 0; export_format_at(i) && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, " %s,", export_format_at(i)->name);
	if (used < size)
		(void)snprintf(to + used, size - used, " or one of samekey dialects");
}

static int complain(const struct options *options)
{
	struct err err = ERR_NONE;
	char shown[80], forms[160];
	const char *near;

	if (!options->target)
		return command_misuse(options, "--for", "who is to read it?",
			"samekey export --for docker; samekey help export lists the forms");
	(void)err_set(&err, -EINVAL, "--for", "unknown form '%s'",
		shape_show(shown, sizeof(shown), options->target));
	near = export_nearest(options->target);
	list_forms(forms, sizeof(forms));
	if (near)
		(void)err_hint(&err, "did you mean '%s'? %s", near, forms);
	else
		(void)err_hint(&err, "%s", forms);
	return command_fail(options, &err, EXIT_USAGE);
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct handoff_verdict verdict;
	struct report report = {
		.command = "export",
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.words = options->words,
		.program = options->program,
	};
	struct export_format format;
	struct err err = ERR_NONE;
	int code;

	if (!options->target || !export_find(options->target, &format))
		return complain(options);
	if (options->json == SETTING_YES && !options->argument_count)
		return command_misuse(options, "--json", "stdout is where the values go",
			"name a FILE, or take --for json");
	code = options->argument_count ? judge_folder(options->arguments[0], pool, &err) : 0;
	if (code < 0)
		return command_fail(options, &err, command_exit_code(code));
	if (options->offer == SETTING_YES)
		end_with_caller();
	code = resolving_begin(options, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	report.resolution = resolution;
	report.by_itself = text_equal(format.name, "process");
	return export_bundle(options, &format, &report, &verdict);
}

const struct command cmd_export = {
	.name = "export",
	.moment = COMMAND_FILES,
	.synopsis = "--for FORM [OPTION]... [FILE] [-- COMMAND [ARGUMENT]...]",
	.summary = "write the resolved values so that another loader reads exactly them",
	.details =
		"Resolves as `samekey run` would for COMMAND and starts nothing. FORM is a\n"
		"dialect (samekey dialects lists them) or:\n"
		"\n"
		"  json               one object of names and values\n"
		"  process            what `run` would change: {\"set\": {...}, \"unset\":\n"
		"                     [...]}; with --offer for a process that configures itself,\n"
		"                     as npm's samekey/config\n"
		"  shell              export NAME=... for `eval` or `.` of any POSIX shell\n"
		"  kubernetes-secret  the manifest of a Secret, named after the app\n"
		"  github-env         what GitHub Actions reads from $GITHUB_ENV; append it\n"
		"                     there\n"
		"\n"
		"GitHub shows what $GITHUB_ENV holds in the log of each later step, unless the\n"
		"workflow has it masked first, value by value (::add-mask::).\n"
		"\n"
		"What is written was read back as FORM's loader reads it, and is the same bytes;\n"
		"what a loader cannot hold, such as a line break in docker's env file, is\n"
		"refused by name with the reason. FILE gets mode 0600 and is replaced whole or\n"
		"not at all; without FILE the values go to stdout. Keys with inject = no are\n"
		"left out, as `run` does; for one reader alone, where apps = NAME stands under\n"
		"that [key] too and export is called with --name NAME.\n"
		"\n"
		"Exit 65: the form cannot hold a value or a name; 77: FILE is not safe to write;\n"
		"the rest as for `run`.\n"
		"\n"
		"  samekey export --for docker web.env && docker run --env-file web.env IMAGE\n"
		"  samekey export --for kubernetes-secret | kubectl apply -f -\n"
		"  samekey export --for github-env >> \"$GITHUB_ENV\"\n",
	.groups = (const char *const[]){"resolve", "root", "export", "output", "quiet", "strict",
		NULL},
	.settings = true,
	.takes_program = true,
	.max_arguments = 1,
	.run = run,
};
