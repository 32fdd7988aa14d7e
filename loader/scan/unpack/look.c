// What a limit stops is inside of the file; the file itself is looked at to its end.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/look.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/unpack/decoder.h"
#include "loader/scan/unpack/embedded.h"
#include "loader/scan/unpack/members.h"
#include "loader/scan/unpack/sniff.h"
#include "loader/scan/unpack/tap.h"
#include "loader/scan/unpack/walk.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>

_Static_assert(LOOK_LEVELS == SCANREPORT_INSIDE_MAX, "a place can name every level");
_Static_assert(WALK_DEPTH <= LOOK_LEVELS, "the default is possible");

struct look *look_new(
	const struct scanjob *job, const struct walk_taker *taker, struct walk_total *total)
{
	struct look *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->job = job;
	look->taker = taker;
	look->total = total;
	look->max_unpacked = job->max_unpacked ? job->max_unpacked : WALK_UNPACKED;
	look->max_members = job->max_members ? job->max_members : WALK_MEMBERS;
	look->max_depth = job->max_depth ? job->max_depth : WALK_DEPTH;
	if (look->max_depth > LOOK_LEVELS)
		look->max_depth = LOOK_LEVELS;
	if (job->timeout_s)
		look->deadline_ms = clock_steady_ms() + UINT64_C(1000) * job->timeout_s;
	return look;
}

struct look *look_free(struct look *look)
{
	if (!look)
		return NULL;
	for (size_t i = 0; i < LOOK_LEVELS; i++) {
		if (look->levels[i].buffer)
			sodium_memzero(look->levels[i].buffer, LOOK_BUFFER);
		free(look->levels[i].buffer);
		if (look->levels[i].state)
			look->levels[i].kind->close(look->levels[i].state);
	}
	free(look);
	return NULL;
}

bool look_goes_on(struct look *look)
{
	if (look->failed || look->total->timed_out)
		return false;
	if (look->deadline_ms && clock_steady_ms() >= look->deadline_ms)
		look->total->timed_out = true;
	return !look->total->timed_out;
}

// Whether a file may say one thing more; at the end of what it may say comes that.
static bool may_say(struct look *look, const struct scanreport_place *place)
{
	struct scanreport_place file = {.path = place->path};

	if (look->skipped > LOOK_SKIPPED)
		return false;
	if (look->skipped++ < LOOK_SKIPPED)
		return true;
	look->taker->skipped(
		look->taker->user, &file, "more in it was not looked at, or not whole");
	return false;
}

void look_skip(struct look *look, const struct scanreport_place *place, const char *why)
{
	struct scanreport_place whole = *place;

	whole.offset = 0;
	if (may_say(look, place))
		look->taker->skipped(look->taker->user, &whole, why);
}

void look_foreign(struct look *look, const struct scanreport_place *place, const char *what)
{
	struct scanreport_place whole = *place;

	whole.offset = 0;
	if (may_say(look, place) && look->taker->foreign)
		look->taker->foreign(look->taker->user, &whole, what);
}

bool look_inside(struct look *look, const struct scanreport_place *place, const char *name,
	struct scanreport_place *ret_inside)
{
	size_t level = place->inside_count;

	if (level >= look->max_depth) {
		if (!look->too_deep)
			look_skip(look, place,
				"containers are nested deeper than the limit: what is in it was "
				"not looked at");
		look->too_deep = true;
		return false;
	}
	*ret_inside = *place;
	ret_inside->inside[level] =
		text_printable(look->levels[level].name, sizeof(look->levels[level].name), name);
	ret_inside->inside_count++;
	ret_inside->offset = 0;
	return true;
}

uint8_t *look_buffer(struct look *look, size_t level)
{
	uint8_t **buffer = &look->levels[level].buffer;

	if (!*buffer)
		*buffer = malloc(LOOK_BUFFER);
	if (!*buffer)
		look->failed = -ENOMEM;
	return *buffer;
}

static bool limit(struct look *look, const struct scanreport_place *place, const char *why)
{
	if (!look->limited)
		look_skip(look, place, why);
	look->limited = true;
	return false;
}

bool look_count_unpacked(struct look *look, const struct scanreport_place *place, size_t size)
{
	look->unpacked += size;
	return look->unpacked <= look->max_unpacked ||
	       limit(look, place, "it unpacks to more than the limit: the rest was not unpacked");
}

bool look_count_member(struct look *look, const struct scanreport_place *place)
{
	return ++look->members <= look->max_members ||
	       limit(look, place, "it has more members than the limit: the rest was not unpacked");
}

const char *look_bomb(
	struct look *look, const struct scanreport_place *place, uint64_t made, uint64_t taken)
{
	if (made <= WALK_RATIO_FROM || made / WALK_RATIO <= taken)
		return NULL;
	if (++look->bombs >= WALK_BOMBS)
		(void)limit(look, place, "it is one bomb of several: the rest was not unpacked");
	return "it unpacks to more than 1000 times its size: not looked at further";
}

// What was found in the middle of something else, under a name that says where.
static void look_embedded(struct tap *tap, const struct embedded_kind *kind, uint64_t offset)
{
	const char *what = kind->decoder ? kind->decoder->name : kind->members->inside;
	uint64_t behind = tap->at;
	bool decoded;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s@%" PRIu64, what, offset);
	decoded = kind->decoder ? decoder_look(tap, kind->decoder, name)
				: members_look_inside(tap, kind->members, name);
	if (!decoded)
		tap_rewind(tap, behind);
}

// What is in no container, to the end.
static void look_plain(struct tap *tap)
{
	struct embedded embedded = {0};

	do {
		const struct embedded_kind *kind;
		uint64_t offset;

		while (tap->size && !tap->look->limited &&
			(kind = embedded_next(&embedded, tap, &offset)))
			look_embedded(tap, kind, offset);
		tap_skip(tap, tap->size);
	} while (tap_more(tap) || tap_jump(tap));
}

static const char *name_of(const struct scanreport_place *place)
{
	return place->inside_count ? place->inside[place->inside_count - 1] : place->path;
}

// The bytes of an archive are given out once, as its members: the rest of it is what comes after
// them or cannot be read. Of what is compressed both is given.
static void look_into(struct tap *tap, const uint8_t *head, size_t head_size)
{
	struct sniffed sniffed = sniff(name_of(&tap->place), head, head_size);

	if (sniffed.members && !sniffed.members->inside) {
		members_look(tap, sniffed.members);
		if (tap_more(tap))
			tap_give(tap);
	} else {
		tap_give(tap);
		if (sniffed.decoder) // it says what is wrong
			(void)decoder_look(tap, sniffed.decoder, sniffed.decoder->name);
		if (sniffed.members)
			members_look(tap, sniffed.members);
		if (sniffed.foreign)
			look_foreign(tap->look, &tap->place, sniffed.foreign);
	}
	look_plain(tap);
}

void look_stream(struct look *look, struct source *source, const struct scanreport_place *place)
{
	struct tap tap;
	size_t head;

	tap_open(&tap, look, source, place);
	head = tap.size < LOOK_HEAD ? tap.size : LOOK_HEAD;
	if (look->taker->named && !look->failed)
		look->taker->named(look->taker->user, place, tap.bytes, head);
	if (tap.size && !look->failed)
		look_into(&tap, tap.bytes, head);
	tap_close(&tap);
	if (source->why && !look->failed)
		look_skip(look, place, source->why);
}

void look_file(struct look *look, struct source *source, const struct scanreport_place *place)
{
	look->unpacked = look->members = 0;
	look->limited = look->too_deep = false;
	look->skipped = look->bombs = 0;
	look_stream(look, source, place);
}
