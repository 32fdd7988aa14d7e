// JWKs by the strict reader; numbers by libsodium's decoder, which takes the same time for all
// digits: some of them are secret.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/jwk.h"

#include "lib/base/err.h"
#include "lib/value/encoding.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/form/strictjson.h"
#include "verifier/trust/key/algorithm.h"

#include <errno.h>
#include <sodium.h>

static int refuse(struct err *err, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	if (hint)
		(void)err_hint(err, "%s", hint);
	return (int)result;
}

static int refuse_member(
	struct err *err, enum key_result result, const char *member, const char *what)
{
	(void)err_set(err, -EINVAL, NULL, "the JWK's %s %s", member, what);
	return (int)result;
}

// ---- sets

enum outer { OUTER_KTY, OUTER_KEYS, OUTERS };

static enum strictjson_result read_outer(
	struct secret text, struct strictjson_member members[static OUTERS])
{
	members[OUTER_KTY] = (struct strictjson_member){.name = "kty"};
	members[OUTER_KEYS] = (struct strictjson_member){.name = "keys"};
	return strictjson_object(
		(const char *)secret_bytes(text), text.length, members, OUTERS, NULL);
}

bool jwk_is_likely(struct secret bytes)
{
	struct strictjson_member members[OUTERS];
	const uint8_t *at = secret_bytes(bytes);
	size_t i = 0;

	if (bytes.length >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		i = 3;
	while (i < bytes.length &&
		(at[i] == ' ' || at[i] == '\t' || at[i] == '\r' || at[i] == '\n'))
		i++;
	if (i == bytes.length || at[i] != '{')
		return false;
	if (memmem(at + i, bytes.length - i, "\"kty\"", 5))
		return true; // also where the JSON is damaged
	return read_outer(bytes, members) == STRICTJSON_OK &&
	       (members[OUTER_KTY].value.type != STRICTJSON_ABSENT ||
		       members[OUTER_KEYS].value.type == STRICTJSON_ARRAY);
}

static int refuse_json(enum strictjson_result result, struct err *err)
{
	static const char *const texts[] = {
		[STRICTJSON_E_SYNTAX] = "no JSON, as encoding = jwk says",
		[STRICTJSON_E_UTF8] = "no UTF-8",
		[STRICTJSON_E_DUPLICATE] = "JSON with a name twice in one object",
		[STRICTJSON_E_DEPTH] = "JSON that is nested too deeply",
		[STRICTJSON_E_LIMIT] = "JSON with too many members",
		[STRICTJSON_E_TYPE] = "JSON, but no object",
	};

	(void)err_set(err, -EINVAL, NULL, "the key is %s", texts[result]);
	return KEY_E_ENCODING;
}

int jwk_find(struct secret text, struct secret ret_keys[static KEY_SET_MAX], size_t *ret_count,
	bool *ret_is_set, struct err *err)
{
	struct strictjson_member members[OUTERS];
	enum strictjson_result json = read_outer(text, members);
	const struct strictjson_value *keys = &members[OUTER_KEYS].value;
	struct strictjson_value item;
	size_t cursor = 0;

	*ret_count = 0;
	if (json != STRICTJSON_OK && encoding_is_pem(text))
		return refuse(err, KEY_E_ENCODING, "the key is a PEM, and no JWK",
			"encoding = pem, and algorithm = the key's own");
	if (json != STRICTJSON_OK)
		return refuse_json(json, err);
	*ret_is_set = members[OUTER_KTY].value.type == STRICTJSON_ABSENT;
	if (!*ret_is_set) {
		ret_keys[(*ret_count)++] = text;
		return KEY_OK;
	}
	if (keys->type != STRICTJSON_ARRAY)
		return refuse(err, KEY_E_ENCODING, "the JSON has neither kty nor keys",
			"a JWK, or a JWK Set");
	if (keys->count == 0)
		return refuse(err, KEY_E_EMPTY, "the JWK Set has no key", NULL);
	if (keys->count > KEY_SET_MAX) {
		(void)err_set(err, -EINVAL, NULL, "the JWK Set has more than %d keys", KEY_SET_MAX);
		return KEY_E_USE;
	}
	while (strictjson_next(keys, &cursor, NULL, &item)) {
		if (item.type != STRICTJSON_OBJECT)
			return refuse(
				err, KEY_E_ENCODING, "a key of the JWK Set is no object", NULL);
		ret_keys[(*ret_count)++] = secret_view(item.text, item.length);
	}
	return KEY_OK;
}

// ---- one key

// Members by place; the numbers come first, in the order of enum jwk_number.
enum member {
	MEMBER_KTY = JWK_NUMBERS,
	MEMBER_CRV,
	MEMBER_ALG,
	MEMBER_USE,
	MEMBER_KEY_OPS,
	MEMBER_KID,
	MEMBER_OTH,
	MEMBERS
};

static const char *const member_names[MEMBERS] = {
	[JWK_K] = "k",
	[JWK_N] = "n",
	[JWK_E] = "e",
	[JWK_D] = "d",
	[JWK_P] = "p",
	[JWK_Q] = "q",
	[JWK_DP] = "dp",
	[JWK_DQ] = "dq",
	[JWK_QI] = "qi",
	[JWK_X] = "x",
	[JWK_Y] = "y",
	[MEMBER_KTY] = "kty",
	[MEMBER_CRV] = "crv",
	[MEMBER_ALG] = "alg",
	[MEMBER_USE] = "use",
	[MEMBER_KEY_OPS] = "key_ops",
	[MEMBER_KID] = "kid",
	[MEMBER_OTH] = "oth",
};

#define BIT(number) (1u << (number))
#define CRT (BIT(JWK_P) | BIT(JWK_Q) | BIT(JWK_DP) | BIT(JWK_DQ) | BIT(JWK_QI))

// Which numbers a type has; others are ignored as members that nobody knows.
static const struct {
	const char *kty;
	unsigned required, may;
	bool minimal; // no leading zero (RFC 7518 section 6.3: Base64urlUInt)
} types[] = {
	[JWK_OCT] = {"oct", BIT(JWK_K), BIT(JWK_K), false},
	[JWK_RSA] = {"RSA", BIT(JWK_N) | BIT(JWK_E), BIT(JWK_N) | BIT(JWK_E) | BIT(JWK_D) | CRT,
		true},
	[JWK_EC] = {"EC", BIT(JWK_X) | BIT(JWK_Y), BIT(JWK_X) | BIT(JWK_Y) | BIT(JWK_D), false},
	[JWK_OKP] = {"OKP", BIT(JWK_X), BIT(JWK_X) | BIT(JWK_D), false},
};

struct reading {
	struct strictjson_member members[MEMBERS];
	uint8_t *room; // what is left of it
	size_t room_size;
	struct jwk *jwk;
	struct err *err;
};

static const struct strictjson_value *value_of(const struct reading *reading, unsigned member)
{
	return &reading->members[member].value;
}

static bool is_absent(const struct reading *reading, unsigned member)
{
	return value_of(reading, member)->type == STRICTJSON_ABSENT;
}

static bool is_text(const struct reading *reading, unsigned member, const char *text)
{
	return strictjson_is(value_of(reading, member), text, strlen(text));
}

static int read_type(struct reading *reading)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (is_text(reading, MEMBER_KTY, types[i].kty)) {
			reading->jwk->type = (enum jwk_type)i;
			return KEY_OK;
		}
	}
	return refuse_member(reading->err, KEY_E_TYPE, "kty", "is none of oct, RSA, EC and OKP");
}

