// The order after a build: look through the output, write the stamp with what was found, report.
// The stamp is left also where an error stands: it tells what was built, and a start judges it.
// SPDX-License-Identifier: MIT
#include "loader/stay/building.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/ask/signers.h"
#include "loader/cli/command.h"
#include "loader/deliver/report.h"
#include "loader/inspect/built/build_output.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

static bool has_sentinels(const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->key_count; i++)
		if (bundle->keys[i].flags & BUNDLE_KEY_SENTINEL)
			return true;
	return false;
}

bool building_is_watched(const struct building *building)
{
	const struct options *options = building->options;

	return building->resolution->phase == BUNDLE_PHASE_BUILD &&
	       (options->stamp || options->scan.count ||
		       has_sentinels(&building->resolution->bundle));
}

static int fail(const struct err *err, int code)
{
	command_complain(err);
	return code == -EEXIST ? EXIT_SETTINGS : command_exit_code(code);
}

int building_begin(const struct building *building)
{
	struct err err = ERR_NONE;
	int code = building->options->stamp ? stamp_prepare(building->options->stamp,
						      building->resolution->fingerprints, &err)
					    : 0;

	return code < 0 ? fail(&err, code) : EXIT_OK;
}

static int leave_stamp(const struct building *building, struct stamp *stamp)
{
	struct err err = ERR_NONE;
	int code = stamp_write(
		building->options->stamp, stamp, building->resolution->fingerprints, &err);

	return code < 0 ? fail(&err, code) : EXIT_OK;
}

static int tell(const struct building *building, const struct diag *diag)
{
	struct report report = *building->report;
	size_t errors = diag_objections(diag, report.strict);
	char app[512];

	report.diag = diag;
	report.refused = false;
	report_findings(&report);
	if (!errors)
		return EXIT_OK;
	(void)fprintf(stderr,
		"samekey: the build of %s ended well, but what it built is refused: %zu error%s\n",
		text_printable(app, sizeof(app), building->resolution->bundle.app), errors,
		text_plural(errors));
	return EXIT_SETTINGS;
}

static int look_through(const struct building *building, struct diag *diag, struct stamp *stamp)
{
	const struct build_output output = {
		.resolution = building->resolution,
		.pool = building->pool,
		.folders = building->options->scan.items,
		.folder_count = building->options->scan.count,
		.demanded = building->options->sentinels == SETTING_YES,
	};
	struct residue residue;
	struct scanjob job;
	struct scanned scanned;
	struct scanned_question question = {
		.resolution = building->resolution, .job = &job, .residue = &residue};
	int code = build_output_ask(&output, diag, &job, &residue);

	if (code <= 0)
		return code;
	if (signers_ask(building->resolution, &residue, building->pool, &question.signers,
		    &question.signer_count) < 0 ||
		scanned_judge(&question, building->pool, &scanned) < 0)
		return -ENOMEM;
	return build_output_tell(&output, &scanned, &residue, diag, stamp);
}

int building_end(const struct building *building)
{
	own(diag_release) struct diag *diag = diag_new();
	struct stamp stamp;
	int code, judged;

	if (!diag || resolution_allow(building->resolution, diag) < 0 ||
		stamp_make(building->resolution, building->pool, &stamp) < 0 ||
		look_through(building, diag, &stamp) < 0 || !diag_is_complete(diag))
		return command_no_memory();
	code = building->options->stamp ? leave_stamp(building, &stamp) : EXIT_OK;
	judged = tell(building, diag);
	return judged ? judged : code;
}
