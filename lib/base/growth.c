// The caller's pointer is of any type, so it is copied in and out.
// SPDX-License-Identifier: MIT
#include "lib/base/growth.h"

#include <errno.h>

#define FIRST_ROOM 16

int growth_room(void *array, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? *room * 2 : FIRST_ROOM;
	void *items, *grown;

	if (count < *room)
		return 0;
	memcpy(&items, array, sizeof(items));
	grown = reallocarray(items, more, size);
	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	*room = more;
	return 0;
}
