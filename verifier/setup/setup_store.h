// Judges [store] of samekeyd.ini.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_STORE_H
#define VERIFIER_SETUP_SETUP_STORE_H

struct setup_reading;

// Judges it, after [session]: sessions have a store whether it is given or not. What is wrong
// becomes findings; `reading->code` says so.
void setup_store_judge(struct setup_reading *reading);

#endif
