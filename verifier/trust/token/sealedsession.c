// Where a signed token has a signature that is verified, a session has a tag: opening it with a key
// is both.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/sealedsession.h"

#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/compact.h"
#include "verifier/trust/token/judging.h"
#include "verifier/trust/token/keychoice.h"

#define NAME_MAX_SIZE 128 // of an enc that can be the right one
#define IV_SIZE_MAX 48    // bytes; more than any enc has
#define TAG_SIZE_MAX 96   // bytes; the same
#define SESSIONS_TRIED_MAX (PROFILE_TRIED_MAX * PROFILE_COOKIES_MAX)

bool sealedsession_decode(struct judging *it, struct sealedsession *session)
{
	struct token_scratch *scratch = it->scratch;
	uint8_t *iv = scratch->signature, *tag = scratch->signature + IV_SIZE_MAX;

	if (it->parts[1].length)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it has an encrypted key, and a session of this kind has none");
	session->parts = (struct jwe_parts){
		.aad = it->parts[0].text,
		.aad_length = it->parts[0].length,
		.iv = iv,
		.iv_size = base64url_decoded_size(it->parts[2].length),
		.ciphertext = scratch->sealed,
		.ciphertext_size = base64url_decoded_size(it->parts[3].length),
		.tag = tag,
		.tag_size = base64url_decoded_size(it->parts[4].length),
	};
	it->header_size = base64url_decoded_size(it->parts[0].length);
	return compact_decode(it, 0, "header", scratch->header, sizeof(scratch->header)) &&
	       compact_decode(it, 2, "iv", iv, IV_SIZE_MAX) &&
	       compact_decode(it, 3, "ciphertext", scratch->sealed, sizeof(scratch->sealed)) &&
	       compact_decode(it, 4, "tag", tag, TAG_SIZE_MAX);
}

static enum jwe_kind session_kind(const struct judging *it)
{
	return it->profile->rules->kind == PROFILE_NEXTAUTH_V4 ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5;
}

static bool judge_enc(struct judging *it, enum jwe_enc *ret_enc)
{
	char name[NAME_MAX_SIZE];
	size_t length;

	if (!strictjson_is(judging_header(it, JOSEHEADER_ALG), "dir", 3))
		return joseheader_refuse_algorithm(it, JOSEHEADER_ALG);
	length = strictjson_unescape(judging_header(it, JOSEHEADER_ENC), name, sizeof(name));
	if (length > sizeof(name) || !jwe_enc_find(name, length, ret_enc) ||
		!jwe_kind_has(session_kind(it), *ret_enc))
		return joseheader_refuse_algorithm(it, JOSEHEADER_ENC);
	it->verdict->algorithm = jwe_enc_name(*ret_enc);
	return true;
}

// Whether a session key may be the one: its salt is the cookie's name where that is known, and
// Auth.js itself opens a token that has a kid only with the key of that kid.
static bool may_open(
	const struct judging *it, const struct profile_key *key, size_t salt, enum jwe_enc enc)
{
	const struct profile_rules *rules = it->profile->rules;
	const struct strictjson_value *kid = judging_header(it, JOSEHEADER_KID);
	const char *id;

	if (!key->sessions[salt])
		return false;
	if (rules->kind == PROFILE_NEXTAUTH_V4)
		return true;
	if (it->options->cookie &&
		(salt >= rules->cookies.count ||
			strcmp(rules->cookies.items[salt], it->options->cookie) != 0))
		return false;
	id = jwe_key_id(key->sessions[salt], enc);
	return kid->type == STRICTJSON_ABSENT || strictjson_is(kid, id, strlen(id));
}

static bool refuse_session(struct judging *it, size_t tried, const struct profile_key *barred)
{
	const char *cookie = it->options->cookie;
	bool has_kid = judging_header(it, JOSEHEADER_KID)->type == STRICTJSON_STRING;

	if (!tried && has_kid)
		return keychoice_refuse_kid(it, barred);
	if (!tried)
		return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
			"profile %s has no key for the cookie %.64s", it->profile->rules->name,
			cookie ? cookie : "that it came in");
	return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
		"no key of profile %s opens it (%zu tried%s%.64s)", it->profile->rules->name, tried,
		cookie ? ", cookie " : "", cookie ? cookie : "");
}

static bool open_session(struct judging *it, const struct sealedsession *session)
{
	const struct profile_key *barred = NULL;
	size_t tried = 0;

	for (size_t i = 0; i < it->profile->key_count * PROFILE_COOKIES_MAX; i++) {
		const struct profile_key *key = &it->profile->keys[i / PROFILE_COOKIES_MAX];
		size_t salt = i % PROFILE_COOKIES_MAX;

		if (tried == SESSIONS_TRIED_MAX || !may_open(it, key, salt, session->enc))
			continue;
		if (!key_state_verifies(key->state)) {
			barred = key;
			continue;
		}
		tried++;
		if (!jwe_open(key->sessions[salt], session->enc, &session->parts,
			    (uint8_t *)it->scratch->payload, &it->payload_size))
			continue;
		it->verdict->key = key;
		return true;
	}
	return refuse_session(it, tried, barred);
}

bool sealedsession_open(struct judging *it, struct sealedsession *session)
{
	return judge_enc(it, &session->enc) && open_session(it, session);
}
