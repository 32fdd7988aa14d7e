// Candidates come from the newest bundle back; a value that several apps hold is tried once. Every
// try is charged what it costs at most, and when the account is empty the rest is only counted.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/trial.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/respell.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <sodium.h>

// What things cost, in nanoseconds.
#define COST_LOOK 100      // at a candidate: found, hashed, perhaps skipped
#define COST_HMAC 900      // a key's states, and the end
#define COST_BLOCK_256 100 // 64 bytes of SHA-256
#define COST_BLOCK_512 450 // 128 bytes of SHA-512
#define COST_DERIVE 16000  // a session's key
#define COST_OPEN_BYTE 3   // a byte of a session, authenticated
#define COST_FORMS 25000   // all misspellings of a secret, made
#define COST_FORM_BYTE 200 // for each of its bytes
#define COST_PUBLIC 20000  // the text of a public key, made
#define COST_EDDSA 120000  // verified
#define COST_ECDSA 250000  // P-256; the larger curves by the square of their size

#define NAMES_BITS 4096

struct trial {
	const struct trial_question *question;
	struct trial_match *match;
	uint64_t spent, limit; // in nanoseconds
	size_t tried, left;
	bool closed; // nothing more is tried
	const char *salts[PROFILE_COOKIES_MAX + 2];
	size_t salt_count, seen;
	uint8_t names[NAMES_BITS / 8]; // of keys that profiles use, by a hash
};

// ---- the account

static bool may_spend(struct trial *trial, uint64_t cost)
{
	if (trial->closed || trial->spent + cost > trial->limit) {
		trial->closed = true;
		return false;
	}
	trial->spent += cost;
	return true;
}

static bool may_try(struct trial *trial, uint64_t cost)
{
	if (trial->tried >= DIAGNOSE_TRIES_MAX)
		trial->closed = true;
	if (!may_spend(trial, cost))
		return false;
	trial->tried++;
	return true;
}

static uint64_t hmac_cost(const struct trial_subject *subject, size_t secret_length)
{
	uint64_t bytes = subject->input_length + secret_length;

	if (subject->hash_bits == 256)
		return COST_HMAC + (bytes / 64 + 1) * COST_BLOCK_256;
	return COST_HMAC + (bytes / 128 + 1) * COST_BLOCK_512;
}

// Whether a value (for `purpose`) comes for the first time. When the table is full it always does.
static bool is_new(struct trial *trial, struct secret value, uint8_t purpose)
{
	struct trial_room *room = trial->question->room;
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;
	size_t at;

	(void)crypto_shorthash(out, secret_bytes(value), value.length, room->seen_key);
	memcpy(&hash, out, sizeof(hash));
	hash = (hash ^ purpose) | 256; // never 0, which is a free place
	for (at = hash >> 9 & (TRIAL_SEEN - 1); room->seen[at]; at = (at + 1) & (TRIAL_SEEN - 1))
		if (room->seen[at] == hash)
			return false;
	if (trial->seen < TRIAL_SEEN / 4 * 3) {
		room->seen[at] = hash;
		trial->seen++;
	}
	return true;
}

// ---- one try

static bool opens(struct trial *trial, const struct jwe_key *key)
{
	const struct trial_subject *subject = trial->question->subject;

	return jwe_open(key, subject->enc, &subject->parts, trial->question->room->plain,
		&trial->match->plain_size);
}

static bool opens_derived(
	struct trial *trial, struct secret secret, enum jwe_kind kind, const char *salt)
{
	const struct trial_subject *subject = trial->question->subject;
	struct jwe_key *key;
	bool opened;

	if (!jwe_kind_has(kind, subject->enc) ||
		!may_try(trial,
			COST_DERIVE + COST_OPEN_BYTE * (uint64_t)subject->parts.ciphertext_size))
		return false;
	key = secret.length ? jwe_key_new(kind, secret, salt, trial->question->arena)
			    : jwe_key_of_nothing(kind, salt, trial->question->arena);
	opened = key && opens(trial, key);
	jwe_key_free(key);
	if (opened) {
		trial->match->kind = kind;
		trial->match->salt = salt;
	}
	return opened;
}

