// The table, and the first line of a script.
// SPDX-License-Identifier: MIT
#include "loader/resolve/runner.h"

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "loader/resolve/framework.h"

#include <fcntl.h>
#include <limits.h>

#define FIRST_LINE_SIZE 256 // as much as the kernel reads

static const struct {
	const char *name;
	enum runner_kind kind;
} rows[] = {
	{"npm", RUNNER_STARTER},
	{"npx", RUNNER_STARTER},
	{"pnpm", RUNNER_STARTER},
	{"pnpx", RUNNER_STARTER},
	{"yarn", RUNNER_STARTER},
	{"yarnpkg", RUNNER_STARTER},
	{"bunx", RUNNER_STARTER},
	{"corepack", RUNNER_STARTER},
	{"turbo", RUNNER_STARTER},
	{"nx", RUNNER_STARTER},
	{"lerna", RUNNER_STARTER},
	{"concurrently", RUNNER_STARTER},
	{"npm-run-all", RUNNER_STARTER},
	{"run-p", RUNNER_STARTER},
	{"run-s", RUNNER_STARTER},
	{"cross-env", RUNNER_STARTER},
	{"dotenv", RUNNER_STARTER},
	{"dotenvx", RUNNER_STARTER},
	{"env-cmd", RUNNER_STARTER},
	{"nodemon", RUNNER_STARTER},
	{"forever", RUNNER_STARTER},
	{"env", RUNNER_STARTER},
	{"make", RUNNER_STARTER},
	{"gmake", RUNNER_STARTER},
	{"just", RUNNER_STARTER},
	{"task", RUNNER_STARTER},
	{"nice", RUNNER_STARTER},
	{"nohup", RUNNER_STARTER},
	{"setsid", RUNNER_STARTER},
	{"stdbuf", RUNNER_STARTER},
	{"timeout", RUNNER_STARTER},
	{"xargs", RUNNER_STARTER},
	{"sudo", RUNNER_STARTER},
	{"su", RUNNER_STARTER},
	{"runuser", RUNNER_STARTER},
	{"gosu", RUNNER_STARTER},
	{"su-exec", RUNNER_STARTER},
	{"setpriv", RUNNER_STARTER},
	{"tini", RUNNER_STARTER},
	{"dumb-init", RUNNER_STARTER},
	{"foreman", RUNNER_STARTER},
	{"honcho", RUNNER_STARTER},
	{"overmind", RUNNER_STARTER},
	{"supervisord", RUNNER_STARTER},
	{"bundle", RUNNER_STARTER},
	{"poetry", RUNNER_STARTER},
	{"pipenv", RUNNER_STARTER},
	{"uv", RUNNER_STARTER},

	{"sh", RUNNER_SHELL},
	{"bash", RUNNER_SHELL},
	{"dash", RUNNER_SHELL},
	{"ash", RUNNER_SHELL},
	{"busybox", RUNNER_SHELL},
	{"zsh", RUNNER_SHELL},
	{"ksh", RUNNER_SHELL},
	{"fish", RUNNER_SHELL},

	{"node", RUNNER_RUNTIME},
	{"nodejs", RUNNER_RUNTIME},
	{"bun", RUNNER_RUNTIME},
	{"deno", RUNNER_RUNTIME},
	{"tsx", RUNNER_RUNTIME},
	{"ts-node", RUNNER_RUNTIME},
	{"python", RUNNER_RUNTIME},
	{"pypy", RUNNER_RUNTIME},
	{"gunicorn", RUNNER_RUNTIME},
	{"uvicorn", RUNNER_RUNTIME},
	{"uwsgi", RUNNER_RUNTIME},
	{"ruby", RUNNER_RUNTIME},
	{"puma", RUNNER_RUNTIME},
	{"php", RUNNER_RUNTIME},
	{"php-fpm", RUNNER_RUNTIME},
	{"php-cgi", RUNNER_RUNTIME},
	{"frankenphp", RUNNER_RUNTIME},
	{"perl", RUNNER_RUNTIME},
	{"java", RUNNER_RUNTIME},
	{"dotnet", RUNNER_RUNTIME},
	{"beam.smp", RUNNER_RUNTIME},
};

enum runner_kind runner_of(const char *program)
{
	const char *name = path_basename(program);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].name);

		if (strncmp(name, rows[i].name, length) == 0 &&
			strspn(name + length, "0123456789.") == strlen(name + length))
			return rows[i].kind;
	}
	return RUNNER_NONE;
}

// Where PATH finds a program.
static bool find_program(const char *name, const char *path, char ret_found[static PATH_MAX])
{
	while (!strchr(name, '/') && path && *path) {
		int length = (int)strcspn(path, ":");

		if (snprintf(ret_found, PATH_MAX, "%.*s/%s", length ? length : 1,
			    length ? path : ".", name) < PATH_MAX &&
			access(ret_found, X_OK) == 0)
			return true;
		path += (size_t)length + (path[length] == ':');
	}
	return strchr(name, '/') && snprintf(ret_found, PATH_MAX, "%s", name) < PATH_MAX;
}

// The program that runs a script, by its first line: "sh" of `#!/bin/sh`, "node" of
// `#!/usr/bin/env node`.
static bool read_interpreter(
	const char *program, const char *path, char ret_name[static FIRST_LINE_SIZE])
{
	char found[PATH_MAX], line[FIRST_LINE_SIZE], *rest = line + 2, *word = NULL;
	ssize_t got = -1;
	own_fd int handle = -1;

	if (find_program(program, path, found))
		handle = open(found, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (handle >= 0)
		got = read(handle, line, sizeof(line) - 1);
	if (got < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while ((word = strsep(&rest, " \t\r")))
		if (*word && *word != '-' && !strchr(word, '=') &&
			!text_equal(path_basename(word), "env"))
			break;
	if (word)
		(void)snprintf(ret_name, FIRST_LINE_SIZE, "%s", path_basename(word));
	return word != NULL;
}

bool runner_is_server(char *const *program, const struct framework *framework, const char *path)
{
	enum runner_kind kind = runner_of(program[0]);
	char interpreter[FIRST_LINE_SIZE];

	if (framework->phase_implied) // a word of the framework was read, here or further in
		return framework->direct;
	if (kind == RUNNER_NONE && read_interpreter(program[0], path, interpreter))
		kind = runner_of(interpreter);
	if (text_equal(path_basename(program[0]), "bun") && program[1] &&
		(text_equal(program[1], "run") || text_equal(program[1], "x")))
		kind = RUNNER_STARTER;
	if (kind == RUNNER_RUNTIME)
		return framework->kind != FRAMEWORK_SERVER;
	return kind == RUNNER_NONE;
}
