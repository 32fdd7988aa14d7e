// What the codes mean that stand in the answers of samekeyd's API, and what to do about each: for
// people who see one in a log of their own.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_PROBLEM_H
#define LIB_VALUE_PROBLEM_H

#include "lib/base/base.h"

struct problem {
	const char *code;    // stable: clients branch on it
	const char *answers; // the statuses that it comes with
	const char *title;
	const char *fix;
};

// Every row: first what a token can have wrong, then what a request can, then why /readyz is red or
// warns.
extern const struct problem problem_table[];
extern const size_t problem_count;

// Finds a row by its code.
// Returns: the row, or NULL.
const struct problem *problem_find(const char *code);

#endif
