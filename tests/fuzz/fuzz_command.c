// Any words of a command line: as options of every command, and as a program to be started, of
// which the frameworks say what it is. Each reading comes back, and names only what it knows.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "loader/cli/command.h"
#include "loader/cli/options.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/next_command.h"
#include "tests/fuzz/feed.h"

#define WORDS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_program(char **words, struct pool *pool)
{
	struct framework framework = {0};
	struct appcommand command;

	if (framework_read_command(words, pool, &framework) ||
		appcommand_read(words, &next_command_grammar, pool, &command))
		abort();
	if (framework.name && !framework.recognised)
		abort();
	if (command.folder && command.folder[0] != '/')
		abort();
}

static void check_options(char **words, struct pool *pool)
{
	for (size_t i = 0; command_table[i]; i++) {
		struct options options = {0};
		struct err err = ERR_NONE;
		int code = options_parse(command_table[i], words, pool, &options, &err);

		if (code && (!err.what[0] || !err.hint[0]))
			abort();
		if (code == 0 && options.argument_count > command_table[i]->max_arguments)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const known[] = {"--", "next", "start", "build", "npm", "run", "node",
		"server.js", ".next/standalone/server.js", "sh", "-c", "npx", "pnpm", "--filter",
		"next build && next start", "--json", "--dotenv", "--dotenv=.env", "--mode",
		"production", "--allow", "-p", "vite", "nuxt", "yarn", "--root", "env", "A=b",
		"cross-env", "--help", "--timeout=2s"};
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};
	char *words[WORDS_MAX + 1] = {NULL};
	char *copy[WORDS_MAX + 1] = {NULL};

	for (size_t i = 0; i < WORDS_MAX && feed.left; i++) {
		words[i] = pool_copy(pool, feed_word(&feed, known, ARRAY_SIZE(known)));
		copy[i] = pool_copy(pool, words[i]);
	}
	if (words[0])
		check_program(words, pool);
	check_options(copy, pool);
	return 0;
}
