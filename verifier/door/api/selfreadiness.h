// What samekeyd itself gives as reasons not to be ready: its settings, the login server's helper,
// the clock, the store of sessions, the revocations.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_SELFREADINESS_H
#define VERIFIER_DOOR_API_SELFREADINESS_H

struct readiness_question;
struct reasons;

// Adds reasons and warnings, whichever app is asked about.
void selfreadiness_judge(const struct readiness_question *question, struct reasons *reasons);

#endif
