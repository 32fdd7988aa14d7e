// Options in, a resolution out; a failure is printed, and so is what a command goes on without.
// SPDX-License-Identifier: MIT
#include "loader/cli/resolving.h"

#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/cli/command.h"
#include "loader/cli/probe.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

#define TOLD_MAX 10 // places that a command goes on without and names

int resolving_open(const struct options *options, struct pool *pool,
	struct resolution **ret_resolution, struct err *err)
{
	struct resolution_override *overrides =
		pool_array(pool, options->override_count + 1, sizeof(*overrides));
	struct resolution_request request = {
		.root = options->root,
		.ini = options->ini,
		.dotenv = options->dotenv.items,
		.dotenv_count = options->dotenv.count,
		.allow = options->allow.items,
		.allow_count = options->allow.count,
		.overrides = overrides,
		.override_count = options->override_count,
		.phase_given = options->phase != OPTIONS_PHASE_UNSET,
		.phase = options->phase == OPTIONS_PHASE_BUILD ? BUNDLE_PHASE_BUILD
							       : BUNDLE_PHASE_START,
		.sentinels = options->sentinels == SETTING_YES,
		.settings_only = probe_is_wanted(options),
		.program = options->program,
		.environment = environ,
	};

	for (size_t i = 0; overrides && i < options->override_count; i++)
		overrides[i] = (struct resolution_override){
			options->overrides[i].row, options->overrides[i].text};
	if (!overrides)
		return err_no_memory(err);
	return resolution_open(&request, ret_resolution, err);
}

int resolving_begin(
	const struct options *options, struct pool *pool, struct resolution **ret_resolution)
{
	struct err err = ERR_NONE;
	int code = resolving_open(options, pool, ret_resolution, &err);

	if (code == 0)
		return EXIT_OK;
	return command_fail(options, &err, command_exit_code(code));
}

void resolving_tell_unread(const struct resolution *resolution)
{
	size_t told = 0;

	for (size_t i = 0; i < diag_size(resolution->diag); i++) {
		const struct diag_item *item = diag_at(resolution->diag, i);
		char origin[ERR_WHERE_SIZE];

		if (!finding_hides_values(item) || !*item->origin || ++told > TOLD_MAX)
			continue;
		(void)fprintf(stderr, "samekey: judged without %s: %s\n",
			text_printable(origin, sizeof(origin), item->origin), item->text);
		if (*item->hint)
			(void)fprintf(stderr, "  hint: %s\n", item->hint);
	}
	if (told > TOLD_MAX)
		(void)fprintf(stderr, "samekey: and without %zu more: samekey check lists them\n",
			told - TOLD_MAX);
}

void resolving_tell_nothing(const struct options *options, const struct resolution *resolution)
{
	char shown[ERR_WHERE_SIZE];

	if (options->quiet == SETTING_YES || resolution->bundle.key_count)
		return;
	if (diag_count(resolution->diag, DIAG_ERROR)) {
		(void)fprintf(stderr, "samekey: no key is resolved: the sources cannot be read\n"
				      "  hint: samekey check says why\n");
		return;
	}
	(void)fprintf(stderr,
		"samekey: no key is resolved in %s: no source has one\n"
		"  hint: begin in the folder of an app, by cd or --root DIR\n",
		text_printable(shown, sizeof(shown), resolution->place.start));
}
