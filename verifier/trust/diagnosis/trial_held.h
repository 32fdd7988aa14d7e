// The part of a trial that tries what is held: every candidate of the vault and every key file, as
// it is, as its profile decodes it, and misspelt.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_TRIAL_HELD_H
#define VERIFIER_TRUST_DIAGNOSIS_TRIAL_HELD_H

#include "lib/base/base.h"

struct profile;
struct trial;

// Notes the names of keys that profiles use: before all others here.
void trial_held_init(struct trial *trial);

// Try values: those that the asked profile uses now; all that are held, as they are; and
// misspellings of those that are or were likely to be used.
// Returns: whether one made the token; trial->match has it.
bool trial_held_asked(struct trial *trial, const struct profile *asked) must_check;
bool trial_held_exact(struct trial *trial) must_check;
bool trial_held_misspelt(struct trial *trial) must_check;

#endif
