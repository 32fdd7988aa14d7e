// Bytes that must not leak: slices of one guarded arena per program. There is no way to print
// one; a value is shown only as its fingerprint (lib/value/fingerprint.h).
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_SECRET_H
#define LIB_BASE_SECRET_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct secret_arena;
struct secret_byte; // never defined: a secret's bytes are no text for printf or strlen

// A view of secret bytes; the arena owns them. Copy it freely.
struct secret {
	const struct secret_byte *bytes;
	size_t length;
};

#define SECRET_NONE ((struct secret){0})

struct secret_options {
	size_t cap; // most bytes it will ever hold; 0: SECRET_ARENA_CAP
	bool memfd; // prefer memfd_secret(2), which the kernel itself cannot read
};

#define SECRET_ARENA_CAP (UINT64_C(1) << 30)

// What guards the arena; a missing guard is the caller's to report.
struct secret_guard {
	bool locked;  // never swapped
	bool hidden;  // memfd_secret: not in the kernel's own map either
	bool no_dump; // in no core file
};

// Opens an arena; the caller owns it. Memory is locked as it is needed.
// Returns: 0, or -ENOMEM.
int secret_arena_open(const struct secret_options *options, struct secret_arena **ret_arena,
	struct err *err) must_check;

// Wipes and frees the arena; NULL is fine.
// Returns: NULL.
struct secret_arena *secret_arena_free(struct secret_arena *arena);
void secret_arena_release(struct secret_arena **arena); // for own(...)

// How well the arena is guarded so far.
struct secret_guard secret_arena_guard(const struct secret_arena *arena);

// Takes a block of `size` bytes, zeroed, aligned to 64.
// Returns: the block, or NULL when memory is short or the cap is reached.
uint8_t *secret_arena_take(struct secret_arena *arena, size_t size) must_check;

// Wipes a block and gives it back; `size` as it was taken. NULL is fine.
void secret_arena_give(struct secret_arena *arena, uint8_t *block, size_t size);

// The same of a block of which only the first `used` bytes were written since it was taken: no page
// is touched that nobody needed.
void secret_arena_give_used(struct secret_arena *arena, uint8_t *block, size_t size, size_t used);

// Copies bytes into the arena.
// Returns: 0 or -ENOMEM.
int secret_copy(struct secret_arena *arena, const void *bytes, size_t length,
	struct secret *ret_secret) must_check;

// A view of bytes that somebody else guards.
static inline struct secret secret_view(const void *bytes, size_t length)
{
	return (struct secret){(const struct secret_byte *)bytes, length};
}

// The bytes themselves, for the few places that compute with them.
static inline const uint8_t *secret_bytes(struct secret secret)
{
	return (const uint8_t *)secret.bytes;
}

// Compares in constant time for equal lengths; a length is no secret.
bool secret_equal(struct secret a, struct secret b);

// Compares with a public text.
bool secret_is(struct secret secret, const char *text);

// The program holds secrets: no core file, not traceable by its own uid, umask 077. For daemons.
void secret_harden_process(void);

#endif
