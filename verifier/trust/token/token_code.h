// Why a token is not accepted, as a code, and the stage of its judgement where that was found.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_TOKEN_CODE_H
#define VERIFIER_TRUST_TOKEN_TOKEN_CODE_H

#include "lib/base/base.h"
#include "verifier/trust/form/strictjson.h"

// Why a token is not accepted; token_code_text has the stable codes.
enum token_code {
	TOKEN_OK,
	TOKEN_E_MALFORMED,
	TOKEN_E_ENCODING,
	TOKEN_E_TOO_LARGE,
	TOKEN_E_TOO_DEEP,
	TOKEN_E_JSON,
	TOKEN_E_DUPLICATE,
	TOKEN_E_UTF8,
	TOKEN_E_HEADER,
	TOKEN_E_ALG,     // alg_not_allowed
	TOKEN_E_ALG_KEY, // alg_key_mismatch: the key that its kid names has another algorithm
	TOKEN_E_KEY_UNKNOWN,
	TOKEN_E_KEY_UNUSABLE, // not the token's fault: the profile has no key
	TOKEN_E_CRIT,
	TOKEN_E_NESTED,
	TOKEN_E_TYP,
	TOKEN_E_SIGNATURE,
	TOKEN_E_EXPIRED,
	TOKEN_E_NOT_YET,
	TOKEN_E_FUTURE,
	TOKEN_E_ISS,
	TOKEN_E_AUD,
	TOKEN_E_CLAIM_MISSING,
	TOKEN_E_CLAIM_INVALID,
	TOKEN_E_CLAIM_UNSAFE, // a claim that is to be forwarded holds control characters
	TOKEN_E_REVOKED,
	TOKEN_E_STORE_AWAY, // not the token's fault: nobody can say whether it was revoked
	TOKEN_CODES,        // how many there are
};

// The stage where it failed.
enum token_stage { TOKEN_FORM, TOKEN_HEADER, TOKEN_KEY, TOKEN_SIGNATURE, TOKEN_CLAIMS };

// How a code is written for programs and for people.
const char *token_code_text(enum token_code code);  // "signature_invalid"; "ok"
const char *token_code_title(enum token_code code); // "the signature is not valid"

// Whether it is no fault of the token's: it may be good at another time, as it is.
bool token_code_is_ours(enum token_code code);

// The code for JSON that is not taken: `result` is not STRICTJSON_OK.
enum token_code token_code_of_json(enum strictjson_result result);

#endif
