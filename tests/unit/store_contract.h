// What every store does, whichever it is: steps with what comes of them.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_STORE_CONTRACT_H
#define TESTS_UNIT_STORE_CONTRACT_H

struct store;

// Opens the store under test, again and again in one place. Fails the test when it cannot.
typedef struct store *store_contract_open(void *owner);

// Runs all steps in a store that is empty, and closes it.
void store_contract_hold(store_contract_open *open, void *owner);

// Runs a whole batch of uses of one token: there is one successor.
void store_contract_hold_batch(store_contract_open *open, void *owner);

// Keeps a revocation for STORE_KEPT_MS after its end, for whoever opens the store then.
void store_contract_hold_sweep(store_contract_open *open, void *owner);

#endif
