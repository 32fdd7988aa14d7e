// A process environment, indexed: for those who look up more than a few names in it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_ENVIRONMENT_H
#define LOADER_READ_ENVIRONMENT_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct environment;

// Indexes "NAME=VALUE" strings, ended by NULL, which must outlive it. The first of a name counts,
// as for getenv(3). The caller owns it.
// Returns: the index, or NULL when memory is short.
struct environment *environment_new(char *const *variables) must_check;
struct environment *environment_free(struct environment *environment); // NULL is fine; returns NULL
void environment_release(struct environment **environment);            // for own(...)

// Looks a name up.
// Returns: the value, or NULL when the name is not there.
const char *environment_value(const struct environment *environment, const char *name);

// Looks a span's name up; `user` is the environment, as emulation_options wants it.
// Returns: whether it is there, then with its value.
bool environment_find(void *user, struct span name, struct span *ret_value);

// The variables one by one, with an empty name for what is none or comes after one of its name.
// Returns: whether there is something at `index`.
bool environment_at(void *user, size_t index, struct span *ret_name, struct span *ret_value);

#endif
