// The running verifier as a witness: its records, whom it refused, and what tokens were signed
// with.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESS_WITNESS_VERIFIER_H
#define LOADER_WITNESS_WITNESS_VERIFIER_H

#include "lib/base/base.h"

struct witnesses;

// Asks it; where there is none it is unasked.
// Returns: 0 or -ENOMEM.
int witness_verifier_ask(struct witnesses *witnesses) must_check;

#endif
