// Stops only at quotes, backslashes, line ends and the brackets of markup. Every quote may open a
// literal and the next of its kind closes it: no grammar, so that nothing can lead it astray; what
// stands between two literals has rarely the right length.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/older_look.h"

#include "lib/base/ascii.h"
#include "loader/scan/search/unescape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LANES 16      // bytes that are looked at at once
#define NAME_ROOM 300 // what may stand on a line beside a value

enum mark {
	MARK_NONE,
	MARK_DOUBLE,
	MARK_SINGLE,
	MARK_BACK,
	MARK_SLASH,
	MARK_LINE,
	MARK_LESS,
	MARK_MORE
};

static const uint8_t marks[256] = {
	['"'] = MARK_DOUBLE,
	['\''] = MARK_SINGLE,
	['`'] = MARK_BACK,
	['\\'] = MARK_SLASH,
	['\n'] = MARK_LINE,
	['<'] = MARK_LESS,
	['>'] = MARK_MORE,
};

static uint8_t byte_at(const struct older_look *look, uint64_t offset)
{
	return look->part->bytes[offset - look->part->base];
}

// How many backslashes stand right before a place.
static uint64_t slashes_before(const struct older_look *look, uint64_t offset)
{
	uint64_t count = 0;

	if (look->state->slash != offset)
		return 0;
	while (offset - count > look->part->base && byte_at(look, offset - count - 1) == '\\')
		count++;
	return count;
}

// How many literals a quote stands in: one in a literal has a backslash, one in a literal that
// stands in another has three. Pairs of what is left are backslashes of the text.
static size_t depth_of(uint64_t slashes)
{
	size_t depth = 0;

	while (depth + 1 < OLDER_DEPTHS && slashes >> depth & 1)
		depth++;
	return depth;
}

// Whether an attribute may be written with references.
static bool has_reference(const struct older_look *look, uint64_t start, uint64_t end)
{
	const struct older_part *part = look->part;

	return start >= part->base && end - start >= look->older->shortest &&
	       end - start <= OLDER_WRITTEN_MAX &&
	       memchr(part->bytes + (start - part->base), '&', (size_t)(end - start));
}

static void meet_quote(struct older_look *look, uint64_t offset, size_t kind)
{
	struct older_state *state = look->state;
	size_t depth = depth_of(slashes_before(look, offset));
	uint64_t start = state->quote[depth][kind], end = offset + 1 - (UINT64_C(1) << depth);
	struct older_written written = {.start = start, .end = end, .form = "quoted"};

	state->quote[depth][kind] = offset + 1;
	if (!start || start >= end)
		return;
	if (state->slash > start)
		written.unescape = unescape_script;
	older_written_try(look, &written);
	if (!has_reference(look, start, end))
		return;
	written.unescape = unescape_markup;
	older_written_try(look, &written);
	if (!look->inside)
		older_written_try_attribute(look, &written);
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && older_is_blank(*at))
		at++;
	return at;
}

static void try_trimmed(struct older_look *look, const uint8_t *at, const uint8_t *end,
	const char *form, bool markup)
{
	const struct older_part *part = look->part;
	struct older_written written = {.form = form};

	at = skip_blanks(at, end);
	while (end > at && older_is_blank(end[-1]))
		end--;
	if ((size_t)(end - at) < look->older->shortest)
		return;
	written.start = part->base + (uint64_t)(at - part->bytes);
	written.end = part->base + (uint64_t)(end - part->bytes);
	if (markup && memchr(at, '&', (size_t)(end - at)))
		written.unescape = unescape_markup;
	older_written_try(look, &written);
}

static bool is_name_byte(uint8_t byte)
{
	return ascii_is_alphanumeric(byte) || byte == '_' || byte == '-' || byte == '.';
}

// Where the value of `KEY=value`, `key = value` or `key: value` begins.
// Returns: NULL where the line is nothing of the kind.
static const uint8_t *value_on_line(const uint8_t *at, const uint8_t *end)
{
	static const char export[] = "export ";
	const size_t length = sizeof(export) - 1;
	const uint8_t *name;

	if ((size_t)(end - at) > length && memcmp(at, export, length) == 0)
		at += length;
	for (name = at; at < end && is_name_byte(*at);)
		at++;
	if (at == name)
		return NULL;
	at = skip_blanks(at, end);
	return at < end && (*at == '=' || *at == ':') ? at + 1 : NULL;
}

// The whole line, and the value that it gives to a name, also without the comment behind it.
static void try_line(struct older_look *look, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *value, *comment;

	at = skip_blanks(at, end);
	try_trimmed(look, at, end, "unquoted", false);
	value = value_on_line(at, end);
	if (!value)
		return;
	try_trimmed(look, value, end, "unquoted", false);
	comment = memmem(value, (size_t)(end - value), " #", 2);
	if (comment)
		try_trimmed(look, value, comment, "unquoted", false);
}

static void meet_line(struct older_look *look, uint64_t offset)
{
	const struct older_part *part = look->part;
	uint64_t start = look->state->line;

	look->state->line = offset + 1;
	if (older_written_try_wide_line(look, start, offset))
		return;
	if (start >= part->base && offset - start >= look->older->shortest &&
		offset - start <= look->older->longest + NAME_ROOM)
		try_line(look, part->bytes + (start - part->base),
			part->bytes + (offset - part->base));
}

static void meet_less(struct older_look *look, uint64_t offset)
{
	const struct older_part *part = look->part;
	uint64_t start = look->state->markup;

	look->state->markup = 0;
	if (start >= part->base && start < offset && offset - start >= look->older->shortest &&
		offset - start <= 6 * look->older->longest + NAME_ROOM)
		try_trimmed(look, part->bytes + (start - part->base),
			part->bytes + (offset - part->base), "markup", true);
}

static void meet(struct older_look *look, uint64_t offset, enum mark mark)
{
	switch (mark) {
	case MARK_NONE:
		break;
	case MARK_DOUBLE:
	case MARK_SINGLE:
	case MARK_BACK:
		meet_quote(look, offset, (size_t)(mark - MARK_DOUBLE));
		break;
	case MARK_SLASH:
		look->state->slash = offset + 1;
		break;
	case MARK_LINE:
		meet_line(look, offset);
		break;
	case MARK_LESS:
		meet_less(look, offset);
		break;
	case MARK_MORE:
		look->state->markup = offset + 1;
		break;
	}
}

#ifdef __SSE2__
// Which of 16 bytes are marks, a bit each.
static unsigned marks_of(const uint8_t *at)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i found = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));

	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\'')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('`')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('<')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('>')));
	return (unsigned)_mm_movemask_epi8(found);
}
#else
static unsigned marks_of(const uint8_t *at)
{
	unsigned found = 0;

	for (unsigned i = 0; i < LANES; i++)
		found |= (unsigned)(marks[at[i]] != MARK_NONE) << i;
	return found;
}
#endif

void older_marks_scan(struct older_look *look)
{
	const struct older_part *part = look->part;
	size_t at = part->from;

	for (; part->to - at >= LANES; at += LANES)
		for (unsigned bits = marks_of(part->bytes + at); bits; bits &= bits - 1) {
			size_t place = at + (unsigned)__builtin_ctz(bits);

			meet(look, part->base + place, marks[part->bytes[place]]);
		}
	for (; at < part->to; at++)
		meet(look, part->base + at, marks[part->bytes[at]]);
	if (part->last)
		meet_line(look, part->base + part->to);
}
