// samekey explain: which source won for each key, which lost, and why.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/commands.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"
#include "loader/session.h"

#include <errno.h>

static int complain_unknown(const struct options *options, const struct bundle *bundle,
	const char *name, struct pool *pool)
{
	const char **names = pool_array(pool, bundle->key_count + 1, sizeof(*names));
	struct err err = ERR_NONE;
	const char *near = NULL;
	char shown[ERR_HINT_SIZE / 2];

	for (size_t i = 0; names && i < bundle->key_count; i++)
		names[i] = bundle->keys[i].name;
	if (names)
		near = text_nearest(name, names);
	(void)err_set(&err, -ENOENT, NULL, "no source offers '%s', and no [key] section names it",
		text_printable(shown, sizeof(shown), name));
	if (near)
		(void)err_hint(&err, "did you mean %s?", near);
	else
		(void)err_hint(&err, "samekey explain lists every key; samekey check says which "
				     "env files are not read");
	return command_fail(options, &err, EXIT_FINDINGS);
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	const char *name = options->argument_count ? options->arguments[0] : NULL;
	const struct bundle_key *key = NULL;
	struct report report = {
		.key = name, .quiet = options->quiet == SETTING_YES, .program = options->program};
	int code = session_resolve(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	report.resolution = resolution;
	if (name && !(key = bundle_find(&resolution->bundle, name)))
		return complain_unknown(options, &resolution->bundle, name, pool);
	if (options->json == SETTING_YES) {
		if (report_json(&report, key, true) < 0)
			return command_no_memory();
	} else {
		report_explain(&report, key);
		if (fflush(stdout) == 0) // so that the findings come behind it
			report_findings(&report);
	}
	code = finding_exit_code(resolution->diag);
	return code == EXIT_FINDINGS ? EXIT_OK : code; // a rule's objection is part of the answer
}

const struct command cmd_explain = {
	.name = "explain",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [KEY] [-- COMMAND [ARGUMENT]...]",
	.summary = "say which source won for each key, and which lost",
	.details =
		"Shows names, origins, lengths and fingerprints, never a value; a weak secret is "
		"only\n"
		"called weak. Exit 0 also with findings of a rule; 1 when KEY is in no source.\n"
		"\n"
		"One value has one fingerprint for one user. Another user's are made with a key of "
		"that\n"
		"user, unless key = FILE under [fingerprint] names one for both; samekeyd compares "
		"values\n"
		"of all users with its own.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", NULL},
	.settings = true,
	.takes_program = true,
	.max_arguments = 1,
	.run = run,
};
