// `run --supervise`: what becomes of a command when its sources change, and by which options.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_ONCHANGE_H
#define LOADER_STAY_ONCHANGE_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "loader/stay/keeping.h"

struct options;

struct onchange {
	enum keeping_change change;
	int signal;
	uint64_t stop_ms;
};

// Reads --on-change and --stop-timeout.
// Returns: 0 or -EINVAL with what is wrong and a hint.
int onchange_read(const struct options *options, struct onchange *ret_onchange, struct err *err)
	must_check;

#endif
