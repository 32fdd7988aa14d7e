// samekey scan: what was built, searched for the values that it should not hold. samekey-scan
// looks; here stands what it is asked, and what its answer comes to.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/ask/signers.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/inspect/built/baseline.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scan_report.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/stamp.h"
#include "loader/inspect/sarif.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

struct scanning {
	const struct options *options;
	struct pool *pool;
	struct resolution *resolution;
	struct scanjob job;
	struct residue residue;
	struct scanned scanned;
	struct baseline baseline;
	int exit; // of a failure
};

static int fail(struct scanning *scanning, int exit, int code)
{
	scanning->exit = exit;
	return code;
}

static int no_memory(struct scanning *scanning, struct err *err)
{
	(void)err_no_memory(err);
	return fail(scanning, EXIT_TRY_AGAIN, -ENOMEM);
}

// ---- where

static int add_outputs(
	struct scanning *scanning, const char *const *folders, struct pool_list *paths)
{
	const char *root = scanning->options->root;

	for (; *folders; folders++) {
		const char *path = pool_format(
			scanning->pool, "%s%s%s", root ? root : "", root ? "/" : "", *folders);

		if (path && access(path, F_OK) < 0)
			continue;
		if (pool_push_text(scanning->pool, paths, path) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int find_outputs(struct scanning *scanning, struct err *err)
{
	const char *name = scanning->resolution->framework.name;
	const char *const *outputs = scanning->resolution->framework.outputs;
	struct pool_list paths = {0};

	if (outputs && add_outputs(scanning, outputs, &paths) < 0)
		return no_memory(scanning, err);
	scanning->job.paths = paths.items;
	scanning->job.path_count = paths.count;
	if (paths.count)
		return 0;
	(void)err_set(err, -EINVAL, NULL,
		"there is nothing to scan: no PATH, and no output of a %s",
		name ? name : "framework that is known");
	(void)err_hint(err, "samekey scan dist build.tar.gz; any folder, file, archive or image");
	return fail(scanning, EXIT_USAGE, -EINVAL);
}

// Why nobody can look at a path, or NULL.
static const char *path_trouble(const char *path)
{
	struct stat facts;
	int mode = R_OK;

	if (stat(path, &facts) < 0)
		return strerror(errno);
	if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
		return "it is neither a file nor a folder";
	if (S_ISDIR(facts.st_mode))
		mode |= X_OK;
	return access(path, mode) < 0 ? strerror(errno) : NULL;
}

// A path that is not there would make a clean answer.
static int judge_paths(struct scanning *scanning, struct err *err)
{
	const struct options *options = scanning->options;

	if (!options->argument_count)
		return find_outputs(scanning, err);
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *why = path_trouble(options->arguments[i]);

		if (!why)
			continue;
		(void)err_set(err, -ENOENT, options->arguments[i], "cannot look at it: %s", why);
		if (text_equal(options->arguments[i], "-"))
			(void)err_hint(err, "files are searched, not standard input: docker save "
					    "-o image.tar IMAGE, then samekey scan image.tar");
		return fail(scanning, EXIT_NO_INPUT, -ENOENT);
	}
	scanning->job.paths = (const char *const *)options->arguments;
	scanning->job.path_count = options->argument_count;
	return 0;
}

// ---- what for

static int read_stamp(struct scanning *scanning, struct err *err)
{
	struct stamp stamp;
	int code;

	if (!scanning->options->stamp)
		return 0;
	code = stamp_read(
		scanning->options->stamp, scanning->resolution, scanning->pool, &stamp, err);
	if (code)
		return fail(scanning,
			code == STAMP_E_OTHER_KEY ? EXIT_SETTINGS
			: code > 0                ? EXIT_DATA
						  : command_exit_code(code),
			-EBADMSG);
	return residue_job_older(scanning->resolution, &stamp, scanning->pool, &scanning->job) < 0
		       ? no_memory(scanning, err)
		       : 0;
}

static int make_job(struct scanning *scanning, struct err *err)
{
	const struct options *options = scanning->options;
	struct scanjob *job = &scanning->job;

	if (residue_job(scanning->resolution, scanning->pool, job) < 0)
		return no_memory(scanning, err);
	job->flags = SCANJOB_PLACEHOLDERS | SCANJOB_SHIPPED |
		     (options->no_tokens == SETTING_YES ? 0 : SCANJOB_TOKENS);
	job->excluded = options->exclude.items;
	job->excluded_count = options->exclude.count;
	job->max_file = options->max_size;
	job->max_depth =
		options->max_depth < UINT32_MAX ? (uint32_t)options->max_depth : UINT32_MAX;
	job->timeout_s = (uint32_t)((options->time_limit_ms + 999) / 1000);
	return read_stamp(scanning, err);
}

// ---- asking

static int ask(struct scanning *scanning, struct err *err)
{
	int code = residue_ask(&scanning->job, scanning->resolution->arena, scanning->pool,
		&scanning->residue, err);

	if (code == 0)
		return 0;
	return fail(scanning, command_exit_code(code), -ECANCELED);
}

static int judge(struct scanning *scanning, struct err *err)
{
	struct scanned_question question = {.resolution = scanning->resolution,
		.job = &scanning->job,
		.residue = &scanning->residue};

	if (signers_ask(scanning->resolution, &scanning->residue, scanning->pool, &question.signers,
		    &question.signer_count) < 0 ||
		scanned_judge(&question, scanning->pool, &scanning->scanned) < 0)
		return no_memory(scanning, err);
	return 0;
}

static int apply_baseline(struct scanning *scanning, struct err *err)
{
	const struct options *options = scanning->options;
	int code = 0;

	baseline_apply(&scanning->baseline, &scanning->scanned);
	if (options->write_baseline)
		code = baseline_write(options->write_baseline, &scanning->scanned, err);
	return code < 0 ? fail(scanning, command_exit_code(code), code) : 0;
}

static int read_baseline(struct scanning *scanning, struct err *err)
{
	const struct options *options = scanning->options;
	int code;

	if (!options->baseline)
		return 0;
	code = baseline_read(options->baseline, scanning->resolution->arena, scanning->pool,
		&scanning->baseline, err);
	return code < 0 ? fail(scanning, command_exit_code(code), code) : 0;
}

// ---- what is said

static int report(const struct scanning *scanning)
{
	const struct options *options = scanning->options;
	const struct scan_report report = {.scanned = &scanning->scanned,
		.baseline = options->baseline ? &scanning->baseline : NULL,
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES};
	int exit = scanned_objections(&scanning->scanned, report.strict) && !options->write_baseline
			   ? EXIT_FINDINGS
			   : EXIT_OK;

	if (options->format == OPTIONS_FORMAT_SARIF)
		return command_print_json(scan_report_sarif(&report), exit);
	if (options->format == OPTIONS_FORMAT_JSON)
		return command_print_json(scan_report_json(&report), exit);
	scan_report_text(&report);
	return exit;
}

// Tells programs too that there is no report.
static int tell_failure(const struct options *options, const struct err *err, int exit)
{
	if (options->format != OPTIONS_FORMAT_SARIF)
		return command_fail(options, err, exit);
	command_complain(err);
	return command_print_json(sarif_failure(err, exit), exit);
}

static int run(const struct options *options, struct pool *pool)
{
	static int (*const steps[])(struct scanning * scanning, struct err * err) = {
		judge_paths, read_baseline, make_job, ask, judge, apply_baseline};
	own(resolution_release) struct resolution *resolution = NULL;
	struct options shown = *options;
	struct scanning scanning = {.options = &shown, .pool = pool};
	struct err err = ERR_NONE;
	int code;

	if (options->json == SETTING_YES && options->format == OPTIONS_FORMAT_TEXT)
		shown.format = OPTIONS_FORMAT_JSON;
	if (shown.format == OPTIONS_FORMAT_JSON)
		shown.json = SETTING_YES;
	code = resolving_begin(&shown, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	scanning.resolution = resolution;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i](&scanning, &err) < 0)
			return tell_failure(&shown, &err, scanning.exit);
	return report(&scanning);
}

const struct command cmd_scan = {
	.name = "scan",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [PATH]...",
	.summary = "search what was built for values, tokens and files it should not hold",
	.details =
		"Looks through folders, files, archives and image layouts for the values that\n"
		"are resolved here: as they are, escaped for JSON, JS, HTML and URLs, as base64,\n"
		"hex and UTF-16, inside gzip, zstd, brotli, xz, bzip2 and LZ4, tar, zip, cpio,\n"
		".deb and .rpm, and what they hold. Without PATH: the output of the framework\n"
		"that is recognised.\n"
		"\n"
		"  frozen-value          the current value: built code goes on with it whatever\n"
		"                        a start is given\n"
		"  frozen-old            a value that lost, another loader's reading, or with\n"
		"                        --stamp the value, or stand-in, of that build\n"
		"  fallback-placeholder  process.env.X || \"your-secret-key\", and what is left\n"
		"                        of it\n"
		"  frozen-token          a JWT; a private verifier says whether a secret of the\n"
		"                        app signed it\n"
		"  shipped-env-file, shipped-key-file\n"
		"  scan-incomplete       something could not be looked at: the answer is not the\n"
		"                        whole one\n"
		"  not-opened            a note: a container of another kind (7-Zip), or a link\n"
		"                        that leads out\n"
		"\n"
		"Not found: a value under 8 bytes (said), one that is encrypted, hashed, cut in\n"
		"pieces or computed, and what lies in formats that are not named above. The\n"
		"app's own env files are passed over. Values, and tokens, are never shown. In a\n"
		"build cache a value is a warning.\n"
		"\n"
		"A baseline accepts findings by place, key and form, whatever line they move to\n"
		"and whatever hash a build puts into the names of files; an entry accepts one\n"
		"finding. With --write-baseline all that is found now is accepted, and the exit\n"
		"status is 0.\n"
		"\n"
		"  samekey scan                      the output of this folder's framework\n"
		"  samekey scan --exclude cache .next\n"
		"  samekey scan dist app.tgz         an image too: docker save -o app.tar APP\n"
		"  samekey scan --format sarif .next > scan.sarif\n"
		"  samekey scan --write-baseline known.json dist\n"
		"  samekey scan --baseline known.json dist\n"
		"\n"
		"Exit 0: no finding of severity error (--strict: and no warning); 1: there is\n"
		"one; 2: misused; 65: a damaged stamp or baseline; 66: cannot be read; 69: no\n"
		"samekey-scan, or it failed.\n",
	.groups =
		(const char *const[]){"scan", "resolve", "root", "output", "quiet", "strict", NULL},
	.settings = true,
	.beside = "also the options of samekey run that say what is resolved, such as --name,\n"
		  "--mode and --dotenv",
	.max_arguments = SCANJOB_PATHS_MAX,
	.run = run,
};
