// Judges a token: its form, its header, which keys may have made it, and whether one did. The
// claims are judged by claims.c once that is so.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "lib/base/text.h"
#include "lib/value/problem.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/token/claims.h"
#include "verifier/trust/token/jwe.h"

#include <ctype.h>
#include <stdarg.h>

#define PARTS_SIGNED 3    // header, payload, signature (RFC 7515 section 7.1)
#define PARTS_SEALED 5    // header, encrypted key, iv, ciphertext, tag (RFC 7516 section 7.1)
#define PARTS_MAX 6       // enough to know that there are too many
#define SHOWN_SIZE 68     // of what a token says, in a detail
#define DETAIL_MAX 512    // before it is cut
#define NAME_MAX_SIZE 128 // of an alg, an enc, a typ or a cty that can be the right one
#define IV_SIZE_MAX 48    // bytes; more than any enc has
#define TAG_SIZE_MAX 96   // bytes; the same
#define SESSIONS_TRIED_MAX (PROFILE_TRIED_MAX * PROFILE_COOKIES_MAX)

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

static const char *const stages[] = {
	[TOKEN_FORM] = "form",
	[TOKEN_HEADER] = "header",
	[TOKEN_KEY] = "key",
	[TOKEN_SIGNATURE] = "signature",
	[TOKEN_CLAIMS] = "claims",
};

static const enum token_code json_codes[] = {
	[STRICTJSON_E_SYNTAX] = TOKEN_E_JSON,
	[STRICTJSON_E_UTF8] = TOKEN_E_UTF8,
	[STRICTJSON_E_DUPLICATE] = TOKEN_E_DUPLICATE,
	[STRICTJSON_E_DEPTH] = TOKEN_E_TOO_DEEP,
	[STRICTJSON_E_LIMIT] = TOKEN_E_TOO_LARGE,
	[STRICTJSON_E_TYPE] = TOKEN_E_JSON,
};

static const char *const json_faults[] = {
	[STRICTJSON_E_SYNTAX] = "is not JSON",
	[STRICTJSON_E_UTF8] = "is not UTF-8",
	[STRICTJSON_E_DUPLICATE] = "has a name twice",
	[STRICTJSON_E_DEPTH] = "is nested too deeply",
	[STRICTJSON_E_LIMIT] = "has too many members or items, or too long a number",
	[STRICTJSON_E_TYPE] = "is no JSON object",
};

// The members of a header that we look at; others are ignored (RFC 7515 section 4): jku, jwk, x5u
// and x5c among them, for a key comes from the configuration alone.
enum header_member {
	HEADER_ALG,
	HEADER_KID,
	HEADER_TYP,
	HEADER_CTY,
	HEADER_CRIT,
	HEADER_B64,
	HEADER_ENC,
	HEADER_ZIP,
	HEADER_MEMBERS,
};

static const char *const header_names[HEADER_MEMBERS] = {
	"alg", "kid", "typ", "cty", "crit", "b64", "enc", "zip"};

struct part {
	const char *text;
	size_t length;
};

// A judgement in progress.
struct judging {
	const struct profile *profile;
	const struct token_options *options;
	struct token_scratch *scratch;
	struct token_verdict *verdict;
	struct part whole, parts[PARTS_MAX];
	size_t count; // of parts
	size_t header_size, payload_size, signature_size;
	struct strictjson_member header[HEADER_MEMBERS];
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

const char *token_stage_text(enum token_stage stage)
{
	return stages[stage];
}

bool token_code_is_ours(enum token_code code)
{
	return code == TOKEN_E_KEY_UNUSABLE || code == TOKEN_E_STORE_AWAY;
}

bool token_refuse(struct token_verdict *verdict, enum token_code code, enum token_stage stage,
	const char *format, ...)
{
	char text[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); // cut below anyway
	va_end(args);
	(void)text_printable(verdict->detail, sizeof(verdict->detail), text);
	verdict->code = code;
	verdict->stage = stage;
	return false;
}

bool token_refuse_json(struct token_verdict *verdict, enum strictjson_result result,
	enum token_stage stage, const char *what, size_t at)
{
	enum token_code code = json_codes[result];

