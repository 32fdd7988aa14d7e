// One function a witness; a new one is a function and its call in cmd_drift.c.
// SPDX-License-Identifier: MIT
#include "loader/witnesses.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/wire/drift.h"
#include "loader/command.h"
#include "loader/drift_list.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/stamp.h"
#include "loader/inspect/running/census.h"
#include "loader/inspect/running/census_tell.h"
#include "loader/resolve/resolution.h"
#include "loader/session.h"
#include "loader/signers.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#define SHOWN 512 // bytes of a text that is only shown

static int leave_unasked(struct witnesses *witnesses, const char *who, const struct err *err)
{
	struct witnesses_unasked *unasked =
		pool_push(witnesses->pool, &witnesses->unasked, sizeof(*unasked));

	if (!unasked)
		return -ENOMEM;
	unasked->who = who;
	unasked->why = pool_format(
		witnesses->pool, "%s%s%s", err->where, *err->where ? ": " : "", err->what);
	unasked->hint = pool_copy(witnesses->pool, err->hint);
	return unasked->why && unasked->hint ? 0 : -ENOMEM;
}

static struct drift *add(struct witnesses *witnesses)
{
	return pool_push(witnesses->pool, &witnesses->drifts, sizeof(struct drift));
}

// ---- the verifier

static const char *copy_text(struct witnesses *witnesses, const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return pool_copy(witnesses->pool, text ? text : "");
}

// A member that is no number counts as 0.
static uint64_t number_of(const json_t *object, const char *member)
{
	json_int_t number = json_integer_value(json_object_get(object, member));

	return number > 0 ? (uint64_t)number : 0;
}

// A finding of the verifier's as a record with one side.
static int add_finding(struct witnesses *witnesses, const json_t *finding, enum drift_kind kind,
	const struct drift_side *of)
{
	const char *severity = json_string_value(json_object_get(finding, "severity"));
	struct drift *drift = add(witnesses);
	struct drift_side *side = pool_take(witnesses->pool, sizeof(*side));

	if (!drift || !side)
		return -ENOMEM;
	*side = *of;
	side->origin = copy_text(witnesses, finding, "origin");
	*drift = (struct drift){
		.kind = kind,
		.severity = DIAG_NOTE,
		.code = copy_text(witnesses, finding, "code"),
		.key = copy_text(witnesses, finding, "key"),
		.group = witnesses->resolution->bundle.group,
		.sides = side,
		.side_count = 1,
		.fix = copy_text(witnesses, finding, "hint"),
		.witness = "samekeyd",
		.text = copy_text(witnesses, finding, "text"),
	};
	for (unsigned i = 0; severity && i < DIAG_SEVERITIES; i++)
		if (text_equal(diag_severity_text((enum diag_severity)i), severity))
			drift->severity = (enum diag_severity)i;
	return side->origin && drift->code && drift->key && drift->fix && drift->text ? 0 : -ENOMEM;
}

// Whom the verifier turned away, finding by finding.
static int add_refused(struct witnesses *witnesses, const json_t *refused)
{
	const json_t *refusal, *finding;
	size_t i, j;

	json_array_foreach(refused, i, refusal)
	{
		struct drift_side side = {
			.app = copy_text(witnesses, refusal, "app"),
			.life = DRIFT_DEAD,
			.age_s = number_of(refusal, "age_s"),
			.pid = (int64_t)number_of(refusal, "pid"),
			.standing = json_is_true(json_object_get(refusal, "standing")),
		};

		if (!side.app)
			return -ENOMEM;
		json_array_foreach(json_object_get(refusal, "findings"), j,
			finding) if (add_finding(witnesses, finding, DRIFT_REFUSED, &side) <
				     0) return -ENOMEM;
	}
	return 0;
}

