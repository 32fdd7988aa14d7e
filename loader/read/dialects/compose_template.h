// Templates of docker compose: $NAME, ${NAME}, and in braces defaults, alternatives and what is
// required.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_COMPOSE_TEMPLATE_H
#define LOADER_READ_DIALECTS_COMPOSE_TEMPLATE_H

#include "loader/read/dialects/span.h"

struct emulation;

// Replaces the templates in a value; `place` is the value's in the file.
// Returns: the text, which lasts as long as the emulation.
struct span compose_template_expand(
	struct emulation *emulation, struct span value, const uint8_t *place);

#endif