	if (stage == TOKEN_HEADER && result == STRICTJSON_E_TYPE)
		code = TOKEN_E_HEADER;
	return token_refuse(
		verdict, code, stage, "the %s %s (byte %zu)", what, json_faults[result], at + 1);
}

static bool is_sealed(const struct judging *it)
{
	return it->profile->rules->kind != PROFILE_JWS;
}

static const struct strictjson_value *header(const struct judging *it, enum header_member member)
{
	return &it->header[member].value;
}

static const char *show(const struct strictjson_value *value, char out[static SHOWN_SIZE])
{
	return strictjson_show(value, out, SHOWN_SIZE);
}

// ---- form

// The first byte that is none of a token, or NULL.
static const char *find_foreign(struct part whole)
{
	for (size_t i = 0; i < whole.length; i++) {
		char byte = whole.text[i];

		if (!isalnum((unsigned char)byte) && !strchr("-_.", byte))
			return whole.text + i;
		if (!byte || (byte & 0x80)) // strchr finds the NUL
			return whole.text + i;
	}
	return NULL;
}

// Says what is wrong with a text that is not of the form, beginning with common mistakes.
static bool refuse_foreign(struct judging *it, const char *at)
{
	size_t offset = (size_t)(at - it->whole.text);
	const char *hint = "";

	if (strchr("=+/", *at) && *at)
		return token_refuse(it->verdict, TOKEN_E_ENCODING, TOKEN_FORM,
			"'%c' at byte %zu belongs to base64 with padding or to its other alphabet, "
			"not to base64url",
			*at, offset + 1);
	if (it->whole.length > 7 && strncasecmp(it->whole.text, "bearer ", 7) == 0)
		hint = ": \"Bearer \" was not cut off";
	else if (it->whole.text[0] == '{')
		hint = ": JSON serialisation is not taken, only the compact one";
	else if (it->whole.text[0] == '"' || it->whole.text[0] == '\'')
		hint = ": quotes were not cut off";
	else if (isspace((unsigned char)*at))
		hint = offset + 2 >= it->whole.length ? ": white space at the end"
						      : ": white space";
	return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
		"byte %zu (0x%02x) is none of a token%s", offset + 1, (unsigned char)*at, hint);
}

static bool refuse_count(struct judging *it)
{
	const char *foreign = find_foreign(it->whole), *name = it->profile->rules->name;

	if (foreign)
		return refuse_foreign(it, foreign);
	if (!is_sealed(it) && it->count == PARTS_SEALED)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it is an encrypted token (five parts), and profile %s takes signed ones "
			"(three)",
			name);
	if (is_sealed(it) && it->count == PARTS_SIGNED)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it is signed and not encrypted (three parts), and profile %s takes "
			"encrypted "
			"tokens (five)",
			name);
	return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
		"it has %s%zu part%s, and profile %s takes tokens of %d",
		it->count == PARTS_MAX ? "at least " : "", it->count, text_plural(it->count), name,
		is_sealed(it) ? PARTS_SEALED : PARTS_SIGNED);
}

// Cuts at the dots; the last of PARTS_MAX parts may hold more of them.
static bool split(struct judging *it)
{
	const char *at = it->whole.text, *end = at + it->whole.length, *dot;

	if (it->whole.length > TOKEN_MAX)
		return token_refuse(it->verdict, TOKEN_E_TOO_LARGE, TOKEN_FORM,
			"it has %zu bytes, and the most are %u", it->whole.length, TOKEN_MAX);
	if (!it->whole.length)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM, "it is empty");
	while (it->count < PARTS_MAX - 1 && (dot = memchr(at, '.', (size_t)(end - at)))) {
		it->parts[it->count++] = (struct part){at, (size_t)(dot - at)};
		at = dot + 1;
	}
	it->parts[it->count++] = (struct part){at, (size_t)(end - at)};
	return it->count == (is_sealed(it) ? PARTS_SEALED : PARTS_SIGNED) || refuse_count(it);
}

// Decodes a part into `size` bytes. What cannot fit is judged all the same, and `out` is undefined:
// the caller sees it by the size.
static bool decode_any(struct judging *it, size_t index, const char *what, void *out, size_t size)
{
	const struct part *part = &it->parts[index];
	const char *foreign;

	if (base64url_decoded_size(part->length) > size)
		out = it->scratch->payload;
	if (base64url_decode(part->text, part->length, out))
		return true;
	foreign = find_foreign(it->whole);
	if (foreign)
		return refuse_foreign(it, foreign);
	return token_refuse(it->verdict, TOKEN_E_ENCODING, TOKEN_FORM,
		part->length % 4 == 1
			? "its %s has %zu digits, and no base64url has so many%s"
			: "the last digit of its %s (%zu digits) has spare bits set%s",
		what, part->length, index + 1 == it->count ? ": was its end cut off?" : "");
}

