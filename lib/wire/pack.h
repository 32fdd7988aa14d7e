// A bundle as bytes, and back. Pure functions: no I/O, no memory of their own. Big-endian, version
// 1; the reader takes nothing that the writer would not have written.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_PACK_H
#define LIB_WIRE_PACK_H

#include "lib/base/base.h"

struct bundle;
struct err;
struct pool;

#define PACK_MAGIC 0x534b424eu // "SKBN"
#define PACK_VERSION 1
#define PACK_CODE_MAX 63       // bytes of a finding's code
#define PACK_PROGRAM_MAX 1023  // bytes; a longer one is cut
#define PACK_DIALECTS_MAX 1023 // bytes of the names of the dialects of one reading
#define PACK_ROTATION_MAX (10ull * 366 * 86400 * 1000) // ms, ten years
#define PACK_TIME_MAX ((UINT64_C(1) << 53) - 1)        // ms, what a JSON number holds exactly

// The other caps stand beside struct bundle (lib/value/bundle.h).

// How many bytes a bundle takes. Keys with BUNDLE_KEY_INHERITED are left out.
// Returns: 0
//   -E2BIG   over a cap of lib/value/bundle.h; err has the number and the cap
//   -EINVAL  not a bundle: names unsorted or not printable, kinds out of order
int pack_size(const struct bundle *bundle, size_t *ret_size, struct err *err) must_check;

// Writes a bundle that pack_size has judged; `size` as it gave it. The bytes hold values: `out` is
// guarded memory.
// Returns: 0, or -EINVAL when `size` is not what the bundle takes.
int pack_encode(const struct bundle *bundle, uint8_t *out, size_t size) must_check;

// Reads a bundle. Texts and lists go to the pool; values are views into `bytes`, which must outlive
// the bundle. Nothing in `bytes` is trusted: every length, count, cap, order, flag, name and text
// is checked, and no byte may be left over. Returns: 0, FAULT_E_MALFORMED, FAULT_E_VERSION,
// FAULT_E_TOO_LARGE, FAULT_E_TRUNCATED or -ENOMEM.
int pack_decode(const uint8_t *bytes, size_t size, struct pool *pool, struct bundle *ret_bundle,
	struct err *err) must_check;

#endif
