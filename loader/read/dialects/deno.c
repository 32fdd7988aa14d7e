// The dialects of deno.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect deno_rows[] = {
	{0},
};
