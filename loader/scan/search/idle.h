// Files whose code nobody runs: documents, and the examples and tests of installed packages.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_IDLE_H
#define LOADER_SCAN_SEARCH_IDLE_H

#include "lib/base/base.h"

struct scanreport_place;

// Whether a place lies in such a file, be it inside of containers.
bool idle_is(const struct scanreport_place *place);

#endif
