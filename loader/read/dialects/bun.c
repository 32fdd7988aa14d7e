// The dialects of bun.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect bun_rows[] = {
	{0},
};
