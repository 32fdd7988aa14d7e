// However a character is written, its spelling ends in one of a few ways (its digits, a bracket, a
// semicolon) and begins in one of a few (a backslash, a percent sign, an ampersand). An anchor is
// an end and the beginnings behind it, until four bytes are there; loose.h judges the rest.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/seam.h"

#include "loader/scan/search/character.h"
#include "loader/scan/search/entity.h"

#include <sodium.h>

#define ANCHOR_ENOUGH 4 // bytes of an anchor that need no more
#define PART_MAX 8      // bytes of an end or a beginning
#define PARTS_MAX 48
#define AROUND 4 // characters that are compared to choose a place

struct part {
	char bytes[PART_MAX];
	size_t length;
	bool whole; // the next character may begin behind it
};

struct parts {
	struct part items[PARTS_MAX];
	size_t count;
};

static void add(struct parts *list, const void *bytes, size_t length, bool whole)
{
	struct part *part;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].length == length &&
			memcmp(list->items[i].bytes, bytes, length) == 0)
			return;
	if (length > PART_MAX || list->count == PARTS_MAX)
		return;
	part = &list->items[list->count++];
	memcpy(part->bytes, bytes, length);
	part->length = length;
	part->whole = whole;
}

// A text that was printed, of which the last `most` bytes count.
static void add_end(struct parts *list, const char *text, size_t most)
{
	size_t length = strlen(text), cut = length > most ? length - most : 0;

	add(list, text + cut, length - cut, true);
}

// The letter that stands for a control character behind a backslash, or 0.
static char letter_of(uint32_t point)
{
	static const char letters[] = "nrtbfv", meant[] = "\n\r\t\b\f\v";
	const char *at = point ? strchr(meant, (int)point) : NULL;

	return at && *at ? letters[at - meant] : '\0';
}

// ---- how the spellings of a character end

static void add_numbers_end(struct parts *list, uint32_t point, bool upper)
{
	char text[16];
	size_t digits = point > 0xFF ? 3 : 2;
	uint32_t low = point > 0xFFFF ? 0xDC00 + (point & 0x3FF) : point;

	(void)snprintf(text, sizeof(text), upper ? "%02X" : "%02x", low);
	add_end(list, text, digits);
	(void)snprintf(text, sizeof(text), upper ? "%X}" : "%x}", point);
	add_end(list, text, digits + 1);
	(void)snprintf(text, sizeof(text), upper ? "%X;" : "%x;", point);
	add_end(list, text, digits + 1);
	(void)snprintf(text, sizeof(text), upper ? "%08X" : "%08x", point);
	add_end(list, text, digits);
	sodium_memzero(text, sizeof(text));
}

static void list_ends(const struct character *character, struct parts *ret_list)
{
	uint32_t point = character->point;
	uint8_t last = character->bytes[character->length - 1];
	const char letter = letter_of(point), *name;
	char text[16];

	ret_list->count = 0;
	add(ret_list, character->bytes, character->length, true);
	if (character_is_plain(point))
		return;
	add_numbers_end(ret_list, point, false);
	add_numbers_end(ret_list, point, true);
	(void)snprintf(text, sizeof(text), "%u;", point);
	add_end(ret_list, text, 3);
	for (size_t i = 0; (name = entity_name(point, i)); i++) {
		(void)snprintf(text, sizeof(text), "%s;", name);
		add_end(ret_list, text, 3);
	}
	for (int upper = 0; upper < 2; upper++) {
		(void)snprintf(text, sizeof(text), upper ? "%02X" : "%02x", last);
		add_end(ret_list, text, 2);
	}
	(void)snprintf(text, sizeof(text), "%o", last);
	add_end(ret_list, text, 3);
	if (letter) {
		add(ret_list, (const char[]){'\\', letter}, 2, true);
		add(ret_list, (const char[]){'5', 'C', letter}, 3, true);
		add(ret_list, (const char[]){'5', 'c', letter}, 3, true);
	}
	if (point == ' ') {
		add(ret_list, "+", 1, true);
		add_end(ret_list, "2B", 2);
		add_end(ret_list, "2b", 2);
	}
	sodium_memzero(text, sizeof(text));
}

// ---- how they begin

static void add_beginning(struct parts *list, const char *text)
{
	add(list, text, strlen(text), false);
}

static void add_percents(struct parts *list, unsigned number)
{
	char text[16];

	for (int upper = 0; upper < 2; upper++) {
		(void)snprintf(text, sizeof(text), upper ? "%%%02X" : "%%%02x", number);
		add_beginning(list, text);
	}
	sodium_memzero(text, sizeof(text));
}