// The algorithm that has a curve alone.
static const struct algorithm *find_curve(const struct reading *reading)
{
	for (size_t i = 0; i < algorithm_count; i++)
		if (algorithm_table[i].curve &&
			is_text(reading, MEMBER_CRV, algorithm_table[i].curve))
			return &algorithm_table[i];
	return NULL;
}

static int read_curve(struct reading *reading)
{
	struct jwk *jwk = reading->jwk;
	const struct algorithm *algorithm;

	if (jwk->type != JWK_EC && jwk->type != JWK_OKP)
		return KEY_OK;
	algorithm = find_curve(reading);
	if (!algorithm || (algorithm->family == ALGORITHM_EDDSA) != (jwk->type == JWK_OKP))
		return refuse_member(reading->err, KEY_E_TYPE, "crv",
			jwk->type == JWK_OKP ? "is not Ed25519"
					     : "is none of P-256, P-384 and P-521");
	jwk->algorithm = algorithm;
	jwk->curve = algorithm->curve;
	return KEY_OK;
}

static int read_algorithm(struct reading *reading)
{
	const struct strictjson_value *value = value_of(reading, MEMBER_ALG);
	const struct algorithm *algorithm = NULL;
	char name[16];

	if (value->type == STRICTJSON_ABSENT)
		return KEY_OK;
	if (strictjson_text(value, name, sizeof(name)))
		algorithm = algorithm_find(name, strlen(name));
	if (!algorithm)
		return refuse_member(
			reading->err, KEY_E_USE, "alg", "is no signature algorithm of JWS");
	if (reading->jwk->algorithm && reading->jwk->algorithm != algorithm)
		return refuse_member(reading->err, KEY_E_USE, "alg", "is not that of its crv");
	reading->jwk->algorithm = algorithm;
	return KEY_OK;
}

static int read_use(struct reading *reading)
{
	if (is_absent(reading, MEMBER_USE) || is_text(reading, MEMBER_USE, "sig"))
		return KEY_OK;
	reading->jwk->for_encryption = is_text(reading, MEMBER_USE, "enc");
	return refuse_member(reading->err, KEY_E_USE, "use", "is not sig");
}

// Whether key_ops names an operation. `ret_valid`: whether it is an array of texts, none twice.
static bool has_operation(
	const struct strictjson_value *operations, const char *name, bool *ret_valid)
{
	struct strictjson_value item;
	size_t cursor = 0, found = 0;

	while (strictjson_next(operations, &cursor, NULL, &item)) {
		if (item.type != STRICTJSON_STRING)
			*ret_valid = false;
		found += strictjson_is(&item, name, strlen(name));
	}
	if (found > 1)
		*ret_valid = false;
	return found > 0;
}

