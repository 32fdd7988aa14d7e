// The dialects of ruby's dotenv.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect ruby_rows[] = {
	{0},
};
