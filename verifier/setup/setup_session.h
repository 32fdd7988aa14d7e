// Judges [session] of samekeyd.ini and makes the rules of sessions of it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_SESSION_H
#define VERIFIER_SETUP_SETUP_SESSION_H

struct setup_reading;

// Judges the session listener, once the profiles are judged: those of the session get the defaults
// that hold there. What is wrong becomes findings; `reading->code` says so.
void setup_session_judge(struct setup_reading *reading);

#endif
