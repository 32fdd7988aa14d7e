// One row a misspelling, made by a function of respell.h; the walk leaves out what comes twice.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/nearmiss.h"

#include "verifier/trust/diagnosis/recode.h"
#include "verifier/trust/diagnosis/respell.h"

#include <sodium.h>

#define BLANKS " \t\r\n"
#define FIX_QUOTES "take the quotes off where the value is read as it stands"
#define FIX_END \
	"trim the value where it is read, or write it without a line's end (printf, not echo)"
#define FIX_LOADER \
	"quote the value in the file, or read it with the loader that the other side uses"
#define FIX_BYTES "agree on one: text as it stands, or decoded bytes (`encoding` of the profile)"
#define FIX_BASE64 "copy the text as it stands, with its alphabet and padding"
#define FIX_CHARS "write the value in ASCII, or save the file as UTF-8 (NFC)"
#define FIX_SLICE "use the whole value"
#define FIX_CASE "keep its letters as they are"
#define FIX_ESCAPE "write the value without backslashes and line ends"
#define FIX_LINE "take only what stands behind the `=`"
#define FIX_HASH "use the value itself as the key, or hash it on both sides"
#define HEX_LOW "0123456789abcdef"
#define HEX_UP "0123456789ABCDEF"

static const struct row {
	struct nearmiss public;
	struct respell_recipe recipe;
} rows[] = {
	// clang-format off
	{{"quotes-double", "the double quotes around it are part of the key", FIX_QUOTES},
		{respell_wrap, "\"", "\"", 0}},
	{{"quotes-single", "the single quotes around it are part of the key", FIX_QUOTES},
		{respell_wrap, "'", "'", 0}},
	{{"newline", "a newline at its end is part of the key", FIX_END}, {respell_wrap, "", "\n", 0}},
	{{"crlf", "a CR and a newline at its end are part of the key", FIX_END},
		{respell_wrap, "", "\r\n", 0}},
	{{"cr", "a CR at its end is part of the key (the file has Windows line ends)", FIX_END},
		{respell_wrap, "", "\r", 0}},
	{{"base64-decoded", "its text was decoded as base64, and the bytes are the key", FIX_BYTES},
		{recode_decode64, NULL, NULL, 0}},
	{{"hex-decoded", "its text was decoded as hex, and the bytes are the key", FIX_BYTES},
		{recode_decode16, NULL, NULL, 0}},
	{{"base64-encoded", "it was encoded as base64, and the text is the key", FIX_BYTES},
		{recode_encode64, NULL, NULL, sodium_base64_VARIANT_ORIGINAL}},
	{{"base64-encoded-unpadded", "it was encoded as base64 without `=`, and the text is the key",
		FIX_BYTES}, {recode_encode64, NULL, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING}},
	{{"base64url-encoded", "it was encoded as base64url, and the text is the key", FIX_BYTES},
		{recode_encode64, NULL, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING}},
	{{"base64url-encoded-padded", "it was encoded as base64url with `=`, and the text is the key",
		FIX_BYTES}, {recode_encode64, NULL, NULL, sodium_base64_VARIANT_URLSAFE}},
	{{"hex-encoded", "it was encoded as hex, and the text is the key", FIX_BYTES},
		{recode_encode16, HEX_LOW, NULL, 0}},
	{{"hex-encoded-upper", "it was encoded as hex in capitals, and the text is the key", FIX_BYTES},
		{recode_encode16, HEX_UP, NULL, 0}},
	{{"padding-lost", "the `=` at its end are missing from the key", FIX_BASE64},
		{recode_repad, "", "", 0}},
	{{"padding-added", "`=` at its end were added to the key", FIX_BASE64}, {recode_repad, "", "", 1}},
	{{"alphabet-url", "its + and / are - and _ in the key", FIX_BASE64},
		{respell_translate, "+/", "-_", 0}},
	{{"alphabet-url-unpadded", "its + and / are - and _ in the key, without `=`", FIX_BASE64},
		{recode_repad, "+/", "-_", 0}},
	{{"alphabet-standard", "its - and _ are + and / in the key", FIX_BASE64},
		{respell_translate, "-_", "+/", 0}},
	{{"alphabet-standard-padded", "its - and _ are + and / in the key, with `=`", FIX_BASE64},
		{recode_repad, "-_", "+/", 1}},
	{{"unquoted", "the quotes around the value are missing from the key", FIX_QUOTES},
		{respell_unquote, "\"'`", NULL, 0}},
	{{"trimmed", "the white space around the value is missing from the key", FIX_END},
		{respell_strip, BLANKS, BLANKS, 0}},
	{{"trimmed-end", "the white space at the value's end is missing from the key", FIX_END},
		{respell_strip, "", BLANKS, 0}},
	{{"cut-hash", "the key ends before the first `#` of the value", FIX_LOADER},
		{respell_cut, "#", NULL, 0}},
	{{"cut-comment", "the key ends before the first ` #` of the value", FIX_LOADER},
		{respell_cut, " #", NULL, 0}},
	{{"cut-dollar", "the key ends before the first `$` of the value", FIX_LOADER},
		{respell_cut, "$", NULL, 0}},
	{{"dollar-expanded", "what looks like a variable in the value was replaced by nothing",
		FIX_LOADER}, {respell_expand, NULL, NULL, 0}},
	{{"cut-equals", "the key ends before the first `=` of the value", FIX_LOADER},
		{respell_cut, "=", NULL, 0}},
	{{"cut-space", "the key ends before the first space of the value", FIX_LOADER},
		{respell_cut, " ", NULL, 0}},
	{{"first-line", "only the first line of the value is the key", FIX_LOADER},
		{respell_cut, "\n", NULL, 0}},
	{{"cut-semicolon", "the key ends before the first `;` of the value", FIX_LOADER},
		{respell_cut, ";", NULL, 0}},
	{{"cut-quote", "the key ends before the first double quote of the value", FIX_LOADER},
		{respell_cut, "\"", NULL, 0}},
	{{"cut-apostrophe", "the key ends before the first single quote of the value", FIX_LOADER},
		{respell_cut, "'", NULL, 0}},
	{{"cut-ampersand", "the key ends before the first `&` of the value", FIX_LOADER},
		{respell_cut, "&", NULL, 0}},
	{{"behind-equals", "only what stands behind the first `=` of the value is the key", FIX_LOADER},
		{respell_behind, "=", NULL, 0}},
	{{"bom-lost", "the byte order mark before the value is missing from the key",
		"save the file without a byte order mark"}, {respell_behead, "\xEF\xBB\xBF", NULL, 0}},
	{{"space-after", "a space at its end is part of the key", FIX_END}, {respell_wrap, "", " ", 0}},
	{{"space-before", "a space before it is part of the key", FIX_END}, {respell_wrap, " ", "", 0}},
	{{"space-around", "a space on each side of it is part of the key", FIX_END},
		{respell_wrap, " ", " ", 0}},
	{{"tab-after", "a tab at its end is part of the key", FIX_END}, {respell_wrap, "", "\t", 0}},
	{{"nbsp-after", "a no-break space at its end is part of the key", FIX_END},
		{respell_wrap, "", "\xC2\xA0", 0}},
	{{"bom", "a byte order mark before it is part of the key",
		"save the file without a byte order mark"}, {respell_wrap, "\xEF\xBB\xBF", "", 0}},
	{{"quotes-backtick", "the backticks around it are part of the key", FIX_QUOTES},
		{respell_wrap, "`", "`", 0}},
	{{"quotes-double-cr", "the double quotes around it and a CR are part of the key", FIX_QUOTES},
		{respell_wrap, "\"", "\"\r", 0}},
	{{"quotes-single-cr", "the single quotes around it and a CR are part of the key", FIX_QUOTES},
		{respell_wrap, "'", "'\r", 0}},
	{{"quotes-double-newline", "the double quotes around it and a newline are part of the key",
		FIX_QUOTES}, {respell_wrap, "\"", "\"\n", 0}},
	{{"quotes-escaped", "double quotes with backslashes around it are part of the key", FIX_QUOTES},
		{respell_wrap, "\\\"", "\\\"", 0}},
	{{"quote-open", "the double quote before it is part of the key", FIX_QUOTES},
		{respell_wrap, "\"", "", 0}},
	{{"quote-close", "the double quote behind it is part of the key", FIX_QUOTES},
		{respell_wrap, "", "\"", 0}},
	{{"name-kept", "the name and the `=` before it are part of the key", FIX_LINE},
		{respell_line, "", "", 0}},
	{{"name-kept-quoted", "the name, the `=` and the quotes are part of the key", FIX_LINE},
		{respell_line, "", "\"", 0}},
	{{"export-kept", "`export`, the name and the `=` before it are part of the key", FIX_LINE},
		{respell_line, "export ", "", 0}},
	{{"equals-kept", "the `=` before it is part of the key", FIX_LINE}, {respell_wrap, "=", "", 0}},
	{{"newline-decoded", "each \\n in the value was made a line's end", FIX_ESCAPE},
		{respell_replace, "\\n", "\n", 0}},
	{{"newline-encoded", "each line's end in the value was made \\n", FIX_ESCAPE},
		{respell_replace, "\n", "\\n", 0}},
	{{"crlf-normalised", "each CRLF in the value was made a newline", FIX_ESCAPE},
		{respell_replace, "\r\n", "\n", 0}},
	{{"newline-crlf", "each newline in the value was made a CRLF", FIX_ESCAPE},
		{respell_replace, "\n", "\r\n", 0}},
	{{"newline-lost", "the line ends in the value are missing from the key", FIX_ESCAPE},
		{respell_replace, "\n", "", 0}},
	{{"backslash-decoded", "backslashes in the value were taken for escapes", FIX_ESCAPE},
		{respell_unescape, NULL, NULL, 0}},
	{{"backslash-lost", "the backslashes in the value are missing from the key", FIX_ESCAPE},
		{respell_replace, "\\", "", 0}},
	{{"backslash-doubled", "the backslashes in the value are doubled in the key", FIX_ESCAPE},
		{respell_replace, "\\", "\\\\", 0}},
	{{"dollar-backslash", "each `$` of the value has a backslash in the key", FIX_LOADER},
		{respell_replace, "$", "\\$", 0}},
	{{"dollar-unescaped", "each `\\$` of the value is `$` in the key", FIX_LOADER},
		{respell_replace, "\\$", "$", 0}},
	{{"dollar-doubled", "each `$` of the value is `$$` in the key", FIX_LOADER},
		{respell_replace, "$", "$$", 0}},
	{{"dollar-halved", "each `$$` of the value is `$` in the key", FIX_LOADER},
		{respell_replace, "$$", "$", 0}},
	{{"json-string", "it was written as JSON, and the text with its quotes is the key",
		"use the value, not JSON.stringify() of it"}, {respell_escape, "\"", NULL, 0}},
	{{"json-escaped", "it was escaped as in JSON", FIX_ESCAPE}, {respell_escape, "", NULL, 0}},
	{{"percent-decoded", "each %XX of the value was decoded",
		"do not decode the value as a part of a URL"}, {recode_percent_decode, NULL, NULL, '+'}},
	{{"form-decoded", "each %XX and + of the value was decoded",
		"do not decode the value as a form's field"}, {recode_percent_decode, NULL, NULL, ' '}},
	{{"percent-encoded", "it was encoded as a part of a URL",
		"do not encode the value, or decode it where it is used"},
		{recode_percent_encode, NULL, NULL, 0}},
	{{"space-plus", "each space of the value is + in the key",
		"do not encode the value as a form's field"}, {respell_replace, " ", "+", 0}},
	{{"nfc", "its characters are composed in the key (Unicode NFC)", FIX_CHARS},
		{recode_normalise, NULL, NULL, RECODE_NFC}},
	{{"nfd", "its characters are decomposed in the key (Unicode NFD)", FIX_CHARS},
		{recode_normalise, NULL, NULL, RECODE_NFD}},
	{{"nfkc", "its characters are made plain in the key (Unicode NFKC)", FIX_CHARS},
		{recode_normalise, NULL, NULL, RECODE_NFKC}},
	{{"nfkd", "its characters are made plain in the key (Unicode NFKD)", FIX_CHARS},
		{recode_normalise, NULL, NULL, RECODE_NFKD}},
	{{"latin1-bytes", "its characters are bytes of Latin-1 in the key", FIX_CHARS},
		{recode_to_units, "", NULL, 1}},
	{{"latin1-as-utf8", "its bytes were taken for Latin-1 and encoded as UTF-8 again", FIX_CHARS},
		{recode_from_latin1, NULL, NULL, 0}},
	{{"utf16", "its characters are UTF-16 in the key", FIX_CHARS}, {recode_to_units, "", NULL, 2}},
	{{"utf16-bom", "its characters are UTF-16 in the key, with a byte order mark", FIX_CHARS},
		{recode_to_units, "\xFF\xFE", NULL, 2}},
	{{"lower-case", "its letters are lower case in the key", FIX_CASE},
		{respell_change_case, NULL, NULL, 'A'}},
	{{"upper-case", "its letters are upper case in the key", FIX_CASE},
		{respell_change_case, NULL, NULL, 'a'}},
	{{"sha256", "the SHA-256 of it is the key", FIX_HASH}, {recode_hash, "256", NULL, RECODE_HASH_RAW}},
	{{"sha256-hex", "the SHA-256 of it as hex is the key", FIX_HASH},
		{recode_hash, "256", NULL, RECODE_HASH_HEX}},
	{{"sha256-base64", "the SHA-256 of it as base64 is the key", FIX_HASH},
		{recode_hash, "256", NULL, RECODE_HASH_BASE64}},
	{{"sha512", "the SHA-512 of it is the key", FIX_HASH}, {recode_hash, "512", NULL, RECODE_HASH_RAW}},
	{{"sha512-hex", "the SHA-512 of it as hex is the key", FIX_HASH},
		{recode_hash, "512", NULL, RECODE_HASH_HEX}},
	{{"first-16", "only its first 16 bytes are the key", FIX_SLICE},
		{respell_first_bytes, NULL, NULL, 16}},
	{{"first-32", "only its first 32 bytes are the key", FIX_SLICE},
		{respell_first_bytes, NULL, NULL, 32}},
	{{"first-64", "only its first 64 bytes are the key", FIX_SLICE},
		{respell_first_bytes, NULL, NULL, 64}},
	{{"byte-list", "the key is a list of its bytes as decimal numbers",
		"use the bytes, not String() of them"}, {recode_decimal, NULL, NULL, 0}},
	// clang-format on
};

