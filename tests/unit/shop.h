// The profiles of a shop, and its sessions.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_SHOP_H
#define TESTS_UNIT_SHOP_H

#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/profile.h"

struct world;

// Where its profile `session` gets its keys from.
extern const struct profile_source shop_session_sources[3];

// Both, with an issuer and an audience, and without.
extern const struct profile_rules shop_both[2];
extern const struct profile_rules shop_plain[2];

// A session that the secret seals, in the memory of the world.
const char *shop_sealed_with(
	struct world *world, enum jwe_kind kind, const char *secret, const char *salt);

#endif
