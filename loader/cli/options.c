// Reads a command's words by the table of options (options_rows.h).
// SPDX-License-Identifier: MIT
#include "loader/cli/options.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape_show.h"
#include "loader/cli/command.h"
#include "loader/cli/options_rows.h"
#include "loader/resolve/allowance.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_check.h"

#include <errno.h>

struct parsing {
	const struct command *command;
	struct pool *pool;
	struct options *options;
	struct pool_list overrides, arguments;
	struct err *err;
};

// What other programs call an option of ours.
static const struct {
	const char *said, *meant;
} synonyms[] = {
	{"app", "name"},
	{"config", "ini"},
	{"cwd", "root"},
	{"dir", "root"},
	{"env", "mode"},
	{"env-file", "dotenv"},
	{"environment", "mode"},
	{"port", "listen"},
};

// The option of this command that another name stands for, or that is spelt nearly so; NULL: none.
static const char *meant_option(const struct command *command, const char *name)
{
	const char *nearest = NULL, *meant = NULL;
	const struct setting *row;
	unsigned best = 3;

	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
		if (text_equal(synonyms[i].said, name))
			meant = synonyms[i].meant;
	for (size_t i = 0; (row = options_rows_at(command, i)); i++) {
		unsigned distance = text_distance(options_rows_name(row), name);

		if (meant && text_equal(options_rows_name(row), meant))
			return meant;
		if (distance >= best)
			continue;
		best = distance;
		nearest = options_rows_name(row);
	}
	return nearest;
}

static int complain_unknown(struct parsing *parsing, const char *name)
{
	const char *nearest = meant_option(parsing->command, name);
	char shown[80];

	(void)err_set(parsing->err, -EINVAL, NULL, "unknown option '--%s'",
		shape_show(shown, sizeof(shown), name));
	if (nearest)
		return err_hint(parsing->err, "did you mean '--%s'?", nearest);
	if (*parsing->command->name)
		return err_hint(parsing->err, "samekey %s --help lists the options",
			parsing->command->name);
	return err_hint(parsing->err, "options stand behind a command, as in samekey run --quiet "
				      "-- COMMAND; samekey --help lists both");
}

// Paths may hold commas, so list options take one item each.
static int apply_item(struct setting_list *list, const char *text, struct pool *pool)
{
	const char **items = pool_array(pool, list->count + 2, sizeof(*items));

	if (!items)
		return -ENOMEM;
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count++] = text;
	list->items = items;
	list->given = true;
	return 0;
}

// Says which option the error is about, once, and what the option wants.
static int name_option(struct parsing *parsing, const struct setting *row)
{
	struct err *err = parsing->err;
	size_t length = strlen(row->key);

	(void)snprintf(err->where, sizeof(err->where), "--%s", options_rows_name(row));
	if (text_starts(err->what, "'") && strncmp(err->what + 1, row->key, length) == 0 &&
		text_starts(err->what + 1 + length, "' "))
		memmove(err->what, err->what + length + 3, strlen(err->what + length + 3) + 1);
	return *err->hint ? err->code : err_hint(err, "%s: %s", err->where, row->doc);
}

static int complain_lacking(struct parsing *parsing, const struct setting *row)
{
	(void)err_set(parsing->err, -EINVAL, NULL, "option '--%s' needs %s", options_rows_name(row),
		row->metavar ? row->metavar : "a value");
	return err_hint(parsing->err, "--%s: %s", options_rows_name(row), row->doc);
}

static int apply(struct parsing *parsing, const struct setting *row, const char *text)
{
	struct options_override *override;
	struct bundle_allowed allowed;
	struct settings scratch = {0};

	if (options_rows_fills(row, offsetof(struct options, allow)) &&
		allowance_read(text, "--allow", parsing->pool, &allowed, parsing->err) < 0)
		return parsing->err->code;
	// "$FILE" of a script, where nobody set FILE
	if (!*text && (row->type == SETTING_TEXT || row->type == SETTING_LIST))
		return complain_lacking(parsing, row);
	if (!options_rows_is_setting(row) && row->type == SETTING_LIST)
		return apply_item((struct setting_list *)((char *)parsing->options + row->offset),
			text, parsing->pool);
	if (!options_rows_is_setting(row)) {
		if (setting_apply(row, parsing->options, text, parsing->pool, parsing->err) == 0)
			return 0;
		return name_option(parsing, row);
	}
	// judged now, so that the message comes before anything is read; applied by resolve
	if (!*text)
		return complain_lacking(parsing, row);
	if (setting_apply(row, &scratch, text, parsing->pool, parsing->err) < 0 ||
		settings_check(&scratch, row, parsing->err) < 0)
		return name_option(parsing, row);
	override = pool_push(parsing->pool, &parsing->overrides, sizeof(*override));
	if (!override)
		return err_no_memory(parsing->err);
	*override = (struct options_override){row, text};
	return 0;
}

// What stands behind an option that wants a value is another option: the value was forgotten.
static int complain_eaten(struct parsing *parsing, const struct setting *row, const char *text)
{
	(void)err_set(parsing->err, -EINVAL, NULL, "option '--%s' needs %s, and '%s' is an option",
		options_rows_name(row), row->metavar ? row->metavar : "a value", text);
	return err_hint(parsing->err, "--%s: %s", options_rows_name(row), row->doc);
}

