// A filter of system calls (seccomp) from tables of rows. What no row names is answered in one way.
// SPDX-License-Identifier: MIT
#ifndef LIB_CONFINE_CALLFILTER_H
#define LIB_CONFINE_CALLFILTER_H

#include "lib/base/base.h"

struct err;

#define CALLFILTER_ALLOW 0
#define CALLFILTER_END (-1) // the process, by SIGSYS
#define CALLFILTER_ANY (-1)

// A word of an argument that is an int, whatever stands above it in the register.
#define CALLFILTER_INT UINT64_C(0xffffffff)

// One call, or one way to make it. Rows of one name that answer differently must not overlap.
struct callfilter_row {
	const char *name; // one that this architecture has not is passed over
	int answer;       // CALLFILTER_ALLOW, CALLFILTER_END or an errno
	int argument;     // this one, as far as `mask` goes, must be `value`; or CALLFILTER_ANY
	uint64_t mask, value;
};

// The row of a call that is answered in one way, whatever its arguments are.
#define CALLFILTER_ALWAYS(name, answer) \
	{ \
		name, answer, CALLFILTER_ANY, 0, 0 \
	}

struct callfilter_table {
	const struct callfilter_row *rows;
	size_t count;
};

// Whether this build can be filtered: sanitizers make system calls of their own.
bool callfilter_is_built(void);

// What no program of ours ever calls, and who calls it ends: running programs, looking into
// processes, changing what the system is made of.
extern const struct callfilter_table callfilter_deadly;

// Filters the calls of this process for good, of every thread; needs no_new_privs. `otherwise` is
// the answer to what is in no row.
// Returns: 1 when the filter is in force, 0 where the kernel has none or one around us refuses it,
// -ENOMEM or another negative errno.
int callfilter_enter(const struct callfilter_table *tables, size_t count, int otherwise,
	struct err *err) must_check;

#endif