static int add_tokens(struct witnesses *witnesses, const json_t *tokens)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(tokens, i, finding)
	{
		struct drift_side side = {.app = copy_text(witnesses, finding, "app"),
			.life = DRIFT_LIVE,
			.age_s = number_of(finding, "age_s")};

		if (!side.app || add_finding(witnesses, finding, DRIFT_TOKEN, &side) < 0)
			return -ENOMEM;
	}
	return 0;
}

// What cannot be read might have been the worst of it.
static int judge_answer(struct witnesses *witnesses, const json_t *answer, int passed)
{
	struct err err = ERR_NONE;

	if (passed <= 0 && json_is_array(json_object_get(answer, "drift")))
		return passed;
	if (passed < 0)
		return passed;
	if (passed)
		(void)err_set(&err, -EBADMSG, NULL, "records of its answer that cannot be read: %d",
			passed);
	else
		(void)err_set(&err, -EBADMSG, NULL, "its answer has no list of drift");
	(void)err_hint(&err, "are samekey and samekeyd of the same version?");
	return leave_unasked(witnesses, "the verifier", &err);
}

int witnesses_ask_verifier(struct witnesses *witnesses)
{
	struct err err = ERR_NONE;
	size_t first = witnesses->drifts.count;
	struct drift *drifts;
	int code;
	json_t *answer =
		session_ask(witnesses->resolution, "/v1/drift", witnesses->pool, &code, &err);

	if (code != 0)
		return code == -ENOMEM ? code : leave_unasked(witnesses, "the verifier", &err);
	code = drift_list_read(
		json_object_get(answer, "drift"), witnesses->pool, &witnesses->drifts);
	drifts = witnesses->drifts.items;
	for (size_t i = first; i < witnesses->drifts.count; i++)
		if (!drifts[i].witness)
			drifts[i].witness = "samekeyd";
	code = judge_answer(witnesses, answer, code);
	if (code == 0)
		code = add_refused(witnesses, json_object_get(answer, "refused"));
	if (code == 0)
		code = add_tokens(witnesses, json_object_get(answer, "tokens"));
	json_decref(answer);
	return code;
}

// ---- the build

int witnesses_ask_stamp(struct witnesses *witnesses, const char *path, struct err *err)
{
	struct stamp stamp;
	int code = stamp_read(path, witnesses->resolution, witnesses->pool, &stamp, err);

	if (code != 0)
		return code;
	return build_drift_compare(
		&stamp, path, witnesses->resolution, witnesses->pool, &witnesses->drifts);
}

