// The dialects of foreman.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect foreman_rows[] = {
	{0},
};
