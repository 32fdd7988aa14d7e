// samekey lint: what the loaders in play make of the same env files, and how to write them so that
// all agree. Shows no value; changes files only with --fix.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/value/fingerprint.h"
#include "loader/cli/commands.h"
#include "loader/deliver/report.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_choice.h"
#include "loader/inspect/lint/lint_fix.h"
#include "loader/inspect/lint/lint_input.h"
#include "loader/inspect/lint/lint_json.h"
#include "loader/inspect/lint/lint_report.h"
#include "loader/inspect/lint/lint_rewrite.h"
#include "loader/inspect/lint/lint_sarif.h"
#include "loader/inspect/sarif.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/environment.h"
#include "loader/resolve/allowance.h"
#include "loader/resolve/place.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_check.h"
#include "loader/resolve/settings_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

struct linting {
	const struct options *options;
	struct pool *pool;
	struct secret_arena *arena;
	struct environment *environment;
	struct diag *diag; // of samekey.ini
	struct settings *settings;
	struct place place;
	struct fingerprint_key *fingerprints;
	struct pool_list allowed; // struct bundle_allowed
	struct lint_choice choice;
	struct lint_options lint_options;
	struct lint *lint;
	struct lint *rewrites; // what --fix changed; NULL: nothing
	struct lint_input input;
	size_t fixed;
};

static void linting_done(struct linting *linting)
{
	place_done(&linting->place);
	linting->lint = lint_free(linting->lint);
	linting->rewrites = lint_free(linting->rewrites);
	linting->environment = environment_free(linting->environment);
	linting->diag = diag_free(linting->diag);
	linting->fingerprints = fingerprint_key_free(linting->fingerprints);
	linting->arena = secret_arena_free(linting->arena);
}

// ---- settings

static int judge_options(const struct options *options, struct err *err)
{
	struct settings scratch = {.loaders = options->loaders, .dialect = options->dialect};
	const struct setting *loaders =
		setting_find(settings_rows, settings_rows_count, "app", "loaders");
	const struct setting *dialect =
		setting_find(settings_rows, settings_rows_count, "sources", "dialect");

	if (options->loaders.given && !options->loaders.count) {
		(void)err_set(err, -EINVAL, "--loaders", "names no loader");
		return err_hint(err, "samekey dialects lists them");
	}
	if (settings_check(&scratch, loaders, err) < 0) {
		(void)snprintf(err->where, sizeof(err->where), "--loaders");
		return err->code;
	}
	if (options->dialect && settings_check(&scratch, dialect, err) < 0) {
		(void)snprintf(err->where, sizeof(err->where), "--dialect");
		return err->code;
	}
	return 0;
}

static int open_settings(struct linting *linting, struct err *err)
{
	const struct options *options = linting->options;
	int code = place_find(options->root, options->ini, linting->pool, &linting->place, err);

	if (code == 0 && linting->place.ini)
		code = settings_load(linting->settings,
			options->ini ? AT_FDCWD : linting->place.handle, linting->place.ini,
			&(struct settings_room){linting->arena, linting->pool, linting->diag}, err);
	if (code == 0 && (!diag_is_complete(linting->diag) ||
				 place_base_path(&linting->place, linting->pool,
					 &linting->settings->fingerprint_key) < 0))
		return err_no_memory(err);
	if (code == 0 && options->dialect)
		linting->settings->dialect = options->dialect;
	if (code == 0)
		code = fingerprint_key_open(linting->settings->fingerprint_key, linting->arena,
			&linting->fingerprints, err);
	return code;
}

static int prepare(struct linting *linting, struct err *err)
{
	const struct setting_list *allow = &linting->options->allow;
	int code;

	if (sodium_init() < 0) {
		(void)err_set(err, -ENOSYS, NULL, "no cryptography on this system");
		return -ENOSYS;
	}
	linting->environment = environment_new(environ);
	linting->diag = diag_new();
	linting->settings = settings_new(linting->pool);
	if (!linting->environment || !linting->diag || !linting->settings ||
		secret_arena_open(NULL, &linting->arena, err) < 0)
		return err_no_memory(err);
	code = allowance_read_all(allow->items, allow->count,
		environment_value(linting->environment, "SAMEKEY_ALLOW"), linting->pool,
		&linting->allowed, err);
	return code < 0 ? code : open_settings(linting, err);
}

