// Judges which other origins may log in and out, and where the login page is, in [session] of
// samekeyd.ini.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_ORIGINS_H
#define VERIFIER_SETUP_SETUP_ORIGINS_H

struct setup_reading;

// Judges them, and writes origins as browsers do into the rules of sessions. What is wrong becomes
// findings; `reading->code` says so.
void setup_origins_judge(struct setup_reading *reading);

#endif
