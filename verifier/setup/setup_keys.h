// Judges the keys of a profile of samekeyd.ini, as [profile NAME] and [key PROFILE] say them: where
// each comes from, what it is, and whether one of them verifies.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_KEYS_H
#define VERIFIER_SETUP_SETUP_KEYS_H

struct profile_rules;
struct setup_profile;
struct setup_reading;

// Judges them and writes them into `rules`, whose kind is set. What is wrong becomes findings;
// `reading->code` says so, -ENOMEM as well.
void setup_keys_judge(struct setup_reading *reading, const struct setup_profile *profile,
	struct profile_rules *rules);

#endif
