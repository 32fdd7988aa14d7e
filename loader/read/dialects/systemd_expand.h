// References of environment.d: $NAME, ${NAME}, ${NAME:-OTHER} and ${NAME:+OTHER}.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SYSTEMD_EXPAND_H
#define LOADER_READ_DIALECTS_SYSTEMD_EXPAND_H

#include "loader/read/dialects/span.h"

struct emulation;

// Puts a text with its references replaced, see scratch.h.
void systemd_expand(struct emulation *emulation, struct span text);

#endif
