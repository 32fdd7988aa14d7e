// Tokens in text: whether one of them was signed with a given key. For what a build rendered.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_MINTED_H
#define LOADER_RESOLVE_MINTED_H

#include "lib/base/base.h"

#define MINTED_TOKEN_MAX 8192 // bytes of a token; a longer one is passed over

// Whether the text holds a JWT in compact form (RFC 7515 section 3.1) with an HS256 signature that
// the key made. `key` is public.
bool minted_holds(const char *text, size_t length, const char *key);

#endif
