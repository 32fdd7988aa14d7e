// Gathers what the registry, processes and bad tokens say, each as a drift or a finding.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/disagreement.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/wire/drift.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attest.h"
#include "verifier/record/attestations.h"
#include "verifier/record/compare.h"
#include "verifier/record/refusals.h"
#include "verifier/record/registry.h"
#include "verifier/record/remedy.h"
#include "verifier/record/sightings.h"

#include <errno.h>
#include <jansson.h>

// ---- what apps hold

// Room for one more side, while there may be one: *ret_side is NULL where there may not.
// Returns: 0 or -ENOMEM.
static int make_room(struct pool *pool, struct pool_list *sides, struct drift_side **ret_side)
{
	*ret_side = NULL;
	if (sides->count >= DRIFT_SIDES_MAX)
		return 0;
	*ret_side = pool_push(pool, sides, sizeof(**ret_side));
	return *ret_side ? 0 : -ENOMEM;
}

static int add_side(struct pool *pool, struct pool_list *sides, struct registry *registry,
	const struct registry_entry *entry, const struct registry_key *key)
{
	char origin[ORIGIN_TEXT_SIZE];
	struct drift_side *side;
	int code = make_room(pool, sides, &side);

	if (!side)
		return code;
	*side = (struct drift_side){.app = entry->app,
		.phase = entry->phase,
		.origin = pool_copy(pool, origin_text(key->origin, origin, sizeof(origin))),
		.age_s = (clock_steady_ms() - entry->offered_ms) / 1000,
		.life = (enum drift_life)registry_life(registry, entry),
		.standing = entry->hold == REGISTRY_STANDING,
		.pid = entry->pid};
	memcpy(side->fingerprint, key->fingerprint, sizeof(side->fingerprint));
	return side->origin ? 0 : -ENOMEM;
}

static bool is_side(
	const struct registry_drift *run, size_t count, const struct registry_entry *entry)
{
	for (size_t i = 0; i < count; i++)
		if (run[i].older == entry || run[i].newer == entry)
			return true;
	return false;
}

// What to do with every app of a run that holds the older value.
static const char *remedy_of(const struct registry_drift *run, size_t count, struct pool *pool)
{
	const struct registry_entry **stale = pool_array(pool, count, sizeof(*stale));
	size_t used = 0, size = 1;
	char *text;

	for (size_t i = 0; stale && i < count; i++) {
		if (!run[i].stale)
			continue;
		stale[used++] = run[i].stale;
		size += strlen(run[i].stale->app) + REMEDY_ROOM;
	}
	text = stale ? pool_take(pool, size) : NULL;
	if (text)
		remedy_text(stale, used, text, size);
	return text;
}

// One record from a run of pairs that are one to a person.
static json_t *run_json(struct registry *registry, const struct registry_drift *run, size_t count,
	struct pool *pool)
{
	struct pool_list sides = {0};
	struct drift record = {.kind = (enum drift_kind)run->kind,
		.severity = run->severity,
		.code = finding_kind(run->finding)->code,
		.key = run->newer_key->name,
		.group = run->newer->group,
		.fix = run->stale ? remedy_of(run, count, pool) : finding_kind(run->finding)->fix};
	json_t *json;

	for (size_t i = 0; i < count; i++) {
		if ((!is_side(run, i, run[i].older) &&
			    add_side(pool, &sides, registry, run[i].older, run[i].older_key) < 0) ||
			(!is_side(run, i, run[i].newer) &&
				add_side(pool, &sides, registry, run[i].newer, run[i].newer_key) <
					0))
			return NULL;
	}
	record.sides = sides.items;
	record.side_count = sides.count;
	json = record.fix ? drift_to_json(&record) : NULL;
	if (json && json_object_set_new(json, "allowed", json_boolean(run->allowed)) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static bool run_is_meant(
	const struct route_request *request, const struct registry_drift *run, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (answers_is_meant(request, run[i].older->app) ||
			answers_is_meant(request, run[i].newer->app))
			return true;
	return false;
}

// ---- what processes say of themselves

static int add_word(
	struct pool *pool, struct pool_list *sides, const struct attestation *attestation)
{
	struct drift_side *side;
	int code = make_room(pool, sides, &side);

	if (!side)
		return code;
	*side = (struct drift_side){.app = attestation->app,
		.phase = BUNDLE_PHASE_START,
		.origin = *attestation->origin ? attestation->origin : attestation->state,
		.age_s = (clock_steady_ms() - attestation->since_ms) / 1000,
		.life = DRIFT_LIVE,
		.pid = attestation->pid};
	return 0;
}

// One record of the bundle and of all processes that say the same as the one at `index`.
static json_t *attested_json(struct answers *answers, size_t index, struct pool *pool)
{
	const struct attestations *list = answers->attestations;
	const struct attestation *word = attestations_at(list, index);
	const struct registry_entry *entry = registry_by_id(answers->registry, word->bundle);
	const struct registry_key *key = entry ? compare_find(entry, word->key) : NULL;
	struct pool_list sides = {0};
	struct drift record = {.kind = DRIFT_ATTESTED,
		.severity = finding_kind(FINDING_ATTESTED)->severity,
		.code = finding_kind(FINDING_ATTESTED)->code,
		.key = word->key,
		.group = entry ? entry->group : "",
		.fix = word->fix,
		.witness = "the process's own word",
		.text = pool_format(pool, "the process uses %s", word->text)};

	if (!record.text || (key && add_side(pool, &sides, answers->registry, entry, key) < 0))
		return NULL;
	for (size_t i = index + 1; i-- > 0;)
		if (attestations_alike(attestations_at(list, i), word) &&
			add_word(pool, &sides, attestations_at(list, i)) < 0)
			return NULL;
	record.sides = sides.items;
	record.side_count = sides.count;
	return drift_to_json(&record);
}

// The last comes first.
static json_t *attestations_json(
	struct answers *answers, const struct route_request *request, struct pool *pool)
{
	const struct attestations *list = answers->attestations;
	size_t count = list ? attestations_size(list) : 0;
	json_t *records = json_array();

	for (size_t i = count; records && i-- > 0;) {
		const struct attestation *word = attestations_at(list, i);
		size_t later = i + 1;

		while (later < count && !attestations_alike(attestations_at(list, later), word))
			later++;
		if (!word->same && later == count && answers_is_meant(request, word->app))
			dump_append(&records, attested_json(answers, i, pool));
	}
	return records;
}

// ---- who was refused

static json_t *findings_json(const struct refusal *refusal)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < refusal->finding_count; i++) {
		const struct diag_item *item = &refusal->findings[i];

		dump_append(&list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "severity",
					   diag_severity_text(item->severity), "code", item->code,
					   "key", item->key, "origin", item->origin, "text",
					   item->text, "hint", item->hint));
	}
	return list;
}

