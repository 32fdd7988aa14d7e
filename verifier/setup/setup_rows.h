// The table of samekeyd.ini: section, key, type, default and meaning of every setting in one row.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_ROWS_H
#define VERIFIER_SETUP_SETUP_ROWS_H

#include "lib/base/setting.h"

// Every row, by section.
extern const struct setting setup_rows[];
extern const size_t setup_rows_count;

// The sections that have a name behind them, ended by NULL.
extern const char *const setup_rows_named[];

#endif
