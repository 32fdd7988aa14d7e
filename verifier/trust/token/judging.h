// A token's judgement in progress: what its stages hand on to each other.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_JUDGING_H
#define VERIFIER_TRUST_TOKEN_JUDGING_H

#include "verifier/trust/token/joseheader.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

// How many parts a token has.
#define JUDGING_PARTS_SIGNED 3 // header, payload, signature (RFC 7515 section 7.1)
#define JUDGING_PARTS_SEALED 5 // header, encrypted key, iv, ciphertext, tag (RFC 7516 section 7.1)
#define JUDGING_PARTS_MAX 6    // enough to know that there are too many

struct judging_part {
	const char *text;
	size_t length;
};

struct judging {
	const struct profile *profile;
	const struct token_options *options;
	struct token_scratch *scratch;
	struct token_verdict *verdict;
	struct judging_part whole, parts[JUDGING_PARTS_MAX];
	size_t count;                                     // of parts
	size_t header_size, payload_size, signature_size; // of what is in the scratch
	struct strictjson_member header[JOSEHEADER_MEMBERS];
};

// Whether the profile takes encrypted sessions, not signed tokens.
static inline bool judging_is_sealed(const struct judging *it)
{
	return it->profile->rules->kind != PROFILE_JWS;
}

// What the header, once it was read, says; STRICTJSON_ABSENT for nothing.
static inline const struct strictjson_value *judging_header(
	const struct judging *it, enum joseheader_member member)
{
	return &it->header[member].value;
}

#endif
