// What commands and folders say about an app's framework, and whether a command is the server.
// SPDX-License-Identifier: MIT
#include "loader/resolve/framework.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/place.h"
#include "loader/resolve/runner.h"

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

static void put_package(const char *folder, const char *text)
{
	char path[128];

	make_folder(folder);
	(void)snprintf(path, sizeof(path), "%s/package.json", folder);
	put(path, text);
}

static void put_output(const char *folder, const char *build)
{
	char path[128];

	make_folder(folder);
	(void)snprintf(path, sizeof(path), "%s/nitro.json", folder);
	put(path, build);
	(void)snprintf(path, sizeof(path), "%s/server", folder);
	make_folder(path);
	(void)snprintf(path, sizeof(path), "%s/server/index.mjs", folder);
	put(path, "export default 1\n");
}

static int set_up(void **state)
{
	char template[] = "/tmp/framework_test.XXXXXX", absolute[PATH_MAX];

	(void)state;
	assert_non_null(mkdtemp(template));
	assert_non_null(realpath(template, absolute));
	assert_true(strlen(absolute) < sizeof(root));
	memcpy(root, absolute, strlen(absolute) + 1);
	assert_int_equal(chdir(root), 0);
	put_package("nuxt",
		"{\"dependencies\":{\"nuxt\":\"4\"},\"scripts\":{\"build\":\"nuxt build\","
		"\"preview\":\"nuxt preview\",\"start\":\"node .output/server/index.mjs\"}}");
	put_output("nuxt/.output", "{\"framework\":{\"name\":\"nuxt\"}}");
	put_package("vite", "{\"devDependencies\":{\"vite\":\"8\"},\"scripts\":{"
			    "\"build\":\"tsc && vite build --mode staging\",\"dev\":\"vite\"}}");
	put_package("next", "{\"dependencies\":{\"next\":\"16\"},\"devDependencies\":"
			    "{\"vite\":\"8\"},\"scripts\":{\"start\":\"next start\"}}");
	put_package("plain", "{\"scripts\":{\"start\":\"node server.js\"}}");
	put("plain/start.sh", "#!/bin/sh\nexec node server.js\n");
	put("plain/tool.js", "#!/usr/bin/env -S node --enable-source-maps\n");
	put_output("solid", "{\"framework\":{\"name\":\"solid-start\"}}");
	put_output("deployed", "{\"preset\":\"node-server\"}");
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

// Splits at single spaces.
static void split(char *line, char *words[static 16])
{
	size_t count = 0;

	for (char *word; count < 15 && (word = strsep(&line, " ")); count++)
		words[count] = word;
	words[count] = NULL;
}

struct framework_case {
	const char *folder, *line;
	const char *name; // NULL: none
	const char *recognised, *mode;
	bool build, develops;
	bool server; // the command is it
	const char *output;
};

static void check_command(const struct framework_case *expected)
{
	own(pool_release) struct pool *pool = pool_new();
	own(place_done) struct place place = {.handle = -1};
	struct framework framework;
	struct err err = ERR_NONE;
	char line[256], *words[16], where[128];
	struct framework_scene scene = {.place = &place, .program = words, .pool = pool};

	if (!pool)
		abort();
	(void)snprintf(where, sizeof(where), "%s/%s", root, expected->folder);
	assert_int_equal(chdir(where), 0);
	(void)snprintf(line, sizeof(line), "%s", expected->line);
	split(line, words);
	assert_int_equal(framework_read_command(words, pool, &framework), 0);
	assert_int_equal(place_find(framework.folder, NULL, pool, &place, &err), 0);
	assert_int_equal(framework_recognise(&scene, &framework), 0);
	if (!text_equal(framework.name, expected->name) ||
		!text_equal(framework.recognised, expected->recognised) ||
		!text_equal(framework.mode, expected->mode))
		fail_msg("%s: %s in %s: %s by %s, mode %s", expected->folder, expected->line, where,
			framework.name ? framework.name : "none",
			framework.recognised ? framework.recognised : "nothing",
			framework.mode ? framework.mode : "none");
	assert_int_equal(framework.phase == BUNDLE_PHASE_BUILD, expected->build);
	assert_int_equal(framework.develops, expected->develops);
	if (runner_is_server(words, &framework, "/usr/bin:/bin") != expected->server)
		fail_msg("%s: %s is %sthe server", expected->folder, expected->line,
			expected->server ? "" : "not ");
	if (expected->output)
		assert_string_equal(framework.copy_folder, expected->output);
}

static void commands_and_frameworks(void **state)
{
	static const struct framework_case cases[] = {
		// Nuxt
		{"nuxt", "nuxt build", "nuxt", "nuxt build", "production", true, false, true, NULL},
		{"nuxt", "npx nuxi@latest generate", "nuxt", "nuxt build", "production", true,
			false, false, NULL},
		{"nuxt", "npm run build", "nuxt", "nuxt build", "production", true, false, false,
			NULL},
		{"nuxt", "node .output/server/index.mjs", "nuxt", "server/index.mjs of Nuxt",
			"production", false, false, true, NULL},
		{"nuxt", "npm start", "nuxt", "server/index.mjs of Nuxt", "production", false,
			false, false, NULL},
		{"nuxt", "nuxi preview", "nuxt", "nuxt preview", "production", false, false, false,
			NULL},
		{"nuxt", "nuxt start", "nuxt", "nuxt preview", "production", false, false, false,
			NULL},
		{"nuxt", "nuxt dev --port 3000", "nuxt", "nuxt dev", "development", false, true,
			false, NULL},
		{"nuxt", "nuxi info", "nuxt", "package.json", NULL, false, false, true, NULL},
		{"nuxt", "node start-production.js", "nuxt", "package.json", NULL, false, false,
			false, NULL},
		{"deployed", "node server/index.mjs", "nuxt", "server/index.mjs of Nuxt",
			"production", false, false, true, NULL},
		{"solid", "node server/index.mjs", "node", "node", NULL, false, false, true, NULL},
		// Vite
		{"vite", "vite build", "vite", "vite build", "production", true, false, true, NULL},
		{"vite", "vite build --mode staging", "vite", "vite build", "staging", true, false,
			true, NULL},
		{"vite", "vite -m staging build", "vite", "vite build", "staging", true, false,
			true, NULL},
		{"vite", "npm run build", "vite", "vite build", "staging", true, false, false,
			NULL},
		{"vite", "vite preview --port 4000", "vite", "vite preview", "production", false,
			false, true, NULL},
		{"vite", "vite", "vite", "vite dev", "development", false, true, true, NULL},
		{"vite", "npm run dev", "vite", "vite dev", "development", false, true, false,
			NULL},
		{"vite", "vite optimize", "vite", "package.json", NULL, false, false, true, NULL},
		{"vite", "node ws-server.js", "vite", "package.json", NULL, false, false, true,
			NULL},
		// Next stays what it is, though it brings Vite for its tests
		{"next", "next start", "next", "next start", "production", false, false, true,
			NULL},
		{"next", "npm start", "next", "next start", "production", false, false, false,
			NULL},
		{"next", "node node_modules/.bin/next start", "next", "next start", "production",
			false, false, true, NULL},
		{"next", "env PORT=1 next start", "next", "next start", "production", false, false,
			false, NULL},
		{"next", "node start-production.js", "next", "package.json", NULL, false, false,
			false, NULL},
		{"next", "python3 start.py", "next", "package.json", NULL, false, false, false,
			NULL},
		{"next", "/bin/true", "next", "package.json", NULL, false, false, true, NULL},
		// plain Node implies nothing
		{"plain", "node server.js", "node", "node", NULL, false, false, true, NULL},
		{"plain", "node --inspect --env-file=.env server.js", "node", "node --env-file",
			NULL, false, false, true, NULL},
		{"plain", "node server.js --env-file=.env", "node", "node", NULL, false, false,
			true, NULL},
		{"plain", "npm start", NULL, NULL, NULL, false, false, false, NULL},
		{"plain", "python3.11 -m http.server", NULL, NULL, NULL, false, false, true, NULL},
		{"plain", "./start.sh", NULL, NULL, NULL, false, false, false, NULL},
		{"plain", "./tool.js", NULL, NULL, NULL, false, false, true, NULL},
		{"plain", "sh -c true", NULL, NULL, NULL, false, false, false, NULL},
		{"plain", "/usr/bin/make start", NULL, NULL, NULL, false, false, false, NULL},
		{"plain", "bun run start", NULL, NULL, NULL, false, false, false, NULL},
		{"plain", "bun server.ts", NULL, NULL, NULL, false, false, true, NULL},
		{"plain", "./not-there", NULL, NULL, NULL, false, false, true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_command(&cases[i]);
}

static void kinds_of_programs(void **state)
{
	static const struct {
		const char *program;
		enum runner_kind kind;
	} cases[] = {
		{"/usr/bin/node", RUNNER_RUNTIME},
		{"node22", RUNNER_RUNTIME},
		{"/usr/bin/python3.11", RUNNER_RUNTIME},
		{"ruby3.1", RUNNER_RUNTIME},
		{"php-fpm8.2", RUNNER_RUNTIME},
		{"nodemon", RUNNER_STARTER},
		{"node-exporter", RUNNER_NONE},
		{"pythonista", RUNNER_NONE},
		{"/bin/bash", RUNNER_SHELL},
		{"nginx", RUNNER_NONE},
		{"", RUNNER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (runner_of(cases[i].program) != cases[i].kind)
			fail_msg("%s", cases[i].program);
}

static void flags_are_those_of_rows_that_have_one(void **state)
{
	(void)state;
	assert_string_equal(framework_flag(0), "__NEXT_PROCESSED_ENV");
	assert_null(framework_flag(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_frameworks),
		cmocka_unit_test(kinds_of_programs),
		cmocka_unit_test(flags_are_those_of_rows_that_have_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
