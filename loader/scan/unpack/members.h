// The members of a tar or zip archive, each looked at as a stream by itself.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_MEMBERS_H
#define LOADER_SCAN_UNPACK_MEMBERS_H

#include "lib/base/base.h"

struct tap;

#define MEMBERS_HEADER_MAX (4u << 20) // bytes of all that describes one member

// Looks at every member. Afterwards the tap stands behind the last one that could be read.
void members_look(struct tap *tap, bool zip);

#endif
