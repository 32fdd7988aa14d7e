// Words, scripts and folders. What it does not know it passes over: a program in front of `next`
// (cross-env, dotenv, samekey itself) changes nothing about what Next does.
// SPDX-License-Identifier: MIT
#include "loader/resolve/appcommand.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/appfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

struct reading {
	struct pool *pool;
	const struct appcommand_grammar *grammar;
	struct appcommand *command;
	const char *below; // where `cd` and --prefix led, from the current folder on
	unsigned scripts;  // read so far
	unsigned depth;    // of scripts, shell text and runners that are being read
	bool bare;         // the program itself so far, or node in front of it
};

static int read_words(struct reading *reading, char *const *words);

// `path` as seen from where the command runs.
static const char *from_here(const struct reading *reading, const char *path)
{
	return path[0] == '/' ? pool_copy(reading->pool, path)
			      : pool_format(reading->pool, "%s/%s", reading->below, path);
}

static bool is_folder(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

// Notes a verb in a folder, unless a stronger one was seen.
// Returns: 1, 0 when it was weaker, or a negative errno.
static int note(struct reading *reading, enum appcommand_verb verb, const char *folder)
{
	struct appcommand *command = reading->command;
	char absolute[PATH_MAX], here[PATH_MAX];

	if (verb <= command->verb)
		return 0;
	command->verb = verb;
	command->folder = command->output = command->mode = NULL;
	command->direct = reading->bare && !reading->depth;
	if (!realpath(folder, absolute) || !realpath(".", here)) {
		int code = appfile_failure(errno);

		return code < 0 ? code : 1;
	}
	if (text_equal(absolute, here))
		return 1;
	command->folder = pool_copy(reading->pool, absolute);
	return command->folder ? 1 : -ENOMEM;
}

static size_t verb_of(const struct appcommand_grammar *grammar, const char *word)
{
	size_t i = 0;

	while (grammar->verbs[i].word && !text_equal(grammar->verbs[i].word, word))
		i++;
	return i;
}

// Past options, and the values of those that take one.
static char *const *skip_options(
	const struct reading *reading, char *const *words, const char **ret_mode)
{
	const struct appcommand_grammar *grammar = reading->grammar;

	for (; *words && (*words)[0] == '-'; words++) {
		size_t length = strcspn(*words, "=");

		for (const char *const *at = grammar->mode_options; at && *at; at++)
			if (strlen(*at) == length && strncmp(*words, *at, length) == 0)
				*ret_mode = (*words)[length] ? *words + length + 1 : words[1];
		words += text_is_among(*words, grammar->options) && words[1];
	}
	return words;
}

// The words behind the framework's program: [VERB] [FOLDER].
static int read_program(struct reading *reading, char *const *words, bool alone_counts)
{
	const struct appcommand_grammar *grammar = reading->grammar;
	const char *folder = reading->below, *mode = NULL;
	char *const *word = skip_options(reading, words, &mode);
	size_t known = verb_of(grammar, *word);
	enum appcommand_verb verb = *word ? grammar->verbs[known].verb : APPCOMMAND_NONE;
	int code;

	if (!verb && (!alone_counts || !grammar->alone))
		return 0;
	if (verb)
		word = skip_options(reading, word + 1, &mode);
	if (*word) {
		folder = from_here(reading, *word);
		if (!folder)
			return -ENOMEM;
	}
	if (*word && !is_folder(folder)) {
		if (!verb) // next lint, next info
			return 0;
		folder = reading->below;
	}
	while (*word) // options behind the folder
		word = skip_options(reading, word + 1, &mode);
	code = note(reading, verb ? verb : grammar->alone, folder);
	if (code <= 0)
		return code;
	if (verb && grammar->verbs[known].elsewhere)
		reading->command->direct = false;
	if (mode && !(reading->command->mode = pool_copy(reading->pool, mode)))
		return -ENOMEM;
	return 0;
}

// A server that a build left, run by node.
static int read_server(struct reading *reading, const char *script)
{
	const char *path = from_here(reading, script), *output;
	struct appcommand_server server;
	char absolute[PATH_MAX];
	int code;

	if (!path)
		return -ENOMEM;
	if (!realpath(path, absolute))
		return appfile_failure(errno);
	code = reading->grammar->is_server(absolute, &server);
	if (code <= 0)
		return code;
	output = pool_copy(reading->pool, server.output);
	code = output ? note(reading, APPCOMMAND_SERVER, server.folder) : -ENOMEM;
	if (code > 0)
		reading->command->output = output;
	return code < 0 ? code : 0;
}

// Takes the quotes from the word at *at, in place, and leaves *at at the byte behind it.
// Returns: that byte, which the word's end may have overwritten.
static char take_word(char **at)
{
	char *to = *at, quote = '\0', end;

	for (; **at && (quote || !strchr(" \t\n&|;()", **at)); ++*at)
		if (quote ? **at == quote : **at == '"' || **at == '\'')
			quote = quote ? '\0' : **at;
		else
			*to++ = **at;
	end = **at;
	*to = '\0';
	return end;
}

// Shell text: quotes go, and each simple command is read by itself.
static int read_text(struct reading *reading, const char *text)
{
	char *words[APPCOMMAND_WORDS_MAX + 1], *at = pool_copy(reading->pool, text), *word, end;
	const char *below = reading->below;
	size_t count = 0;
	int code = at ? 0 : -ENOMEM;

	reading->depth++;
	while (code == 0) {
		at += strspn(at, " \t");
		word = at;
		end = take_word(&at);
		if (*word && count < APPCOMMAND_WORDS_MAX)
			words[count++] = word;
		if (!end || strchr("&|;()\n", end)) {
			words[count] = NULL;
			code = read_words(reading, words);
			count = 0;
		}
		if (!end)
			break;
		at++;
	}
	reading->depth--;
	reading->below = below;
	return code;
}

// A script of package.json where the command runs, if there is one of that name.
static int read_script(struct reading *reading, const char *name, bool *ret_found)
{
	const char *path = from_here(reading, "package.json"), *text;
	own(appfile_release) json_t *package = NULL;
	int code = path ? appfile_json(AT_FDCWD, path, &package, NULL) : -ENOMEM;

	text = json_string_value(json_object_get(json_object_get(package, "scripts"), name));
	*ret_found = text != NULL;
	if (code < 0)
		return code;
	if (!text || reading->scripts == APPCOMMAND_SCRIPTS_MAX)
		return 0;
	reading->scripts++;
	return read_text(reading, text);
}

static int enter(struct reading *reading, const char *folder)
{
	reading->below = from_here(reading, folder);
	return reading->below ? 0 : -ENOMEM;
}

// An option of npm, pnpm, yarn or bun that says where the script runs.
// Returns: how many words it takes, 0 when it is none, or -ENOMEM.
static int read_folder_option(struct reading *reading, char *const *words)
{
	static const char *const names[] = {"--prefix", "-C", "--dir", "--cwd", NULL};
	static const char *const joined[] = {"--prefix=", "--dir=", "--cwd="};

	if (text_is_among(*words, names) && words[1])
		return enter(reading, words[1]) < 0 ? -ENOMEM : 2;
	for (size_t i = 0; i < ARRAY_SIZE(joined); i++)
		if (text_starts(*words, joined[i]))
			return enter(reading, *words + strlen(joined[i])) < 0 ? -ENOMEM : 1;
	return 0;
}

static bool picks_workspace(const char *word)
{
	static const char *const words[] = {"-w", "--workspace", "-ws", "--workspaces", "--filter",
		"-F", "-r", "--recursive", "workspace", "workspaces", NULL};

	return text_is_among(word, words) || text_starts(word, "--workspace=") ||
	       text_starts(word, "--filter=");
}

// Reads the runner's own options; npm takes them behind the script's name too.
// Returns: 0 with the first other word, or NULL; -ENOMEM.
static int read_options(struct reading *reading, char *const *words, char *const **ret_other)
{
	static const char *const passed[] = {"run", "run-script", NULL};
	bool all = text_equal(path_basename(words[0]), "npm");
	char *const *other = NULL;

	for (words++; *words && !text_equal(*words, "--") && (all || !other);) {
		int taken = read_folder_option(reading, words);

		if (taken < 0)
			return taken;
		if (picks_workspace(*words))
			reading->command->elsewhere = true;
		if (!taken && !other && (*words)[0] != '-' && !text_is_among(*words, passed))
			other = words;
		words += taken ? taken : 1;
	}
	*ret_other = other;
	return 0;
}

// npm, pnpm, yarn or bun: a script, or a program of the packages.
static int read_runner(struct reading *reading, char *const *words)
{
	static const char *const runs[] = {"exec", "dlx", "x", NULL};
	const char *below = reading->below;
	char *const *other;
	bool found = false;
	int code = read_options(reading, words, &other);

	reading->depth++;
	if (code == 0 && other && !reading->command->elsewhere) {
		if (text_is_among(*other, runs))
			other++;
		else
			code = read_script(reading, *other, &found);
		if (code == 0 && !found)
			code = read_words(reading, other);
	}
	reading->depth--;
	reading->below = below;
	return code;
}

// Whether a word is the framework's program: "next", "next@15".
static bool is_program(const struct reading *reading, const char *name)
{
	for (const char *const *at = reading->grammar->programs; *at; at++) {
		size_t length = strlen(*at);

		if (strncmp(name, *at, length) == 0 && (!name[length] || name[length] == '@'))
			return true;
	}
	return false;
}

// One simple command.
static int read_words(struct reading *reading, char *const *words)
{
	static const char *const runners[] = {"npm", "pnpm", "yarn", "bun", NULL};
	static const char *const workspace_runners[] = {"turbo", "nx", "lerna", NULL};
	static const char *const launchers[] = {
		"npx", "bunx", "node", "env", "cross-env", "exec", "--", NULL};
	bool direct = true; // nothing but launchers so far: `next` is a program, not an argument

	if (words[0] && text_equal(words[0], "cd"))
		return words[1] ? enter(reading, words[1]) : 0;
	reading->bare = true;
	for (int code = 0; *words; words++) {
		const char *name = path_basename(*words);

		if (is_program(reading, name))
			return read_program(reading, words + 1, direct);
		if (direct && text_is_among(name, runners))
			return read_runner(reading, words);
		if (direct && text_is_among(name, workspace_runners)) {
			reading->command->elsewhere = true;
			return 0;
		}
		if (strpbrk(*words, " \t\n")) // sh -c 'next start'
			code = read_text(reading, *words);
		else if (text_equal(name, reading->grammar->server))
			code = read_server(reading, *words);
		if (code < 0)
			return code;
		reading->bare &= text_equal(name, "node") || name[0] == '-';
		direct = text_is_among(name, launchers) ||
			 (direct && (name[0] == '-' || strchr(*words, '=')));
	}
	return 0;
}

int appcommand_read(char *const *program, const struct appcommand_grammar *grammar,
	struct pool *pool, struct appcommand *ret_command)
{
	struct appcommand command = {0};
	struct reading reading = {
		.pool = pool, .grammar = grammar, .command = &command, .below = "."};
	int code = read_words(&reading, program);

	if (code == 0)
		*ret_command = command;
	return code;
}
