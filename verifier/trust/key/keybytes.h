// What the bytes of a key must not be: empty, known to everybody, filled in by nobody, or, of an
// HMAC key, a public one or too short. And the bytes that an encoded text stands for.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_KEYBYTES_H
#define VERIFIER_TRUST_KEY_KEYBYTES_H

#include "lib/base/secret.h"
#include "verifier/trust/key/key.h"

// Judges the text of any key.
// Returns: KEY_OK, KEY_E_EMPTY or KEY_E_PLACEHOLDER; err says why.
int keybytes_judge(struct secret text, struct err *err) must_check;

// Judges the bytes of an HMAC key, too; what is decoded on the way lies in `arena`.
// Returns: KEY_OK, KEY_E_EMPTY, KEY_E_PLACEHOLDER, KEY_E_TYPE or KEY_E_SHORT unless `allow_short`
// (err says why), or -ENOMEM.
int keybytes_judge_symmetric(struct secret bytes, const struct algorithm *algorithm,
	bool allow_short, struct secret_arena *arena, struct err *err) must_check;

// Decodes base64, base64url or hex; `out` has room for as many bytes as the text has, which is not
// empty.
// Returns: whether it is all of this encoding.
bool keybytes_decode(enum key_encoding encoding, struct secret text, uint8_t *out, size_t *ret_size)
	must_check;

#endif