int witnesses_ask_framework(struct witnesses *witnesses)
{
	const struct resolution *resolution = witnesses->resolution;
	const char *frozen = finding_kind(FINDING_FROZEN)->code;

	for (size_t i = 0; i < diag_size(resolution->diag); i++) {
		const struct diag_item *item = diag_at(resolution->diag, i);
		struct drift *drift;
		char shown[2 * SHOWN];

		if (!text_equal(item->code, frozen))
			continue;
		drift = add(witnesses);
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

// ---- what is given now

// The winner's side; what may be shown of it, and since when its place says so.
static void set_current(struct witnesses *witnesses, const char *name, struct drift_side *side)
{
	const struct resolution *resolution = witnesses->resolution;
	const struct bundle_key *key = bundle_find(&resolution->bundle, name);
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	uint64_t now = (uint64_t)clock_wall_ms() / 1000, changed;
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	*side = (struct drift_side){
		.app = resolution->bundle.app, .life = DRIFT_RESOLVED, .origin = "no source"};
	if (!winner)
		return;
	changed = resolution_changed_at(resolution, winner->origin.place);
	side->age_s = changed && changed < now ? now - changed : 0;
	side->origin = pool_copy(
		witnesses->pool, text_printable(shown, sizeof(shown),
					 origin_text(winner->origin, origin, sizeof(origin))));
	if (key->flags & BUNDLE_KEY_WEAK)
		(void)snprintf(side->fingerprint, sizeof(side->fingerprint), "weak");
	else
		fingerprint_text(resolution->fingerprints, winner->value, side->fingerprint);
}

// ---- running processes

static const struct holding *find_holding(const struct census_member *member, const char *key)
{
	for (size_t i = 0; i < member->holdings.count; i++)
		if (text_equal(member->holdings.items[i].key->name, key))
			return &member->holdings.items[i];
	return NULL;
}

static int set_process(struct witnesses *witnesses, const struct census_member *member,
	const struct holding *holding, struct drift_side *side)
{
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	*side = (struct drift_side){.app = pool_copy(witnesses->pool, member->name),
		.origin = "its environment",
		.age_s = member->process.age_s,
		.life = DRIFT_LIVE,
		.pid = member->process.pid};
	if (holding)
		(void)snprintf(
			side->fingerprint, sizeof(side->fingerprint), "%s", holding->fingerprint);
	if (holding && holding->candidate)
		side->origin = pool_copy(witnesses->pool,
			text_printable(shown, sizeof(shown),
				origin_text(holding->candidate->origin, origin, sizeof(origin))));
	else if (holding && holding->from_pm2)
		side->origin = "pm2_env";
	return side->app && side->origin ? 0 : -ENOMEM;
}

// A finding about a process, with what it holds and what it should.
static int add_process(struct witnesses *witnesses, const struct census_member *member,
	const struct diag_item *item)
{
	struct drift *drift = add(witnesses);
	struct drift_side *sides = pool_array(witnesses->pool, 2, sizeof(*sides));

	if (!drift || !sides ||
		set_process(witnesses, member, find_holding(member, item->key), &sides[0]) < 0)
		return -ENOMEM;
	if (*item->key)
		set_current(witnesses, item->key, &sides[1]);
	*drift = (struct drift){
		.kind = DRIFT_PROCESS,
		.severity = item->severity,
		.code = pool_copy(witnesses->pool, item->code),
		.key = pool_copy(witnesses->pool, item->key),
		.group = witnesses->resolution->bundle.group,
		.sides = sides,
		.side_count = *item->key ? 2 : 1,
		.fix = pool_copy(witnesses->pool, item->hint),
		.witness = pool_format(witnesses->pool, "pid %d", member->process.pid),
		.text = pool_copy(witnesses->pool, item->text),
	};
	return drift->code && drift->key && drift->fix && drift->witness && drift->text &&
			       (!*item->key || sides[1].origin)
		       ? 0
		       : -ENOMEM;
}

static int add_member(struct witnesses *witnesses, const struct census_request *request,
	const struct census_member *member)
{
	own(diag_release) struct diag *found = diag_new();
	int code = found ? census_tell(request, member, found, witnesses->pool) : -ENOMEM;

	for (size_t i = 0; code == 0 && i < diag_size(found); i++)
		code = add_process(witnesses, member, diag_at(found, i));
	return code;
}

// A finding about no process of this app's: a record without sides.
static int add_elsewhere(struct witnesses *witnesses, const struct diag_item *item)
{
	struct drift *drift = add(witnesses);

	if (!drift)
		return -ENOMEM;
	*drift = (struct drift){
		.kind = DRIFT_PROCESS,
		.severity = item->severity,
		.code = pool_copy(witnesses->pool, item->code),
		.key = "",
		.group = witnesses->resolution->bundle.group,
		.fix = pool_copy(witnesses->pool, item->hint),
		.witness = "other projects",
		.text = pool_copy(witnesses->pool, item->text),
	};
	return drift->code && drift->fix && drift->text ? 0 : -ENOMEM;
}

static int add_others(struct witnesses *witnesses, const struct census_request *request,
	const struct census *census)
{
	own(diag_release) struct diag *found = diag_new();
	int code = found ? census_tell_elsewhere(request, census, found, witnesses->pool) : -ENOMEM;

	for (size_t i = 0; code == 0 && i < diag_size(found); i++)
		code = add_elsewhere(witnesses, diag_at(found, i));
	return code;
}

// Who holds what he holds unseen.
static int leave_unseen(struct witnesses *witnesses, const struct census *census)
{
	struct err err = ERR_NONE;

	if (!census->denied && !census->hidden && !census->too_large && !census->cut)
		return 0;
	(void)err_set(&err, -EACCES, NULL,
		"%zu of %zu processes may not be looked at, or not whole%s",
		census->denied + census->too_large, census->looked_at,
		census->hidden ? "; /proc hides those of other users"
		: census->cut  ? "; there are more"
			       : "");
	(void)err_hint(&err, "%s", geteuid() == 0 ? "" : "root sees them");
	return leave_unasked(witnesses, "other processes", &err);
}

int witnesses_ask_processes(struct witnesses *witnesses)
{
	own(diag_release) struct diag *diag = diag_new();
	const struct census_request request = {.resolution = witnesses->resolution};
	struct err err = ERR_NONE;
	struct census census;
	int code = diag ? census_take(&request, diag, witnesses->pool, &census, &err) : -ENOMEM;

	if (code < 0)
		return code == -ENOMEM ? code : leave_unasked(witnesses, "running processes", &err);
	for (size_t i = 0; i < census.count; i++)
		if (add_member(witnesses, &request, &census.members[i]) < 0)
			return -ENOMEM;
	if (add_others(witnesses, &request, &census) < 0)
		return -ENOMEM;
	return leave_unseen(witnesses, &census);
}

// ---- what was built

static int add_output(struct witnesses *witnesses, const struct scanned_item *item)
{
	struct drift *drift = add(witnesses);
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
	if (*item->key)
		set_current(witnesses, item->key, &sides[1]);
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

static int judge_paths(const struct witnesses_output *output, struct err *err)
{
	struct stat facts;

	for (size_t i = 0; i < output->path_count; i++)
		if (stat(output->paths[i], &facts) < 0)
			return err_set(err, -errno, output->paths[i], "cannot look at it: %s",
				strerror(errno));
	return 0;
}

static int make_job(struct witnesses *witnesses, const struct witnesses_output *output,
	struct scanjob *job, struct err *err)
{
	struct stamp stamp;
	int code = residue_job(witnesses->resolution, witnesses->pool, job);

	if (code < 0 || !output->stamp)
		return code;
	code = stamp_read(output->stamp, witnesses->resolution, witnesses->pool, &stamp, err);
	return code ? code : residue_older(witnesses->resolution, &stamp, witnesses->pool, job);
}

int witnesses_ask_output(
	struct witnesses *witnesses, const struct witnesses_output *output, struct err *err)
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

// ---- the whole

static int worse(const void *left, const void *right)
{
	const struct drift *a = left, *b = right;
	int order;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	order = strcmp(a->key, b->key);
	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order ? order : strcmp(a->witness ? a->witness : "", b->witness ? b->witness : "");
}

void witnesses_sort(struct witnesses *witnesses)
{
	if (witnesses->drifts.count)
		qsort(witnesses->drifts.items, witnesses->drifts.count, sizeof(struct drift),
			worse);
}

json_t *witnesses_to_json(const struct witnesses *witnesses)
{
	const struct witnesses_unasked *unasked = witnesses->unasked.items;
	const struct drift *drifts = witnesses->drifts.items;
	json_t *list = json_array(), *others = json_array();

	for (size_t i = 0; list && i < witnesses->drifts.count; i++)
		dump_append(&list, drift_to_json(&drifts[i]));
	for (size_t i = 0; others && i < witnesses->unasked.count; i++)
		dump_append(&others, json_pack("{s:s, s:s, s:s}", "witness", unasked[i].who, "text",
					     unasked[i].why, "hint", unasked[i].hint));
	return json_pack("{s:i, s:o, s:o}", "v", 1, "drift", list, "unasked", others);
}
