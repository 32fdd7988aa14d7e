// Candidates come from the newest bundle back; a value that several apps hold is tried once. What
// is not tried because the account is empty is counted.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/trial_held.h"

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/attempt.h"
#include "verifier/trust/diagnosis/nearmiss.h"
#include "verifier/trust/diagnosis/recode.h"
#include "verifier/trust/diagnosis/respell.h"
#include "verifier/trust/diagnosis/trying.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

// What things cost, in nanoseconds.
#define COST_LOOK 100      // at a candidate: found, hashed, perhaps skipped
#define COST_FORMS 25000   // all misspellings of a secret, made
#define COST_FORM_BYTE 200 // for each of its bytes

// ---- who uses a value

static unsigned name_bit(const char *name)
{
	unsigned hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash % TRYING_NAMES;
}

void trial_held_init(struct trial *trial)
{
	const struct keyring *keyring = trial->question->keyring;

	for (size_t i = 0; i < keyring_size(keyring); i++) {
		const struct profile_rules *rules = keyring_at(keyring, i)->rules;

		for (size_t j = 0; j < rules->source_count; j++) {
			unsigned bit = rules->sources[j].key ? name_bit(rules->sources[j].key) : 0;

			trial->names[bit / 8] |= (uint8_t)(1u << bit % 8);
		}
	}
}

// A profile's source that is this key of this app, the asked profile's first.
static const struct profile_source *find_source(const struct trial_question *question,
	const struct bundle *bundle, const struct bundle_key *key,
	const struct profile **ret_profile)
{
	const struct profile_source *found = NULL;

	for (size_t i = 0; i < keyring_size(question->keyring); i++) {
		const struct profile *profile = keyring_at(question->keyring, i);

		for (size_t j = 0; j < profile->rules->source_count; j++) {
			const struct profile_source *source = &profile->rules->sources[j];

			if (source->file || !text_equal(source->key, key->name) ||
				!text_equal(source->app, bundle->app) ||
				(found && profile != question->profile))
				continue;
			found = source;
			*ret_profile = profile;
			if (profile == question->profile)
				return found;
		}
	}
	return found;
}

static bool is_encoded(const struct profile_source *source)
{
	return source && (source->options.encoding == KEY_BASE64 ||
				 source->options.encoding == KEY_BASE64URL ||
				 source->options.encoding == KEY_HEX);
}

// The bytes that a text stands for, in the room.
static struct secret decode(struct trial *trial, const struct profile_source *source,
	const char *name, struct secret text)
{
	struct trial_room *room = trial->question->room;
	const struct respell_recipe recipe = {
		.make = source->options.encoding == KEY_HEX ? recode_decode16 : recode_decode64};
	struct respell_draft draft = {.from = secret_bytes(text),
		.length = text.length,
		.name = name,
		.form = room->decoded,
		.size = sizeof(room->decoded),
		.runes = room->nearmiss.runes};

	if (!recipe.make(&draft, &recipe) || draft.full)
		return SECRET_NONE;
	return secret_view(room->decoded, draft.used);
}

// A place of a value while places are walked: in the vault, or the file of a profile's key.
struct place {
	const struct bundle *bundle;
	const struct bundle_key *key;
	const struct profile_key *profile_key; // of a file
	const char *name;                      // of the value
	const struct profile *profile;         // that uses it, or NULL
	const struct profile_source *source;   // in which way
};

static bool found(struct trial *trial, const struct place *place, const struct candidate *candidate,
	enum diagnose_what what)
{
	struct trial_match *match = trial->match;

	match->what = what;
	match->bundle = place->bundle;
	match->key = place->key;
	match->candidate = place->bundle ? candidate : NULL;
	match->profile_key = place->profile_key;
	match->by_text = place->profile_key != NULL;
	match->profile = place->profile;
	match->source = place->source;
	return true;
}

static bool try_candidate(struct trial *trial, const struct place *place,
	const struct candidate *candidate, enum diagnose_what what)
{
	struct secret decoded;

	if (!candidate->value.length) // which is nobody's
		return false;
	if (is_encoded(place->source)) {
		decoded = decode(trial, place->source, place->name, candidate->value);
		if (decoded.length && attempt_is_new(trial, decoded, ATTEMPT_EXACT) &&
			attempt_by_secret(trial, decoded))
			return found(trial, place, candidate, what);
	}
	if (!attempt_is_new(trial, candidate->value, ATTEMPT_EXACT))
		return false;
	if (attempt_by_secret(trial, candidate->value)) {
		trial->match->not_decoded = is_encoded(place->source);
		return found(trial, place, candidate,
			trial->match->not_decoded ? DIAGNOSE_NEAR_MISS : what);
	}
	trial->left += trial->closed;
	return false;
}

// ---- misspellings

struct forming {
	struct trial *trial;
	const struct nearmiss *match;
};

static bool try_form(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct forming *forming = owner;

	if (attempt_by_secret(forming->trial, form))
		forming->match = nearmiss;
	return !forming->match && !forming->trial->closed;
}

static bool try_forms(struct trial *trial, const struct place *place,
	const struct candidate *candidate, enum diagnose_what what)
{
	struct forming forming = {.trial = trial};
	struct secret value = candidate->value;

	(void)what; // misspelt, it is a near miss, whatever else it is
	if (!value.length || value.length > NEARMISS_SECRET_MAX)
		return false;
	if (!attempt_is_new(trial, value, ATTEMPT_MISSPELT))
		return false;
	if (attempt_may_spend(trial, COST_FORMS + COST_FORM_BYTE * (uint64_t)value.length))
		(void)nearmiss_walk(
			value, place->name, &trial->question->room->nearmiss, try_form, &forming);
	if (forming.match) {
		trial->match->mistake = forming.match;
		return found(trial, place, candidate, DIAGNOSE_NEAR_MISS);
	}
	trial->left += trial->closed;
	return false;
}

