// What a diagnosis says about who signed a token: names, the place, a sentence and what mends it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_SIGNER_H
#define VERIFIER_TRUST_DIAGNOSIS_SIGNER_H

#include "verifier/trust/diagnosis/diagnose.h"

struct trial_match;
struct trial_question;

// Describes what a trial found; of DIAGNOSE_NOBODY all texts are "". They live in `pool`.
// Returns: 0 or -ENOMEM.
int signer_describe(const struct trial_question *question, const struct trial_match *match,
	struct pool *pool, struct diagnosis_signer *ret_signer) must_check;

#endif
