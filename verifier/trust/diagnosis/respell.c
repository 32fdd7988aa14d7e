// A few functions with an argument each. Decoding is as lax as what applications use: Node's
// Buffer.from() drops what is no digit and stops at a `=`.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/respell.h"

#include "lib/base/text.h"

#include <sodium.h>
#include <utf8proc.h>

static void put(struct respell_draft *draft, uint8_t byte)
{
	if (draft->used < draft->size)
		draft->form[draft->used++] = byte;
	else
		draft->full = true;
}

static void put_bytes(struct respell_draft *draft, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put(draft, ((const uint8_t *)bytes)[i]);
}

static void put_text(struct respell_draft *draft, const char *text)
{
	put_bytes(draft, text, strlen(text));
}

// ---- something kept or left on

bool respell_wrap(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	put_text(draft, recipe->a);
	put_bytes(draft, draft->from, draft->length);
	put_text(draft, recipe->b);
	return true;
}

bool respell_line(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	put_text(draft, recipe->a);
	put_text(draft, draft->name);
	put(draft, '=');
	put_text(draft, recipe->b);
	put_bytes(draft, draft->from, draft->length);
	put_text(draft, recipe->b);
	return true;
}

// ---- something taken away

bool respell_strip(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *at = draft->from;
	size_t start = 0, end = draft->length;

	while (start < end && at[start] && strchr(recipe->a, at[start]))
		start++;
	while (end > start && at[end - 1] && strchr(recipe->b, at[end - 1]))
		end--;
	put_bytes(draft, at + start, end - start);
	return true;
}

bool respell_unquote(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *at = draft->from;

	if (draft->length < 2 || at[0] != at[draft->length - 1] || !at[0] ||
		!strchr(recipe->a, at[0]))
		return false;
	put_bytes(draft, at + 1, draft->length - 2);
	return true;
}

bool respell_behead(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t length = strlen(recipe->a);

	if (draft->length < length || memcmp(draft->from, recipe->a, length) != 0)
		return false;
	put_bytes(draft, draft->from + length, draft->length - length);
	return true;
}

static const uint8_t *find(const struct respell_draft *draft, const char *text)
{
	return draft->length ? memmem(draft->from, draft->length, text, strlen(text)) : NULL;
}

bool respell_cut(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *mark = find(draft, recipe->a);
	size_t length = mark ? (size_t)(mark - draft->from) : 0;

	while (length && draft->from[length - 1] == ' ')
		length--;
	put_bytes(draft, draft->from, length);
	return mark != NULL;
}

bool respell_behind(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	const uint8_t *mark = find(draft, recipe->a);

	if (!mark)
		return false;
	mark += strlen(recipe->a);
	put_bytes(draft, mark, draft->length - (size_t)(mark - draft->from));
	return true;
}

bool respell_first_bytes(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	if (draft->length <= (size_t)recipe->number)
		return false;
	put_bytes(draft, draft->from, (size_t)recipe->number);
	return true;
}

static bool is_name_byte(uint8_t byte, bool first)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' ||
	       (!first && byte >= '0' && byte <= '9');
}

// How long the reference that begins at `at` is: $NAME or ${...}; 0: none.
static size_t reference_length(const uint8_t *at, size_t length)
{
	size_t end = 1;

	if (length < 2 || at[0] != '$')
		return 0;
	if (at[1] == '{') {
		const uint8_t *close = memchr(at, '}', length);

		return close ? (size_t)(close - at) + 1 : 0;
	}
	while (end < length && is_name_byte(at[end], end == 1))
		end++;
	return end > 1 ? end : 0;
}

bool respell_expand(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length;) {
		size_t skip = reference_length(draft->from + i, draft->length - i);

		if (!skip)
			put(draft, draft->from[i]);
		i += skip ? skip : 1;
	}
	return true;
}

// ---- something in another's place

bool respell_replace(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t length = strlen(recipe->a);

	for (size_t i = 0; i < draft->length;) {
		bool here = draft->length - i >= length &&
			    memcmp(draft->from + i, recipe->a, length) == 0;

		if (here)
			put_text(draft, recipe->b);
		else
			put(draft, draft->from[i]);
		i += here ? length : 1;
	}
	return true;
}

bool respell_translate(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at = byte ? strchr(recipe->a, byte) : NULL;

		put(draft, at ? (uint8_t)recipe->b[at - recipe->a] : byte);
	}
	return true;
}

bool respell_change_case(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i], base = (uint8_t)recipe->number;

		put(draft, byte >= base && byte < base + 26 ? byte ^ 0x20 : byte);
	}
	return true;
}

bool respell_unescape(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char letters[] = "nrtbf", bytes[] = "\n\r\t\b\f";

	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at;

		if (byte == '\\' && i + 1 < draft->length) {
			byte = draft->from[++i];
			at = byte ? strchr(letters, byte) : NULL;
			byte = at ? (uint8_t)bytes[at - letters] : byte;
		}
		put(draft, byte);
	}
	return true;
}

bool respell_escape(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char letters[] = "nrtbf\"\\", bytes[] = "\n\r\t\b\f\"\\";

	put_text(draft, recipe->a);
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		const char *at = byte ? strchr(bytes, byte) : NULL;

		if (at)
			put(draft, '\\');
		put(draft, at ? (uint8_t)letters[at - bytes] : byte);
	}
	put_text(draft, recipe->a);
	return true;
}

// ---- encodings of bytes as text

static int digit_of(uint8_t byte, const char *digits)
{
	const char *at = byte ? strchr(digits, byte) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int digit64(uint8_t byte)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return digit_of(byte == '-' ? '+' : byte == '_' ? '/' : byte, digits);
}

