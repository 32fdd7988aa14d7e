// The remarks of a diagnosis: what the form, the signer, the hash, the kid, the kind, the claims
// and the judgement of a token give to say, in this order.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_REMARKS_H
#define VERIFIER_TRUST_DIAGNOSIS_REMARKS_H

struct diagnosing;

// Makes all remarks on a token that was read, judged and tried, errors first; and sets the claims
// of the diagnosis where they could be read.
void remarks_make(struct diagnosing *diagnosing);

#endif
