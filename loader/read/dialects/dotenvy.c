// The dialects of dotenvy.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect dotenvy_rows[] = {
	{0},
};
