// The dialects of docker compose.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect compose_rows[] = {
	{0},
};
