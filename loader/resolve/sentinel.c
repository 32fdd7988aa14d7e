// A table gives each form its fixed parts and its alphabet. Letters and digits are valid in base64,
// base64url and every quoting, so no form needs more than these.
// SPDX-License-Identifier: MIT
#include "loader/resolve/sentinel.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/encoding.h"
#include "lib/value/urltext.h"

#include <errno.h>
#include <sodium.h>

#define USUAL_LENGTH 44 // 32 bytes in base64: when nothing says how long the other is
#define DIGITS_MIN 24   // fewer digits can be guessed
#define SCHEME_MAX 32
#define LABEL_MAX 64
#define LINE 64  // letters of a line of PEM
#define TRIES 64 // until a word or a port is another than the value's own

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS UPPER LOWER DIGITS
#define HEX DIGITS "abcdef"
#define HEX_UPPER DIGITS "ABCDEF"

// Last digits of base64 that leave the unused bits zero, by the number of `=` behind them.
static const char *const last_digits[] = {LETTERS, "AEIMQUYcgkosw048", "AQgw"};

// How a value is written: what is drawn stands for each `*` of the pattern, by itself it is
// repeated to the length.
struct form {
	const char *before, *behind; // copied
	const char *alphabet;
	size_t length;  // of what is drawn
	size_t padding; // `=` at its end, which the length holds
	size_t line;    // letters of a line, whose ends the length holds; 0: there are none
};

size_t sentinel_length(size_t length)
{
	static const size_t usual[] = {16, 24, 32, 44, 64, 88, 128, 172, 256, 344, 512, 684};
	size_t power = 1024;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (length <= usual[i])
			return usual[i];
	while (power < length && power < BUNDLE_VALUE_MAX)
		power *= 2;
	return power;
}

static bool is_of(struct secret value, const char *alphabet)
{
	const uint8_t *at = secret_bytes(value);

	for (size_t i = 0; i < value.length; i++)
		if (!at[i] || !strchr(alphabet, at[i]))
			return false;
	return value.length > 0;
}

static const char *alphabet_of(struct secret value)
{
	static const char *const alphabets[] = {DIGITS, HEX, HEX_UPPER, LOWER DIGITS, UPPER DIGITS};

	for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++)
		if (is_of(value, alphabets[i]))
			return alphabets[i];
	return LETTERS;
}

static size_t padding_of(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t padding = 0;

	if (!encoding_is_base64(value) && !encoding_is_base64url(value))
		return 0;
	while (padding < 2 && at[value.length - 1 - padding] == '=')
		padding++;
	return padding;
}

static void draw_letters(uint8_t *at, const struct form *form)
{
	size_t letters = form->length - form->padding;

	for (size_t i = 0; i < letters; i++) {
		const char *alphabet = form->padding && i == letters - 1
					       ? last_digits[form->padding]
					       : form->alphabet;

		at[i] = (uint8_t)alphabet[randombytes_uniform((uint32_t)strlen(alphabet))];
	}
	memset(at + letters, '=', form->padding);
	for (size_t i = form->line; form->line && i < letters; i += form->line + 1)
		at[i] = '\n';
}

static int write_form(const struct form *form, struct secret_arena *arena, struct secret *ret_value)
{
	size_t before = strlen(form->before), behind = strlen(form->behind);
	uint8_t *bytes = secret_arena_take(arena, before + form->length + behind);

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, form->before, before);
	draw_letters(bytes + before, form);
	memcpy(bytes + before + form->length, form->behind, behind);
	*ret_value = secret_view(bytes, before + form->length + behind);
	return 0;
}

