// Hashes under a random key that lasts as long as the walk.
// SPDX-License-Identifier: MIT
#include "loader/inspect/offer.h"

#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/read/dialects/dotenv.h"

#include <errno.h>
#include <sodium.h>

void offer_room_open(struct offer_room *room, struct pool *pool, struct secret_arena *arena)
{
	*room = (struct offer_room){.pool = pool, .arena = arena};
	randombytes_buf(room->subkey, sizeof(room->subkey));
}

void offer_room_close(struct offer_room *room)
{
	sodium_memzero(room->subkey, sizeof(room->subkey));
}

// Two spellings of one value are one value.
static int take_print(
	const struct offer_room *room, const struct dotenv_entry *entry, struct offer *offer)
{
	uint8_t *block;
	size_t length;

	offer->empty = !entry->raw_length;
	if (!entry->escaped) {
		fingerprint_by_subkey(
			room->subkey, secret_view(entry->raw, entry->raw_length), offer->print);
		return 0;
	}
	block = secret_arena_take(room->arena, entry->raw_length);
	if (!block)
		return -ENOMEM;
	length = dotenv_decode(entry, block);
	fingerprint_by_subkey(room->subkey, secret_view(block, length), offer->print);
	secret_arena_give(room->arena, block, entry->raw_length);
	return 0;
}

int offer_add(struct offer_room *room, struct offer **offers, const char *file,
	const struct dotenv_entry *entry)
{
	struct offer *offer = *offers;

	if (!offer || !text_equal(offer->file, file)) {
		if (offer && offer->count == OFFERS_MAX)
			return 0;
		offer = pool_take(room->pool, sizeof(*offer));
		if (!offer)
			return -ENOMEM;
		*offer = (struct offer){
			.next = *offers, .file = file, .count = *offers ? (*offers)->count + 1 : 1};
		*offers = offer;
	}
	return take_print(room, entry, offer);
}

static bool is_in_folder_of(const struct offer *a, const struct offer *b)
{
	size_t length = (size_t)(text_basename(a->file) - a->file);

	return length == (size_t)(text_basename(b->file) - b->file) &&
	       strncmp(a->file, b->file, length) == 0;
}

// Whether a folder's set has the key from this file, whatever the mode is.
static bool is_sole(const struct offer *offers, const struct offer *offer)
{
	const char *name = text_basename(offer->file);

	if (!text_equal(name, ".env") && !text_equal(name, ".env.local"))
		return false;
	for (; offers; offers = offers->next)
		if (offers != offer && !offers->empty && is_in_folder_of(offers, offer))
			return false;
	return true;
}

// Whether two services, each with the files of its own folder, would hold different values. Files
// of one name are read in one mode.
static bool differ(const struct offer *offers, const struct offer *a, const struct offer *b)
{
	return !a->empty && !b->empty && memcmp(a->print, b->print, sizeof(a->print)) != 0 &&
	       (text_equal(text_basename(a->file), text_basename(b->file)) ||
		       (!is_in_folder_of(a, b) && is_sole(offers, a) && is_sole(offers, b)));
}

bool offer_differing(const struct offer *offers, const char *ret_files[static 2])
{
	bool found = false;

	for (const struct offer *later = offers; later; later = later->next) {
		for (const struct offer *earlier = later->next; earlier; earlier = earlier->next) {
			if (!differ(offers, earlier, later))
				continue;
			ret_files[0] = earlier->file;
			ret_files[1] = later->file;
			found = true;
		}
	}
	return found;
}
