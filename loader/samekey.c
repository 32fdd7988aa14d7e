// samekey, the loader: one command, one file cmd_VERB.c each.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/cli/usage.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

// What people type who come from other tools.
static const struct {
	const char *word, *command;
} called_otherwise[] = {
	{"version", "--version"},
	{"start", "run"},
	{"exec", "run"},
	{"validate", "check"},
	{"list", "explain"},
	{"show", "explain"},
	{"get", "explain"},
	{"why", "explain"},
	{"diff", "drift"},
	{"env", "export"},
	{"generate", "keygen"},
	{"decode", "diagnose"},
	{"sign", "issue"},
};

static const char *other_name(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(called_otherwise); i++)
		if (text_equal(word, called_otherwise[i].word))
			return called_otherwise[i].command;
	return NULL;
}

static int complain_unknown(const char *word)
{
	const char *names[32] = {NULL}, *near;
	struct err err = ERR_NONE;
	char shown[80];

	for (size_t i = 0; command_table[i] && i + 1 < ARRAY_SIZE(names); i++)
		names[i] = command_table[i]->name;
	near = other_name(word);
	if (!near)
		near = text_nearest(word, names);
	(void)err_set(&err, -EINVAL, NULL, "unknown command '%s'",
		shape_show(shown, sizeof(shown), word));
	if (near)
		(void)err_hint(&err, "did you mean 'samekey %s'?", near);
	else
		(void)err_hint(
			&err, "samekey help lists the commands; samekey run -- COMMAND starts one");
	command_complain(&err);
	return EXIT_USAGE;
}

// What was printed must have arrived, a full disk included.
static int finish(int code)
{
	struct err err = ERR_NONE;

	if (fflush(stdout) == EOF)
		(void)err_set(&err, -errno, "stdout", "cannot be written: %s", strerror(errno));
	else if (ferror(stdout)) // an earlier flush failed, and its reason is gone
		(void)err_set(&err, -EIO, "stdout", "could not be written");
	else
		return code;
	(void)err_hint(&err, "the disk may be full, or the reader gone");
	command_complain(&err);
	return EXIT_TRY_AGAIN;
}

static int dispatch(const struct command *command, char **words, struct pool *pool)
{
	struct options options;
	struct err err = ERR_NONE;
	int code = options_parse(command, words, pool, &options, &err);

	if (code < 0) {
		command_complain(&err);
		return code == -ENOMEM ? EXIT_TRY_AGAIN : EXIT_USAGE;
	}
	if (options.help == SETTING_YES) {
		usage_command(command);
		return finish(EXIT_OK);
	}
	return finish(command->run(&options, pool));
}

// npm's launcher, which became us in place, says so by our name: node ignores these signals, and
// what is ignored stays so through exec.
static void mend_signals(const char *name)
{
	if (!text_equal(name, "samekey(npm)"))
		return;
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
}

int main(int argc, char **argv)
{
	own(pool_release) struct pool *pool = pool_new();
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct command *command = &cmd_overview;

	// no core file and no tracer sees the values; exec gives the child its own setting back
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fs_hold_standard();
	mend_signals(argv[0]);
	if (!pool)
		return command_no_memory();
	if (text_equal(word, "--version")) {
		(void)puts("samekey " SAMEKEY_VERSION);
		return finish(EXIT_OK);
	}
	if (text_equal(word, "--help") || text_equal(word, "-h")) {
		usage_commands();
		return finish(EXIT_OK);
	}
	if (word && word[0] != '-')
		command = command_find(word);
	if (!command)
		return complain_unknown(word);
	return dispatch(command, argv + (word && word[0] != '-' ? 2 : 1), pool);
}