// The same of a part that cannot be empty.
static bool decode(struct judging *it, size_t index, const char *what, void *out, size_t size)
{
	if (!it->parts[index].length)
		return token_refuse(
			it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM, "its %s is empty", what);
	return decode_any(it, index, what, out, size);
}

// A payload of no bytes can be signed (RFC 7515 section 7.1), and is no claims then.
static bool decode_signed(struct judging *it)
{
	struct token_scratch *scratch = it->scratch;

	it->signature_size = base64url_decoded_size(it->parts[2].length);
	it->header_size = base64url_decoded_size(it->parts[0].length);
	it->payload_size = base64url_decoded_size(it->parts[1].length);
	return decode(it, 0, "header", scratch->header, sizeof(scratch->header)) &&
	       decode(it, 2, "signature", scratch->signature, sizeof(scratch->signature)) &&
	       decode_any(it, 1, "payload", scratch->payload, sizeof(scratch->payload));
}

// ---- header

static bool read_header(struct judging *it)
{
	enum strictjson_result result;
	size_t at;

	for (size_t i = 0; i < HEADER_MEMBERS; i++)
		it->header[i].name = header_names[i];
	result = strictjson_object(
		it->scratch->header, it->header_size, it->header, HEADER_MEMBERS, &at);
	if (result != STRICTJSON_OK)
		return token_refuse_json(it->verdict, result, TOKEN_HEADER, "header", at);
	it->verdict->kid = *header(it, HEADER_KID);
	return true;
}

// We understand no extension, and an empty or misshapen list is forbidden (RFC 7515 section
// 4.1.11); a JWT's payload is always encoded (RFC 7797 section 7).
static bool judge_extensions(struct judging *it)
{
	enum strictjson_type b64 = header(it, HEADER_B64)->type;

	if (header(it, HEADER_CRIT)->type != STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_CRIT, TOKEN_HEADER,
			"the header has crit, and no extension is supported");
	if (b64 != STRICTJSON_ABSENT && b64 != STRICTJSON_TRUE)
		return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
			"b64 of the header is not true, which no JWT may have");
	if (is_sealed(it) && header(it, HEADER_ZIP)->type != STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
			"the header has zip, and nothing compressed is opened");
	return true;
}

static bool judge_strings(struct judging *it)
{
	static const enum header_member strings[] = {
		HEADER_ALG, HEADER_KID, HEADER_TYP, HEADER_CTY, HEADER_ENC};
	// The last one means nothing in a JWS.
	size_t count = is_sealed(it) ? ARRAY_SIZE(strings) : ARRAY_SIZE(strings) - 1;

	for (size_t i = 0; i < count; i++) {
		enum strictjson_type type = header(it, strings[i])->type;
		bool needed = strings[i] == HEADER_ALG || strings[i] == HEADER_ENC;

		if (type == STRICTJSON_ABSENT && needed)
			return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
				"the header has no %s", header_names[strings[i]]);
		if (type != STRICTJSON_ABSENT && type != STRICTJSON_STRING)
			return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
				"%s of the header is no string", header_names[strings[i]]);
	}
	return true;
}

// Compares media types without case and without "application/" (RFC 7515 sections 4.1.9, 4.1.10).
static bool is_media_type(const struct strictjson_value *value, const char *type)
{
	static const char prefix[] = "application/";
	const size_t prefix_size = sizeof(prefix) - 1;
	char text[NAME_MAX_SIZE];
	const char *at = text;
	size_t length = strictjson_unescape(value, text, sizeof(text));

	if (length > sizeof(text))
		return false;
	if (length > prefix_size && strncasecmp(at, prefix, prefix_size) == 0) {
		at += prefix_size;
		length -= prefix_size;
	}
	if (strncasecmp(type, prefix, prefix_size) == 0)
		type += prefix_size;
	return length == strlen(type) && strncasecmp(at, type, length) == 0;
}

