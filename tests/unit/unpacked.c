// What is taken wrongly (a stream that ends twice, a place that changes) aborts.
// SPDX-License-Identifier: MIT
#include "tests/unit/unpacked.h"

#include "lib/wire/scanreport.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static char folder[64], back[4096];

static char *shown(const struct scanreport_place *place)
{
	char *text;

	if (asprintf(&text, "%s", place->path) < 0)
		abort();
	for (size_t i = 0; i < place->inside_count; i++) {
		char *longer;

		if (asprintf(&longer, "%s: %s", text, place->inside[i]) < 0)
			abort();
		free(text);
		text = longer;
	}
	return text;
}

static void append(char **text, const char *line)
{
	char *longer;

	if (asprintf(&longer, "%s%s", *text ? *text : "", line) < 0)
		abort();
	free(*text);
	*text = longer;
}

static void *take_begin(void *user, const struct scanreport_place *place)
{
	struct unpacked *all = user;
	struct unpacked_stream *stream = malloc(sizeof(*stream));
	own_free char *text = shown(place);

	if (!stream)
		abort();
	(void)snprintf(stream->place, sizeof(stream->place), "%s", text);
	stream->offset = place->offset;
	stream->size = 0;
	stream->all = all;
	stream->open = true;
	if (all->keep) {
		all->streams = reallocarray(
			all->streams, all->count + 1, sizeof(struct unpacked_stream *));
		if (!all->streams)
			abort();
		all->streams[all->count] = stream;
	}
	all->count++;
	return stream;
}

static int take_feed(void *stream, const uint8_t *bytes, size_t size)
{
	struct unpacked_stream *to = stream;
	size_t room = to->size < UNPACKED_KEPT ? UNPACKED_KEPT - (size_t)to->size : 0;

	if (!to->open || !size)
		abort();
	if (to->all->keep)
		memcpy(to->bytes + UNPACKED_KEPT - room, bytes, size < room ? size : room);
	to->size += size;
	return 0;
}

static int take_end(void *stream)
{
	struct unpacked_stream *ended = stream;

	if (!ended->open)
		abort();
	ended->open = false;
	if (!ended->all->keep)
		free(ended);
	return 0;
}

static void note_skipped(struct unpacked *all, const struct scanreport_place *place,
	const char *before, const char *why)
{
	own_free char *text = shown(place);
	own_free char *line = NULL;

	if (asprintf(&line, "%s: %s%s\n", text, before, why) < 0)
		abort();
	append(&all->skipped, line);
}

static void take_skipped(void *user, const struct scanreport_place *place, const char *why)
{
	note_skipped(user, place, "", why);
}

static void take_foreign(void *user, const struct scanreport_place *place, const char *what)
{
	note_skipped(user, place, "foreign: ", what);
}

static void take_named(
	void *user, const struct scanreport_place *place, const uint8_t *head, size_t head_size)
{
	struct unpacked *all = user;
	own_free char *text = shown(place);
	own_free char *line = NULL;
	uint8_t sum = 0;

	for (size_t i = 0; i < head_size; i++)
		sum ^= head[i]; // a sanitizer sees that they are there
	if (head_size > 4096 || asprintf(&line, "%s %zu\n", text, head_size + 0 * (size_t)sum) < 0)
		abort();
	if (all->keep)
		append(&all->named, line);
}

void unpacked_walk(const struct scanjob *job, struct unpacked *ret_unpacked)
{
	struct walk_taker taker = {take_begin, take_feed, take_end, take_skipped, take_foreign,
		take_named, ret_unpacked};
	struct walk *walk = NULL;

	if (walk_open(job, &walk, NULL) < 0)
		abort();
	ret_unpacked->result = walk_run(walk, &taker, &ret_unpacked->total);
	(void)walk_close(walk); // NULL
	append(&ret_unpacked->named, "");
	append(&ret_unpacked->skipped, "");
	for (size_t i = 0; ret_unpacked->keep && i < ret_unpacked->count; i++) {
		if (ret_unpacked->streams[i]->open)
			abort();
	}
}

void unpacked_path(const char *path, struct unpacked *ret_unpacked)
{
	const struct scanjob job = {.paths = &path, .path_count = 1};

	*ret_unpacked = (struct unpacked){.keep = true};
	unpacked_walk(&job, ret_unpacked);
}

void unpacked_done(struct unpacked *unpacked)
{
	for (size_t i = 0; unpacked->keep && i < unpacked->count; i++)
		free(unpacked->streams[i]);
	free(unpacked->streams);
	free(unpacked->named);
	free(unpacked->skipped);
	*unpacked = (struct unpacked){0};
}

const struct unpacked_stream *unpacked_at(
	const struct unpacked *unpacked, const char *place, uint64_t offset)
{
	for (size_t i = 0; i < unpacked->count; i++) {
		const struct unpacked_stream *stream = unpacked->streams[i];

		if (strcmp(stream->place, place) == 0 && stream->offset == offset)
			return stream;
	}
	return NULL;
}

bool unpacked_has(const struct unpacked *unpacked, const char *place, const char *text)
{
	for (size_t i = 0; i < unpacked->count; i++) {
		const struct unpacked_stream *stream = unpacked->streams[i];
		size_t size = stream->size < UNPACKED_KEPT ? (size_t)stream->size : UNPACKED_KEPT;

		if (strcmp(stream->place, place) == 0 &&
			memmem(stream->bytes, size, text, strlen(text)))
			return true;
	}
	return false;
}

char *unpacked_places(const struct unpacked *unpacked)
{
	char *text = NULL;

	append(&text, "");
	for (size_t i = 0; i < unpacked->count; i++) {
		append(&text, " ");
		append(&text, unpacked->streams[i]->place);
	}
	return text;
}

void unpacked_scratch(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/samekey-unpacked-XXXXXX");
	if (!getcwd(back, sizeof(back)) || !mkdtemp(folder) || chdir(folder) < 0)
		abort();
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

void unpacked_scratch_done(void)
{
	if (chdir(back) < 0 || nftw(folder, remove_one, 16, FTW_PHYS | FTW_DEPTH) < 0)
		abort();
}

void unpacked_write(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
}

void unpacked_write_text(const char *path, const char *text)
{
	unpacked_write(path, text, strlen(text));
}
