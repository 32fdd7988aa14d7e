// Probes: /healthz and /readyz?app=NAME over the handoff's socket, within a short time.
// SPDX-License-Identifier: MIT
#include "loader/cli/probe.h"

#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/cli/command.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <jansson.h>

#define PROBE_SHOWN 512

bool probe_is_wanted(const struct options *options)
{
	return options->health == SETTING_YES || options->ready == SETTING_YES;
}

// The settings as they are, but for a timeout that nobody named.
static int prepare(
	const struct options *options, struct pool *pool, struct resolution **ret_resolution)
{
	bool timeout_given = false;
	int code = resolving_begin(options, pool, ret_resolution);

	for (size_t i = 0; i < options->override_count; i++)
		if (text_equal(options->overrides[i].row->key, "timeout"))
			timeout_given = true;
	if (code == EXIT_OK && !timeout_given &&
		(*ret_resolution)->settings->timeout_ms > PROBE_TIMEOUT_MS)
		(*ret_resolution)->settings->timeout_ms = PROBE_TIMEOUT_MS;
	return code;
}

// "/readyz?app=NAME", the name spelt as a query wants it.
static const char *ready_path(const char *app, struct pool *pool)
{
	size_t size = 3 * (app ? strlen(app) : 0) + 1;
	char *name = pool_array(pool, size, 1);

	if (!name || size == 1)
		return name ? "/readyz" : NULL;
	return pool_format(pool, "/readyz?app=%s", text_encode(name, size, "", app));
}

// Why it is not ready, a line each: an orchestrator keeps the beginning of what a probe says.
static void complain(const json_t *answer)
{
	const json_t *reason;
	char code[64], app[PROBE_SHOWN], text[PROBE_SHOWN], hint[PROBE_SHOWN];
	size_t i;

	json_array_foreach(json_object_get(answer, "reasons"), i, reason)
	{
		(void)fprintf(stderr, "samekey: not ready [%s] %s: %s\n",
			dump_member(reason, "code", code, sizeof(code)),
			dump_member(reason, "app", app, sizeof(app)),
			dump_member(reason, "text", text, sizeof(text)));
		if (*dump_member(reason, "hint", hint, sizeof(hint)))
			(void)fprintf(stderr, "  hint: %s\n", hint);
	}
	if (!i)
		(void)fprintf(stderr, "samekey: not ready: %s\n",
			dump_member(answer, "detail", text, sizeof(text)));
}

static int judge(const struct options *options, json_t *answer)
{
	bool is_well =
		options->ready != SETTING_YES || json_is_true(json_object_get(answer, "ready"));

	if (!is_well)
		complain(answer);
	if (options->json == SETTING_YES)
		return command_print_json(answer, is_well ? EXIT_OK : EXIT_FINDINGS);
	json_decref(answer);
	return is_well ? EXIT_OK : EXIT_FINDINGS;
}

int probe_run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct err err = ERR_NONE;
	const char *path = "/healthz";
	json_t *answer;
	int code = prepare(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	if (options->ready == SETTING_YES)
		path = ready_path(resolution->settings->name, pool);
	if (!path)
		return command_no_memory();
	code = verifiercall_ask(resolution, path, pool, &answer, &err);
	if (code == 0)
		return judge(options, answer);
	return command_fail(options, &err, command_exit_code(code));
}
