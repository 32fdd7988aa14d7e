// The prints of a job by their bytes, and the lengths that are worth a fingerprint.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/older.h"

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/scanjob.h"
#include "loader/scan/search/older_look.h"

#include <errno.h>

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
		return err_no_memory(err);
	older->job = job;
	older->arena = arena;
	older->shortest = SIZE_MAX;
	older->prints = map_new();
	older->scratch = secret_arena_take(arena, OLDER_WRITTEN_MAX);
	older->inner = secret_arena_take(arena, OLDER_INNER_SIZE);
	code = older->prints && older->scratch && older->inner ? add_prints(older) : -ENOMEM;
	if (code != 0) {
		(void)older_close(older);
		return err_no_memory(err);
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
	secret_arena_give(older->arena, older->inner, OLDER_INNER_SIZE);
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

void older_judge(struct older_look *look, const struct older_written *written, const char *form,
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

void older_look(struct older *older, struct older_state *state, const struct older_part *part,
	older_found *found, void *user)
{
	struct older_look look = {older, state, part, found, user, 0, false};

	older_marks_scan(&look);
}