static bool judge_types(struct judging *it)
{
	const struct strictjson_value *typ = header(it, HEADER_TYP), *cty = header(it, HEADER_CTY);
	const char *wanted = it->profile->rules->typ;
	char shown[SHOWN_SIZE];

	if (cty->type == STRICTJSON_STRING && is_media_type(cty, "JWT"))
		return token_refuse(it->verdict, TOKEN_E_NESTED, TOKEN_HEADER,
			"cty says that the payload is a token itself");
	if (!wanted || (typ->type == STRICTJSON_STRING && is_media_type(typ, wanted)))
		return true;
	if (typ->type == STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_TYP, TOKEN_HEADER,
			"the header has no typ, and profile %s wants \"%.64s\"",
			it->profile->rules->name, wanted);
	return token_refuse(it->verdict, TOKEN_E_TYP, TOKEN_HEADER,
		"typ is \"%s\", and profile %s wants \"%.64s\"", show(typ, shown),
		it->profile->rules->name, wanted);
}

static bool judge_header(struct judging *it)
{
	return read_header(it) && judge_extensions(it) && judge_strings(it) && judge_types(it);
}

// ---- keys

static bool may_verify(const struct profile_key *key)
{
	return key->state == KEY_ACTIVE || key->state == KEY_RETIRING;
}

static bool refuse_alg(struct judging *it, enum header_member member)
{
	char shown[SHOWN_SIZE];

	return token_refuse(it->verdict, TOKEN_E_ALG, TOKEN_HEADER,
		"%s is \"%s\", which profile %s does not take", header_names[member],
		show(header(it, member), shown), it->profile->rules->name);
}

// A key that the token's kid names does not verify (now), or there is none.
static bool refuse_kid(struct judging *it, const struct profile_key *named)
{
	char shown[SHOWN_SIZE];

	(void)show(header(it, HEADER_KID), shown);
	if (named)
		return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
			"kid is \"%s\": %.64s, which is %s and does not verify", shown,
			named->label, key_states[named->state]);
	return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
		"kid is \"%s\", and profile %s has no such key", shown, it->profile->rules->name);
}

// What a profile's keys are to a token: whether alg and kid are theirs.
struct choice {
	const struct algorithm *algorithm; // of a key that verifies
	// That the kid names: by any id, by an id that was given, and one that does not verify.
	const struct profile_key *named, *given, *barred;
	const struct profile_key *tried[PROFILE_KEYS_MAX];
	size_t count;
};

static bool is_named(const struct judging *it, const struct key *key)
{
	const struct strictjson_value *kid = header(it, HEADER_KID);
	const char *id = key_id(key);

	return kid->type == STRICTJSON_STRING && id && strictjson_is(kid, id, strlen(id));
}

static void look_up(const struct judging *it, const char *alg, size_t length, struct choice *choice)
{
	for (size_t i = 0; i < it->profile->key_count; i++) {
		const struct profile_key *key = &it->profile->keys[i];
		bool verifies = may_verify(key), named = is_named(it, key->key);

		if (verifies && algorithm_is(key_algorithm(key->key), alg, length))
			choice->algorithm = key_algorithm(key->key);
		if (!named)
			continue;
		*(verifies ? &choice->named : &choice->barred) = key;
		if (verifies && key_has_given_id(key->key))
			choice->given = key;
	}
}

// Collects the keys to try: those that the kid names; by a thumbprint it names one to try first.
static void collect(const struct judging *it, struct choice *choice)
{
	bool has_kid = header(it, HEADER_KID)->type == STRICTJSON_STRING;

	for (size_t i = 0; i < it->profile->key_count; i++) {
		const struct profile_key *key = &it->profile->keys[i];
		bool given = key_has_given_id(key->key), named = is_named(it, key->key);

		if (!may_verify(key) || key_algorithm(key->key) != choice->algorithm)
			continue;
		if (choice->given ? !named || !given : has_kid && given)
			continue;
		choice->tried[choice->count++] = key;
		if (named) {
			choice->tried[choice->count - 1] = choice->tried[0];
			choice->tried[0] = key;
		}
	}
	if (choice->count > PROFILE_TRIED_MAX)
		choice->count = PROFILE_TRIED_MAX;
}

