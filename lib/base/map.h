// Names to numbers: a hash table whose hash is keyed, so that a file cannot slow it down.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_MAP_H
#define LIB_BASE_MAP_H

#include "lib/base/base.h"

struct map;

#define MAP_ABSENT SIZE_MAX

// Makes an empty map; the caller owns it.
// Returns: the map, or NULL when memory is short.
struct map *map_new(void) must_check;
struct map *map_free(struct map *map); // NULL is fine; returns NULL
void map_release(struct map **map);    // for own(...)

// Forgets all names and keeps the memory.
void map_clear(struct map *map);

// Finds what was put under a name.
// Returns: the number, or MAP_ABSENT.
size_t map_find(const struct map *map, const char *name, size_t length);

// Puts a number (not MAP_ABSENT) under a name, over an earlier one. The name is borrowed: it must
// outlive the map.
// Returns: 0 or -ENOMEM.
int map_put(struct map *map, const char *name, size_t length, size_t number) must_check;

#endif
