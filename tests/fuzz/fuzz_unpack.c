// Any bytes as a file: the walk into it comes back within its limits, every stream that begins
// ends, and a second look gives the same number of bytes. The first byte says how large the pieces
// are that the file comes in (0: whole), and, if it is odd, that its name is one of brotli.
// SPDX-License-Identifier: MIT
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/source.h"
#include "loader/scan/unpack/walk.h"

#define UNPACKED_MAX (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct memory {
	struct source source;
	const uint8_t *bytes;
	size_t size, at, step;
};

static bool read_memory(struct source *source, struct source_piece *ret_piece)
{
	struct memory *memory = (struct memory *)source;
	size_t left = memory->size - memory->at, step = memory->step;

	*ret_piece = (struct source_piece){
		memory->bytes + memory->at, left < step ? left : step, memory->at};
	memory->at += ret_piece->size;
	return ret_piece->size > 0;
}

static void *take_begin(void *user, const struct scanreport_place *place)
{
	if (place->inside_count > SCANREPORT_INSIDE_MAX)
		abort();
	++*(size_t *)user;
	return user;
}

static int take_feed(void *stream, const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size); // a sanitizer sees that they are there

	(void)stream;
	if (!copy || !size)
		abort();
	memcpy(copy, bytes, size);
	free(copy);
	return 0;
}

static int take_end(void *stream)
{
	--*(size_t *)stream;
	return 0;
}

static void take_skipped(void *user, const struct scanreport_place *place, const char *why)
{
	(void)user;
	if (!place->path || !*why)
		abort();
}

static uint64_t look_at(const uint8_t *bytes, size_t size)
{
	const struct scanjob job = {.max_unpacked = UNPACKED_MAX, .max_members = 1000};
	const struct scanreport_place place = {.path = bytes[0] % 2 ? "x.br" : "x"};
	struct memory memory = {{read_memory, NULL}, bytes + 1, size - 1, 0,
		bytes[0] / 2 ? bytes[0] / 2 : SIZE_MAX};
	struct walk_total total = {0};
	size_t open = 0;
	struct walk_taker taker = {
		take_begin, take_feed, take_end, take_skipped, take_skipped, NULL, &open};
	struct look *look = look_new(&job, &taker, &total);

	if (!look)
		abort();
	look_file(look, &memory.source, &place);
	if (open || look->failed || total.bytes > 2 * SCANREPORT_INSIDE_MAX * (UNPACKED_MAX + size))
		abort();
	(void)look_free(look); // NULL
	return total.bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t first;

	if (!size)
		return 0;
	first = look_at(bytes, size);
	if (look_at(bytes, size) != first)
		abort();
	return 0;
}
