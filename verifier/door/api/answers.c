// JSON by jansson. Every object begins with "v":1.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/answers.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/wire/drift.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/judge.h"
#include "verifier/record/attestations.h"
#include "verifier/record/compare.h"
#include "verifier/record/refusals.h"
#include "verifier/record/registry.h"
#include "verifier/record/remedy.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/record/sightings.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/keyring.h"

#include <errno.h>
#include <jansson.h>

#define ANSWERS_JSON "application/json"

// Makes the reply from an object, whose reference is taken; NULL: memory was short.
static void finish(struct route_reply *reply, unsigned status, json_t *json)
{
	size_t length = 0;
	char *body = json ? dump_json(json, &length) : NULL;

	json_decref(json);
	if (!body) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	*reply = (struct route_reply){
		.status = status, .content_type = ANSWERS_JSON, .body = body, .length = length};
}

static bool is_meant(const struct route_request *request, const char *app)
{
	return !request->app || text_equal(request->app, app);
}

void answers_healthz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	char instance[24];

	// loaders that stay see by it that another samekeyd answers, which knows nothing of them
	(void)snprintf(
		instance, sizeof(instance), "%llx", (unsigned long long)answers->life.started_ms);
	finish(reply, 200,
		json_pack("{s:i, s:s, s:s*}", "v", 1, "status", "ok", "instance",
			request->caller.door == ROUTE_HANDOFF ? instance : NULL));
}

// ---- readiness

int answers_judge(struct answers *answers, const char *app, struct pool *pool,
	struct readiness *ret_readiness)
{
	return readiness_judge(
		&(struct readiness_question){.registry = answers->registry,
			.keyring = answers->keyring,
			.attestations = answers->attestations,
			.life = &answers->life,
			.store = answers->ledger ? ledger_state(answers->ledger) : NULL,
			.revocations = answers->revocations,
			.app = app,
			.now_ms = clock_steady_ms(),
			.wall_ms = clock_wall_ms()},
		pool, ret_readiness);
}

static json_t *reasons_json(const struct readiness_reason *reasons, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		const struct readiness_reason *reason = &reasons[i];

		dump_append(&list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", reason->code,
					   "app", reason->app, "key", reason->key, "text",
					   reason->text, "hint", reason->hint));
	}
	return list;
}

static json_t *allowed_json(struct registry *registry, const struct route_request *request)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->dead || !is_meant(request, entry->app))
			continue;
		for (size_t j = 0; list && j < entry->allowed_count; j++)
			dump_append(&list,
				json_pack("{s:s, s:s, s:s}", "app", entry->app, "code",
					entry->allowed[j].code, "key", entry->allowed[j].key));
	}
	return list;
}

static json_t *app_json(struct answers *answers, const char *app, bool expected, struct pool *pool)
{
	struct registry *registry = answers->registry;
	struct readiness readiness;
	json_int_t live = 0;
	bool is_away;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		live += !entry->dead && entry->phase == BUNDLE_PHASE_START &&
			text_equal(entry->app, app);
	}
	// An app that nobody expects is ready while it has nothing wrong, also when it ended.
	if (answers_judge(answers, app, pool, &readiness) < 0)
		return NULL;
	// The only reason is then that nothing of it lives.
	is_away = !live && !expected && readiness.reason_count == 1;
	return json_pack("{s:s, s:b, s:I, s:b}", "app", app, "expected", expected, "live", live,
		"ready", readiness.ready || is_away);
}

// Whether an app was seen already: among the expected, or in an earlier bundle.
static bool is_seen(struct registry *registry, const char *app, size_t before)
{
	const struct registry_rules *rules = registry_rules(registry);

	for (size_t i = 0; i < rules->app_count; i++)
		if (text_equal(rules->apps[i].name, app))
			return true;
	for (size_t i = 0; i < before; i++)
		if (text_equal(registry_at(registry, i)->app, app))
			return true;
	return false;
}

static json_t *apps_json(
	struct answers *answers, const struct route_request *request, struct pool *pool)
{
	struct registry *registry = answers->registry;
	const struct registry_rules *rules = registry_rules(registry);
	json_t *list = json_array();

	for (size_t i = 0; list && i < rules->app_count; i++)
		if (is_meant(request, rules->apps[i].name))
			dump_append(&list, app_json(answers, rules->apps[i].name,
						   rules->apps[i].expected, pool));
	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const char *app = registry_at(registry, i)->app;

		if (is_meant(request, app) && !is_seen(registry, app, i))
			dump_append(&list, app_json(answers, app, false, pool));
	}
	return list;
}