// ---- the order

enum users { ASKED, USED, UNUSED, ALL }; // by the asked profile, or any

struct pass {
	bool (*attempt)(struct trial *trial, const struct place *place,
		const struct candidate *candidate, enum diagnose_what what);
	enum bundle_phase phase;
	enum candidate_kind kind;
	enum diagnose_what what;
	enum users users;
};

// What a build used and the start does not is as good as beaten.
static const struct pass exact_passes[] = {
	{try_candidate, BUNDLE_PHASE_START, CANDIDATE_WINNER, DIAGNOSE_WINNER, ALL},
	{try_candidate, BUNDLE_PHASE_START, CANDIDATE_SHADOWED, DIAGNOSE_SHADOWED, ALL},
	{try_candidate, BUNDLE_PHASE_BUILD, CANDIDATE_WINNER, DIAGNOSE_SHADOWED, ALL},
	{try_candidate, BUNDLE_PHASE_BUILD, CANDIDATE_SHADOWED, DIAGNOSE_SHADOWED, ALL},
	{try_candidate, BUNDLE_PHASE_START, CANDIDATE_READING, DIAGNOSE_READING, ALL},
	{try_candidate, BUNDLE_PHASE_BUILD, CANDIDATE_READING, DIAGNOSE_READING, ALL},
};
static const struct pass asked_pass = {
	try_candidate, BUNDLE_PHASE_START, CANDIDATE_WINNER, DIAGNOSE_WINNER, ASKED};
static const struct pass form_passes[] = {
	{try_forms, BUNDLE_PHASE_START, CANDIDATE_WINNER, DIAGNOSE_NEAR_MISS, USED},
	{try_forms, BUNDLE_PHASE_START, CANDIDATE_WINNER, DIAGNOSE_NEAR_MISS, UNUSED},
	{try_forms, BUNDLE_PHASE_BUILD, CANDIDATE_WINNER, DIAGNOSE_NEAR_MISS, ALL},
	{try_forms, BUNDLE_PHASE_START, CANDIDATE_SHADOWED, DIAGNOSE_NEAR_MISS, ALL},
};

static bool try_key(struct trial *trial, const struct pass *pass, struct place *place)
{
	const struct bundle_key *key = place->key;
	unsigned bit = name_bit(key->name);

	place->profile = NULL;
	place->source = NULL;
	place->name = key->name;
	if (trial->names[bit / 8] & 1u << bit % 8)
		place->source = find_source(trial->question, place->bundle, key, &place->profile);
	if (pass->users == ASKED && (!place->source || place->profile != trial->question->profile))
		return false;
	if (!place->source) {
		if (pass->users == USED || !(key->flags & BUNDLE_KEY_SECRET))
			return false;
	} else if (pass->users == UNUSED) {
		return false;
	}
	for (size_t i = 0; i < key->count; i++) {
		if (key->candidates[i].kind != pass->kind)
			continue;
		if (!attempt_may_spend(trial, COST_LOOK))
			trial->left++;
		else if (pass->attempt(trial, place, &key->candidates[i], pass->what))
			return true;
	}
	return false;
}

static bool try_pass(struct trial *trial, const struct pass *pass)
{
	const struct vault_snapshot *vault = trial->question->vault;

	for (size_t i = vault_snapshot_size(vault); i-- > 0;) {
		uint64_t id;
		struct place place = {.bundle = vault_snapshot_at(vault, i, &id)};

		if (place.bundle->phase != pass->phase)
			continue;
		for (size_t j = 0; j < place.bundle->key_count; j++) {
			place.key = &place.bundle->keys[j];
			if (try_key(trial, pass, &place))
				return true;
		}
	}
	return false;
}

static bool try_passes(struct trial *trial, const struct pass *passes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (try_pass(trial, &passes[i]))
			return true;
	return false;
}

// ---- files of keys

// Tries the texts of a profile's key files.
static bool try_files_of(
	struct trial *trial, const struct pass *pass, const struct profile *profile)
{
	for (size_t i = 0; i < profile->key_count; i++) {
		const struct profile_key *key = &profile->keys[i];
		const struct candidate candidate = {.kind = CANDIDATE_WINNER, .value = key->text};
		const struct place place = {.profile_key = key,
			.name = key->text.length ? path_basename(key->source->file) : "",
			.profile = profile,
			.source = key->source};

		if (key->text.length && attempt_may_spend(trial, COST_LOOK) &&
			pass->attempt(trial, &place, &candidate, trial_whats[key->state]))
			return true;
	}
	return false;
}

static bool try_files(struct trial *trial, const struct pass *pass)
{
	const struct keyring *keyring = trial->question->keyring;

	for (size_t i = 0; i < keyring_size(keyring); i++)
		if (try_files_of(trial, pass, keyring_at(keyring, i)))
			return true;
	return false;
}

// ---- the parts of the order

bool trial_held_asked(struct trial *trial, const struct profile *asked)
{
	return try_pass(trial, &asked_pass) || try_files_of(trial, &asked_pass, asked);
}

bool trial_held_exact(struct trial *trial)
{
	return try_passes(trial, exact_passes, ARRAY_SIZE(exact_passes)) ||
	       try_files(trial, &exact_passes[0]);
}

bool trial_held_misspelt(struct trial *trial)
{
	return try_files(trial, &form_passes[0]) ||
	       try_passes(trial, form_passes, ARRAY_SIZE(form_passes));
}
