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
#include "loader/scan/search/unescape.h"

#include <errno.h>

#define NAME_ROOM 300 // what may stand on a line beside a value

struct older {
	const struct scanjob *job;
	struct secret_arena *arena;
	struct map *prints;                // by their bytes
	bool wanted[OLDER_LENGTH_MAX + 1]; // lengths
	bool unknown;                      // some print has no length
	size_t shortest, longest;
	uint8_t *scratch; // OLDER_WRITTEN_MAX bytes of the arena
};

// What is looked at.
struct look {
	struct older *older;
	struct older_state *state;
	const struct older_part *part;
	older_found *found;
	void *user;
	uint64_t told; // behind the offset that was told last
};

// A literal as it is written.
struct written {
	uint64_t start, end; // in the stream
	const char *form;
	size_t (*unescape)(const uint8_t *text, size_t length, uint8_t *out); // NULL: none
	bool twice;
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
	code = older->prints && older->scratch ? add_prints(older) : -ENOMEM;
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
	free(older);
	return NULL;
}

// ---- judging a literal

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

static void judge(
	struct look *look, const struct written *written, const uint8_t *bytes, size_t length)
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
	look->found(look->user, print, written->start, written->form);
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
	if (!written->unescape) {
		judge(look, written, at, length);
		return;
	}
	if (length < older->shortest || length / 6 > older->longest)
		return;
	length = written->unescape(at, length, older->scratch);
	judge(look, written, older->scratch, length);
	if (!written->twice || !memchr(older->scratch, '\\', length))
		return;
	length = written->unescape(older->scratch, length, older->scratch);
	judge(look, written, older->scratch, length);
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

static void meet_quote(struct look *look, uint64_t offset, size_t kind)
{
	struct older_state *state = look->state;
	uint64_t slashes = slashes_before(look, offset);
	size_t depth = slashes % 2;
	uint64_t start = state->quote[depth][kind], end = depth ? offset - slashes : offset;

	state->quote[depth][kind] = offset + 1;
	if (start && start < end)
		try_written(look, &(struct written){.start = start,
					  .end = end,
					  .form = "quoted",
					  .unescape = state->slash > start ? unescape_script : NULL,
					  .twice = depth == 1});
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void try_trimmed(struct look *look, uint64_t start, uint64_t end, const char *form)
{
	struct written written = {.form = form};
	bool markup = form[0] == 'm';

	while (start < end && is_blank(byte_at(look, start)))
		start++;
	while (end > start && is_blank(byte_at(look, end - 1)))
		end--;
	if (start == end)
		return;
	written.start = start;
	written.end = end;
	if (markup &&
		memchr(look->part->bytes + (start - look->part->base), '&', (size_t)(end - start)))
		written.unescape = unescape_markup;
	try_written(look, &written);
}

// The whole line, what follows its first `=`, what follows its first `: `, each also without a
// comment.
static void try_line(struct look *look, uint64_t start, uint64_t end)
{
	const uint8_t *bytes = look->part->bytes + (start - look->part->base);
	size_t length = (size_t)(end - start);
	const uint8_t *sign = memchr(bytes, '=', length), *colon = memmem(bytes, length, ": ", 2);
	const uint8_t *comment = memmem(bytes, length, " #", 2);
	const uint64_t starts[] = {start, sign ? start + (uint64_t)(sign - bytes) + 1 : end,
		colon ? start + (uint64_t)(colon - bytes) + 2 : end};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		uint64_t cut = comment ? start + (uint64_t)(comment - bytes) : end;

		try_trimmed(look, starts[i], end, "unquoted");
		if (cut < end && cut > starts[i])
			try_trimmed(look, starts[i], cut, "unquoted");
	}
}

static void meet_line(struct look *look, uint64_t offset)
{
	uint64_t start = look->state->line;

	look->state->line = offset + 1;
	if (start >= look->part->base && offset - start >= look->older->shortest &&
		offset - start <= look->older->longest + NAME_ROOM)
		try_line(look, start, offset);
}

static void meet_less(struct look *look, uint64_t offset)
{
	uint64_t start = look->state->markup;

	look->state->markup = 0;
	if (start >= look->part->base && start < offset &&
		offset - start >= look->older->shortest &&
		offset - start <= 6 * look->older->longest + NAME_ROOM)
		try_trimmed(look, start, offset, "markup");
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

void older_look(struct older *older, struct older_state *state, const struct older_part *part,
	older_found *found, void *user)
{
	struct look look = {older, state, part, found, user, 0};

	for (size_t i = part->from; i < part->to; i++) {
		enum mark mark = marks[part->bytes[i]];

		if (mark != MARK_NONE)
			meet(&look, part->base + i, mark);
	}
	if (part->last)
		meet_line(&look, part->base + part->to);
}
