// Hashes under a random key that lasts as long as the walk.
// SPDX-License-Identifier: MIT
#include "loader/inspect/filevalue.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/read/dialects/dotenv.h"

#include <errno.h>
#include <sodium.h>

void filevalue_room_open(struct filevalue_room *room, struct pool *pool, struct secret_arena *arena)
{
	*room = (struct filevalue_room){.pool = pool, .arena = arena};
	randombytes_buf(room->subkey, sizeof(room->subkey));
}

void filevalue_room_close(struct filevalue_room *room)
{
	sodium_memzero(room->subkey, sizeof(room->subkey));
}

// Two spellings of one value are one value.
static int take_print(const struct filevalue_room *room, const struct dotenv_entry *entry,
	struct filevalue *value)
{
	uint8_t *block;
	size_t length;

	value->empty = !entry->raw_length;
	if (!entry->escaped) {
		fingerprint_by_subkey(
			room->subkey, secret_view(entry->raw, entry->raw_length), value->print);
		return 0;
	}
	block = secret_arena_take(room->arena, entry->raw_length);
	if (!block)
		return -ENOMEM;
	length = dotenv_decode(entry, block);
	fingerprint_by_subkey(room->subkey, secret_view(block, length), value->print);
	secret_arena_give(room->arena, block, entry->raw_length);
	return 0;
}

int filevalue_add(struct filevalue_room *room, struct filevalue **values, const char *file,
	const struct dotenv_entry *entry)
{
	struct filevalue *value = *values;

	if (!value || !text_equal(value->file, file)) {
		if (value && value->count == FILEVALUE_MAX)
			return 0;
		value = pool_take(room->pool, sizeof(*value));
		if (!value)
			return -ENOMEM;
		*value = (struct filevalue){
			.next = *values, .file = file, .count = *values ? (*values)->count + 1 : 1};
		*values = value;
	}
	return take_print(room, entry, value);
}

static bool is_in_folder_of(const struct filevalue *a, const struct filevalue *b)
{
	size_t length = (size_t)(path_basename(a->file) - a->file);

	return length == (size_t)(path_basename(b->file) - b->file) &&
	       strncmp(a->file, b->file, length) == 0;
}

// Whether a folder's set has the key from this file, whatever the mode is.
static bool is_sole(const struct filevalue *values, const struct filevalue *value)
{
	const char *name = path_basename(value->file);

	if (!text_equal(name, ".env") && !text_equal(name, ".env.local"))
		return false;
	for (; values; values = values->next)
		if (values != value && !values->empty && is_in_folder_of(values, value))
			return false;
	return true;
}

// Whether two services, each with the files of its own folder, would hold different values. Files
// of one name are read in one mode.
static bool differ(
	const struct filevalue *values, const struct filevalue *a, const struct filevalue *b)
{
	return !a->empty && !b->empty && memcmp(a->print, b->print, sizeof(a->print)) != 0 &&
	       (text_equal(path_basename(a->file), path_basename(b->file)) ||
		       (!is_in_folder_of(a, b) && is_sole(values, a) && is_sole(values, b)));
}

bool filevalue_differing(const struct filevalue *values, const char *ret_files[static 2])
{
	bool found = false;

	for (const struct filevalue *later = values; later; later = later->next) {
		for (const struct filevalue *earlier = later->next; earlier;
			earlier = earlier->next) {
			if (!differ(values, earlier, later))
				continue;
			ret_files[0] = earlier->file;
			ret_files[1] = later->file;
			found = true;
		}
	}
	return found;
}
