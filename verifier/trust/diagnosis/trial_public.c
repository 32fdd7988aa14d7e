// Each of these texts is as good as published: who verifies with one lets anybody in.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/trial_public.h"

#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/attempt.h"
#include "verifier/trust/diagnosis/publictext.h"
#include "verifier/trust/diagnosis/trying.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#define COST_PUBLIC 20000 // nanoseconds: the text of a public key, made

// ---- public keys

// The text of a public key, as a file has it and without the line end.
static bool made_of_public(struct trial *trial, const struct key *key)
{
	char *pem = attempt_may_spend(trial, COST_PUBLIC) ? key_public_pem(key) : NULL;
	size_t length = pem ? strlen(pem) : 0;
	bool made_it = length && (attempt_by_secret(trial, secret_view(pem, length)) ||
					 attempt_by_secret(trial, secret_view(pem, length - 1)));

	free(pem);
	return made_it;
}

bool trial_public_keys(struct trial *trial)
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

// ---- references

// Tries what publictext wrote, `length` bytes.
static bool try_written(struct trial *trial, size_t length)
{
	struct secret text = secret_view(trial->match->placeholder, length);

	if (!length || !attempt_is_new(trial, text, ATTEMPT_EXACT) ||
		!attempt_by_secret(trial, text))
		return false;
	trial->match->what = DIAGNOSE_PLACEHOLDER;
	return true;
}

// References to a variable, taken for its value.
static bool try_references_to(struct trial *trial, const char *name)
{
	for (size_t i = 0; i < PUBLICTEXT_REFERENCES; i++)
		if (try_written(trial, publictext_refer(i, name, trial->match->placeholder))) {
			trial->match->is_reference = true;
			return true;
		}
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

static bool try_text(struct trial *trial, const char *text, char dash)
{
	return try_written(trial, publictext_spell(text, dash, trial->match->placeholder));
}

// Each as it is spelt, then as one would spell it from its folded form.
static bool try_known_texts(struct trial *trial)
{
	bool session = trial->question->subject->is_session;
	const char *text;

	if (attempt_by_secret(trial, SECRET_NONE)) {
		trial->match->what = DIAGNOSE_EMPTY;
		return true;
	}
	for (size_t i = 0; !trial->closed && (text = placeholder_text(i)); i++) {
		if (session && i >= placeholder_spelt)
			break;
		if (try_text(trial, text, '-') || (!session && try_text(trial, text, '_')))
			return true;
	}
	return false;
}

bool trial_public_texts(struct trial *trial)
{
	return try_known_texts(trial) || try_references(trial);
}
