// The third stage of a judgement.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/keychoice.h"

#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/judging.h"

#define ALG_MAX_SIZE 128 // of an alg that can be a key's

bool keychoice_refuse_kid(const struct judging *it, const struct profile_key *named)
{
	char shown[JOSEHEADER_SHOWN_SIZE];

	(void)joseheader_show(it, JOSEHEADER_KID, shown);
	if (named)
		return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
			"kid is \"%s\": %.64s, which is %s and does not verify", shown,
			named->label, key_states[named->state]);
	return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
		"kid is \"%s\", and profile %s has no such key", shown, it->profile->rules->name);
}

static bool is_named(const struct judging *it, const struct key *key)
{
	const struct strictjson_value *kid = judging_header(it, JOSEHEADER_KID);
	const char *id = key_id(key);

	return kid->type == STRICTJSON_STRING && id && strictjson_is(kid, id, strlen(id));
}

static void look_up(
	const struct judging *it, const char *alg, size_t length, struct keychoice *choice)
{
	for (size_t i = 0; i < it->profile->key_count; i++) {
		const struct profile_key *key = &it->profile->keys[i];
		bool verifies = key_state_verifies(key->state), named = is_named(it, key->key);

		if (verifies && algorithm_is(key_algorithm(key->key), alg, length))
			choice->algorithm = key_algorithm(key->key);
		if (!named)
			continue;
		*(verifies ? &choice->named : &choice->barred) = key;
		if (verifies && key_has_given_id(key->key))
			choice->given = key;
	}
}

// Collects the keys to try: those that the kid names; by a thumbprint it names one to try first.
static void collect(const struct judging *it, struct keychoice *choice)
{
	bool has_kid = judging_header(it, JOSEHEADER_KID)->type == STRICTJSON_STRING;

	for (size_t i = 0; i < it->profile->key_count; i++) {
		const struct profile_key *key = &it->profile->keys[i];
		bool given = key_has_given_id(key->key), named = is_named(it, key->key);

		if (!key_state_verifies(key->state) || key_algorithm(key->key) != choice->algorithm)
			continue;
		if (choice->given ? !named || !given : has_kid && given)
			continue;
		choice->tried[choice->count++] = key;
		if (named) {
			choice->tried[choice->count - 1] = choice->tried[0];
			choice->tried[0] = key;
		}
	}
	if (choice->count > PROFILE_TRIED_MAX)
		choice->count = PROFILE_TRIED_MAX;
}

// The header's alg is only compared with those of keys that may verify (RFC 8725 section 3.1), its
// kid is a hint among them (RFC 7515 section 4.1.4).
void keychoice_make(const struct judging *it, struct keychoice *choice)
{
	char alg[ALG_MAX_SIZE], shown[JOSEHEADER_SHOWN_SIZE];
	size_t length = strictjson_unescape(judging_header(it, JOSEHEADER_ALG), alg, sizeof(alg));

	*choice = (struct keychoice){0};
	if (length <= sizeof(alg))
		look_up(it, alg, length, choice);
	if (!choice->algorithm) {
		(void)joseheader_refuse_algorithm(it, JOSEHEADER_ALG);
		return;
	}
	it->verdict->algorithm = choice->algorithm->name;
	if (choice->barred && !choice->named) {
		(void)keychoice_refuse_kid(it, choice->barred);
		return;
	}
	collect(it, choice);
	if (!choice->count && !choice->given)
		(void)keychoice_refuse_kid(it, NULL);
	else if (!choice->count)
		(void)token_refuse(it->verdict, TOKEN_E_ALG_KEY, TOKEN_KEY,
			"alg is %s, and the key that kid names (%s) is for %s",
			choice->algorithm->name, joseheader_show(it, JOSEHEADER_KID, shown),
			key_algorithm(choice->given->key)->name);
}