// A private key's public half may verify what the private one may sign; of HMAC there is no half.
static int read_operations(struct reading *reading)
{
	const struct strictjson_value *value = value_of(reading, MEMBER_KEY_OPS);
	bool valid = value->type == STRICTJSON_ARRAY, verify, sign;
	bool has_private = !is_absent(reading, JWK_D) && reading->jwk->type != JWK_OCT;

	reading->jwk->may_sign = true;
	if (value->type == STRICTJSON_ABSENT)
		return KEY_OK;
	verify = valid && has_operation(value, "verify", &valid);
	sign = valid && has_operation(value, "sign", &valid);
	if (!valid)
		return refuse_member(
			reading->err, KEY_E_ENCODING, "key_ops", "is no array of texts, each once");
	reading->jwk->may_sign = sign;
	if (verify || (sign && has_private))
		return KEY_OK;
	return refuse_member(reading->err, KEY_E_USE, "key_ops",
		sign ? "has sign and not verify, which the key is for" : "has no verify");
}

static int read_id(struct reading *reading)
{
	const struct strictjson_value *value = value_of(reading, MEMBER_KID);
	struct jwk *jwk = reading->jwk;

	if (value->type == STRICTJSON_ABSENT)
		return KEY_OK;
	if (!strictjson_text(value, jwk->id, sizeof(jwk->id)))
		return refuse_member(
			reading->err, KEY_E_ENCODING, "kid", "is no text of at most 255 bytes");
	jwk->has_id = jwk->id[0] != '\0'; // an empty one names nothing
	return KEY_OK;
}

// Digits may be escaped in JSON: they are unescaped behind the place of the bytes.
static bool decode(
	struct reading *reading, const struct strictjson_value *value, struct secret *ret_bytes)
{
	uint8_t *out = reading->room;
	char *digits = (char *)out + value->length;
	size_t size, length = SIZE_MAX;

	if (value->type == STRICTJSON_STRING && value->length <= reading->room_size / 2)
		length = strictjson_unescape(value, digits, value->length);
	if (length == SIZE_MAX || sodium_base642bin(out, value->length, digits, length, NULL, &size,
					  NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return false;
	*ret_bytes = secret_view(out, size);
	reading->room += size;
	reading->room_size -= size;
	return true;
}

static int read_number(struct reading *reading, unsigned number)
{
	enum jwk_type type = reading->jwk->type;
	struct secret *bytes = &reading->jwk->numbers[number];

	if (!decode(reading, value_of(reading, number), bytes))
		return refuse_member(reading->err, KEY_E_ENCODING, member_names[number],
			"is no base64url without padding");
	if (bytes->length == 0)
		return refuse_member(
			reading->err, KEY_E_EMPTY, member_names[number], "has no bytes");
	if (types[type].minimal && secret_bytes(*bytes)[0] == 0)
		return refuse_member(reading->err, KEY_E_ENCODING, member_names[number],
			"begins with a zero byte (RFC 7518 section 2, Base64urlUInt)");
	return KEY_OK;
}

static int read_numbers(struct reading *reading)
{
	enum jwk_type type = reading->jwk->type;
	unsigned has = 0;

	for (unsigned i = 0; i < JWK_NUMBERS; i++) {
		if (!(types[type].may & BIT(i)) || is_absent(reading, i))
			continue;
		has |= BIT(i);
	}
	if ((has & types[type].required) != types[type].required) {
		(void)err_set(reading->err, -EINVAL, NULL,
			"the JWK lacks a member that kty %s needs", types[type].kty);
		return KEY_E_ENCODING;
	}
	if ((has & CRT) && ((has & CRT) != CRT || !(has & BIT(JWK_D))))
		return refuse(reading->err, KEY_E_ENCODING,
			"the private RSA key has some of d, p, q, dp, dq and qi, and not all",
			"d alone, or all of them");
	if (type == JWK_RSA && !is_absent(reading, MEMBER_OTH))
		return refuse(reading->err, KEY_E_TYPE,
			"the RSA key has more than two primes (oth)", NULL);
	for (unsigned i = 0; i < JWK_NUMBERS; i++) {
		int result = has & BIT(i) ? read_number(reading, i) : KEY_OK;

		if (result != KEY_OK)
			return result;
	}
	return KEY_OK;
}

int jwk_read(struct secret text, uint8_t *room, struct jwk *ret_jwk, struct err *err)
{
	static int (*const steps[])(struct reading *) = {read_use, read_type, read_curve,
		read_algorithm, read_operations, read_id, read_numbers};
	struct reading reading = {
		.room = room, .room_size = jwk_room(text.length), .jwk = ret_jwk, .err = err};
	enum strictjson_result json;
	int result = KEY_OK;

	*ret_jwk = (struct jwk){0};
	for (size_t i = 0; i < MEMBERS; i++)
		reading.members[i].name = member_names[i];
	json = strictjson_object(
		(const char *)secret_bytes(text), text.length, reading.members, MEMBERS, NULL);
	if (json != STRICTJSON_OK)
		return refuse_json(json, err);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && result == KEY_OK; i++)
		result = steps[i](&reading);
	return result;
}
