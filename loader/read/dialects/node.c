// The dialects of node --env-file, and vite on top of it.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect node_rows[] = {
	{0},
};
