// Whether a text that is to be shown holds one of many values: the last guard before a log. Finds
// what stands there as it is, or as text_printable writes it; not what is encoded otherwise.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_SIEVE_H
#define LIB_VALUE_SIEVE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct bundle;
struct sieve;

#define SIEVE_VALUE_MIN 8 // a shorter value is in many texts that do not show it
#define SIEVE_CUT_MIN 32  // so much of a value at the end of a text, or before "..." there, was cut
#define SIEVE_VALUES_MAX 200000
#define SIEVE_ALIKE_MAX 256 // of more that begin alike, what they begin with counts as a value

// Makes an empty one whose tables lie in `arena`; the caller owns it.
// Returns: the sieve, or NULL when memory is short.
struct sieve *sieve_new(struct secret_arena *arena) must_check;
struct sieve *sieve_free(struct sieve *sieve); // NULL is fine; returns NULL

// Forgets all values.
void sieve_clear(struct sieve *sieve);

// Adds a value, or those of all secrets of a bundle; they are borrowed until it is cleared. Short
// ones are left out.
// Returns: 0, or -ENOMEM: it does not know all.
int sieve_add(struct sieve *sieve, struct secret value) must_check;
int sieve_add_bundle(struct sieve *sieve, const struct bundle *bundle) must_check;

// Whether one of them stands in a text, other than a placeholder that everybody knows.
bool sieve_holds(const struct sieve *sieve, const char *text, size_t length) must_check;

#endif
