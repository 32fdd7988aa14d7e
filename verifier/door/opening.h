// A bundle out of the sealed descriptor that it came in, into the vault's memory. For whoever
// brings one: a peer at the handoff socket, or the service manager that kept it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_OPENING_H
#define VERIFIER_DOOR_OPENING_H

#include "lib/base/base.h"

struct err;
struct exchange_received;
struct vault;
struct vault_bundle;

// Checks kind, seals and size of the descriptor of an OFFER, reads it whole and decodes it. The
// descriptor stays the caller's; the caller holds one reference to the bundle.
// Returns: 0, FAULT_E_* or a negative errno.
int opening_read(struct vault *vault, const struct exchange_received *offer,
	struct vault_bundle **ret_bundle, struct err *err) must_check;

#endif
