// A key: how its bytes are read and judged, and what is done with it by the family of its
// algorithm. The mathematics are elsewhere.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/algorithm.h"
#include "verifier/trust/hmac.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>

const char *const key_encodings[] = {"text", "base64", "base64url", "hex", "jwk", "pem", NULL};
const char *const key_states[] = {"active", "pending", "retiring", "retired", NULL};

struct key {
	atomic_uint references;
	const struct algorithm *algorithm;
	enum key_state state;
	bool given_id, signs;
	char *id, *label;
	struct secret_arena *arena;
	struct hmac *hmac; // in the arena
};

// What a key is loaded with.
struct loading {
	const struct key_options *options;
	const struct algorithm *algorithm;
	struct secret_arena *arena;
	struct err *err;
};

// ---- a key's life

static struct key *make_key(const struct loading *loading, const char *id)
{
	const struct key_options *options = loading->options;
	struct key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	atomic_init(&key->references, 1);
	key->algorithm = loading->algorithm;
	key->state = options->state;
	key->arena = loading->arena;
	key->given_id = id != NULL;
	key->id = id ? strdup(id) : NULL;
	key->label = strdup(options->label ? options->label : "");
	return (id && !key->id) || !key->label ? key_unref(key) : key;
}

struct key *key_ref(struct key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return key;
}

struct key *key_unref(struct key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) > 1)
		return NULL;
	secret_arena_give(key->arena, (uint8_t *)key->hmac, sizeof(*key->hmac));
	free(key->id);
	free(key->label);
	free(key);
	return NULL;
}

// ---- reading bytes

// Writes why into err. Returns: the result, for `return refuse(...)`.
static int refuse(
	const struct loading *loading, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(loading->err, -EINVAL, loading->options->label, "%s", what);
	(void)err_hint(loading->err, "%s", hint);
	return (int)result;
}

static int out_of_memory(const struct loading *loading)
{
	return err_set(loading->err, -ENOMEM, loading->options->label, "out of memory");
}

// Nothing, or a text that everybody knows or nobody filled in.
static int judge_text(const struct loading *loading, struct secret text)
{
	const char *kind;

	if (text.length == 0)
		return refuse(loading, KEY_E_EMPTY, "the key is empty", "give it a value");
	if (placeholder_is_unresolved(text, &kind)) {
		(void)err_set(loading->err, -EINVAL, loading->options->label,
			"the key is %s that nobody resolved", kind);
		return KEY_E_PLACEHOLDER;
	}
	if (placeholder_is_undefined_text(text))
		return refuse(loading, KEY_E_PLACEHOLDER, "the key is the text of a missing value",
			"find the program that wrote it without having one");
	if (placeholder_is_known(text))
		return refuse(loading, KEY_E_PLACEHOLDER,
			"the key stands in public examples: anybody can sign with it",
			"openssl rand -base64 48");
	return KEY_OK;
}

static bool holds(struct secret bytes, const char *text)
{
	return memmem(bytes.bytes, bytes.length, text, strlen(text)) != NULL;
}

// A public key used as HMAC bytes is a key that everybody has (RFC 8725 section 2.1).
static int judge_symmetric(const struct loading *loading, struct secret bytes)
{
	const struct algorithm *algorithm = loading->algorithm;

	if (holds(bytes, "-----BEGIN"))
		return refuse(loading, KEY_E_TYPE, "the bytes of an HMAC key hold a PEM block",
			"encoding = pem and the algorithm of that key");
	if (bytes.length >= algorithm->hash_bits / 8 || loading->options->allow_short)
		return KEY_OK;
	(void)err_set(loading->err, -EINVAL, loading->options->label,
		"shorter than the %u bytes that %s needs", algorithm->hash_bits / 8,
		algorithm->name);
	(void)err_hint(loading->err, "openssl rand -base64 48; or allow_short_key = yes");
	return KEY_E_SHORT;
}

// Takes the bytes of an HMAC key, however they were written.
static int load_symmetric(
	const struct loading *loading, struct secret bytes, const char *id, struct key **ret_key)
{
	int result = judge_text(loading, bytes);
	struct key *key;

	if (result == KEY_OK)
		result = judge_symmetric(loading, bytes);
	if (result != KEY_OK)
		return result;
	key = make_key(loading, id);
	if (!key)
		return out_of_memory(loading);
	key->hmac = (struct hmac *)(void *)secret_arena_take(loading->arena, sizeof(*key->hmac));
	if (!key->hmac) {
		key_unref(key);
		return out_of_memory(loading);
	}
	hmac_init(key->hmac, loading->algorithm->hash_bits, bytes);
	key->signs = true;
	*ret_key = key;
	return KEY_OK;
}

