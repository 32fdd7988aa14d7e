// The table of algorithms, and finding a row by the name that a header or a setting gives.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/algorithm.h"

const struct algorithm algorithm_table[] = {
	{"HS256", NULL, ALGORITHM_HMAC, 256, 32, NULL},
	{"HS384", NULL, ALGORITHM_HMAC, 384, 48, NULL},
	{"HS512", NULL, ALGORITHM_HMAC, 512, 64, NULL},
	{"RS256", NULL, ALGORITHM_RSA_PKCS1, 256, 0, NULL},
	{"RS384", NULL, ALGORITHM_RSA_PKCS1, 384, 0, NULL},
	{"RS512", NULL, ALGORITHM_RSA_PKCS1, 512, 0, NULL},
	{"PS256", NULL, ALGORITHM_RSA_PSS, 256, 0, NULL},
	{"PS384", NULL, ALGORITHM_RSA_PSS, 384, 0, NULL},
	{"PS512", NULL, ALGORITHM_RSA_PSS, 512, 0, NULL},
	{"ES256", NULL, ALGORITHM_ECDSA, 256, 64, "P-256"},
	{"ES384", NULL, ALGORITHM_ECDSA, 384, 96, "P-384"},
	{"ES512", NULL, ALGORITHM_ECDSA, 512, 132, "P-521"},
	{"EdDSA", "Ed25519", ALGORITHM_EDDSA, 512, 64, "Ed25519"},
};
const size_t algorithm_count = ARRAY_SIZE(algorithm_table);

static bool is_name(const char *row, const char *name, size_t length)
{
	return row && strlen(row) == length && memcmp(row, name, length) == 0;
}

bool algorithm_is(const struct algorithm *algorithm, const char *name, size_t length)
{
	return is_name(algorithm->name, name, length) || is_name(algorithm->alias, name, length);
}

const struct algorithm *algorithm_find(const char *name, size_t length)
{
	for (size_t i = 0; i < algorithm_count; i++)
		if (algorithm_is(&algorithm_table[i], name, length))
			return &algorithm_table[i];
	return NULL;
}
