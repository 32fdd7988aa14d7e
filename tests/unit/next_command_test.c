// What command lines say about a Next.js app: verb and folder, through npm scripts and shells.
// SPDX-License-Identifier: MIT
#include "loader/resolve/next_command.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[64];

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
	assert_int_equal(mkdir(name, 0700), 0);
}

static void put_standalone(const char *folder)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/server.js", folder);
	put(path, "process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = '{}'\n");
	(void)snprintf(path, sizeof(path), "%s/.next", folder);
	make_folder(path);
	(void)snprintf(path, sizeof(path), "%s/.next/required-server-files.json", folder);
	put(path, "{}");
}

static int set_up(void **state)
{
	char template[] = "/tmp/next_command_test.XXXXXX", absolute[PATH_MAX];

	(void)state;
	assert_non_null(mkdtemp(template));
	assert_non_null(realpath(template, absolute));
	assert_true(strlen(absolute) < sizeof(root));
	memcpy(root, absolute, strlen(absolute) + 1);
	assert_int_equal(chdir(root), 0);
	put("package.json",
		"{\"scripts\":{"
		"\"start\":\"next start\",\"build\":\"prisma generate && next build\","
		"\"dev\":\"next --turbopack\",\"deploy\":\"next build && next start -p 80\","
		"\"web\":\"cd web && next start\",\"start:web\":\"npm run start --prefix=web\","
		"\"all\":\"npm run start -w web\",\"turbo\":\"turbo run start\","
		"\"both\":\"concurrently \\\"next start web\\\" 'node ws-server.js'\","
		"\"guarded\":\"samekey run --mode production -- next start\","
		"\"chain\":\"npm run chain\",\"prune\":\"tool --channel next\","
		"\"lean\":\"node web/.next/standalone/server.js\",\"list\":\"ls node_modules\"}}");
	make_folder("web");
	put("web/package.json", "{\"scripts\":{\"start\":\"next start\"}}");
	make_folder("web/.next");
	make_folder("web/.next/standalone");
	put_standalone("web/.next/standalone");
	make_folder("deployed");
	put_standalone("deployed");
	make_folder("custom");
	put("custom/server.js", "require('next')({ dev: false })\n");
	make_folder("custom/.next");
	put("custom/.next/required-server-files.json", "{}");
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	(void)facts, (void)kind, (void)walk;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// Splits at single spaces; `_` stands for a space inside a word.
static void split(char *line, char *words[static 16])
{
	size_t count = 0;

	for (char *word; count < 15 && (word = strsep(&line, " ")); count++) {
		words[count] = word;
		for (; *word; word++)
			*word = *word == '_' ? ' ' : *word;
	}
	words[count] = NULL;
}

struct command_case {
	const char *line;
	enum appcommand_verb verb;
	const char *folder; // below root; NULL: the current one
	const char *output;
	bool elsewhere;
};

static void assert_below_root(const char *path, const char *expected, const char *line)
{
	char absolute[160];

	if (!path != !expected)
		fail_msg("%s: %s instead of %s", line, path ? path : "no folder",
			expected ? expected : "none");
	if (!expected)
		return;
	(void)snprintf(absolute, sizeof(absolute), "%s/%s", root, expected);
	assert_string_equal(path, absolute);
}

static void check(const struct command_case *command_case)
{
	own(pool_release) struct pool *pool = pool_new();
	struct appcommand command;
	char line[256], *words[16];

	(void)snprintf(line, sizeof(line), "%s", command_case->line);
	split(line, words);
	assert_int_equal(appcommand_read(words, &next_command_grammar, pool, &command), 0);
	if (command.verb != command_case->verb)
		fail_msg("%s: verb %d instead of %d", command_case->line, (int)command.verb,
			(int)command_case->verb);
	assert_int_equal(command.elsewhere, command_case->elsewhere);
	assert_below_root(command.folder, command_case->folder, command_case->line);
	assert_below_root(command.output, command_case->output, command_case->line);
}

static void commands_and_what_they_say(void **state)
{
	static const struct command_case cases[] = {
		{.line = "next start", .verb = APPCOMMAND_START},
		{.line = "next build --webpack", .verb = APPCOMMAND_BUILD},
		{.line = "next dev -p 3000", .verb = APPCOMMAND_DEV},
		{.line = "next", .verb = APPCOMMAND_DEV},
		{.line = "next -p 3000", .verb = APPCOMMAND_DEV},
		{.line = "next web", .verb = APPCOMMAND_DEV, .folder = "web"},
		{.line = "next lint"},
		{.line = "node_modules/.bin/next start", .verb = APPCOMMAND_START},
		{.line = "node node_modules/next/dist/bin/next start", .verb = APPCOMMAND_START},
		{.line = "npx next@16 start", .verb = APPCOMMAND_START},
		{.line = "npx -y next start", .verb = APPCOMMAND_START},
		{.line = "pnpm exec next build", .verb = APPCOMMAND_BUILD},
		{.line = "yarn next build", .verb = APPCOMMAND_BUILD},
		{.line = "bun x next dev", .verb = APPCOMMAND_DEV},
		{.line = "cross-env NODE_ENV=production next start", .verb = APPCOMMAND_START},
		{.line = "dotenv -e .env.production -- next start", .verb = APPCOMMAND_START},
		{.line = "next start web", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "next start -p 3000 -H web", .verb = APPCOMMAND_START},
		{.line = "next start -p 3000 web", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "next start missing", .verb = APPCOMMAND_START},
		{.line = "sh -c next_start_web", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "sh -c cd_web_&&_exec_next_start",
			.verb = APPCOMMAND_START,
			.folder = "web"},
		{.line = "sh -c (cd_web;next_build)", .verb = APPCOMMAND_BUILD, .folder = "web"},
		{.line = "npm start", .verb = APPCOMMAND_START},
		{.line = "npm run start", .verb = APPCOMMAND_START},
		{.line = "npm run build", .verb = APPCOMMAND_BUILD},
		{.line = "yarn build", .verb = APPCOMMAND_BUILD},
		{.line = "npm run dev", .verb = APPCOMMAND_DEV},
		{.line = "npm run deploy", .verb = APPCOMMAND_START},
		{.line = "npm run web", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "npm run start:web", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "npm --prefix web start", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "pnpm -C web start", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "npm run both", .verb = APPCOMMAND_START, .folder = "web"},
		{.line = "npm run guarded", .verb = APPCOMMAND_START},
		{.line = "npm run chain"},
		{.line = "npm run prune"},
		{.line = "npm run list"},
		{.line = "npm run missing"},
		{.line = "npm start -w web", .elsewhere = true},
		{.line = "npm run all", .elsewhere = true},
		{.line = "npm run turbo", .elsewhere = true},
		{.line = "pnpm --filter=web start", .elsewhere = true},
		{.line = "yarn workspace web start", .elsewhere = true},
		{.line = "node web/.next/standalone/server.js",
			.verb = APPCOMMAND_SERVER,
			.folder = "web",
			.output = "web/.next/standalone"},
		{.line = "npm run lean",
			.verb = APPCOMMAND_SERVER,
			.folder = "web",
			.output = "web/.next/standalone"},
		{.line = "node deployed/server.js",
			.verb = APPCOMMAND_SERVER,
			.folder = "deployed",
			.output = "deployed"},
		{.line = "node custom/server.js"},
		{.line = "node ws-server.js"},
		{.line = "node start-production.js start"},
		{.line = "true"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

static void a_standalone_folder_as_the_current_one(void **state)
{
	static const struct command_case inside = {.line = "node server.js",
		.verb = APPCOMMAND_SERVER,
		.folder = "web",
		.output = "web/.next/standalone"};
	static const struct command_case deployed = {
		.line = "node server.js", .verb = APPCOMMAND_SERVER, .output = "deployed"};

	(void)state;
	assert_int_equal(chdir("web/.next/standalone"), 0);
	check(&inside);
	assert_int_equal(chdir(root), 0);
	assert_int_equal(chdir("deployed"), 0);
	check(&deployed);
	assert_int_equal(chdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_what_they_say),
		cmocka_unit_test(a_standalone_folder_as_the_current_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
