// The part of a trial that tries what anybody can know: the texts of public keys, public examples,
// the empty key, and references to variables that nobody resolved.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_TRIAL_PUBLIC_H
#define VERIFIER_TRUST_DIAGNOSIS_TRIAL_PUBLIC_H

#include "lib/base/base.h"

struct trial;

// Try them as secrets: the texts of the profiles' public keys, or all the others.
// Returns: whether one made the token; trial->match has it.
bool trial_public_keys(struct trial *trial) must_check;
bool trial_public_texts(struct trial *trial) must_check;

#endif
