// The dialects of godotenv.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect godotenv_rows[] = {
	{0},
};