static void list_beginnings(const struct character *character, struct parts *ret_list)
{
	static const char *const always[] = {
		"\\u", "\\x", "\\\\", "&#", "&a", "%25", "%5", "%u", "\\U"};
	uint32_t point = character->point;
	const char letter = letter_of(point), *name;
	char text[16];

	ret_list->count = 0;
	add(ret_list, character->bytes, character->length, true);
	if (character_is_plain(point))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		add_beginning(ret_list, always[i]);
	if (point > ' ' && point < 0x7F)
		add(ret_list, (const char[]){'\\', (char)point}, 2, true);
	if (letter)
		add(ret_list, (const char[]){'\\', letter}, 2, true);
	for (size_t i = 0; (name = entity_name(point, i)); i++) {
		(void)snprintf(text, sizeof(text), "&%.2s", name);
		add_beginning(ret_list, text);
		(void)snprintf(text, sizeof(text), "\\&%.2s", name);
		add_beginning(ret_list, text);
	}
	if (point == '"' || point == '\'' || point == '\\')
		add_beginning(ret_list, "\\&#");
	(void)snprintf(text, sizeof(text), "\\%o", character->bytes[0]);
	add_beginning(ret_list, text);
	(void)snprintf(text, sizeof(text), "\\%03o", character->bytes[0]);
	add_beginning(ret_list, text);
	add_percents(ret_list, character->bytes[0]);
	if (point <= UINT8_MAX)
		add_percents(ret_list, point);
	if (point == '\'') {
		add_beginning(ret_list, "'\\''");
		add_beginning(ret_list, "'\"'\"'");
	}
	if (point == ' ') {
		add(ret_list, "+", 1, true);
		add_percents(ret_list, '+');
	}
	sodium_memzero(text, sizeof(text));
}

// ---- a place

// How few other texts hold what stands from byte `at` on.
static unsigned worth_of(const uint8_t *value, size_t length, size_t at)
{
	unsigned worth = 0;
	size_t end = at;

	for (int i = 0; i < AROUND && end < length; i++) {
		struct character character = character_at(value, length, end);

		worth += character_is_plain(character.point);
		end += character.length;
	}
	for (size_t i = at; i < end; i++)
		worth += memchr(value + at, value[i], i - at) == NULL;
	return worth;
}

struct writer {
	const uint8_t *value;
	size_t length;
	struct seam_anchor *anchors;
	size_t count;
};

static void write_anchor(struct writer *writer, const struct seam_anchor *anchor)
{
	if (writer->count < SEAM_ANCHORS_MAX && anchor->bytes[0])
		writer->anchors[writer->count++] = *anchor;
}

// What stands so far, and behind it how the character at `at` begins.
static void write_on(struct writer *writer, const struct seam_anchor *begun, size_t at)
{
	struct character character;
	struct parts beginnings;

	if (at == writer->length) {
		write_anchor(writer, begun);
		return;
	}
	character = character_at(writer->value, writer->length, at);
	list_beginnings(&character, &beginnings);
	for (size_t i = 0; i < beginnings.count; i++) {
		const struct part *part = &beginnings.items[i];
		struct seam_anchor anchor = *begun;

		memcpy(anchor.bytes + anchor.length, part->bytes, part->length);
		anchor.length += part->length;
		if (anchor.length < ANCHOR_ENOUGH && part->whole)
			write_on(writer, &anchor, at + character.length);
		else
			write_anchor(writer, &anchor);
	}
	sodium_memzero(&beginnings, sizeof(beginnings));
}

size_t seam_anchors(const uint8_t *value, size_t length,
	struct seam_anchor anchors[static SEAM_ANCHORS_MAX], size_t *ret_at)
{
	struct writer writer = {value, length, anchors, 0};
	size_t best = 0, behind, last = length - character_before(value, length).length;
	struct character first;
	struct parts ends;

	for (size_t at = 0; at < last; at += character_at(value, length, at).length)
		if (worth_of(value, length, at) > worth_of(value, length, best))
			best = at;
	first = character_at(value, length, best);
	behind = best + first.length;
	list_ends(&first, &ends);
	for (size_t i = 0; i < ends.count; i++) {
		struct seam_anchor anchor = {.length = ends.items[i].length};

		memcpy(anchor.bytes, ends.items[i].bytes, anchor.length);
		anchor.skip = anchor.length;
		write_on(&writer, &anchor, behind);
	}
	sodium_memzero(&ends, sizeof(ends));
	*ret_at = behind;
	return writer.count;
}
