// Members stand in the order that people know them in; for the thumbprint in that of their names.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/jwk_public.h"

#include "lib/value/dump.h"
#include "verifier/trust/form/base64url.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>

static char *encode(struct jwk_public_bytes bytes)
{
	size_t length = base64url_encoded_size(bytes.size);
	char *text = malloc(length + 1);

	if (!text)
		return NULL;
	base64url_encode(bytes.at, bytes.size, text);
	text[length] = '\0';
	return text;
}

int jwk_public_set(struct jwk_public *shown, const char *type, const char *curve,
	struct jwk_public_bytes first, struct jwk_public_bytes second)
{
	*shown = (struct jwk_public){.type = type, .curve = curve, .first = encode(first)};
	if (second.size)
		shown->second = encode(second);
	if (shown->first && (shown->second || !second.size))
		return 0;
	jwk_public_done(shown);
	return -ENOMEM;
}

void jwk_public_done(struct jwk_public *shown)
{
	free(shown->first);
	free(shown->second);
	*shown = (struct jwk_public){0};
}

// The required members in the order of their names, without white space (RFC 7638 section 3).
static int write_canonical(const struct jwk_public *shown, char **ret_text)
{
	if (!shown->curve)
		return asprintf(ret_text, "{\"e\":\"%s\",\"kty\":\"%s\",\"n\":\"%s\"}",
			shown->first, shown->type, shown->second);
	if (!shown->second)
		return asprintf(ret_text, "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"}",
			shown->curve, shown->type, shown->first);
	return asprintf(ret_text, "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
		shown->curve, shown->type, shown->first, shown->second);
}

char *jwk_public_thumbprint(const struct jwk_public *shown)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char *text;
	int length = write_canonical(shown, &text);

	if (length < 0)
		return NULL;
	(void)crypto_hash_sha256(hash, (const uint8_t *)text, (unsigned long long)length);
	free(text);
	return encode((struct jwk_public_bytes){hash, sizeof(hash)});
}

char *jwk_public_text(const struct jwk_public *shown, const char *algorithm, const char *id)
{
	json_t *jwk = json_pack("{s:s}", "kty", shown->type);
	size_t length;
	char *text;

	if (shown->curve)
		dump_set(&jwk, "crv", json_string(shown->curve));
	dump_set(&jwk, shown->curve ? "x" : "e", json_string(shown->first));
	if (shown->second)
		dump_set(&jwk, shown->curve ? "y" : "n", json_string(shown->second));
	dump_set(&jwk, "alg", json_string(algorithm));
	dump_set(&jwk, "use", json_string("sig"));
	dump_set(&jwk, "kid", json_string(id));
	text = jwk ? dump_json(jwk, &length) : NULL;

	json_decref(jwk);
	return text;
}
