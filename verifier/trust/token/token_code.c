// The tables of codes.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token_code.h"

#include "lib/value/problem.h"

static const char *const codes[TOKEN_CODES] = {
	[TOKEN_OK] = "ok",
	[TOKEN_E_MALFORMED] = "malformed",
	[TOKEN_E_ENCODING] = "encoding_invalid",
	[TOKEN_E_TOO_LARGE] = "too_large",
	[TOKEN_E_TOO_DEEP] = "too_deep",
	[TOKEN_E_JSON] = "json_invalid",
	[TOKEN_E_DUPLICATE] = "json_duplicate",
	[TOKEN_E_UTF8] = "utf8_invalid",
	[TOKEN_E_HEADER] = "header_invalid",
	[TOKEN_E_ALG] = "alg_not_allowed",
	[TOKEN_E_ALG_KEY] = "alg_key_mismatch",
	[TOKEN_E_KEY_UNKNOWN] = "key_unknown",
	[TOKEN_E_KEY_UNUSABLE] = "key_unusable",
	[TOKEN_E_CRIT] = "crit_unsupported",
	[TOKEN_E_NESTED] = "nested_unsupported",
	[TOKEN_E_TYP] = "typ_mismatch",
	[TOKEN_E_SIGNATURE] = "signature_invalid",
	[TOKEN_E_EXPIRED] = "expired",
	[TOKEN_E_NOT_YET] = "not_yet_valid",
	[TOKEN_E_FUTURE] = "issued_in_future",
	[TOKEN_E_ISS] = "iss_mismatch",
	[TOKEN_E_AUD] = "aud_mismatch",
	[TOKEN_E_CLAIM_MISSING] = "claim_missing",
	[TOKEN_E_CLAIM_INVALID] = "claim_invalid",
	[TOKEN_E_CLAIM_UNSAFE] = "claim_unsafe",
	[TOKEN_E_REVOKED] = "revoked",
	[TOKEN_E_STORE_AWAY] = "store_away",
};

static const enum token_code json_codes[] = {
	[STRICTJSON_E_SYNTAX] = TOKEN_E_JSON,
	[STRICTJSON_E_UTF8] = TOKEN_E_UTF8,
	[STRICTJSON_E_DUPLICATE] = TOKEN_E_DUPLICATE,
	[STRICTJSON_E_DEPTH] = TOKEN_E_TOO_DEEP,
	[STRICTJSON_E_LIMIT] = TOKEN_E_TOO_LARGE,
	[STRICTJSON_E_TYPE] = TOKEN_E_JSON,
};

const char *token_code_text(enum token_code code)
{
	return codes[code];
}

const char *token_code_title(enum token_code code)
{
	const struct problem *problem = problem_find(codes[code]);

	return problem ? problem->title : "the token is good";
}

bool token_code_is_ours(enum token_code code)
{
	return code == TOKEN_E_KEY_UNUSABLE || code == TOKEN_E_STORE_AWAY;
}

enum token_code token_code_of_json(enum strictjson_result result)
{
	return json_codes[result];
}
