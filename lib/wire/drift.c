// The drift record as JSON and back. Tables give the words.
// SPDX-License-Identifier: MIT
#include "lib/wire/drift.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"

#include <errno.h>
#include <jansson.h>

static const char *const kinds[DRIFT_KINDS] = {
	[DRIFT_APP] = "app",
	[DRIFT_ROTATION] = "rotation",
	[DRIFT_BUILD] = "build",
	[DRIFT_FROZEN] = "frozen",
	[DRIFT_PROCESS] = "process",
	[DRIFT_ATTESTED] = "attestation",
	[DRIFT_REFUSED] = "refused",
	[DRIFT_TOKEN] = "token",
	[DRIFT_OTHER] = "other",
};

static const char *const lives[DRIFT_LIVES] = {
	[DRIFT_LIVE] = "live",
	[DRIFT_STALE] = "stale",
	[DRIFT_DEAD] = "dead",
	[DRIFT_RESOLVED] = "resolved",
	[DRIFT_WRITTEN] = "written",
};

static const char *const phases[] = {
	[BUNDLE_PHASE_START] = "start",
	[BUNDLE_PHASE_BUILD] = "build",
};

static const char *const severities[DIAG_SEVERITIES] = {
	[DIAG_NOTE] = "note",
	[DIAG_WARNING] = "warning",
	[DIAG_ERROR] = "error",
};

const char *drift_life_text(enum drift_life life)
{
	return lives[life];
}

// ---- to JSON

static json_t *side_to_json(const struct drift_side *side)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:o}", "app", side->app, "phase",
		phases[side->phase], "origin", side->origin, "fingerprint", side->fingerprint,
		"age_s", (json_int_t)side->age_s, "life", lives[side->life], "standing",
		side->standing, "pid", side->pid ? json_integer(side->pid) : json_null());
}

json_t *drift_to_json(const struct drift *drift)
{
	json_t *sides = json_array(), *json;

	for (size_t i = 0; i < drift->side_count; i++)
		dump_append(&sides, side_to_json(&drift->sides[i]));
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "kind", kinds[drift->kind],
		"severity", severities[drift->severity], "code", drift->code, "key", drift->key,
		"group", drift->group, "sides", sides, "fix", drift->fix);
	if (drift->witness)
		dump_set(&json, "witness", json_string(drift->witness));
	if (drift->text)
		dump_set(&json, "text", json_string(drift->text));
	return json;
}

// ---- from JSON

struct reader {
	struct pool *pool;
	struct err *err;
	int code; // the first failure
};

static void fail(struct reader *reader, int code, const char *member)
{
	if (reader->code == 0)
		reader->code = code == -ENOMEM
				       ? err_no_memory(reader->err)
				       : err_set(reader->err, code, NULL,
						 "a drift record with a bad \"%s\"", member);
}

static const char *get_text(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	const char *copy;

	if (!json_is_string(value) ||
		strlen(json_string_value(value)) != json_string_length(value)) {
		fail(reader, -EINVAL, member);
		return "";
	}
	copy = pool_copy(reader->pool, json_string_value(value));
	if (!copy)
		fail(reader, -ENOMEM, member);
	return copy ? copy : "";
}

static const char *get_optional(struct reader *reader, const json_t *object, const char *member)
{
	return json_object_get(object, member) ? get_text(reader, object, member) : NULL;
}

static enum drift_kind get_kind(struct reader *reader, const json_t *object)
{
	const char *text = get_text(reader, object, "kind");

	for (unsigned i = 0; i < DRIFT_KINDS; i++)
		if (text_equal(kinds[i], text))
			return (enum drift_kind)i;
	return DRIFT_OTHER;
}

static unsigned get_word(struct reader *reader, const json_t *object, const char *member,
	const char *const *words, size_t count)
{
	const char *text = json_string_value(json_object_get(object, member));

	for (unsigned i = 0; text && i < count; i++)
		if (text_equal(words[i], text))
			return i;
	fail(reader, -EINVAL, member);
	return 0;
}

static int64_t get_number(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		fail(reader, -EINVAL, member);
		return 0;
	}
	return json_integer_value(value);
}

static bool get_flag(struct reader *reader, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_boolean(value))
		fail(reader, -EINVAL, member);
	return json_is_true(value);
}

static void get_side(struct reader *reader, const json_t *object, struct drift_side *side)
{
	const char *fingerprint = get_text(reader, object, "fingerprint");

	if (strlen(fingerprint) >= sizeof(side->fingerprint))
		fail(reader, -EINVAL, "fingerprint");
	(void)snprintf(side->fingerprint, sizeof(side->fingerprint), "%s", fingerprint);
	side->app = get_text(reader, object, "app");
	side->origin = get_text(reader, object, "origin");
	side->phase =
		(enum bundle_phase)get_word(reader, object, "phase", phases, ARRAY_SIZE(phases));
	side->life = (enum drift_life)get_word(reader, object, "life", lives, DRIFT_LIVES);
	side->age_s = (uint64_t)get_number(reader, object, "age_s");
	side->standing = get_flag(reader, object, "standing");
	if (!json_is_null(json_object_get(object, "pid")))
		side->pid = get_number(reader, object, "pid");
}

static void get_sides(struct reader *reader, const json_t *array, struct drift *drift)
{
	size_t count = json_array_size(array);
	struct drift_side *sides;

	if (!json_is_array(array) || count > DRIFT_SIDES_MAX) {
		fail(reader, -EINVAL, "sides");
		return;
	}
	sides = pool_array(reader->pool, count, sizeof(*sides));
	if (!sides) {
		fail(reader, -ENOMEM, "sides");
		return;
	}
	for (size_t i = 0; reader->code == 0 && i < count; i++)
		get_side(reader, json_array_get(array, i), &sides[i]);
	drift->sides = sides;
	drift->side_count = count;
}

int drift_from_json(const json_t *json, struct pool *pool, struct drift *ret_drift, struct err *err)
{
	struct reader reader = {.pool = pool, .err = err};
	struct drift drift = {0};

	drift.kind = get_kind(&reader, json);
	drift.severity = (enum diag_severity)get_word(
		&reader, json, "severity", severities, DIAG_SEVERITIES);
	drift.code = get_text(&reader, json, "code");
	drift.key = get_text(&reader, json, "key");
	drift.group = get_text(&reader, json, "group");
	drift.fix = get_text(&reader, json, "fix");
	drift.witness = get_optional(&reader, json, "witness");
	drift.text = get_optional(&reader, json, "text");
	get_sides(&reader, json_object_get(json, "sides"), &drift);
	if (reader.code == 0)
		*ret_drift = drift;
	return reader.code;
}
