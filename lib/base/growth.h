// Room in arrays on the heap that grow: it doubles, so that what is added costs the same in the
// end.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_GROWTH_H
#define LIB_BASE_GROWTH_H

#include "lib/base/base.h"

// Makes room for one more item behind the `count` ones of an array. `array` is where the caller's
// pointer to it lies, NULL at first, `size` what an item has in bytes; the caller frees the array.
// Returns: 0, or -ENOMEM: nothing has changed.
int growth_room(void *array, size_t *room, size_t count, size_t size) must_check;

#endif
