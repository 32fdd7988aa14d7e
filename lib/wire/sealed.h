// Bytes that cannot change any more: a memfd with all four seals. How a bundle and long bodies
// travel. Reads with pread into the caller's memory, never by mapping.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_SEALED_H
#define LIB_WIRE_SEALED_H

#include "lib/base/base.h"

struct err;

// Makes a sealed memfd of the bytes; the caller owns the descriptor (close-on-exec). `name` is seen
// in /proc only.
// Returns: 0 or a negative errno.
int sealed_make(const char *name, const uint8_t *bytes, size_t size, int *ret_fd, struct err *err)
	must_check;

// Judges a descriptor that a peer sent: a memfd, sealed against writing, growing, shrinking and
// further seals, of 1 to `cap` bytes.
// Returns: 0, FAULT_E_DESCRIPTOR (no memfd that can be read), FAULT_E_UNSEALED, FAULT_E_TOO_LARGE
// or FAULT_E_TRUNCATED (empty).
int sealed_check(int fd, size_t cap, size_t *ret_size, struct err *err) must_check;

// Reads the whole of a checked descriptor: exactly `size` bytes.
// Returns: 0, FAULT_E_TRUNCATED, or a negative errno.
int sealed_read(int fd, uint8_t *bytes, size_t size, struct err *err) must_check;

#endif