// "--on-change signal HUP" is the one option of two words.
static bool is_signal(const struct setting *row, const char *text)
{
	return options_rows_fills(row, offsetof(struct options, on_change)) &&
	       text_equal(text, "signal");
}

// "--name", "--name=text" or "--name text".
// Returns: how many words it took, or a negative errno.
static int take_option(struct parsing *parsing, char **words)
{
	const char *name = words[0] + 2, *equals = strchr(name, '=');
	char *copied =
		pool_text(parsing->pool, name, equals ? (size_t)(equals - name) : strlen(name));
	const struct setting *row = copied ? options_rows_find(parsing->command, copied) : NULL;
	const char *text = equals ? equals + 1 : NULL;
	int code;

	if (!row)
		return copied ? complain_unknown(parsing, copied) : err_no_memory(parsing->err);
	if (!text && row->type == SETTING_FLAG)
		text = "yes";
	else if (!text)
		text = words[1];
	if (!text || text_equal(text, "--"))
		return complain_lacking(parsing, row);
	if (is_signal(row, text) && text == words[1] && words[2] && words[2][0] != '-') {
		parsing->options->on_change = pool_format(parsing->pool, "%s %s", text, words[2]);
		return parsing->options->on_change ? 3 : err_no_memory(parsing->err);
	}
	if (text == words[1] && text_starts(text, "--") &&
		options_rows_find(parsing->command, text + 2))
		return complain_eaten(parsing, row, text);
	code = apply(parsing, row, text);
	if (code < 0 && !parsing->err->what[0])
		return err_set(parsing->err, code, NULL, "option '--%s' cannot be taken", copied);
	if (code < 0)
		return code;
	return equals || row->type == SETTING_FLAG ? 1 : 2;
}

static int take_argument(struct parsing *parsing, char *word)
{
	char **slot;

	if (parsing->arguments.count >= parsing->command->max_arguments) {
		char shown[80];

		(void)err_set(parsing->err, -EINVAL, NULL, "unexpected word '%s'",
			shape_show(shown, sizeof(shown), word));
		return err_hint(parsing->err, "%ssamekey %s %s",
			strstr(parsing->command->synopsis, "-- COMMAND")
				? "the command stands behind '--': "
				: "",
			parsing->command->name, parsing->command->synopsis);
	}
	if (!*word) {
		(void)err_set(parsing->err, -EINVAL, NULL, "one of the words is empty");
		return err_hint(parsing->err,
			"a variable that holds it may not be set: samekey %s %s",
			parsing->command->name, parsing->command->synopsis);
	}
	slot = pool_push(parsing->pool, &parsing->arguments, sizeof(*slot));
	if (!slot)
		return err_no_memory(parsing->err);
	*slot = word;
	return 1;
}

static int take_word(struct parsing *parsing, char **words)
{
	char *word = words[0];

	if (text_equal(word, "-h")) {
		parsing->options->help = SETTING_YES;
		return 1;
	}
	if (text_equal(word, "-q") && options_rows_in(parsing->command, "quiet")) {
		parsing->options->quiet = SETTING_YES;
		return 1;
	}
	if (word[0] == '-' && word[1] == '-')
		return take_option(parsing, words);
	if (word[0] == '-' && word[1]) {
		char shown[80];

		(void)err_set(parsing->err, -EINVAL, NULL, "unknown option '%s'",
			shape_show(shown, sizeof(shown), word));
		return err_hint(parsing->err, "options are written out, such as --json");
	}
	return take_argument(parsing, word);
}

// Whether the words gave this option of samekey.ini.
static bool is_overridden(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->override_count; i++)
		if (text_equal(options_rows_name(options->overrides[i].row), name))
			return true;
	return false;
}

// One of the two would be passed over, and nobody would know which.
static int judge_verifiers(const struct options *options, struct err *err)
{
	if (options->private_verifier != SETTING_YES || !is_overridden(options, "socket"))
		return 0;
	(void)err_set(err, -EINVAL, NULL,
		"--socket names a samekeyd that runs, and --private-verifier starts one");
	return err_hint(err, "leave one of them out");
}

int options_parse(const struct command *command, char **words, struct pool *pool,
	struct options *ret_options, struct err *err)
{
	struct options options = {
		.words = words, .listen = OPTIONS_NO_PORT, .lifetime_ms = OPTIONS_NO_LIFETIME};
	struct parsing parsing = {
		.command = command, .pool = pool, .options = &options, .err = err};
	bool only_arguments = false; // behind a --

	if (options_rows_defaults(&options, pool, err) < 0)
		return err->code;
	while (*words) {
		int taken;

		if (text_equal(*words, "--") && command->takes_program) {
			options.program = words[1] ? words + 1 : NULL;
			break;
		}
		if (text_equal(*words, "--") && command->max_arguments && !only_arguments) {
			only_arguments = true;
			words++;
			continue;
		}
		taken = only_arguments ? take_argument(&parsing, *words)
				       : take_word(&parsing, words);
		if (taken < 0)
			return taken;
		words += taken;
	}
	options.overrides = parsing.overrides.items;
	options.override_count = parsing.overrides.count;
	options.arguments = parsing.arguments.items;
	options.argument_count = parsing.arguments.count;
	*ret_options = options;
	return judge_verifiers(&options, err);
}
