// The refusals name what the bytes were taken from and how to make good ones.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/keybytes.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/jwk.h"
#include "verifier/trust/key/keypair.h"

#include <errno.h>
#include <sodium.h>

static int refuse(struct err *err, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	(void)err_hint(err, "%s", hint);
	return (int)result;
}

int keybytes_judge(struct secret text, struct err *err)
{
	const char *kind;

	if (text.length == 0)
		return refuse(err, KEY_E_EMPTY, "the key is empty", "give it a value");
	// one in 65536 random keys begins with < and ends with >, but none of these is a text
	if (text_utf8_error(text.bytes, text.length) == text.length &&
		placeholder_is_unresolved(text, &kind)) {
		(void)err_set(err, -EINVAL, NULL, "the key is %s that nobody resolved", kind);
		return KEY_E_PLACEHOLDER;
	}
	if (placeholder_is_undefined_text(text))
		return refuse(err, KEY_E_PLACEHOLDER, "the key is the text of a missing value",
			"find the program that wrote it without having one");
	if (placeholder_is_known(text))
		return refuse(err, KEY_E_PLACEHOLDER,
			"the key stands in public examples: anybody can sign with it",
			"samekey keygen --bytes 48");
	return KEY_OK;
}

// Whether a text is what stands between the lines of PEM: issuers show their public keys so.
// Returns: KEY_OK: no; KEY_E_TYPE: yes; -ENOMEM.
static int judge_base64(struct secret text, struct secret_arena *arena, struct err *err)
{
	static const int variants[] = {
		sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING};
	int result = KEY_OK;
	uint8_t *der;
	size_t size;

	if (secret_bytes(text)[0] != 'M') // the digit of a SEQUENCE
		return KEY_OK;
	der = secret_arena_take(arena, text.length);
	if (!der)
		return err_no_memory(err);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (sodium_base642bin(der, text.length, (const char *)text.bytes, text.length,
			    " \t\r\n", &size, NULL, variants[i]) == 0 &&
			keypair_is_public_der(secret_view(der, size)))
			result = KEY_E_TYPE;
	secret_arena_give(arena, der, text.length);
	return result;
}

// The same of any form that has no line BEGIN.
static int judge_public(struct secret bytes, struct secret_arena *arena, struct err *err)
{
	static const char *const openssh[] = {"ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-nistp"};

	for (size_t i = 0; i < ARRAY_SIZE(openssh); i++)
		if (bytes.length > strlen(openssh[i]) &&
			memcmp(bytes.bytes, openssh[i], strlen(openssh[i])) == 0)
			return KEY_E_TYPE;
	return keypair_is_public_der(bytes) ? KEY_E_TYPE : judge_base64(bytes, arena, err);
}

// A public key taken for the bytes of an HMAC key is one that everybody has (RFC 8725 section 2.1).
int keybytes_judge_symmetric(struct secret bytes, const struct algorithm *algorithm,
	bool allow_short, struct secret_arena *arena, struct err *err)
{
	int result = keybytes_judge(bytes, err);

	if (result != KEY_OK)
		return result;
	if (memmem(bytes.bytes, bytes.length, "-----BEGIN", 10))
		return refuse(err, KEY_E_TYPE, "the bytes of an HMAC key hold a PEM block",
			"encoding = pem and the algorithm of that key");
	if (jwk_is_likely(bytes))
		return refuse(
			err, KEY_E_TYPE, "the bytes of an HMAC key are a JWK", "encoding = jwk");
	result = judge_public(bytes, arena, err);
	if (result < 0)
		return result;
	if (result != KEY_OK)
		return refuse(err, KEY_E_TYPE, "the bytes of an HMAC key are a public key",
			"encoding = pem, with the lines BEGIN and END, and that key's algorithm");
	if (bytes.length >= algorithm->hash_bits / 8 || allow_short)
		return KEY_OK;
	(void)err_set(err, -EINVAL, NULL, "shorter than the %u bytes that %s needs",
		algorithm->hash_bits / 8, algorithm->name);
	(void)err_hint(err, "samekey keygen --bytes 48; or allow_short_key = yes");
	return KEY_E_SHORT;
}

bool keybytes_decode(enum key_encoding encoding, struct secret text, uint8_t *out, size_t *ret_size)
{
	const char *digits = (const char *)secret_bytes(text);
	int variant = sodium_base64_VARIANT_ORIGINAL;

	if (encoding == KEY_HEX)
		return encoding_is_hex(text) && sodium_hex2bin(out, text.length, digits,
							text.length, NULL, ret_size, NULL) == 0;
	if (encoding == KEY_BASE64URL)
		variant = digits[text.length - 1] == '=' ? sodium_base64_VARIANT_URLSAFE
							 : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	if (!(encoding == KEY_BASE64URL ? encoding_is_base64url(text) : encoding_is_base64(text)))
		return false;
	return sodium_base642bin(
		       out, text.length, digits, text.length, NULL, ret_size, NULL, variant) == 0;
}
