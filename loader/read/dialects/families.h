// The rows that each family of dialects defines, every list ended by a row without a name.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_FAMILIES_H
#define LOADER_READ_DIALECTS_FAMILIES_H

#include "loader/read/dialects/dialect.h"

extern const struct dialect own_rows[], npmdotenv_rows[], dotenvx_rows[], next_rows[], node_rows[],
	bun_rows[], deno_rows[], python_rows[], ruby_rows[], godotenv_rows[], compose_rows[],
	lines_rows[], dotenvy_rows[], phpdotenv_rows[], symfony_rows[], direnv_rows[],
	foreman_rows[], sh_rows[], systemd_rows[];

#endif
