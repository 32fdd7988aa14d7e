// Judges [profile NAME] and [key PROFILE] of samekeyd.ini and makes profile rules of them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_PROFILE_H
#define VERIFIER_SETUP_SETUP_PROFILE_H

struct setup_reading;

// Judges all profiles and writes their rules into `reading->setup`. What is wrong becomes findings;
// `reading->code` says so.
void setup_profile_judge_all(struct setup_reading *reading);

#endif
