// The caller's pointer is of any type, so it is copied in and out.
// SPDX-License-Identifier: MIT
#include "lib/base/growth.h"

#include <errno.h>

#define FIRST_ROOM 16

int growth_room(void *array, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? *room * 2 : FIRST_ROOM;
	void *items;

	if (count < *room)
		return 0;
	memcpy(&items, array, sizeof(items));
	items = reallocarray(items, more, size);
	if (!items)
		return -ENOMEM;
	memcpy(array, &items, sizeof(items));
	*room = more;
	return 0;
}
