// The judgement of a token by a profile: form, header, key, signature, claims, in this order, each
// only when all before it was good (RFC 7515, 7516, 7519, 8725). Allocates nothing.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_TOKEN_H
#define VERIFIER_TRUST_TOKEN_TOKEN_H

#include "lib/base/base.h"
#include "verifier/trust/form/strictjson.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token_code.h"

#define TOKEN_MAX (16u * 1024) // bytes of a token
#define TOKEN_DETAIL_SIZE 200
#define TOKEN_FUTURE_S 60                    // an iat further ahead than this is refused
#define TOKEN_DATE_MAX INT64_C(253402300799) // the end of year 9999

// How a stage is written for programs.
const char *token_stage_text(enum token_stage stage);

// Claims that every judgement looks at.
enum token_claim {
	TOKEN_ISS,
	TOKEN_SUB,
	TOKEN_AUD,
	TOKEN_EXP,
	TOKEN_NBF,
	TOKEN_IAT,
	TOKEN_JTI,
	TOKEN_CLAIM_COUNT,
};

// Room for what is decoded; use it again for the next token. Wipe it when tokens were secrets.
struct token_scratch {
	char header[TOKEN_MAX / 4 * 3 + 3];
	char payload[TOKEN_MAX / 4 * 3 + 3];
	uint8_t sealed[TOKEN_MAX / 4 * 3 + 3]; // of a session: what is encrypted
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
};

struct token_options {
	int64_t now_ms;       // CLOCK_REALTIME
	const char *audience; // a further audience that must be there, or NULL
	size_t audience_length;
	const char *cookie; // for a session kind: the cookie that it came in, or NULL: any
	bool may_be_ahead;  // an iat in the future is no fault: the caller has a record of it
};

// What is known about a token. Views point into the scratch and into the profile.
struct token_verdict {
	enum token_code code;
	enum token_stage stage;
	char detail[TOKEN_DETAIL_SIZE]; // one sentence, printable; "" for TOKEN_OK
	struct strictjson_value kid;    // of the header, not verified
	const char *algorithm;          // "HS256", or the enc of a session; NULL before it is known
	const struct profile_key *key;  // that verified it, else NULL
	// Only once the signature is good:
	const char *claims; // the payload, as it was signed
	size_t claims_length;
	struct strictjson_member known[TOKEN_CLAIM_COUNT];    // by enum token_claim
	struct strictjson_member required[PROFILE_LIST_MAX];  // by rules->require
	struct strictjson_member forwarded[PROFILE_LIST_MAX]; // by rules->forward
	int64_t expires_in_s; // from now to exp, without leeway, at least 0; -1 without exp
};

// Judges a token. `scratch` is written; the verdict lives as long as it and the profile.
void token_verify(const struct profile *profile, const char *token, size_t length,
	const struct token_options *options, struct token_scratch *scratch,
	struct token_verdict *ret_verdict);

// Records why a token is not accepted, for those who judge a part of it; what is not printable in
// the detail is escaped, and what is too long is cut.
// Returns: false.
bool token_refuse(struct token_verdict *verdict, enum token_code code, enum token_stage stage,
	const char *format, ...) printf_like(4, 5);

// Records that the header or the payload (`what`) is no JSON object that we take: `result` is not
// STRICTJSON_OK, `at` the offset of what is wrong.
// Returns: false.
bool token_refuse_json(struct token_verdict *verdict, enum strictjson_result result,
	enum token_stage stage, const char *what, size_t at);

#endif
