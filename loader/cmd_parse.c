// samekey parse: what one real loader would put into the environment. Prints values: that is its
// purpose.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/draft.h"
#include "lib/value/origin.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/deliver/report.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/environment.h"

#include <errno.h>
#include <fcntl.h>

#define PARSE_FILES_MAX 64

// What the emulation asks and tells.
struct parsing {
	struct environment *environment;
	char *const *files;
	struct diag *diag;
	struct err err; // the first error
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	struct parsing *parsing = user;

	return environment_find(parsing->environment, name, ret_value);
}

static bool variable_at(void *user, size_t index, struct span *ret_name, struct span *ret_value)
{
	const struct parsing *parsing = user;

	return environment_at(parsing->environment, index, ret_name, ret_value);
}

static void add_trouble(void *user, const struct emulation_trouble *trouble)
{
	struct parsing *parsing = user;
	const struct finding_kind *kind = finding_kind(trouble->finding);
	char name[BUNDLE_NAME_MAX + 1], origin[ORIGIN_TEXT_SIZE];

	(void)shape_show_name(
		name, sizeof(name), (const char *)trouble->name.at, trouble->name.length);
	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", parsing->files[trouble->file],
		trouble->line, trouble->column);
	finding_add(parsing->diag, trouble->finding,
		&(struct finding_about){.key = name, .origin = origin}, "%s", trouble->text);
	if (kind->severity != DIAG_ERROR || parsing->err.code)
		return;
	(void)err_set(&parsing->err, -EBADMSG, origin, "%s", trouble->text);
	(void)err_hint(&parsing->err, "%s", kind->fix);
}

// ---- results

static void put_value(struct draft *draft, struct span value)
{
	if (text_utf8_error(value.at, value.length) == value.length) {
		draft_put_json(draft, value.at, value.length);
		return;
	}
	draft_put_text(draft, "{\"base64\":\"");
	draft_put_base64(draft, value.at, value.length);
	draft_put_text(draft, "\"}");
}

// Written by hand in guarded memory: a tree of a library would leave the values in the heap.
static int print_json(
	const struct emulation *emulation, struct secret_arena *arena, struct pool *pool)
{
	own(draft_done) struct draft draft = {.arena = arena};
	struct err err = ERR_NONE;
	int code;

	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);
		char *name = pool_text(pool, (const char *)item.name.at, item.name.length);
		char *shown = name ? pool_array(pool, 4, item.name.length + 1) : NULL;

		if (!shown)
			return command_no_memory();
		(void)text_printable(shown, 4 * (item.name.length + 1), name);
		draft_put_text(&draft, i ? "," : "{");
		draft_put_json(&draft, (const uint8_t *)shown, strlen(shown));
		draft_put_text(&draft, ":");
		put_value(&draft, item.value);
	}
	draft_put_text(&draft, emulation_count(emulation) ? "}\n" : "{}\n");
	if (draft.failed)
		return command_no_memory();
	code = fs_write_all(STDOUT_FILENO, draft.bytes, draft.length);
	if (code == 0)
		return EXIT_OK;
	(void)err_set(&err, code, "stdout", "cannot write: %s", strerror(-code));
	command_complain(&err); // not on stdout, as command_fail would
	return command_exit_code(code);
}

// What every dialect and every shell takes for itself.
static bool is_plain(struct span value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_./:@%+,=-";

	for (size_t i = 0; i < value.length; i++)
		if (!value.at[i] || !strchr(plain, value.at[i]))
			return false;
	return true;
}

// What could steer a terminal is shown as \xNN there.
static void print_byte(uint8_t byte, bool terminal)
{
	if (terminal && (byte < 32 || byte == 127))
		(void)printf("\\x%02x", byte);
	else
		(void)putchar(byte);
}

// In double quotes as the portable dialect reads them.
static void print_quoted(struct span value, bool terminal)
{
	static const char *const escapes[256] = {['\n'] = "\\n",
		['\r'] = "\\r",
		['\t'] = "\\t",
		['"'] = "\\\"",
		['\\'] = "\\\\",
		['$'] = "\\$"};

	(void)putchar('"');
	for (size_t i = 0; i < value.length; i++) {
		uint8_t byte = value.at[i];

		if (escapes[byte])
			(void)fputs(escapes[byte], stdout);
		else
			print_byte(byte, terminal);
	}
	(void)putchar('"');
}

static void print_name(struct span name, bool terminal)
{
	for (size_t i = 0; i < name.length; i++)
		print_byte(name.at[i], terminal);
}

