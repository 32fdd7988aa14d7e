// The order of a trial: the asked profile first, then the other profiles, then what only a secret
// can have made, from what is held to what is guessed.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/trial.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/attempt.h"
#include "verifier/trust/diagnosis/trial_held.h"
#include "verifier/trust/diagnosis/trial_public.h"
#include "verifier/trust/diagnosis/trying.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <sodium.h>

const enum diagnose_what trial_whats[] = {
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
				       ? attempt_by_session(trial, profile, key)
				       : key->key && attempt_by_key(trial, key->key);

		if (!made_it)
			continue;
		trial->match->what = trial_whats[key->state];
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
	return (!trial->question->subject->is_session && trial_public_keys(trial)) ||
	       trial_held_exact(trial) || trial_public_texts(trial) || trial_held_misspelt(trial);
}

// First what the asked profile has, by whatever hash: the same value elsewhere is no other key.
static bool try_all(struct trial *trial)
{
	const struct profile *asked = trial->question->profile;
	bool secrets = needs_secret(trial->question->subject);

	if (asked && (try_profile(trial, asked) || (secrets && trial_held_asked(trial, asked))))
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
	trial_held_init(&trial);
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
