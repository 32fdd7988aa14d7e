// Stops only at quotes, backslashes, line ends and the brackets of markup. Every quote may open a
// literal and the next of its kind closes it: no grammar, so that nothing can lead it astray; what
// stands between two literals has rarely the right length.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/older.h"

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/scanjob.h"
#include "loader/scan/search/undo.h"
#include "loader/scan/search/unescape.h"

#include <errno.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LANES 16     // bytes that are looked at at once
#define LAYERS_MAX 4 // languages that a literal stands in, one in the other
#define INNER_SIZE ((size_t)OLDER_WRITTEN_MAX * 3 / 2) // UTF-16 as UTF-8
#define NAME_ROOM 300                                  // what may stand on a line beside a value
#define WIDE_BEGINNING 8                               // bytes of four characters in UTF-16

struct older {
	const struct scanjob *job;
	struct secret_arena *arena;
	struct map *prints;                // by their bytes
	bool wanted[OLDER_LENGTH_MAX + 1]; // lengths
	bool unknown;                      // some print has no length
	size_t shortest, longest;
	uint8_t *scratch; // OLDER_WRITTEN_MAX bytes of the arena
	uint8_t *inner;   // INNER_SIZE bytes of it: what a literal encodes
};

// What is looked at.
struct look {
	struct older *older;
	struct older_state *state;
	const struct older_part *part;
	older_found *found;
	void *user;
	uint64_t told; // behind the offset that was told last
	bool inside;   // of what a literal encodes: no deeper
};

// A literal as it is written.
struct written {
	uint64_t start, end; // in the stream
	const char *form;
	size_t (*unescape)(const uint8_t *text, size_t length, uint8_t *out); // NULL: none
};

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

// ---- making ready

static void want(struct older *older, size_t length)
{
	older->wanted[length] = true;
	if (length < older->shortest)
		older->shortest = length;
	if (length > older->longest)
		older->longest = length;
}

static int add_prints(struct older *older)
{
	const struct scanjob *job = older->job;
	int code = 0;

	for (size_t i = 0; i < job->print_count && code == 0; i++) {
		const struct scanjob_print *print = &job->prints[i];
		const char *name = (const char *)print->fingerprint;

		if (print->length > OLDER_LENGTH_MAX ||
			map_find(older->prints, name, sizeof(print->fingerprint)) != MAP_ABSENT)
			continue;
		code = map_put(older->prints, name, sizeof(print->fingerprint), i);
		if (print->length) {
			want(older, print->length);
			continue;
		}
		older->unknown = true;
		want(older, OLDER_UNKNOWN_MIN);
		want(older, OLDER_UNKNOWN_MAX);
	}
	return code;
}

int older_open(const struct scanjob *job, struct secret_arena *arena, struct older **ret_older,
	struct err *err)
{
	struct older *older;
	int code;

	*ret_older = NULL;
	if (!job->print_count)
		return 0;
	older = calloc(1, sizeof(*older));
	if (!older)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	older->job = job;
	older->arena = arena;
	older->shortest = SIZE_MAX;
	older->prints = map_new();
	older->scratch = secret_arena_take(arena, OLDER_WRITTEN_MAX);
	older->inner = secret_arena_take(arena, INNER_SIZE);
	code = older->prints && older->scratch && older->inner ? add_prints(older) : -ENOMEM;
	if (code != 0) {
		(void)older_close(older);
		return err_set(err, code, NULL, "out of memory");
	}
	*ret_older = older;
	return 0;
}

struct older *older_close(struct older *older)
{
	if (!older)
		return NULL;
	(void)map_free(older->prints);
	secret_arena_give(older->arena, older->scratch, OLDER_WRITTEN_MAX);
	secret_arena_give(older->arena, older->inner, INNER_SIZE);
	free(older);
	return NULL;
}

// ---- judging a literal

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool has_no_space(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] <= ' ' || bytes[i] == 0x7F)
			return false;
	return true;
}