struct json_t *answers_readiness(struct answers *answers, const struct route_request *request,
	struct pool *pool, bool *ret_ready)
{
	struct readiness readiness;

	attest_settle(answers);
	if (answers_judge(answers, request->app, pool, &readiness) < 0)
		return NULL;
	*ret_ready = readiness.ready;
	if (!route_sees_names(&request->caller))
		return json_pack("{s:i, s:b}", "v", 1, "ready", readiness.ready);
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o}", "v", 1, "ready", readiness.ready,
		"reasons", reasons_json(readiness.reasons, readiness.reason_count), "warnings",
		reasons_json(readiness.warnings, readiness.warning_count), "apps",
		apps_json(answers, request, pool), "allowed",
		allowed_json(answers->registry, request));
}

void answers_readyz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();
	bool ready = false;
	json_t *json = pool ? answers_readiness(answers, request, pool, &ready) : NULL;

	finish(reply, ready ? 200 : 503, json);
}

// ---- what is held

static json_t *others_json(const struct registry_key *key)
{
	char origin[ORIGIN_TEXT_SIZE];
	json_t *list = json_array();

	for (size_t i = 0; list && i < key->other_count; i++) {
		const struct registry_candidate *other = &key->others[i];

		if (other->kind != CANDIDATE_SHADOWED)
			continue;
		dump_append(&list,
			json_pack("{s:s, s:s, s:b}", "source", source_text(other->origin.source),
				"origin", origin_text(other->origin, origin, sizeof(origin)),
				"differs", other->differs));
	}
	return list;
}

static json_t *key_json(const struct registry_key *key)
{
	char origin[ORIGIN_TEXT_SIZE];
	bool weak = key->flags & BUNDLE_KEY_WEAK;
	json_t *length = key->has_value && !weak ? json_integer(key->length) : json_null();

	return json_pack("{s:s, s:b, s:s, s:s, s:o, s:s?, s:I, s:o}", "key", key->name, "secret",
		key->flags & BUNDLE_KEY_SECRET ? 1 : 0, "source",
		source_text(key->has_value ? key->origin.source : SOURCE_NONE), "origin",
		key->has_value ? origin_text(key->origin, origin, sizeof(origin)) : "", "length",
		length, "fingerprint", key->has_value ? key->fingerprint : NULL, "held_s",
		(json_int_t)((clock_steady_ms() - key->held_since_ms) / 1000), "shadowed",
		others_json(key));
}

static bool is_secret(const struct registry_key *key)
{
	return key->flags & BUNDLE_KEY_SECRET;
}

// At most `most`; where not all are, secrets come first.
static json_t *keys_json(const struct registry_entry *entry, size_t most)
{
	json_t *list = json_array();
	size_t secrets = 0, others;

	for (size_t i = 0; i < entry->key_count; i++)
		secrets += is_secret(&entry->keys[i]);
	secrets = secrets < most ? secrets : most;
	others = most - secrets;
	for (size_t i = 0; list && i < entry->key_count && secrets + others; i++) {
		size_t *left = is_secret(&entry->keys[i]) ? &secrets : &others;

		if (!*left)
			continue;
		--*left;
		dump_append(&list, key_json(&entry->keys[i]));
	}
	return list;
}

static json_t *entry_json(
	struct registry *registry, const struct registry_entry *entry, size_t most_keys)
{
	enum registry_life life = registry_life(registry, entry);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:I, s:s, s:I, s:I, s:o}", "app",
		entry->app, "group", entry->group, "phase", bundle_phase_text(entry->phase), "mode",
		entry->mode, "state", drift_life_text((enum drift_life)life), "standing",
		entry->hold == REGISTRY_STANDING, "pid",
		entry->pid ? json_integer(entry->pid) : json_null(), "uid", (json_int_t)entry->uid,
		"program", entry->program, "generation", (json_int_t)entry->generation, "age_s",
		(json_int_t)((clock_steady_ms() - entry->offered_ms) / 1000), "keys",
		keys_json(entry, most_keys));
}

// ---- the profiles

static json_t *profile_key_json(const struct profile_key *key)
{
	const struct profile_source *source = key->source;
	const char *name = judge_key_name(key);
	const struct algorithm *algorithm = key->key ? key_algorithm(key->key) : NULL;

	return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "key", key->label, "state",
		key_states[key->state], "kid", key->key ? name : NULL, "alg",
		algorithm ? algorithm->name : NULL, "app", source ? source->app : NULL, "file",
		source ? source->file : NULL);
}

