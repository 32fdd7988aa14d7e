// Judges what login takes from the upstream's answer, in [session] of samekeyd.ini: which members
// become claims of the tokens, cookies, the subject and the user's data.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_MAPPING_H
#define VERIFIER_SETUP_SETUP_MAPPING_H

#include "lib/base/base.h"

struct profile_rules;
struct sessionrules_maps;
struct setup_reading;

// Judges them and writes them into the rules of sessions. What is wrong becomes findings;
// `reading->code` says so.
void setup_mapping_judge(struct setup_reading *reading);

// Whether tokens that are minted here by a profile and these claims have the claim `name`.
bool setup_mapping_has_claim(const struct profile_rules *profile,
	const struct sessionrules_maps *maps, const char *name) must_check;

#endif
