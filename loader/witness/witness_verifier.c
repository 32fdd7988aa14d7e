// What /v1/drift answers, as records: a finding of the verifier's becomes one with a single side.
// SPDX-License-Identifier: MIT
#include "loader/witness/witness_verifier.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/wire/drift.h"
#include "loader/cli/verifiercall.h"
#include "loader/resolve/resolution.h"
#include "loader/witness/drift_list.h"
#include "loader/witness/witnesses.h"

#include <errno.h>
#include <jansson.h>

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

// A finding of the verifier's as a record with one side. It may be of any group, not ours alone; ""
// is one that nobody said.
static int add_finding(struct witnesses *witnesses, const json_t *finding, enum drift_kind kind,
	const char *group, const struct drift_side *of)
{
	const char *severity = json_string_value(json_object_get(finding, "severity"));
	struct drift *drift = witnesses_add(witnesses);
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
		.group = group,
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
		const char *group = copy_text(witnesses, refusal, "group");
		struct drift_side side = {
			.app = copy_text(witnesses, refusal, "app"),
			.life = DRIFT_DEAD,
			.age_s = number_of(refusal, "age_s"),
			.pid = (int64_t)number_of(refusal, "pid"),
			.standing = json_is_true(json_object_get(refusal, "standing")),
		};

		if (!side.app || !group)
			return -ENOMEM;
		json_array_foreach(json_object_get(refusal, "findings"), j,
			finding) if (add_finding(witnesses, finding, DRIFT_REFUSED, group, &side) <
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

		if (!side.app || add_finding(witnesses, finding, DRIFT_TOKEN, "", &side) < 0)
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
	return witnesses_leave_unasked(witnesses, "the verifier", &err);
}

int witness_verifier_ask(struct witnesses *witnesses)
{
	struct err err = ERR_NONE;
	size_t first = witnesses->drifts.count;
	struct drift *drifts;
	json_t *answer;
	int code = verifiercall_ask(
		witnesses->resolution, "/v1/drift", witnesses->pool, &answer, &err);

	if (code != 0)
		return code == -ENOMEM ? code
				       : witnesses_leave_unasked(witnesses, "the verifier", &err);
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
