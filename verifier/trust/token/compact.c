// The first stage of a judgement. Its refusals are written for who pasted the token.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/compact.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/token/judging.h"

// The first byte that is none of a token, or NULL.
static const char *find_foreign(struct judging_part whole)
{
	for (size_t i = 0; i < whole.length; i++) {
		char byte = whole.text[i];

		if (!ascii_is_alphanumeric(byte) && !ascii_is_one_of(byte, "-_."))
			return whole.text + i;
	}
	return NULL;
}

// Says what is wrong with a text that is not of the form, beginning with common mistakes.
static bool refuse_foreign(const struct judging *it, const char *at)
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
	else if (ascii_is_space(*at))
		hint = offset + 2 >= it->whole.length ? ": white space at the end"
						      : ": white space";
	return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
		"byte %zu (0x%02x) is none of a token%s", offset + 1, (unsigned char)*at, hint);
}

static bool refuse_count(const struct judging *it)
{
	const char *foreign = find_foreign(it->whole), *name = it->profile->rules->name;

	if (foreign)
		return refuse_foreign(it, foreign);
	if (!judging_is_sealed(it) && it->count == JUDGING_PARTS_SEALED)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it is an encrypted token (five parts), and profile %s takes signed ones "
			"(three)",
			name);
	if (judging_is_sealed(it) && it->count == JUDGING_PARTS_SIGNED)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
			"it is signed and not encrypted (three parts), and profile %s takes "
			"encrypted tokens (five)",
			name);
	return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM,
		"it has %s%zu part%s, and profile %s takes tokens of %d",
		it->count == JUDGING_PARTS_MAX ? "at least " : "", it->count,
		text_plural(it->count), name,
		judging_is_sealed(it) ? JUDGING_PARTS_SEALED : JUDGING_PARTS_SIGNED);
}

// The last of JUDGING_PARTS_MAX parts may hold further dots.
bool compact_split(struct judging *it)
{
	const char *at = it->whole.text, *end = at + it->whole.length, *dot;

	if (it->whole.length > TOKEN_MAX)
		return token_refuse(it->verdict, TOKEN_E_TOO_LARGE, TOKEN_FORM,
			"it has %zu bytes, and the most are %u", it->whole.length, TOKEN_MAX);
	if (!it->whole.length)
		return token_refuse(it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM, "it is empty");
	while (it->count < JUDGING_PARTS_MAX - 1 && (dot = memchr(at, '.', (size_t)(end - at)))) {
		it->parts[it->count++] = (struct judging_part){at, (size_t)(dot - at)};
		at = dot + 1;
	}
	it->parts[it->count++] = (struct judging_part){at, (size_t)(end - at)};
	return it->count == (judging_is_sealed(it) ? JUDGING_PARTS_SEALED : JUDGING_PARTS_SIGNED) ||
	       refuse_count(it);
}

bool compact_decode_any(
	const struct judging *it, size_t index, const char *what, void *out, size_t size)
{
	const struct judging_part *part = &it->parts[index];
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

bool compact_decode(
	const struct judging *it, size_t index, const char *what, void *out, size_t size)
{
	if (!it->parts[index].length)
		return token_refuse(
			it->verdict, TOKEN_E_MALFORMED, TOKEN_FORM, "its %s is empty", what);
	return compact_decode_any(it, index, what, out, size);
}