static int print_text(const struct emulation *emulation)
{
	bool terminal = isatty(STDOUT_FILENO);

	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		print_name(item.name, terminal);
		(void)putchar('=');
		if (is_plain(item.value))
			(void)fwrite(item.value.at, 1, item.value.length, stdout);
		else
			print_quoted(item.value, terminal);
		(void)putchar('\n');
	}
	return EXIT_OK;
}

// ---- reading

static int read_files(const struct options *options, struct emulation *emulation,
	struct secret_arena *arena, struct err *err)
{
	const struct fs_rules rules = {.max_size = options->max_file, .links = FS_LINKS_ANYWHERE};

	for (size_t i = 0; i < options->argument_count; i++) {
		struct fs_file file;
		int code = fs_read(AT_FDCWD, options->arguments[i], &rules, arena, &file, err);

		if (code == 0)
			code = emulation_read(emulation, (struct span){file.bytes, file.size});
		if (code != 0)
			return code;
	}
	return emulation_finish(emulation);
}

static int parse(const struct options *options, struct pool *pool, const struct dialect *dialect)
{
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own(emulation_release) struct emulation *emulation = NULL;
	own(environment_release) struct environment *environment = environment_new(environ);
	own(diag_release) struct diag *diag = diag_new();
	struct parsing parsing = {
		.environment = environment, .files = options->arguments, .diag = diag};
	const struct report report = {.diag = diag, .quiet = options->quiet == SETTING_YES};
	int code;

	if (environment && diag && secret_arena_open(NULL, &arena, NULL) == 0)
		emulation = emulation_new(&(struct emulation_options){.dialect = dialect,
			.arena = arena,
			.environment = look_up,
			.environment_at = variable_at,
			.trouble = add_trouble,
			.user = &parsing});
	if (!emulation)
		return command_no_memory();
	code = read_files(options, emulation, arena, &parsing.err);
	if (code == -ENOMEM || !diag_is_complete(diag))
		return command_no_memory();
	if (code < 0)
		return command_fail(options, &parsing.err,
			code == -EINVAL ? EXIT_NO_INPUT : command_exit_code(code));
	report_findings(&report);
	if (code > 0 && options->json == SETTING_YES)
		return command_fail(options, &parsing.err, finding_exit_code(diag));
	if (code > 0)
		return finding_exit_code(diag);
	return options->json == SETTING_YES ? print_json(emulation, arena, pool)
					    : print_text(emulation);
}

static int complain(const struct options *options)
{
	struct err err = ERR_NONE;
	char shown[80];

	if (!options->dialect) {
		(void)err_set(&err, -EINVAL, "--dialect", "as which loader are the files read?");
		(void)err_hint(&err, "samekey dialects lists them");
	} else if (!dialect_find(options->dialect)) {
		(void)err_set(&err, -EINVAL, "--dialect", "unknown dialect '%s'",
			shape_show(shown, sizeof(shown), options->dialect));
		dialect_suggest(options->dialect, &err);
	} else {
		(void)err_set(&err, -EINVAL, NULL, "no file was named");
		(void)err_hint(&err, "samekey parse --dialect %s .env", options->dialect);
	}
	return command_fail(options, &err, EXIT_USAGE);
}

static int run(const struct options *options, struct pool *pool)
{
	const struct dialect *dialect = options->dialect ? dialect_find(options->dialect) : NULL;

	if (!dialect || !options->argument_count)
		return complain(options);
	return parse(options, pool, dialect);
}

const struct command cmd_parse = {
	.name = "parse",
	.moment = COMMAND_FILES,
	.synopsis = "--dialect DIALECT [OPTION]... FILE...",
	.summary = "show what another loader would make of env files; prints values",
	.details =
		"Reads the files, in the order in which that loader would be given them, and\n"
		"prints what it would put into the environment, given the environment that\n"
		"samekey has. Nothing in a file is ever run. Values are printed: that is the\n"
		"purpose.\n"
		"\n"
		"As text, a line a name in the portable dialect; --json: one object of names and\n"
		"values, a value that is not UTF-8 as {\"base64\": ...}. Exit 65: the loader\n"
		"refuses the file, or the value depends on running something (executes-code).\n"
		"\n"
		"  samekey parse --dialect next .env.production .env\n",
	.groups = (const char *const[]){"parse", "output", "quiet", NULL},
	.max_arguments = PARSE_FILES_MAX,
	.run = run,
};