bool respell_decode64(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	uint32_t bits = 0;
	unsigned count = 0;

	(void)recipe;
	for (size_t i = 0; i < draft->length && draft->from[i] != '='; i++) {
		int digit = digit64(draft->from[i]);

		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count >= 8) {
			count -= 8;
			put(draft, (uint8_t)(bits >> count));
		}
	}
	return true;
}

bool respell_encode64(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t size = sodium_base64_encoded_len(draft->length, recipe->number);

	if (size > draft->size)
		return false;
	(void)sodium_bin2base64(
		(char *)draft->form, draft->size, draft->from, draft->length, recipe->number);
	draft->used = size - 1;
	return true;
}

bool respell_decode16(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char digits[] = "0123456789abcdef";

	(void)recipe;
	for (size_t i = 0; i + 1 < draft->length; i += 2) {
		int high = digit_of(draft->from[i] | 0x20, digits);
		int low = digit_of(draft->from[i + 1] | 0x20, digits);

		if (high < 0 || low < 0)
			break;
		put(draft, (uint8_t)(high << 4 | low));
	}
	return true;
}

static void put_hex(
	struct respell_draft *draft, const uint8_t *bytes, size_t length, const char *digits)
{
	for (size_t i = 0; i < length; i++) {
		put(draft, (uint8_t)digits[bytes[i] >> 4]);
		put(draft, (uint8_t)digits[bytes[i] & 15]);
	}
}

bool respell_encode16(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	put_hex(draft, draft->from, draft->length, recipe->a);
	return true;
}

bool respell_repad(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++)
		if (digit64(draft->from[i]) < 0 && draft->from[i] != '=')
			return false;
	(void)respell_translate(draft, recipe);
	while (draft->used && draft->form[draft->used - 1] == '=')
		draft->used--;
	while (recipe->number && draft->used % 4)
		put(draft, '=');
	return true;
}

bool respell_percent_decode(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];
		int high = -1, low = -1;

		if (byte == '%' && i + 2 < draft->length) {
			high = digit_of(draft->from[i + 1] | 0x20, digits);
			low = digit_of(draft->from[i + 2] | 0x20, digits);
		}
		if (high >= 0 && low >= 0) {
			byte = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (byte == '+') {
			byte = (uint8_t)recipe->number;
		}
		put(draft, byte);
	}
	return true;
}

bool respell_percent_encode(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];

		if (is_name_byte(byte, false) || (byte && strchr("-.!~*'()", byte))) {
			put(draft, byte);
			continue;
		}
		put(draft, '%');
		put_hex(draft, &byte, 1, "0123456789ABCDEF");
	}
	return true;
}

bool respell_decimal(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];

		if (i)
			put(draft, ',');
		if (byte >= 100)
			put(draft, (uint8_t)('0' + byte / 100));
		if (byte >= 10)
			put(draft, (uint8_t)('0' + byte / 10 % 10));
		put(draft, (uint8_t)('0' + byte % 10));
	}
	return true;
}

// ---- encodings of characters: without utf8proc_map(), which lays the text on the heap

static bool is_ascii(const struct respell_draft *draft)
{
	for (size_t i = 0; i < draft->length; i++)
		if (draft->from[i] >= 0x80)
			return false;
	return true;
}

bool respell_normalise(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const utf8proc_option_t forms[] = {
		[RESPELL_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
		[RESPELL_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
		[RESPELL_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
		[RESPELL_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
	};
	utf8proc_option_t options = forms[recipe->number];
	utf8proc_ssize_t room = (utf8proc_ssize_t)draft->size - 1; // it ends the text with a NUL
	utf8proc_ssize_t count;

	if (is_ascii(draft))
		return false;
	count = utf8proc_decompose(
		draft->from, (utf8proc_ssize_t)draft->length, draft->runes, room, options);
	if (count < 0 || count > room)
		return false;
	count = utf8proc_reencode(draft->runes, count, options);
	if (count < 0)
		return false;
	put_bytes(draft, draft->runes, (size_t)count);
	return true;
}

static void put_rune(struct respell_draft *draft, uint32_t rune)
{
	uint8_t bytes[TEXT_POINT_MAX];

	put_bytes(draft, bytes, text_put_point(rune, bytes));
}

bool respell_from_latin1(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++)
		put_rune(draft, draft->from[i]);
	return !is_ascii(draft);
}

bool respell_to_units(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	utf8proc_ssize_t at = 0, end = (utf8proc_ssize_t)draft->length, length;

	put_text(draft, recipe->a);
	for (; at < end; at += length) {
		utf8proc_int32_t rune;

		length = utf8proc_iterate(draft->from + at, end - at, &rune);
		if (length < 1 || rune > 0xFFFF)
			return false;
		put(draft, (uint8_t)rune);
		if (recipe->number == 2)
			put(draft, (uint8_t)(rune >> 8));
	}
	return true;
}

// ---- a hash of it

bool respell_hash(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[crypto_hash_sha512_BYTES];
	size_t size = *recipe->a == '5' ? crypto_hash_sha512_BYTES : crypto_hash_sha256_BYTES;

	if (size == crypto_hash_sha512_BYTES)
		(void)crypto_hash_sha512(digest, draft->from, draft->length);
	else
		(void)crypto_hash_sha256(digest, draft->from, draft->length);
	if (recipe->number == RESPELL_HASH_RAW) {
		put_bytes(draft, digest, size);
	} else if (recipe->number == RESPELL_HASH_HEX) {
		put_hex(draft, digest, size, digits);
	} else {
		struct respell_draft inner = *draft;
		const struct respell_recipe base64 = {.number = sodium_base64_VARIANT_ORIGINAL};

		inner.from = digest;
		inner.length = size;
		(void)respell_encode64(&inner, &base64);
		draft->used = inner.used;
	}
	sodium_memzero(digest, sizeof(digest));
	return true;
}
