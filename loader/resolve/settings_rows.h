// The tables of samekey.ini: one row for every setting, with its field, its default and its help.
// Reader, command line and help go by them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_SETTINGS_ROWS_H
#define LOADER_RESOLVE_SETTINGS_ROWS_H

#include "lib/base/base.h"
#include "lib/base/setting.h"

#define SETTINGS_ROWS_OF_KEY_MAX 32

// Rows of [app], [sources], [verifier] and [fingerprint], of struct settings: at most
// SETTINGS_ROWS_MAX. Each is a command-line option too.
extern const struct setting settings_rows[];
extern const size_t settings_rows_count;

// Rows of [key NAME], of struct settings_key: at most SETTINGS_ROWS_OF_KEY_MAX.
extern const struct setting settings_rows_of_key[];
extern const size_t settings_rows_of_key_count;

// The names of sources in the order of enum settings_from, the first "" for any; ends with NULL.
extern const char *const settings_rows_sources[];

#endif