static json_t *profile_json(const struct profile *profile)
{
	json_t *keys = json_array();

	for (size_t i = 0; keys && i < profile->key_count; i++)
		dump_append(&keys, profile_key_json(&profile->keys[i]));
	return json_pack("{s:s, s:s, s:b, s:s, s:s, s:o}", "name", profile->rules->name, "kind",
		profile_kinds[profile->rules->kind], "usable", profile->usable, "fault",
		profile->fault, "hint", profile->hint, "keys", keys);
}

// Those with a key of the app that is asked for.
static json_t *profiles_json(struct answers *answers, const struct route_request *request)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < keyring_size(answers->keyring); i++) {
		const struct profile *profile = keyring_at(answers->keyring, i);

		if (!request->app || profile_is_of(profile->rules, request->app))
			dump_append(&list, profile_json(profile));
	}
	return list;
}

// How many keys of an entry are wanted, and no longer left of all.
static size_t take_share(struct answers_share *share, const struct registry_entry *entry)
{
	size_t most = share->of_one < share->of_all ? share->of_one : share->of_all;

	if (entry->dead && share->of_one != SIZE_MAX)
		return 0;
	most = most < entry->key_count ? most : entry->key_count;
	share->of_all -= most;
	return most;
}

struct json_t *answers_held(
	struct answers *answers, const struct route_request *request, struct answers_share keys)
{
	struct registry *registry = answers->registry;
	json_t *list = json_array();

	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);
		json_t *json;

		if (!is_meant(request, entry->app))
			continue;
		json = entry_json(registry, entry, take_share(&keys, entry));
		if (json && keys.of_one != SIZE_MAX)
			ignore_result(json_object_set_new(
				json, "key_count", json_integer((json_int_t)entry->key_count)));
		dump_append(&list, json);
	}
	return json_pack("{s:i, s:s, s:I, s:o, s:o}", "v", 1, "fingerprint_key",
		fingerprint_key_id(answers->key), "generation",
		(json_int_t)registry_generation(registry), "apps", list, "profiles",
		profiles_json(answers, request));
}

void answers_secrets(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	finish(reply, 200, answers_held(answers, request, ANSWERS_ALL_KEYS));
}

// ---- what disagrees

static int add_side(struct pool *pool, struct pool_list *sides, struct registry *registry,
	const struct registry_entry *entry, const struct registry_key *key)
{
	char origin[ORIGIN_TEXT_SIZE];
	struct drift_side *side;

	if (sides->count >= DRIFT_SIDES_MAX)
		return 0;
	side = pool_push(pool, sides, sizeof(*side));
	if (!side)
		return -ENOMEM;
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
		if (is_meant(request, run[i].older->app) || is_meant(request, run[i].newer->app))
			return true;
	return false;
}

// ---- what processes say of themselves

static int add_word(
	struct pool *pool, struct pool_list *sides, const struct attestation *attestation)
{
	struct drift_side *side;

	if (sides->count >= DRIFT_SIDES_MAX)
		return 0;
	side = pool_push(pool, sides, sizeof(*side));
	if (!side)
		return -ENOMEM;
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
		if (!word->same && later == count && is_meant(request, word->app))
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

		if (is_meant(request, refusal->app))
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

		if (is_meant(request, sighting->app))
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

struct json_t *answers_disagreement(
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

void answers_drift(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();

	finish(reply, 200, pool ? answers_disagreement(answers, request, pool) : NULL);
}

void answers_guards(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	(void)request;
	if (answers->vault)
		guards_look(&answers->guards, answers->vault);
	finish(reply, 200, guards_json(&answers->guards));
}

void answers_metrics(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct metrics_view view = {.counts = &answers->counts,
		.registry = answers->registry,
		.keyring = answers->keyring,
		.key = answers->key,
		.sightings = answers->sightings,
		.attestations = answers->attestations,
		.life = &answers->life,
		.tally = answers->judge ? judge_tally(answers->judge) : NULL,
		.sessions = answers->sessions,
		.process = answers->process,
		.guards = &answers->guards,
		.now_ms = clock_steady_ms(),
		.names = route_sees_names(&request->caller)};

	if (answers->vault)
		guards_look(&answers->guards, answers->vault);
	view.sessions.store = answers->ledger ? ledger_state(answers->ledger) : NULL;
	view.sessions.revocations = answers->revocations;
	attest_settle(answers);
	if (metrics_text(&view, &reply->body, &reply->length) < 0) {
		finish(reply, 503, NULL);
		return;
	}
	reply->status = 200;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
}
