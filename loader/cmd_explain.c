// samekey explain: which source won for each key, which lost, and why.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

// Whose key makes the fingerprints, where it is not one for all.
static const char *const owners[] = {
	[FINGERPRINT_KEY_NAMED] = "",
	[FINGERPRINT_KEY_CREDENTIAL] = "",
	[FINGERPRINT_KEY_SYSTEM] = ", this host's",
	[FINGERPRINT_KEY_STATE] = ", this user's own",
	[FINGERPRINT_KEY_EPHEMERAL] = ", this process's own",
};

static int complain_unknown(const struct options *options, const struct report *report,
	const char *name, struct pool *pool)
{
	const struct bundle *bundle = &report->resolution->bundle;
	int code = finding_exit_code(report->resolution->diag);
	const char **names = pool_array(pool, bundle->key_count + 1, sizeof(*names));
	struct err err = ERR_NONE;
	const char *near = NULL;
	bool in_environment = getenv(name) != NULL;
	char shown[ERR_HINT_SIZE / 2];

	for (size_t i = 0; names && i < bundle->key_count; i++)
		names[i] = bundle->keys[i].name;
	if (names)
		near = text_nearest(name, names);
	(void)shape_show(shown, sizeof(shown), name);
	(void)err_set(&err, -ENOENT, NULL, "no %s offers '%s', and no [key] section names it",
		in_environment ? "file" : "source", shown);
	if (in_environment)
		(void)err_hint(&err,
			"it stands in the environment alone; [key %s] in samekey.ini "
			"makes it a key",
			shown);
	else if (near)
		(void)err_hint(&err, "did you mean %s?", near);
	else
		(void)err_hint(&err, "samekey explain lists every key; samekey check says which "
				     "env files are not read");
	if (options->json != SETTING_YES)
		report_findings(report);
	return command_fail(options, &err, code == EXIT_OK ? EXIT_FINDINGS : code);
}

// Two hosts, or two users, seem to hold different values where only their keys differ.
static void print_fingerprint_key(const struct resolution *resolution)
{
	const struct fingerprint_key *key = resolution->fingerprints;

	for (size_t i = 0; i < resolution->bundle.key_count; i++)
		if (resolution->bundle.keys[i].flags & BUNDLE_KEY_SECRET) {
			(void)printf("fingerprints by key %s%s: compare only those of one key\n",
				fingerprint_key_id(key), owners[fingerprint_key_source(key)]);
			return;
		}
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	const char *name = options->argument_count ? options->arguments[0] : NULL;
	const struct bundle_key *key = NULL;
	struct report report = {
		.key = name, .quiet = options->quiet == SETTING_YES, .program = options->program};
	int code = resolving_begin(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	report.resolution = resolution;
	code = finding_exit_code(resolution->diag);
	if (code != EXIT_OK && code != EXIT_FINDINGS)
		report.key = NULL; // what cannot be read may be about any key
	resolving_tell_nothing(options, resolution);
	if (name && !(key = bundle_find(&resolution->bundle, name)))
		return complain_unknown(options, &report, name, pool);
	if (options->json == SETTING_YES) {
		if (report_json(&report, key, true) < 0)
			return command_no_memory();
	} else {
		report_explain(&report, key);
		if (!name)
			print_fingerprint_key(resolution);
		if (fflush(stdout) == 0) // so that the findings come behind it
			report_findings(&report);
	}
	return code == EXIT_FINDINGS ? EXIT_OK : code; // a rule's objection is part of the answer
}

const struct command cmd_explain = {
	.name = "explain",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [KEY] [-- COMMAND [ARGUMENT]...]",
	.summary = "say which source won for each key, and which lost",
	.details =
		"Shows names, origins, lengths and fingerprints, never a value; a weak secret is\n"
		"only called weak. Exit 0 also with findings of a rule; 1 when no source has KEY\n"
		"and no [key] section names it, 65 or 66 when a source cannot be read.\n"
		"\n"
		"One value has one fingerprint for one user. Another user's are made with a key\n"
		"of that user, unless key = FILE under [fingerprint] names one for both;\n"
		"samekeyd compares values of all users with its own.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", NULL},
	.settings = true,
	.takes_program = true,
	.max_arguments = 1,
	.run = run,
};
