// Decoding is as lax as what applications use: Node's Buffer.from() drops what is no digit and
// stops at a `=`.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/recode.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"

#include <sodium.h>
#include <utf8proc.h>

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

bool recode_decode64(struct respell_draft *draft, const struct respell_recipe *recipe)
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
			respell_put(draft, (uint8_t)(bits >> count));
		}
	}
	return true;
}

bool recode_encode64(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	size_t size = sodium_base64_encoded_len(draft->length, recipe->number);

	if (size > draft->size)
		return false;
	(void)sodium_bin2base64(
		(char *)draft->form, draft->size, draft->from, draft->length, recipe->number);
	draft->used = size - 1;
	return true;
}

bool recode_decode16(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char digits[] = "0123456789abcdef";

	(void)recipe;
	for (size_t i = 0; i + 1 < draft->length; i += 2) {
		int high = digit_of(draft->from[i] | 0x20, digits);
		int low = digit_of(draft->from[i + 1] | 0x20, digits);

		if (high < 0 || low < 0)
			break;
		respell_put(draft, (uint8_t)(high << 4 | low));
	}
	return true;
}

static void put_hex(
	struct respell_draft *draft, const uint8_t *bytes, size_t length, const char *digits)
{
	for (size_t i = 0; i < length; i++) {
		respell_put(draft, (uint8_t)digits[bytes[i] >> 4]);
		respell_put(draft, (uint8_t)digits[bytes[i] & 15]);
	}
}

bool recode_encode16(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	put_hex(draft, draft->from, draft->length, recipe->a);
	return true;
}

bool recode_repad(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	for (size_t i = 0; i < draft->length; i++)
		if (digit64(draft->from[i]) < 0 && draft->from[i] != '=')
			return false;
	(void)respell_translate(draft, recipe);
	while (draft->used && draft->form[draft->used - 1] == '=')
		draft->used--;
	while (recipe->number && draft->used % 4)
		respell_put(draft, '=');
	return true;
}

bool recode_percent_decode(struct respell_draft *draft, const struct respell_recipe *recipe)
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
		respell_put(draft, byte);
	}
	return true;
}

bool recode_percent_encode(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];

		if (ascii_is_name(byte, false) || (byte && strchr("-.!~*'()", byte))) {
			respell_put(draft, byte);
			continue;
		}
		respell_put(draft, '%');
		put_hex(draft, &byte, 1, "0123456789ABCDEF");
	}
	return true;
}

bool recode_decimal(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++) {
		uint8_t byte = draft->from[i];

		if (i)
			respell_put(draft, ',');
		if (byte >= 100)
			respell_put(draft, (uint8_t)('0' + byte / 100));
		if (byte >= 10)
			respell_put(draft, (uint8_t)('0' + byte / 10 % 10));
		respell_put(draft, (uint8_t)('0' + byte % 10));
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

bool recode_normalise(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const utf8proc_option_t forms[] = {
		[RECODE_NFC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
		[RECODE_NFD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
		[RECODE_NFKC] = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
		[RECODE_NFKD] = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
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
	respell_put_bytes(draft, draft->runes, (size_t)count);
	return true;
}

static void put_rune(struct respell_draft *draft, uint32_t rune)
{
	uint8_t bytes[TEXT_POINT_MAX];

	respell_put_bytes(draft, bytes, text_put_point(rune, bytes));
}

bool recode_from_latin1(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	(void)recipe;
	for (size_t i = 0; i < draft->length; i++)
		put_rune(draft, draft->from[i]);
	return !is_ascii(draft);
}

bool recode_to_units(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	utf8proc_ssize_t at = 0, end = (utf8proc_ssize_t)draft->length, length;

	respell_put_text(draft, recipe->a);
	for (; at < end; at += length) {
		utf8proc_int32_t rune;

		length = utf8proc_iterate(draft->from + at, end - at, &rune);
		if (length < 1 || rune > 0xFFFF)
			return false;
		respell_put(draft, (uint8_t)rune);
		if (recipe->number == 2)
			respell_put(draft, (uint8_t)(rune >> 8));
	}
	return true;
}

// ---- a hash of it

bool recode_hash(struct respell_draft *draft, const struct respell_recipe *recipe)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[crypto_hash_sha512_BYTES];
	size_t size = *recipe->a == '5' ? crypto_hash_sha512_BYTES : crypto_hash_sha256_BYTES;

	if (size == crypto_hash_sha512_BYTES)
		(void)crypto_hash_sha512(digest, draft->from, draft->length);
	else
		(void)crypto_hash_sha256(digest, draft->from, draft->length);
	if (recipe->number == RECODE_HASH_RAW) {
		respell_put_bytes(draft, digest, size);
	} else if (recipe->number == RECODE_HASH_HEX) {
		put_hex(draft, digest, size, digits);
	} else {
		struct respell_draft inner = *draft;
		const struct respell_recipe base64 = {.number = sodium_base64_VARIANT_ORIGINAL};

		inner.from = digest;
		inner.length = size;
		(void)recode_encode64(&inner, &base64);
		draft->used = inner.used;
	}
	sodium_memzero(digest, sizeof(digest));
	return true;
}
