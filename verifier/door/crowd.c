// The least recent leaves, as in a cache. Who waits for a late answer stays: something is done for
// it already, and that work has a cap of its own.
// SPDX-License-Identifier: MIT
#include "verifier/door/crowd.h"

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "verifier/door/http.h"
#include "verifier/door/visitor.h"

// Whose place others need most, or NULL: there is room, or nobody can be asked to leave.
static struct visitor *find_last(const struct visitor_door *door)
{
	struct visitor *found = NULL;
	unsigned count = 0;

	for (struct visitor *at = door->visitors->first; at; at = at->after) {
		if (at->door != door || at->state == VISITOR_GONE)
			continue;
		count++;
		if (at->state != VISITOR_WAITING && (!found || at->since_ms <= found->since_ms))
			found = at; // the list begins with the newest
	}
	return count > door->limits->connections - CROWD_SPARE ? found : NULL;
}

static void on_time(void *owner)
{
	struct visitor_door *door = owner;

	door->crowded = NULL;
	crowd_judge(door);
}

void crowd_judge(struct visitor_door *door)
{
	uint64_t now = clock_steady_ms();
	struct visitor *last;

	if (door->crowded)
		return;
	while ((last = find_last(door)) && last->since_ms + CROWD_GRACE_MS <= now) {
		if (last->state == VISITOR_ASKING)
			visitor_send_early(last, 503, "busy", "too many connections");
		visitor_give_up(last);
	}
	if (last)
		ignore_result(loop_after(door->visitors->parts->loop,
			last->since_ms + CROWD_GRACE_MS - now, on_time, door,
			&door->crowded)); // the next who comes tries again
}

bool crowd_is_there(const struct visitor_door *door)
{
	return door->crowded;
}

void crowd_done(struct visitor_door *door)
{
	door->crowded = loop_forget(door->crowded);
}
