// The dialects of npm's dotenv, dotenv-expand, dotenvx and @next/env.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect js_rows[] = {
	{0},
};