_Static_assert(ARRAY_SIZE(rows) <= NEARMISS_FORMS_MAX, "a walk has room for every row");

// ---- the walk

struct walk {
	struct secret secret;
	struct nearmiss_room *room;
	size_t count, stored; // forms so far, and bytes of them in room->made
};

// Whether it is new; then it is remembered, as far as there is room.
static bool is_new(struct walk *walk, struct secret form)
{
	uint8_t *place = walk->room->made + walk->stored;

	if (!form.length || secret_equal(form, walk->secret))
		return false;
	for (size_t i = 0; i < walk->count; i++)
		if (secret_equal(form, walk->room->forms[i]))
			return false;
	if (form.length <= sizeof(walk->room->made) - walk->stored) {
		memcpy(place, form.bytes, form.length);
		walk->stored += form.length;
		walk->room->forms[walk->count] = secret_view(place, form.length);
	} else {
		walk->room->forms[walk->count] = SECRET_NONE;
	}
	walk->count++;
	return true;
}

size_t nearmiss_walk(struct secret secret, const char *name, struct nearmiss_room *room,
	nearmiss_visit *visit, void *owner)
{
	struct walk walk = {.secret = secret, .room = room};
	bool on = secret.length && secret.length <= NEARMISS_SECRET_MAX;

	for (size_t i = 0; on && i < ARRAY_SIZE(rows); i++) {
		struct respell_draft draft = {.from = secret_bytes(secret),
			.length = secret.length,
			.name = name,
			.form = room->form,
			.size = sizeof(room->form),
			.runes = room->runes};
		struct secret form;

		if (!rows[i].recipe.make(&draft, &rows[i].recipe) || draft.full)
			continue;
		form = secret_view(room->form, draft.used);
		if (is_new(&walk, form))
			on = visit(owner, &rows[i].public, form);
	}
	return walk.count;
}

struct between {
	struct secret form;
	const struct nearmiss *found;
};

static bool compare(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct between *between = owner;

	if (!secret_equal(form, between->form))
		return true;
	between->found = nearmiss;
	return false;
}

const struct nearmiss *nearmiss_between(
	struct secret secret, const char *name, struct secret form, struct nearmiss_room *room)
{
	struct between between = {.form = form};

	(void)nearmiss_walk(secret, name, room, compare, &between);
	return between.found;
}