static json_t *refusal_json(const struct refusal *refusal)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:o, s:s, s:I, s:o, s:I}", "app", refusal->app,
		"group", refusal->group, "phase", refusal->phase, "uid", (json_int_t)refusal->uid,
		"standing", refusal->standing, "pid",
		refusal->pid ? json_integer(refusal->pid) : json_null(), "program",
		refusal->program, "age_s",
		(json_int_t)((clock_steady_ms() - refusal->refused_ms) / 1000), "findings",
		findings_json(refusal), "omitted", (json_int_t)refusal->omitted);
}

// The last comes first.
static json_t *refused_json(struct answers *answers, const struct route_request *request)
{
	const struct refusals *refusals = registry_refusals(answers->registry, clock_steady_ms());
	json_t *list = json_array();

	for (size_t i = refusals_size(refusals); list && i-- > 0;) {
		const struct refusal *refusal = refusals_at(refusals, i);

		if (answers_is_meant(request, refusal->app))
			dump_append(&list, refusal_json(refusal));
	}
	return list;
}

// ---- what bad tokens were signed with

static json_t *sighting_json(const struct sighting *sighting)
{
	const struct finding_kind *kind = finding_kind(sighting->finding);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "severity",
		diag_severity_text(kind->severity), "code", kind->code, "app", sighting->app, "key",
		sighting->key, "what", sighting->what, "origin", sighting->origin, "text",
		sighting->text, "hint", sighting->fix, "count", (json_int_t)sighting->count,
		"age_s", (json_int_t)((clock_steady_ms() - sighting->seen_ms) / 1000));
}

static json_t *tokens_json(struct answers *answers, const struct route_request *request)
{
	struct sightings *sightings = answers->sightings;
	json_t *list = json_array();

	if (!sightings)
		return list;
	sightings_expire(sightings, clock_steady_ms());
	for (size_t i = sightings_size(sightings); list && i-- > 0;) {
		const struct sighting *sighting = sightings_at(sightings, i);

		if (answers_is_meant(request, sighting->app))
			dump_append(&list, sighting_json(sighting));
	}
	return list;
}

struct drifting {
	struct registry *registry;
	const struct route_request *request;
	struct pool *pool;
	const struct registry_drift *list;
	size_t count;
};

// Adds runs, from `at` on: all, or only the errors, which come first.
// Returns: behind the last one.
static size_t push_runs(json_t **list, const struct drifting *drifting, size_t at, bool errors)
{
	const struct registry_drift *drift = drifting->list;
	size_t length;

	for (; *list && at < drifting->count; at += length) {
		if (errors && drift[at].severity != DIAG_ERROR)
			break;
		for (length = 1; at + length < drifting->count &&
				 registry_same_drift(&drift[at], &drift[at + length]);)
			length++;
		if (run_is_meant(drifting->request, drift + at, length))
			dump_append(list,
				run_json(drifting->registry, drift + at, length, drifting->pool));
	}
	return at;
}

// Errors, what processes say of themselves, then the rest.
static json_t *drift_json(
	struct answers *answers, const struct route_request *request, struct pool *pool)
{
	struct drifting drifting = {
		.registry = answers->registry, .request = request, .pool = pool};
	json_t *words, *list = NULL;
	size_t at;

	if (registry_drift(answers->registry, clock_steady_ms(), &drifting.list, &drifting.count) <
		0)
		return NULL;
	words = attestations_json(answers, request, pool);
	if (words)
		list = json_array();
	at = push_runs(&list, &drifting, 0, true);
	if (list && json_array_extend(list, words) < 0) {
		json_decref(list);
		list = NULL;
	}
	json_decref(words);
	(void)push_runs(&list, &drifting, at, false);
	return list;
}

struct json_t *disagreement_json(
	struct answers *answers, const struct route_request *request, struct pool *pool)
{
	json_t *list;

	attest_settle(answers);
	list = drift_json(answers, request, pool);
	return list ? json_pack("{s:i, s:o, s:o, s:o}", "v", 1, "drift", list, "refused",
			      refused_json(answers, request), "tokens",
			      tokens_json(answers, request))
		    : NULL;
}

void disagreement_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();

	answers_finish(reply, 200, pool ? disagreement_json(answers, request, pool) : NULL);
}
