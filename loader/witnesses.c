// One function a witness; a new one is a function and its call in cmd_drift.c.
// SPDX-License-Identifier: MIT
#include "loader/witnesses.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/wire/drift.h"
#include "loader/command.h"
#include "loader/drift_list.h"
#include "loader/inspect/build_drift.h"
#include "loader/inspect/stamp.h"
#include "loader/resolve/resolution.h"
#include "loader/session.h"

#include <errno.h>
#include <jansson.h>

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
		command_append_json(&list, drift_to_json(&drifts[i]));
	for (size_t i = 0; others && i < witnesses->unasked.count; i++)
		command_append_json(
			&others, json_pack("{s:s, s:s, s:s}", "witness", unasked[i].who, "text",
					 unasked[i].why, "hint", unasked[i].hint));
	return json_pack("{s:i, s:o, s:o}", "v", 1, "drift", list, "unasked", others);
}
