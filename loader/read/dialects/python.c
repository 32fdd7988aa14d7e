// The dialects of python-dotenv.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect python_rows[] = {
	{0},
};
