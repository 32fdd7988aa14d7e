// The dialects of docker, podman and kubectl.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

const struct dialect lines_rows[] = {
	{0},
};
