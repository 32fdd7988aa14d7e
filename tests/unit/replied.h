// What a reply and a log hold, for the tests of both kinds of door.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_REPLIED_H
#define TESTS_UNIT_REPLIED_H

#include "lib/base/base.h"

struct log;
struct route_reply;

// The value of a further header, or NULL.
const char *replied_header(const struct route_reply *reply, const char *name);

// Everything that was logged into a memory file, on the heap.
char *replied_log(const struct log *log);

#endif