// ---- the lint

static int load_all(struct linting *linting, struct err *err)
{
	const struct options *options = linting->options;
	const struct lint_input_request request = {.named = options->arguments,
		.named_count = options->argument_count,
		.folder = linting->place.handle,
		.start = linting->place.start,
		.root = options->root,
		.max_file = linting->settings->max_file,
		.arena = linting->arena,
		.pool = linting->pool};

	return lint_input_load(&request, &linting->input, err);
}

static int choose(struct linting *linting, struct err *err)
{
	const struct lint_choice_request request = {.named = &linting->options->loaders,
		.settings = linting->settings,
		.ini = linting->place.ini,
		.reference = dialect_find(linting->settings->dialect),
		.reference_named = linting->options->dialect != NULL,
		.files = linting->input.files,
		.file_count = linting->input.count,
		.pool = linting->pool};

	if (lint_choice_make(&request, &linting->choice) < 0)
		return err_no_memory(err);
	linting->lint_options = (struct lint_options){.loaders = linting->choice.loaders,
		.loader_count = linting->choice.count,
		.reference = request.reference,
		.environment = linting->environment,
		.guessed = linting->choice.guessed,
		.arena = linting->arena,
		.pool = linting->pool};
	return 0;
}

// PM2 replays what it captured, whoever reads the files.
static int judge_pm2(struct linting *linting)
{
	const struct in_use *pm2 = in_use_find(&linting->choice.in_use, "pm2");
	const char *origin;

	if (!pm2)
		return 0;
	origin = pm2->line ? pool_format(linting->pool, "%s:%u", pm2->file, pm2->line) : pm2->file;
	if (!origin)
		return -ENOMEM;
	return lint_add(linting->lint, &(struct lint_finding){.finding = FINDING_PM2_STALE,
					       .origin = origin,
					       .place = pm2->file,
					       .line = pm2->line});
}

static int lint_all(struct linting *linting, struct err *err)
{
	int code = 0;

	linting->lint = lint_new(&linting->lint_options);
	if (!linting->lint)
		return err_no_memory(err);
	for (size_t i = 0; i < linting->input.count && code == 0; i++)
		code = lint_read(linting->lint, linting->input.files[i],
			(struct span){
				linting->input.contents[i].bytes, linting->input.contents[i].size});
	if (code == 0)
		code = lint_finish(linting->lint);
	if (code == 0)
		code = judge_pm2(linting);
	return code < 0 ? err_no_memory(err) : 0;
}

// ---- --fix

// Where it was refused, why is all that is told; else the lint is made anew of what was written.
static int fix_all(struct linting *linting, struct err *err)
{
	const struct lint_rewrite_request request = {.before = linting->lint,
		.input = &linting->input,
		.asked = linting->options->dialect != NULL};
	struct lint *told;
	int code = lint_rewrite_all(&request, &told, &linting->fixed, err);

	if (code < 0)
		return code;
	if (code == LINT_FIX_E_REFUSED) {
		told->files = linting->lint->files; // for the order of the report
		linting->lint->files = (struct pool_list){0};
		lint_free(linting->lint);
		linting->lint = told;
		return 0;
	}
	linting->rewrites = told;
	linting->lint = lint_free(linting->lint);
	return lint_all(linting, err);
}

// ---- what is said

static int report(const struct linting *linting)
{
	const struct options *options = linting->options;
	const struct lint_report report = {.lint = linting->lint,
		.why = linting->choice.why,
		.settings = linting->settings,
		.fingerprints = linting->fingerprints,
		.allowed = linting->allowed.items,
		.allowed_count = linting->allowed.count,
		.quiet = options->quiet == SETTING_YES,
		.strict = options->strict == SETTING_YES,
		.fixed = linting->fixed,
		.rewrites = linting->rewrites};
	int exit = lint_report_objections(&report) ? EXIT_FINDINGS : EXIT_OK;

	if (options->quiet != SETTING_YES)
		lint_choice_tell(&linting->choice);
	if (options->format == OPTIONS_FORMAT_SARIF)
		return command_print_json(lint_sarif_json(&report), exit);
	if (options->format == OPTIONS_FORMAT_JSON || options->json == SETTING_YES)
		return command_print_json(lint_json(&report), exit);
	return lint_report_text(&report) < 0 ? command_no_memory() : exit;
}