// Whether the bytes of a secret made the token.
static bool made(struct trial *trial, struct secret secret)
{
	const struct trial_subject *subject = trial->question->subject;
	struct hmac *hmac = &trial->question->room->hmac;

	if (subject->is_session) {
		if (opens_derived(trial, secret, JWE_NEXTAUTH_V4, ""))
			return true;
		for (size_t i = 0; i < trial->salt_count; i++)
			if (opens_derived(trial, secret, JWE_AUTHJS_V5, trial->salts[i]))
				return true;
		return false;
	}
	if (!subject->hash_bits || !may_try(trial, hmac_cost(subject, secret.length)))
		return false;
	hmac_init(hmac, subject->hash_bits, secret);
	return hmac_is(hmac, subject->input, subject->input_length, subject->signature,
		subject->signature_size);
}

// ---- keys of profiles

static bool is_of_type(const struct algorithm *key, const struct algorithm *header)
{
	bool rsa = key->family == ALGORITHM_RSA_PKCS1 || key->family == ALGORITHM_RSA_PSS;

	if (!header)
		return false;
	if (rsa)
		return header->family == ALGORITHM_RSA_PKCS1 || header->family == ALGORITHM_RSA_PSS;
	return key->family == header->family;
}

static uint64_t key_cost(const struct algorithm *algorithm, const struct trial_subject *subject)
{
	uint64_t size = subject->signature_size, hashing = hmac_cost(subject, 0);

	switch (algorithm->family) {
	case ALGORITHM_HMAC:
		return hashing;
	case ALGORITHM_EDDSA:
		return hashing + COST_EDDSA;
	case ALGORITHM_ECDSA:
		size = algorithm->signature_size;
		return hashing + COST_ECDSA * size * size / 4096;
	default: // RSA: a square of the modulus
		return hashing + size * size;
	}
}

static bool key_made(struct trial *trial, const struct key *key)
{
	const struct trial_subject *subject = trial->question->subject;
	const struct algorithm *algorithm = key_algorithm(key);

	if (algorithm->family == ALGORITHM_HMAC ? algorithm->hash_bits != subject->hash_bits
						: !is_of_type(algorithm, subject->algorithm))
		return false;
	if (!may_try(trial, key_cost(algorithm, subject)))
		return false;
	if (key_verifies(key, subject->input, subject->input_length, subject->signature,
		    subject->signature_size))
		return true;
	return algorithm->family != ALGORITHM_HMAC &&
	       may_spend(trial, key_cost(algorithm, subject)) &&
	       key_verifies_oddly(key, subject->input, subject->input_length, subject->signature,
		       subject->signature_size, &trial->match->odd);
}

static bool session_made(
	struct trial *trial, const struct profile *profile, const struct profile_key *key)
{
	const struct trial_subject *subject = trial->question->subject;
	enum jwe_kind kind =
		profile->rules->kind == PROFILE_AUTHJS_V5 ? JWE_AUTHJS_V5 : JWE_NEXTAUTH_V4;

	if (!jwe_kind_has(kind, subject->enc))
		return false;
	for (size_t i = 0; i < PROFILE_COOKIES_MAX; i++) {
		if (!key->sessions[i] ||
			!may_try(trial, COST_OPEN_BYTE * (uint64_t)subject->parts.ciphertext_size +
						COST_HMAC))
			continue;
		if (opens(trial, key->sessions[i])) {
			trial->match->kind = kind;
			return true;
		}
	}
	return false;
}

static const enum diagnose_what key_whats[] = {
	[KEY_ACTIVE] = DIAGNOSE_WINNER,
	[KEY_RETIRING] = DIAGNOSE_WINNER,
	[KEY_PENDING] = DIAGNOSE_PENDING,
	[KEY_RETIRED] = DIAGNOSE_RETIRED,
};

static bool try_profile(struct trial *trial, const struct profile *profile)
{
	for (size_t i = 0; i < profile->key_count; i++) {
		const struct profile_key *key = &profile->keys[i];
		bool made_it = trial->question->subject->is_session
				       ? session_made(trial, profile, key)
				       : key->key && key_made(trial, key->key);

		if (!made_it)
			continue;
		trial->match->what = key_whats[key->state];
		trial->match->profile = profile;
		trial->match->profile_key = key;
		return true;
	}
	return false;
}

// Of the asked profile the keys are tried before.
static bool try_profiles(struct trial *trial)
{
	const struct trial_question *question = trial->question;

	for (size_t i = 0; i < keyring_size(question->keyring); i++) {
		const struct profile *profile = keyring_at(question->keyring, i);

		if (profile != question->profile && try_profile(trial, profile))
			return true;
	}
	return false;
}