// The header's alg is only compared with those of keys that may verify (RFC 8725 section 3.1), its
// kid is a hint among them (RFC 7515 section 4.1.4). Without a key to try, the verdict says why.
static void choose(struct judging *it, struct choice *choice)
{
	char alg[NAME_MAX_SIZE], shown[SHOWN_SIZE];
	size_t length = strictjson_unescape(header(it, HEADER_ALG), alg, sizeof(alg));

	*choice = (struct choice){0};
	if (length <= sizeof(alg))
		look_up(it, alg, length, choice);
	if (!choice->algorithm) {
		(void)refuse_alg(it, HEADER_ALG);
		return;
	}
	it->verdict->algorithm = choice->algorithm->name;
	if (choice->barred && !choice->named) {
		(void)refuse_kid(it, choice->barred);
		return;
	}
	collect(it, choice);
	if (!choice->count && !choice->given)
		(void)refuse_kid(it, NULL);
	else if (!choice->count)
		(void)token_refuse(it->verdict, TOKEN_E_ALG_KEY, TOKEN_KEY,
			"alg is %s, and the key that kid names (%s) is for %s",
			choice->algorithm->name, show(header(it, HEADER_KID), shown),
			key_algorithm(choice->given->key)->name);
}

// ---- signature

// What people call a key: by the kid that it was given, else by its secret or file.
static const char *name_of(const struct key *key)
{
	return key_has_given_id(key) || !*key_label(key) ? key_name(key) : key_label(key);
}

static bool refuse_signature(struct judging *it, const struct choice *choice)
{
	const struct algorithm *algorithm = key_algorithm(choice->tried[0]->key);
	bool is_der = algorithm->family == ALGORITHM_ECDSA && it->scratch->signature[0] == 0x30;
	bool is_cut = it->signature_size < algorithm->signature_size && it->signature_size % 16;

	if (algorithm->signature_size && it->signature_size != algorithm->signature_size)
		return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
			"the signature has %zu bytes, and one of %s has %zu%s", it->signature_size,
			algorithm->name, algorithm->signature_size,
			is_der   ? "; it looks like DER, which no JWS has"
			: is_cut ? ": was its end cut off?"
				 : "");
	if (choice->count == 1)
		return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
			"it was not signed with %.64s (%s)", name_of(choice->tried[0]->key),
			algorithm->name);
	return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
		"none of the %zu keys that were tried signed it (%s)", choice->count,
		algorithm->name);
}

static bool judge_signature(struct judging *it)
{
	const char *input = it->whole.text;
	size_t length = (size_t)(it->parts[2].text - 1 - input);
	struct choice choice;

	choose(it, &choice);
	if (!choice.count)
		return false;
	if (it->signature_size > sizeof(it->scratch->signature))
		return refuse_signature(it, &choice);
	for (size_t i = 0; i < choice.count; i++) {
		if (!key_verifies(choice.tried[i]->key, input, length, it->scratch->signature,
			    it->signature_size))
			continue;
		it->verdict->key = choice.tried[i];
		return true;
	}
	return refuse_signature(it, &choice);
}

// ---- sessions

// Where iv and tag are decoded to.
struct sealed {
	struct jwe_parts parts;
	enum jwe_enc enc;
};

