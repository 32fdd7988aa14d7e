// The dialects of a POSIX shell.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect sh_rows[] = {
	{0},
};
