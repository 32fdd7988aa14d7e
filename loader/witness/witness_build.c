// What judges a build already judges it here; this only writes it down as records of drift.
// SPDX-License-Identifier: MIT
#include "loader/witness/witness_build.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/wire/drift.h"
#include "loader/ask/signers.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/resolution.h"
#include "loader/witness/witnesses.h"

#include <errno.h>
#include <sys/stat.h>

#define SHOWN 1024 // bytes of an origin that is only shown

int witness_build_ask_stamp(struct witnesses *witnesses, const char *path, struct err *err)
{
	struct stamp stamp;
	int code = stamp_read(path, witnesses->resolution, witnesses->pool, &stamp, err);

	if (code != 0)
		return code;
	return build_drift_compare(
		&stamp, path, witnesses->resolution, witnesses->pool, &witnesses->drifts);
}

int witness_build_ask_framework(struct witnesses *witnesses)
{
	const struct resolution *resolution = witnesses->resolution;
	const char *frozen = finding_kind(FINDING_FROZEN)->code;

	for (size_t i = 0; i < diag_size(resolution->diag); i++) {
		const struct diag_item *item = diag_at(resolution->diag, i);
		struct drift *drift;
		char shown[SHOWN];

		if (!text_equal(item->code, frozen))
			continue;
		drift = witnesses_add(witnesses);
		if (!drift)
			return -ENOMEM;
		*drift = (struct drift){
			.kind = DRIFT_FROZEN,
			.severity = item->severity,
			.code = item->code,
			.key = item->key,
			.group = resolution->bundle.group,
			.fix = item->hint,
			.witness = pool_copy(witnesses->pool,
				text_printable(shown, sizeof(shown), item->origin)),
			.text = item->text,
		};
		if (!drift->witness)
			return -ENOMEM;
	}
	return 0;
}

static int add_output(struct witnesses *witnesses, const struct scanned_item *item)
{
	struct drift *drift = witnesses_add(witnesses);
	struct drift_side *sides = pool_array(witnesses->pool, 2, sizeof(*sides));
	struct stat facts;

	if (!drift || !sides)
		return -ENOMEM;
	sides[0] = (struct drift_side){.app = witnesses->resolution->bundle.app,
		.phase = BUNDLE_PHASE_BUILD,
		.origin = *item->record->origin ? item->record->origin : item->where,
		.life = DRIFT_WRITTEN};
	if (*item->record->place.path && stat(item->record->place.path, &facts) == 0 &&
		facts.st_mtim.tv_sec < clock_wall_ms() / 1000)
		sides[0].age_s = (uint64_t)(clock_wall_ms() / 1000 - facts.st_mtim.tv_sec);
	if (*item->key && witnesses_set_current(witnesses, item->key, &sides[1]) < 0)
		return -ENOMEM;
	if (text_equal(item->kind, "current"))
		memcpy(sides[0].fingerprint, sides[1].fingerprint, sizeof(sides[0].fingerprint));
	*drift = (struct drift){
		.kind = DRIFT_FROZEN,
		.severity = item->severity,
		.code = finding_kind(item->finding)->code,
		.key = item->key,
		.group = witnesses->resolution->bundle.group,
		.sides = sides,
		.side_count = *item->key ? 2 : 1,
		.fix = item->hint,
		.witness = *item->where ? item->where : "the scan",
		.text = item->text,
	};
	return 0;
}

static int judge_paths(const struct witness_output *output, struct err *err)
{
	struct stat facts;

	for (size_t i = 0; i < output->path_count; i++)
		if (stat(output->paths[i], &facts) < 0)
			return err_set(err, -errno, output->paths[i], "cannot look at it: %s",
				strerror(errno));
	return 0;
}

static int make_job(struct witnesses *witnesses, const struct witness_output *output,
	struct scanjob *job, struct err *err)
{
	struct stamp stamp;
	int code = residue_job(witnesses->resolution, witnesses->pool, job);

	if (code < 0 || !output->stamp)
		return code;
	code = stamp_read(output->stamp, witnesses->resolution, witnesses->pool, &stamp, err);
	return code ? code : residue_job_older(witnesses->resolution, &stamp, witnesses->pool, job);
}

int witness_build_ask_output(
	struct witnesses *witnesses, const struct witness_output *output, struct err *err)
{
	const struct resolution *resolution = witnesses->resolution;
	struct residue residue;
	struct scanned scanned;
	struct scanjob job = {.task = SCANJOB_SEARCH,
		.flags = SCANJOB_FLAGS,
		.paths = output->paths,
		.path_count = output->path_count,
		.max_depth = SCANREPORT_INSIDE_MAX};
	struct scanned_question question = {
		.resolution = resolution, .job = &job, .residue = &residue};
	int code = judge_paths(output, err);

	if (code == 0)
		code = make_job(witnesses, output, &job, err);
	if (code == 0)
		code = residue_ask(&job, resolution->arena, witnesses->pool, &residue, err);
	if (code == 0)
		code = signers_ask(resolution, &residue, witnesses->pool, &question.signers,
			&question.signer_count);
	if (code == 0)
		code = scanned_judge(&question, witnesses->pool, &scanned);
	for (size_t i = 0; code == 0 && i < scanned.count; i++)
		code = add_output(witnesses, &scanned.items[i]);
	return code;
}
