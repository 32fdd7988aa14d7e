// A trial in progress: its account, what it has tried, and what every part of it may ask for.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_TRYING_H
#define VERIFIER_TRUST_DIAGNOSIS_TRYING_H

#include "verifier/trust/diagnosis/trial.h"
#include "verifier/trust/token/profile.h"

#define TRYING_NAMES 4096 // bits for names of keys

struct trial {
	const struct trial_question *question;
	struct trial_match *match;
	uint64_t spent, limit; // in nanoseconds
	size_t tried, left;
	bool closed; // nothing more is tried
	const char *salts[PROFILE_COOKIES_MAX + 2];
	size_t salt_count;
	size_t seen;                     // values in room->seen
	uint8_t names[TRYING_NAMES / 8]; // of keys that profiles use, by a hash
};

// What a key of a profile is to a token that it made, by enum key_state.
extern const enum diagnose_what trial_whats[];

#endif