static bool is_uuid(struct secret value)
{
	static const char pattern[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
	const char *at = (const char *)secret_bytes(value);

	if (value.length != strlen(pattern))
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (pattern[i] == 'h' ? text_hex_digit(at[i]) < 0 : at[i] != pattern[i])
			return false;
	return true;
}

// RFC 9562 section 5.4.
static int draw_uuid(struct secret_arena *arena, struct secret *ret_value)
{
	uint8_t *at = secret_arena_take(arena, 36);
	static const struct form hex = {.alphabet = HEX, .length = 36};

	if (!at)
		return -ENOMEM;
	draw_letters(at, &hex);
	at[8] = at[13] = at[18] = at[23] = '-';
	at[14] = '4';
	at[19] = (uint8_t) "89ab"[randombytes_uniform(4)];
	*ret_value = secret_view(at, 36);
	return 0;
}

// ":5432" of "scheme://user:password@host:5432/name", or ""; `at` is where the host may begin.
static void copy_port(const uint8_t *at, const uint8_t *end, char out[static 8])
{
	size_t digits = 1;

	*out = '\0';
	while (at < end && *at != '/' && *at != '?' && *at != ':') {
		const uint8_t *close = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;

		at = close ? close + 1 : at + 1; // an address of IPv6
	}
	if (at == end || *at != ':')
		return;
	while (digits < 6 && at + digits < end && ascii_is_digit(at[digits]))
		digits++;
	if (digits > 1)
		(void)snprintf(out, 8, "%.*s", (int)digits, (const char *)at);
}

// A URL. RFC 6761 keeps .invalid from ever being a host.
// Returns: 1 drawn, 0 it is none, or -ENOMEM.
static int draw_url(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value)
{
	struct secret like = request->like, password;
	const uint8_t *scheme = secret_bytes(like), *end = scheme + like.length, *colon;
	char before[SCHEME_MAX + 32], behind[64] = "", port[8];
	struct form form = {before, behind, LETTERS, USUAL_LENGTH, 0, 0};
	bool secret = urltext_password(like, &password);
	size_t least;

	if (!secret && !shape_type_is(SHAPE_URL, like, NULL))
		return 0;
	colon = memchr(scheme, ':', like.length);
	if (!colon || colon - scheme > SCHEME_MAX)
		return 0;
	copy_port(secret ? secret_bytes(password) + password.length : colon + 3, end, port);
	(void)snprintf(before, sizeof(before),
		secret ? "%.*s://standin:" : "%.*s://stand-in.invalid%s/", (int)(colon - scheme),
		scheme, port);
	if (secret)
		(void)snprintf(behind, sizeof(behind), "@stand-in.invalid%s/standin", port);
	least = secret ? password.length : USUAL_LENGTH;
	form.length = sentinel_length(least > request->min_length ? least : request->min_length);
	return write_form(&form, arena, ret_value) < 0 ? -ENOMEM : 1;
}

// By what services mark the keys that they give out, longest first where one begins another:
// programs look at it, and it tells nothing of the rest.
static const char *const prefixes[] = {"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_",
	"ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "npm_", "xoxb-", "xoxp-", "xapp-",
	"sk-ant-", "sk-proj-", "sk-", "re_", "hf_", "shpat_", "shpss_", "lin_api_", "pat_", "SG.",
	"phc_", "phx_", "dop_v1_", "key-", "sb_secret_"};

static const char *prefix_of(struct secret value)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (value.length >= length + SENTINEL_SIZE_MIN &&
			memcmp(secret_bytes(value), prefixes[i], length) == 0)
			return prefixes[i];
	}
	return NULL;
}

// A PEM block with the label of the other, if that is one.
static int draw_pem(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value)
{
	static const char begin[] = "-----BEGIN ";
	char label[LABEL_MAX] = "PRIVATE KEY", before[LABEL_MAX + 20], behind[LABEL_MAX + 20];
	struct secret like = request->like;
	const char *at = (const char *)secret_bytes(like);
	size_t start = sizeof(begin) - 1, end = start;
	size_t wanted = like.length > request->min_length ? like.length : request->min_length;
	size_t lines = (sentinel_length(wanted) + LINE - 1) / LINE;

	if (like.length > start && memcmp(at, begin, start) == 0) {
		while (end < like.length && at[end] != '-' && at[end] != '\n')
			end++;
		if (end - start < sizeof(label))
			(void)snprintf(
				label, sizeof(label), "%.*s", (int)(end - start), at + start);
	}
	(void)snprintf(before, sizeof(before), "-----BEGIN %s-----\n", label);
	(void)snprintf(behind, sizeof(behind), "\n-----END %s-----\n", label);
	return write_form(&(struct form){before, behind, LETTERS, lines * (LINE + 1) - 1, 0, LINE},
		arena, ret_value);
}

static int draw_text(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value)
{
	struct secret like = request->like;
	struct form form = {.before = "", .behind = "", .alphabet = alphabet_of(like)};
	size_t length = like.length ? like.length : USUAL_LENGTH;

	if (length < request->min_length)
		length = request->min_length;
	if (text_equal(form.alphabet, DIGITS) && length < DIGITS_MIN)
		length = DIGITS_MIN;
	if (request->type == SHAPE_HEX && !text_equal(form.alphabet, HEX_UPPER))
		form.alphabet = HEX;
	form.length = sentinel_length(length);
	form.padding = padding_of(like);
	return write_form(&form, arena, ret_value);
}

// Three parts of base64url, the first of them a JSON object.
static bool is_token(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t dots = 0;

	if (value.length < 4 || memcmp(at, "eyJ", 3) != 0)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (!at[i] || !strchr(LETTERS "-_.", at[i]))
			return false;
		dots += at[i] == '.';
	}
	return dots == 2;
}

