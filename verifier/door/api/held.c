// Written by jansson. Names, origins, lengths and fingerprints: the registry has no more.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/held.h"

#include "lib/base/clock.h"
#include "lib/value/dump.h"
#include "lib/wire/drift.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/record/registry.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/keyring.h"

#include <jansson.h>

// ---- keys and bundles

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
	const struct algorithm *algorithm = key->key ? key_algorithm(key->key) : NULL;

	return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?}", "key", key->label, "state",
		key_states[key->state], "kid", judge_key_name(key), "alg",
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
static size_t take_share(struct held_share *share, const struct registry_entry *entry)
{
	size_t most = share->of_one < share->of_all ? share->of_one : share->of_all;

	if (entry->dead && share->of_one != SIZE_MAX)
		return 0;
	most = most < entry->key_count ? most : entry->key_count;
	share->of_all -= most;
	return most;
}

struct json_t *held_json(
	struct answers *answers, const struct route_request *request, struct held_share keys)
{
	struct registry *registry = answers->registry;
	json_t *list = json_array();

	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);
		json_t *json;

		if (!answers_is_meant(request, entry->app))
			continue;
		json = entry_json(registry, entry, take_share(&keys, entry));
		if (json && keys.of_one != SIZE_MAX)
			dump_set(&json, "key_count", json_integer((json_int_t)entry->key_count));
		dump_append(&list, json);
	}
	return json_pack("{s:i, s:s, s:I, s:o, s:o}", "v", 1, "fingerprint_key",
		fingerprint_key_id(answers->key), "generation",
		(json_int_t)registry_generation(registry), "apps", list, "profiles",
		profiles_json(answers, request));
}

void held_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	answers_finish(reply, 200, held_json(answers, request, HELD_ALL_KEYS));
}
