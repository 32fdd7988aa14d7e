// One offer against everything that is held, as findings for the one who offers.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_JUDGEMENT_H
#define VERIFIER_RECORD_JUDGEMENT_H

#include "verifier/record/registry.h"

// Judges an offer, of which `entry` is the registry's copy. Errors that the offer allows itself
// become warnings; another user's name it cannot allow itself.
// Returns: REGISTRY_ACCEPTED, REGISTRY_E_REFUSED or -ENOMEM.
int judgement_of(const struct registry *registry, const struct registry_offer *offer,
	const struct registry_entry *entry, uint64_t now_ms, struct diag *diag) must_check;

#endif