// ---- candidates of the vault

static unsigned name_bit(const char *name)
{
	unsigned hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash % NAMES_BITS;
}

static void collect_names(struct trial *trial)
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
		.make = source->options.encoding == KEY_HEX ? respell_decode16 : respell_decode64};
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
		if (decoded.length && is_new(trial, decoded, 1) && made(trial, decoded))
			return found(trial, place, candidate, what);
	}
	if (!is_new(trial, candidate->value, 1))
		return false;
	if (made(trial, candidate->value)) {
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

	if (made(forming->trial, form))
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
	if (!is_new(trial, value, 2))
		return false;
	if (may_spend(trial, COST_FORMS + COST_FORM_BYTE * (uint64_t)value.length))
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
		if (!may_spend(trial, COST_LOOK))
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

// ---- files of keys, and what everybody can read

// Tries the texts of a profile's key files.
static bool try_files_of(
	struct trial *trial, const struct pass *pass, const struct profile *profile)
{
	for (size_t i = 0; i < profile->key_count; i++) {
		const struct profile_key *key = &profile->keys[i];
		const struct candidate candidate = {.kind = CANDIDATE_WINNER, .value = key->text};
		const struct place place = {.profile_key = key,
			.name = key->text.length ? text_basename(key->source->file) : "",
			.profile = profile,
			.source = key->source};

		if (key->text.length && may_spend(trial, COST_LOOK) &&
			pass->attempt(trial, &place, &candidate, key_whats[key->state]))
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

// The text of a public key, as a file has it and without the line end.
static bool made_of_public(struct trial *trial, const struct key *key)
{
	char *pem = may_spend(trial, COST_PUBLIC) ? key_public_pem(key) : NULL;
	size_t length = pem ? strlen(pem) : 0;
	bool made_it = length && (made(trial, secret_view(pem, length)) ||
					 made(trial, secret_view(pem, length - 1)));

	free(pem);
	return made_it;
}

static bool try_public_keys(struct trial *trial)
{
	const struct keyring *keyring = trial->question->keyring;

	for (size_t i = 0; i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);

		for (size_t k = 0; k < profile->key_count; k++) {
			const struct profile_key *key = &profile->keys[k];

			if (!key->key || key_algorithm(key->key)->family == ALGORITHM_HMAC ||
				!made_of_public(trial, key->key))
				continue;
			trial->match->what = DIAGNOSE_WINNER;
			trial->match->profile = profile;
			trial->match->profile_key = key;
			trial->match->by_public_text = true;
			return true;
		}
	}
	return false;
}

// A reference to a variable, taken for its value.
static bool try_reference(struct trial *trial, const char *before, const char *name)
{
	char *text = trial->match->placeholder;
	const size_t size = sizeof(trial->match->placeholder);
	int length =
		snprintf(text, size, "%s%s%s", before, name, text_ends(before, "{") ? "}" : "");

	if (length < 0 || (size_t)length >= size ||
		!is_new(trial, secret_view(text, (size_t)length), 1) ||
		!made(trial, secret_view(text, (size_t)length)))
		return false;
	trial->match->what = DIAGNOSE_PLACEHOLDER;
	trial->match->is_reference = true;
	return true;
}

static bool try_references_to(struct trial *trial, const char *name)
{
	static const char *const befores[] = {"$", "${", "process.env.", ""};

	for (size_t i = 0; i < ARRAY_SIZE(befores); i++)
		if (try_reference(trial, befores[i], name))
			return true;
	return false;
}

// Names that profiles know; for what costs little, those of all secrets.
static bool try_references(struct trial *trial)
{
	const struct trial_question *question = trial->question;

	for (size_t i = 0; i < keyring_size(question->keyring); i++) {
		const struct profile_rules *rules = keyring_at(question->keyring, i)->rules;

		for (size_t j = 0; j < rules->source_count; j++)
			if (rules->sources[j].key &&
				try_references_to(trial, rules->sources[j].key))
				return true;
	}
	for (size_t i = vault_snapshot_size(question->vault);
		!question->subject->is_session && i-- > 0;) {
		uint64_t id;
		const struct bundle *bundle = vault_snapshot_at(question->vault, i, &id);

		for (size_t j = 0; j < bundle->key_count && !trial->closed; j++)
			if (bundle->keys[j].flags & BUNDLE_KEY_SECRET &&
				try_references_to(trial, bundle->keys[j].name))
				return true;
	}
	return false;
}

// ---- known texts

// A known text as it is spelt, then as one would spell it from its folded form.
static bool try_text(struct trial *trial, const char *text, const char *dash)
{
	char *spelt = trial->match->placeholder;
	size_t length = strlen(text);

	if (length >= sizeof(trial->match->placeholder))
		return false;
	for (size_t i = 0; i <= length; i++)
		spelt[i] = text[i] == '-' ? *dash : text[i];
	if (!is_new(trial, secret_view(spelt, length), 1) ||
		!made(trial, secret_view(spelt, length)))
		return false;
	trial->match->what = DIAGNOSE_PLACEHOLDER;
	return true;
}

static bool try_known_texts(struct trial *trial)
{
	bool session = trial->question->subject->is_session;
	const char *text;

	if (made(trial, SECRET_NONE)) {
		trial->match->what = DIAGNOSE_EMPTY;
		return true;
	}
	for (size_t i = 0; !trial->closed && (text = placeholder_text(i)); i++) {
		if (session && i >= placeholder_spelt)
			break;
		if (try_text(trial, text, "-") || (!session && try_text(trial, text, "_")))
			return true;
	}
	return false;
}

// The names that the cookie of a session may have had.
static void collect_salts(struct trial *trial)
{
	const struct profile *profile = trial->question->profile;

	trial->salts[trial->salt_count++] = "authjs.session-token";
	trial->salts[trial->salt_count++] = "__Secure-authjs.session-token";
	for (size_t i = 0; profile && profile->rules->kind == PROFILE_AUTHJS_V5 &&
			   i < profile->rules->cookies.count && i < PROFILE_COOKIES_MAX;
		i++) {
		const char *name = profile->rules->cookies.items[i];

		if (!text_equal(name, trial->salts[0]) && !text_equal(name, trial->salts[1]))
			trial->salts[trial->salt_count++] = name;
	}
}

// Whether a secret can have made it. Of a key pair's signature spelling secrets is work for
// nothing.
static bool needs_secret(const struct trial_subject *subject)
{
	return subject->is_session || subject->hash_bits;
}

static bool try_secrets(struct trial *trial)
{
	return (!trial->question->subject->is_session && try_public_keys(trial)) ||
	       try_passes(trial, exact_passes, ARRAY_SIZE(exact_passes)) ||
	       try_files(trial, &exact_passes[0]) || try_known_texts(trial) ||
	       try_references(trial) || try_files(trial, &form_passes[0]) ||
	       try_passes(trial, form_passes, ARRAY_SIZE(form_passes));
}

// First what the asked profile has, by whatever hash: the same value elsewhere is no other key.
static bool try_all(struct trial *trial)
{
	const struct profile *asked = trial->question->profile;
	bool secrets = needs_secret(trial->question->subject);

	if (asked && (try_profile(trial, asked) ||
			     (secrets && (try_pass(trial, &asked_pass) ||
						 try_files_of(trial, &asked_pass, asked)))))
		return true;
	return try_profiles(trial) || (secrets && try_secrets(trial));
}

void trial_run(const struct trial_question *question, struct trial_match *ret_match,
	size_t *ret_tried, size_t *ret_left)
{
	struct trial_match match = {0};
	struct trial trial = {.question = question, .match = &match};

	trial.limit = (question->cost_us ? question->cost_us : DIAGNOSE_COST_MAX_US) * 1000;
	randombytes_buf(question->room->seen_key, sizeof(question->room->seen_key));
	collect_names(&trial);
	if (question->subject->is_session)
		collect_salts(&trial);
	(void)try_all(&trial);
	if (match.what == DIAGNOSE_READING) {
		const struct candidate *winner = bundle_winner(match.key);

		if (winner)
			match.mistake = nearmiss_between(winner->value, match.key->name,
				match.candidate->value, &question->room->nearmiss);
	}
	*ret_match = match;
	*ret_tried = trial.tried;
	*ret_left = trial.left;
}

const struct bundle *trial_newest(const struct vault_snapshot *vault, const char *app)
{
	for (size_t i = vault_snapshot_size(vault); i-- > 0;) {
		uint64_t id;
		const struct bundle *bundle = vault_snapshot_at(vault, i, &id);

		if (bundle->phase == BUNDLE_PHASE_START && text_equal(bundle->app, app))
			return bundle;
	}
	return NULL;
}
