// The dialects of symfony.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect symfony_rows[] = {
	{0},
};