// Decodes what was judged to be the encoding; `out` has room for as many bytes as the text has.
static bool decode(enum key_encoding encoding, struct secret text, uint8_t *out, size_t *ret_size)
{
	const char *digits = (const char *)secret_bytes(text);
	bool padded = text.length && digits[text.length - 1] == '=';

	switch (encoding) {
	case KEY_BASE64:
		return encoding_is_base64(text) &&
		       sodium_base642bin(out, text.length, digits, text.length, NULL, ret_size,
			       NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
	case KEY_BASE64URL:
		return encoding_is_base64url(text) &&
		       sodium_base642bin(out, text.length, digits, text.length, NULL, ret_size,
			       NULL,
			       padded ? sodium_base64_VARIANT_URLSAFE
				      : sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
	default:
		return encoding_is_hex(text) && sodium_hex2bin(out, text.length, digits,
							text.length, NULL, ret_size, NULL) == 0;
	}
}

static int load_encoded(const struct loading *loading, struct secret text, struct key **ret_key)
{
	const char *encoding = key_encodings[loading->options->encoding];
	uint8_t *bytes = secret_arena_take(loading->arena, text.length);
	size_t size;
	int result;

	if (!bytes)
		return out_of_memory(loading);
	if (decode(loading->options->encoding, text, bytes, &size)) {
		result = load_symmetric(
			loading, secret_view(bytes, size), loading->options->kid, ret_key);
	} else {
		result = KEY_E_ENCODING;
		(void)err_set(loading->err, -EINVAL, loading->options->label,
			"the key is no %s, as encoding = %s says", encoding, encoding);
		(void)err_hint(loading->err, "without white space or quotes; or encoding = text if "
					     "the bytes are the key");
	}
	secret_arena_give(loading->arena, bytes, text.length);
	return result;
}

int key_load(struct secret bytes, const struct key_options *options, struct secret_arena *arena,
	struct key *ret_keys[static KEY_SET_MAX], size_t *ret_count, struct err *err)
{
	struct loading loading = {options, options->algorithm, arena, err};
	int result;

	if (!loading.algorithm)
		loading.algorithm = algorithm_find("HS256", 5);
	result = judge_text(&loading, bytes);
	if (result != KEY_OK)
		return result;
	if (loading.algorithm->family != ALGORITHM_HMAC)
		return refuse(&loading, KEY_E_TYPE, "the algorithm needs a key pair, not bytes",
			"encoding = pem or jwk");
	if (options->encoding == KEY_TEXT)
		result = load_symmetric(&loading, bytes, options->kid, &ret_keys[0]);
	else
		result = load_encoded(&loading, bytes, &ret_keys[0]);
	if (result == KEY_OK)
		*ret_count = 1;
	return result;
}

// ---- what it is

const struct algorithm *key_algorithm(const struct key *key)
{
	return key->algorithm;
}

enum key_state key_state(const struct key *key)
{
	return key->state;
}

const char *key_label(const struct key *key)
{
	return key->label;
}

const char *key_id(const struct key *key)
{
	return key->id;
}

bool key_has_given_id(const struct key *key)
{
	return key->given_id;
}

const char *key_name(const struct key *key)
{
	return key->id ? key->id : key->label;
}

// ---- what it does

bool key_verifies(const struct key *key, const void *input, size_t length, const uint8_t *signature,
	size_t signature_size)
{
	return hmac_is(key->hmac, input, length, signature, signature_size);
}

bool key_can_sign(const struct key *key)
{
	return key->signs;
}

int key_sign(const struct key *key, const void *input, size_t length, uint8_t *ret_signature,
	size_t *ret_size)
{
	if (!key->signs)
		return -EPERM;
	hmac_compute(key->hmac, input, length, ret_signature);
	*ret_size = key->algorithm->signature_size;
	return 0;
}

char *key_public_jwk(const struct key *key)
{
	(void)key;
	return NULL;
}

bool key_verifies_oddly(const struct key *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what)
{
	(void)key;
	(void)input;
	(void)length;
	(void)signature;
	(void)signature_size;
	(void)ret_what;
	return false;
}
