// samekey offer: hand the bundle to the verifier without starting anything. It stays until it is
// replaced or withdrawn.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/value/finding.h"
#include "loader/commands.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"
#include "loader/session.h"

#include <jansson.h>

// There is no verdict: the finding says why, as far as it is an error or not.
static int exit_without_verdict(const struct resolution *resolution)
{
	int code = finding_exit_code(resolution->diag);

	return code == EXIT_OK || code == EXIT_FINDINGS ? EXIT_UNAVAILABLE : code;
}

static int withdraw(
	const struct options *options, const struct resolution *resolution, struct pool *pool)
{
	struct handoff_options handoff;
	struct handoff_answer answer;
	struct err err = ERR_NONE;
	int code;

	session_handoff(resolution, &handoff);
	code = handoff_withdraw(
		&handoff, resolution->bundle.app, resolution->arena, pool, &answer, &err);
	if (code != 0)
		return command_fail(
			options, &err, code > 0 ? EXIT_UNAVAILABLE : command_exit_code(code));
	code = answer.status == 200 ? EXIT_OK : EXIT_FINDINGS;
	if (options->json == SETTING_YES)
		return command_print_json(
			json_pack("{s:i, s:s, s:b}", "v", 1, "app", resolution->bundle.app,
				"withdrawn", code == EXIT_OK),
			code);
	(void)printf("%s: %s\n", resolution->bundle.app,
		code == EXIT_OK ? "withdrawn" : "nothing to withdraw");
	return code;
}

static int offer(const struct options *options, struct resolution *resolution, struct pool *pool)
{
	struct handoff_options handoff;
	struct handoff_verdict verdict;
	struct report report = {
		.resolution = resolution,
		.quiet = options->quiet == SETTING_YES,
	};

	bool fit = !diag_count(resolution->diag, DIAG_ERROR);

	session_handoff(resolution, &handoff);
	handoff.kind = MESSAGE_OFFER_STANDING;
	if (fit && session_offer(resolution, &handoff, pool, &verdict))
		report.verdict = &verdict;
	if (options->json == SETTING_YES) {
		if (report_json(&report, NULL, true) < 0)
			return command_no_memory();
	} else {
		report_resolved(&report);
		report_findings(&report);
	}
	if (!report.verdict)
		return fit ? exit_without_verdict(resolution) : finding_exit_code(resolution->diag);
	if (options->json != SETTING_YES)
		(void)printf("%s: %s, generation %llu\n", resolution->bundle.app,
			verdict.accepted ? "accepted" : "refused",
			(unsigned long long)verdict.generation);
	return verdict.accepted ? EXIT_OK : EXIT_FINDINGS;
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	int code = session_resolve(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	if (options->withdraw == SETTING_YES)
		return withdraw(options, resolution, pool);
	return offer(options, resolution, pool);
}

const struct command cmd_offer = {
	.name = "offer",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [-- COMMAND [ARGUMENT]...]",
	.summary = "hand the bundle to the verifier without starting anything",
	.details =
		"The offer stands until it is replaced by another one of the same app, withdrawn\n"
		"(--withdraw) or the verifier ends. COMMAND only says what would be started.\n"
		"Exit 0: accepted; 1: refused, by a rule here or by the verdict; 69: no verdict.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", "offer", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
