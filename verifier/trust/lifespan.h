// For how long tokens of a keyring's profiles may be good.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_LIFESPAN_H
#define VERIFIER_TRUST_LIFESPAN_H

#include "lib/base/base.h"

struct keyring;

// How long what is revoked must be remembered, by whichever profile somebody here would take it: by
// how much clocks may differ, and the life of a token with that. The profile `but` (or NULL) is for
// tokens that live elsewhere; NULL is an empty keyring.
void lifespan_longest(const struct keyring *keyring, const char *but, uint64_t *ret_leeway_ms,
	uint64_t *ret_life_ms);

#endif