// Tells programs too that there is no report.
static int fail(const struct options *options, const struct err *err, int exit)
{
	struct options shown = *options;

	if (options->format == OPTIONS_FORMAT_SARIF) {
		command_complain(err);
		return command_print_json(sarif_failure(err, exit), exit);
	}
	if (options->format == OPTIONS_FORMAT_JSON)
		shown.json = SETTING_YES;
	return command_fail(&shown, err, exit);
}

static bool is_error(const struct diag_item *item)
{
	return item->severity == DIAG_ERROR;
}

// samekey.ini has errors: all of them for people, the first for programs.
static int fail_settings(const struct linting *linting)
{
	const struct options *options = linting->options;
	struct err err = ERR_NONE;
	size_t i = 0;

	if (options->format == OPTIONS_FORMAT_TEXT && options->json != SETTING_YES) {
		report_findings(&(struct report){.diag = linting->diag});
		return EXIT_SETTINGS;
	}
	while (i + 1 < diag_size(linting->diag) && !is_error(diag_at(linting->diag, i)))
		i++;
	if (i < diag_size(linting->diag)) {
		const struct diag_item *item = diag_at(linting->diag, i);

		(void)err_set(&err, -EINVAL, item->origin, "%s", item->text);
		(void)err_hint(&err, "%s", item->hint);
	}
	return fail(options, &err, EXIT_SETTINGS);
}

static int exit_code(const struct err *err)
{
	return err->code == -EISDIR ? EXIT_USAGE : command_exit_code(err->code);
}

static int run(const struct options *options, struct pool *pool)
{
	own(linting_done) struct linting linting = {
		.options = options, .pool = pool, .place.handle = -1};
	struct err err = ERR_NONE;
	int code = judge_options(options, &err);

	if (code < 0)
		return fail(options, &err, EXIT_USAGE);
	code = prepare(&linting, &err);
	if (code == 0 && diag_count(linting.diag, DIAG_ERROR))
		return fail_settings(&linting);
	if (code == 0)
		code = load_all(&linting, &err);
	if (code == 0)
		code = choose(&linting, &err);
	if (code == 0)
		code = lint_all(&linting, &err);
	if (code == 0 && options->fix == SETTING_YES)
		code = fix_all(&linting, &err);
	return code < 0 ? fail(options, &err, exit_code(&err)) : report(&linting);
}

const struct command cmd_lint = {
	.name = "lint",
	.moment = COMMAND_FILES,
	.synopsis = "[OPTION]... [FILE]...",
	.summary = "say which loaders read env files differently, and how to write them",
	.details =
		"Reads each file as every loader in play would, compares the results key by key\n"
		"and says who reads what: lengths and fingerprints, never values. The hint names\n"
		"a spelling that all of them read alike. Without FILE: the env files of the\n"
		"current folder. Given .env, .env.local and .env.MODE together it also compares\n"
		"their order and references between them. Nothing in a file is ever run.\n"
		"\n"
		"The loaders are those of --loaders, else of `[app] loaders` in samekey.ini,\n"
		"else those in use in the file's folder or above (package.json, compose files,\n"
		"units, ...) or, where such a file names an env file, below, searched as text;\n"
		"else all, and then every error but what --fix cannot do is only a warning.\n"
		"Files of several folders are compared with the loaders of all of them.\n"
		"samekey's own reading takes part where there is a samekey.ini, and beside a\n"
		"single loader; D of --dialect D always.\n"
		"\n"
		"--fix rewrites each assignment that is read differently, so that all loaders in\n"
		"play read the value that samekey reads (--dialect D: that D reads). Comments,\n"
		"order and the rest stay. Each is told with what it was for whom. It changes no\n"
		"file where no spelling does that, where the value would become empty or a\n"
		"loader resolves a reference to a key of these files, and, without --dialect,\n"
		"where samekey's reading drops a part of what stands there.\n"
		"\n"
		"Exit 0: all alike; 1: findings of severity error (--strict: warnings too); 2,\n"
		"65, 66, 77, 78: bad usage, no text, unreadable, unsafe or misconfigured input.\n"
		"\n"
		"  samekey lint --loaders next,docker .env .env.production\n",
	.groups = (const char *const[]){"lint", "root", "output", "quiet", "strict", NULL},
	.max_arguments = SIZE_MAX,
	.run = run,
};
