// The dialects of systemd's EnvironmentFile= and environment.d.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect systemd_rows[] = {
	{0},
};
