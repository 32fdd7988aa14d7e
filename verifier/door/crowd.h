// Who has to leave a door of HTTP that is full: whoever only stays there shuts out nobody.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_CROWD_H
#define VERIFIER_DOOR_CROWD_H

#include <stdbool.h>

struct visitor_door;

// Whoever comes, or has been answered, may take so long to ask, and as long to hear the answer,
// before others need the place more.
#define CROWD_GRACE_MS 100

// So many of a door's places are for newcomers.
#define CROWD_SPARE 16

// Somebody has come in: while the newcomers' places are taken too, those leave who have asked for
// nothing for longest; a timer does it where all of them came just now. The library lets the others
// wait before the door meanwhile.
void crowd_judge(struct visitor_door *door);

// Whether the newcomers' places are taken: then an answer is the last one of its connection, so
// that whoever asks on and on makes room too.
bool crowd_is_there(const struct visitor_door *door);

// Forgets the timer; fine where there is none.
void crowd_done(struct visitor_door *door);

#endif