static bool is_wanted(const struct older *older, const uint8_t *bytes, size_t length)
{
	if (length > older->longest || length < older->shortest)
		return false;
	if (older->unknown && length >= OLDER_UNKNOWN_MIN && length <= OLDER_UNKNOWN_MAX &&
		has_no_space(bytes, length))
		return true;
	return older->wanted[length];
}

static void judge(struct look *look, const struct written *written, const char *form,
	const uint8_t *bytes, size_t length)
{
	struct older *older = look->older;
	uint8_t fingerprint[FINGERPRINT_BYTES];
	size_t print;

	if (!is_wanted(older, bytes, length) || written->start < look->told)
		return;
	fingerprint_by_subkey(older->job->fingerprint_key, secret_view(bytes, length), fingerprint);
	print = map_find(older->prints, (const char *)fingerprint, sizeof(fingerprint));
	if (print == MAP_ABSENT)
		return;
	look->told = written->start + 1;
	look->found(look->user, print, written->start, form);
}

static void scan(struct look *look);

struct relay {
	struct look *outer;
	const struct written *written;
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
static bool look_inside(
	struct look *look, const struct written *written, const char *form, size_t length)
{
	struct relay relay = {look, written, form, false};
	struct older_state state = {.line = 0};
	struct older_part part = {.bytes = look->older->inner, .to = length, .last = true};
	struct look inner = {.older = look->older,
		.state = &state,
		.part = &part,
		.found = relay_found,
		.user = &relay,
		.inside = true};

	scan(&inner);
	return relay.told;
}

// Whether base64 begins with what looks like text.
static bool encodes_text(const uint8_t *at, size_t length)
{
	uint8_t bytes[6];

	if (length < 8 || undo_base64(at, 8, bytes) != sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		if ((bytes[i] < ' ' && !is_blank(bytes[i])) || bytes[i] >= 0x7F)
			return false;
	return true;
}

static void try_base64(
	struct look *look, const struct written *written, const uint8_t *at, size_t length)
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
	judge(look, written, "base64", older->inner, size);
	if (text)
		(void)look_inside(look, written, "base64", size);
}

static void try_hex(
	struct look *look, const struct written *written, const uint8_t *at, size_t length)
{
	struct older *older = look->older;

	if (length % 2 || length / 2 < older->shortest || length / 2 > older->longest ||
		!(older->unknown || older->wanted[length / 2]) ||
		!undo_hex(at, length, older->inner))
		return;
	judge(look, written, "hex", older->inner, length / 2);
}

static void try_percents(
	struct look *look, const struct written *written, const uint8_t *at, size_t length)
{
	struct older *older = look->older;

	if (length < older->shortest + 2 || length / 3 > older->longest || !memchr(at, '%', length))
		return;
	judge(look, written, "url", older->inner, undo_percents(at, length, older->inner));
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

static void try_wide(
	struct look *look, const struct written *written, const uint8_t *at, size_t length)
{
	uint8_t *inner = look->older->inner;

