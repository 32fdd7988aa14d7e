// Judges what one setting of samekeyd.ini alone cannot show: users that exist, verbs, sockets,
// drift, limits. Makes of the texts what the daemon works with.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_JUDGE_H
#define VERIFIER_SETUP_SETUP_JUDGE_H

struct setup_reading;

// Judges all but the profiles and writes what it made into `reading->setup`. What is wrong becomes
// findings; `reading->code` says so.
void setup_judge(struct setup_reading *reading);

#endif