static bool decode_sealed(struct judging *it, struct sealed *sealed)
{
	struct token_scratch *scratch = it->scratch;
	uint8_t *iv = scratch->signature, *tag = scratch->signature + IV_SIZE_MAX;

	if (it->parts[1].length)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it has an encrypted key, and a session of this kind has none");
	sealed->parts = (struct jwe_parts){
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
	return decode(it, 0, "header", scratch->header, sizeof(scratch->header)) &&
	       decode(it, 2, "iv", iv, IV_SIZE_MAX) &&
	       decode(it, 3, "ciphertext", scratch->sealed, sizeof(scratch->sealed)) &&
	       decode(it, 4, "tag", tag, TAG_SIZE_MAX);
}

static enum jwe_kind session_kind(const struct judging *it)
{
	return it->profile->rules->kind == PROFILE_NEXTAUTH_V4 ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5;
}

static bool judge_enc(struct judging *it, enum jwe_enc *ret_enc)
{
	char name[NAME_MAX_SIZE];
	size_t length;

	if (!strictjson_is(header(it, HEADER_ALG), "dir", 3))
		return refuse_alg(it, HEADER_ALG);
	length = strictjson_unescape(header(it, HEADER_ENC), name, sizeof(name));
	if (length > sizeof(name) || !jwe_enc_find(name, length, ret_enc) ||
		!jwe_kind_has(session_kind(it), *ret_enc))
		return refuse_alg(it, HEADER_ENC);
	it->verdict->algorithm = jwe_enc_name(*ret_enc);
	return true;
}

// Whether a session key may be the one: its salt is the cookie's name where that is known, and
// Auth.js itself opens a token that has a kid only with the key of that kid.
static bool may_open(
	const struct judging *it, const struct profile_key *key, size_t salt, enum jwe_enc enc)
{
	const struct profile_rules *rules = it->profile->rules;
	const struct strictjson_value *kid = header(it, HEADER_KID);
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

static bool refuse_sealed(struct judging *it, size_t tried, const struct profile_key *barred)
{
	const char *cookie = it->options->cookie;
	bool has_kid = header(it, HEADER_KID)->type == STRICTJSON_STRING;

	if (!tried && has_kid)
		return refuse_kid(it, barred);
	if (!tried)
		return token_refuse(it->verdict, TOKEN_E_KEY_UNKNOWN, TOKEN_KEY,
			"profile %s has no key for the cookie %.64s", it->profile->rules->name,
			cookie ? cookie : "that it came in");
	return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
		"no key of profile %s opens it (%zu tried%s%.64s)", it->profile->rules->name, tried,
		cookie ? ", cookie " : "", cookie ? cookie : "");
}

static bool open_sealed(struct judging *it, const struct sealed *sealed)
{
	const struct profile_key *barred = NULL;
	size_t tried = 0;

	for (size_t i = 0; i < it->profile->key_count * PROFILE_COOKIES_MAX; i++) {
		const struct profile_key *key = &it->profile->keys[i / PROFILE_COOKIES_MAX];
		size_t salt = i % PROFILE_COOKIES_MAX;

		if (tried == SESSIONS_TRIED_MAX || !may_open(it, key, salt, sealed->enc))
			continue;
		if (!may_verify(key)) {
			barred = key;
			continue;
		}
		tried++;
		if (!jwe_open(key->sessions[salt], sealed->enc, &sealed->parts,
			    (uint8_t *)it->scratch->payload, &it->payload_size))
			continue;
		it->verdict->key = key;
		return true;
	}
	return refuse_sealed(it, tried, barred);
}

// ---- the whole

static bool judge_usable(struct judging *it)
{
	return it->profile->usable ||
	       token_refuse(it->verdict, TOKEN_E_KEY_UNUSABLE, TOKEN_KEY, "%s", it->profile->fault);
}

static bool judge_signed(struct judging *it)
{
	return split(it) && decode_signed(it) && judge_header(it) && judge_usable(it) &&
	       judge_signature(it);
}

static bool judge_sealed(struct judging *it)
{
	struct sealed sealed;

	return split(it) && decode_sealed(it, &sealed) && judge_header(it) && judge_usable(it) &&
	       judge_enc(it, &sealed.enc) && open_sealed(it, &sealed);
}

static void clear(struct token_verdict *verdict, const struct profile_rules *rules)
{
	verdict->code = TOKEN_OK;
	verdict->stage = TOKEN_FORM;
	verdict->detail[0] = '\0';
	verdict->kid = (struct strictjson_value){0};
	verdict->algorithm = NULL;
	verdict->key = NULL;
	verdict->claims = NULL;
	verdict->claims_length = 0;
	verdict->expires_in_s = -1;
	for (size_t i = 0; i < TOKEN_CLAIM_COUNT; i++)
		verdict->known[i] = (struct strictjson_member){0};
	for (size_t i = 0; i < rules->require.count; i++)
		verdict->required[i] = (struct strictjson_member){0};
	for (size_t i = 0; i < rules->forward.count; i++)
		verdict->forwarded[i] = (struct strictjson_member){0};
}

void token_verify(const struct profile *profile, const char *token, size_t length,
	const struct token_options *options, struct token_scratch *scratch,
	struct token_verdict *ret_verdict)
{
	struct judging it = {
		.profile = profile,
		.options = options,
		.scratch = scratch,
		.verdict = ret_verdict,
		.whole = {token, length},
	};

	clear(ret_verdict, profile->rules);
	if (!(is_sealed(&it) ? judge_sealed(&it) : judge_signed(&it)))
		return;
	ret_verdict->stage = TOKEN_CLAIMS;
	ret_verdict->claims = scratch->payload;
	ret_verdict->claims_length = it.payload_size;
	ignore_result(claims_judge(profile->rules, options, ret_verdict)); // the verdict has it
}
