// The dialects of direnv.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect direnv_rows[] = {
	{0},
};