	for (int big = 0; big < 2; big++) {
		size_t size = decode_wide(look->older, at, length, big);

		judge(look, written, "utf-16", inner, size);
		if (!memchr(inner, '\\', size))
			continue;
		size = unescape_script(inner, size, inner);
		judge(look, written, "utf-16", inner, size);
	}
}

// A literal without its escapes, and what it may encode.
static void try_text(
	struct look *look, const struct written *written, const uint8_t *at, size_t length)
{
	judge(look, written, written->form, at, length);
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

static void try_written(struct look *look, const struct written *written)
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

// ---- the marks

static uint8_t byte_at(const struct look *look, uint64_t offset)
{
	return look->part->bytes[offset - look->part->base];
}

// How many backslashes stand right before a place.
static uint64_t slashes_before(const struct look *look, uint64_t offset)
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
static bool has_reference(const struct look *look, uint64_t start, uint64_t end)
{
	const struct older_part *part = look->part;

	return start >= part->base && end - start >= look->older->shortest &&
	       end - start <= OLDER_WRITTEN_MAX &&
	       memchr(part->bytes + (start - part->base), '&', (size_t)(end - start));
}

// Whether it is JSON in an attribute, the quotes of which are references.
static bool is_quoted_json(const uint8_t *at, size_t length)
{
	size_t near = length < NAME_ROOM ? length : NAME_ROOM;

	return length > 0 && (*at == '{' || *at == '[') &&
	       (memmem(at, near, "&quot;", 6) || memmem(at, near, "&#34;", 5) ||
		       memmem(at, near, "&#x22;", 6));
}

static void look_into_attribute(struct look *look, const struct written *written)
{
	const uint8_t *at = look->part->bytes + (written->start - look->part->base);
	size_t length = (size_t)(written->end - written->start);

	if (is_quoted_json(at, length))
		(void)look_inside(
			look, written, "markup", unescape_markup(at, length, look->older->inner));
}

static void meet_quote(struct look *look, uint64_t offset, size_t kind)
{
	struct older_state *state = look->state;
	size_t depth = depth_of(slashes_before(look, offset));
	uint64_t start = state->quote[depth][kind], end = offset + 1 - (UINT64_C(1) << depth);
	struct written written = {.start = start, .end = end, .form = "quoted"};

	state->quote[depth][kind] = offset + 1;
	if (!start || start >= end)
		return;
	if (state->slash > start)
		written.unescape = unescape_script;
	try_written(look, &written);
	if (!has_reference(look, start, end))
		return;
	written.unescape = unescape_markup;
	try_written(look, &written);
	if (!look->inside)
		look_into_attribute(look, &written);
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static void try_trimmed(
	struct look *look, const uint8_t *at, const uint8_t *end, const char *form, bool markup)
{
	const struct older_part *part = look->part;
	struct written written = {.form = form};

	at = skip_blanks(at, end);
	while (end > at && is_blank(end[-1]))
		end--;
	if ((size_t)(end - at) < look->older->shortest)
		return;
	written.start = part->base + (uint64_t)(at - part->bytes);
	written.end = part->base + (uint64_t)(end - part->bytes);
	if (markup && memchr(at, '&', (size_t)(end - at)))
		written.unescape = unescape_markup;
	try_written(look, &written);
}

static bool is_name_byte(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
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
static void try_line(struct look *look, const uint8_t *at, const uint8_t *end)
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

// A line of UTF-16.
// Returns: whether it is one.
static bool try_wide_line(struct look *look, uint64_t start, uint64_t end)
{
	const struct older_part *part = look->part;
	const struct written written = {.start = start};
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

static void meet_line(struct look *look, uint64_t offset)
{
	const struct older_part *part = look->part;
	uint64_t start = look->state->line;

	look->state->line = offset + 1;
	if (try_wide_line(look, start, offset))
		return;
	if (start >= part->base && offset - start >= look->older->shortest &&
		offset - start <= look->older->longest + NAME_ROOM)
		try_line(look, part->bytes + (start - part->base),
			part->bytes + (offset - part->base));
}

static void meet_less(struct look *look, uint64_t offset)
{
	const struct older_part *part = look->part;
	uint64_t start = look->state->markup;

	look->state->markup = 0;
	if (start >= part->base && start < offset && offset - start >= look->older->shortest &&
		offset - start <= 6 * look->older->longest + NAME_ROOM)
		try_trimmed(look, part->bytes + (start - part->base),
			part->bytes + (offset - part->base), "markup", true);
}

static void meet(struct look *look, uint64_t offset, enum mark mark)
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

static void scan(struct look *look)
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

void older_look(struct older *older, struct older_state *state, const struct older_part *part,
	older_found *found, void *user)
{
	struct look look = {older, state, part, found, user, 0, false};

	scan(&look);
}
