// The records of families that this process saw last, in memory and bounded: while their store is
// away, a grace can be given on what is remembered. A newer one may push out any other.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_RECALL_H
#define VERIFIER_RECORD_SESSIONS_RECALL_H

#include "lib/base/base.h"

struct family;
struct recall;

#define RECALL_ENTRIES_MAX 32768
#define RECALL_BYTES_MAX (UINT64_C(32) << 20) // of all records

// Makes an empty one; the caller owns it.
// Returns: it, or NULL when memory is short.
struct recall *recall_new(void) must_check;
struct recall *recall_free(struct recall *recall); // NULL is fine; returns NULL

// Remembers a copy. When memory is short, nothing of that family.
void recall_put(struct recall *recall, const struct family *family);

// Fills in the record of the family with this id.
// Returns: whether it is remembered; ret_family is untouched when it is not.
bool recall_get(const struct recall *recall, const uint8_t *id, struct family *ret_family)
	must_check;

// Forgets a family, or each of a subject.
void recall_drop(struct recall *recall, const uint8_t *id);
void recall_drop_subject(struct recall *recall, const char *subject);

#endif