// A value without a declared type is taken for what it looks like.
static int draw_like(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value)
{
	// {"alg":"HS256"} and {}
	static const struct form token = {
		"eyJhbGciOiJIUzI1NiJ9.e30.", "", LETTERS, USUAL_LENGTH, 0, 0};
	int code = draw_url(request, arena, ret_value);
	struct form marked = {.behind = "", .alphabet = LETTERS};

	if (code)
		return code < 0 ? code : 0;
	if (is_uuid(request->like))
		return draw_uuid(arena, ret_value);
	if (is_token(request->like))
		return write_form(&token, arena, ret_value);
	marked.before = prefix_of(request->like);
	if (marked.before) {
		marked.length = sentinel_length(request->like.length - strlen(marked.before));
		return write_form(&marked, arena, ret_value);
	}
	return draw_text(request, arena, ret_value);
}

static bool begins_with(struct secret value, uint8_t byte)
{
	return value.length && *secret_bytes(value) == byte;
}

// What an undeclared value is well-formed as.
static enum shape_type type_of(const struct sentinel_request *request)
{
	static const enum shape_type types[] = {SHAPE_PEM, SHAPE_JWK};

	for (size_t i = 0; request->type == SHAPE_STRING && i < ARRAY_SIZE(types); i++)
		if (shape_type_is(types[i], request->like, NULL))
			return types[i];
	if (request->type == SHAPE_STRING &&
		(begins_with(request->like, '{') || begins_with(request->like, '[')) &&
		shape_type_is(SHAPE_JSON, request->like, NULL))
		return SHAPE_JSON;
	return request->type;
}

// What is of a fixed form, whatever stands in it.
static int draw_fixed(const struct sentinel_request *request, const struct form *form,
	struct secret_arena *arena, struct secret *ret_value)
{
	struct form longer = *form;

	if (longer.length >= USUAL_LENGTH && request->min_length > longer.length)
		longer.length = sentinel_length(request->min_length);
	return write_form(&longer, arena, ret_value);
}

static int draw(const struct sentinel_request *request, enum shape_type type,
	struct secret_arena *arena, struct secret *ret_value)
{
	// 16 digits, of which a JavaScript number loses none
	static const struct form forms[SHAPE_TYPES] = {
		[SHAPE_INTEGER] = {"1", "", DIGITS, 15, 0, 0},
		[SHAPE_PORT] = {"4", "", DIGITS, 4, 0, 0},
		[SHAPE_URL] = {"https://stand-in.invalid/", "", LETTERS, USUAL_LENGTH, 0, 0},
		[SHAPE_JWK] = {"{\"kty\":\"oct\",\"k\":\"", "\"}", LETTERS, USUAL_LENGTH, 0, 0},
		[SHAPE_JSON] = {"{\"stand-in\":\"", "\"}", LETTERS, USUAL_LENGTH, 0, 0},
	};
	static const struct form list = {"[\"", "\"]", LETTERS, USUAL_LENGTH, 0, 0};
	int code;

	if (type == SHAPE_PEM)
		return draw_pem(request, arena, ret_value);
	if (type == SHAPE_STRING)
		return draw_like(request, arena, ret_value);
	code = type == SHAPE_URL ? draw_url(request, arena, ret_value) : 0;
	if (code)
		return code < 0 ? code : 0;
	if (!forms[type].alphabet)
		return draw_text(request, arena, ret_value);
	return draw_fixed(request,
		type == SHAPE_JSON && begins_with(request->like, '[') ? &list : &forms[type], arena,
		ret_value);
}

static bool draw_word(
	const struct sentinel_request *request, enum shape_type type, struct secret *ret_value)
{
	static const char *flags[] = {"true", "false"};
	const char **words = type == SHAPE_BOOLEAN ? flags : request->words, *word;
	size_t count = type == SHAPE_BOOLEAN ? ARRAY_SIZE(flags) : request->word_count;

	if (type != SHAPE_BOOLEAN && type != SHAPE_ENUM)
		return false;
	word = count ? words[randombytes_uniform((uint32_t)count)] : "";
	*ret_value = secret_view(word, strlen(word));
	return true;
}

int sentinel_draw(const struct sentinel_request *request, struct secret_arena *arena,
	struct secret *ret_value)
{
	enum shape_type type = type_of(request);
	struct secret value = SECRET_NONE;

	for (unsigned i = 0; i < TRIES; i++) {
		if (!draw_word(request, type, &value) && draw(request, type, arena, &value) < 0)
			return -ENOMEM;
		if (!secret_equal(value, request->like))
			break;
	}
	*ret_value = value;
	return 0;
}
