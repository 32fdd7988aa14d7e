// The dialects of phpdotenv.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect phpdotenv_rows[] = {
	{0},
};
