// How a literal is written is undone step by step: its escapes, in as many languages as it may
// stand in, then base64, hex, percents or UTF-16; what those hold is looked through like a stream.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/older_look.h"
#include "loader/scan/search/undo.h"
#include "loader/scan/search/unescape.h"

#define LAYERS_MAX 4     // languages that a literal stands in, one in the other
#define NEAR 300         // where JSON must have its first quote
#define WIDE_BEGINNING 8 // bytes of four characters in UTF-16

struct relay {
	struct older_look *outer;
	const struct older_written *written;
	const char *form;
	bool told;
};

// What stands in an encoded literal stands where that begins.
static void relay_found(void *user, size_t print, uint64_t offset, const char *form)
{
	struct relay *relay = user;

	(void)offset;
	(void)form;
	relay->told = true;
	if (relay->written->start < relay->outer->told)
		return;
	relay->outer->told = relay->written->start + 1;
	relay->outer->found(relay->outer->user, print, relay->written->start, relay->form);
}

// Looks for literals in `length` bytes at `inner`, which is what a literal encodes.
// Returns: whether something was told.
static bool look_inside(struct older_look *look, const struct older_written *written,
	const char *form, size_t length)
{
	struct relay relay = {look, written, form, false};
	struct older_state state = {.line = 0};
	struct older_part part = {.bytes = look->older->inner, .to = length, .last = true};
	struct older_look inner = {.older = look->older,
		.state = &state,
		.part = &part,
		.found = relay_found,
		.user = &relay,
		.inside = true};

	older_marks_scan(&inner);
	return relay.told;
}

// Whether base64 begins with what looks like text.
static bool encodes_text(const uint8_t *at, size_t length)
{
	uint8_t bytes[6];

	if (length < 8 || undo_base64(at, 8, bytes) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		if ((bytes[i] < ' ' && !older_is_blank(bytes[i])) || bytes[i] >= 0x7F)
			return false;
	return true;
}

static void try_base64(struct older_look *look, const struct older_written *written,
	const uint8_t *at, size_t length)
{
	struct older *older = look->older;
	size_t size = undo_base64_size(at, length);
	bool text;

	if (size < older->shortest)
		return;
	text = encodes_text(at, length);
	if (!text && !(size <= older->longest && older->wanted[size]))
		return;
	if (!undo_base64(at, length, older->inner))
		return;
	older_judge(look, written, "base64", older->inner, size);
	if (text)
		(void)look_inside(look, written, "base64", size);
}

static void try_hex(struct older_look *look, const struct older_written *written, const uint8_t *at,
	size_t length)
{
	struct older *older = look->older;

	if (length % 2 || length / 2 < older->shortest || length / 2 > older->longest ||
		!(older->unknown || older->wanted[length / 2]) ||
		!undo_hex(at, length, older->inner))
		return;
	older_judge(look, written, "hex", older->inner, length / 2);
}

static void try_percents(struct older_look *look, const struct older_written *written,
	const uint8_t *at, size_t length)
{
	struct older *older = look->older;

	if (length < older->shortest + 2 || length / 3 > older->longest || !memchr(at, '%', length))
		return;
	older_judge(look, written, "url", older->inner, undo_percents(at, length, older->inner));
}

// Between two quotes or line ends of UTF-16 a half of the first or of the last one is left over.
static size_t decode_wide(const struct older *older, const uint8_t *at, size_t length, bool big)
{
	if (length >= 2 && at[0] == (big ? 0xFE : 0xFF) && at[1] == (big ? 0xFF : 0xFE)) {
		at += 2;
		length -= 2;
	} else if (!big && length % 2) {
		at++;
	}
	return undo_utf16(at, length & ~(size_t)1, big, older->inner);
}

// Whether it begins as UTF-16 of ASCII does: every other byte is zero. Programs are full of zeros.
static bool is_wide(const uint8_t *at, size_t length)
{
	bool marked = length >= 2 && (at[0] ^ at[1]) == 1 && (at[0] & at[1]) == 0xFE;

	at += marked ? 2 : 0;
	length -= marked ? 2 : 0;
	for (size_t i = 0; i < WIDE_BEGINNING; i++)
		if (i >= length || (at[i] == 0) != ((at[0] == 0) == (i % 2 == 0)))
			return false;
	return true;
}

static void try_wide(struct older_look *look, const struct older_written *written,
	const uint8_t *at, size_t length)
{
	uint8_t *inner = look->older->inner;

	for (int big = 0; big < 2; big++) {
		size_t size = decode_wide(look->older, at, length, big);

		older_judge(look, written, "utf-16", inner, size);
		if (!memchr(inner, '\\', size))
			continue;
		size = unescape_script(inner, size, inner);
		older_judge(look, written, "utf-16", inner, size);
	}
}

// A literal without its escapes, and what it may encode.
static void try_text(struct older_look *look, const struct older_written *written,
	const uint8_t *at, size_t length)
{
	older_judge(look, written, written->form, at, length);
	if (look->inside || length < look->older->shortest)
		return;
	if (is_wide(at, length)) {
		try_wide(look, written, at, length);
		return;
	}
	try_hex(look, written, at, length);
	try_base64(look, written, at, length);
	try_percents(look, written, at, length);
}

void older_written_try(struct older_look *look, const struct older_written *written)
{
	const struct older_part *part = look->part;
	struct older *older = look->older;
	size_t length;
	const uint8_t *at;

	if (written->start < part->base || written->end <= written->start ||
		written->end - written->start > OLDER_WRITTEN_MAX)
		return;
	length = (size_t)(written->end - written->start);
	at = part->bytes + (written->start - part->base);
	try_text(look, written, at, length);
	if (!written->unescape || length < older->shortest || length / 6 > older->longest)
		return;
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		length = written->unescape(at, length, older->scratch);
		at = older->scratch;
		try_text(look, written, at, length);
		if (written->unescape != unescape_script || !memchr(at, '\\', length))
			return;
	}
}

// Whether it is JSON in an attribute, the quotes of which are references.
static bool is_quoted_json(const uint8_t *at, size_t length)
{
	size_t near = length < NEAR ? length : NEAR;

	return length > 0 && (*at == '{' || *at == '[') &&
	       (memmem(at, near, "&quot;", 6) || memmem(at, near, "&#34;", 5) ||
		       memmem(at, near, "&#x22;", 6));
}

void older_written_try_attribute(struct older_look *look, const struct older_written *written)
{
	const uint8_t *at = look->part->bytes + (written->start - look->part->base);
	size_t length = (size_t)(written->end - written->start);

	if (is_quoted_json(at, length))
		(void)look_inside(
			look, written, "markup", unescape_markup(at, length, look->older->inner));
}

bool older_written_try_wide_line(struct older_look *look, uint64_t start, uint64_t end)
{
	const struct older_part *part = look->part;
	const struct older_written written = {.start = start};
	const uint8_t *at;
	size_t length;

	if (look->inside || start < part->base || end - start > OLDER_WRITTEN_MAX ||
		(end - start) / 2 < look->older->shortest)
		return false;
	at = part->bytes + (start - part->base);
	length = (size_t)(end - start);
	if (!is_wide(at, length))
		return false;
	if (!look_inside(look, &written, "utf-16", decode_wide(look->older, at, length, false)))
		(void)look_inside(
			look, &written, "utf-16", decode_wide(look->older, at, length, true));
	return true;
}
