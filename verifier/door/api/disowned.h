// Apps that [app] gives to another user since they were handed over: a reload ends nothing that is
// held, so that an app can move to another user without a gap, and nothing else would tell.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_DISOWNED_H
#define VERIFIER_DOOR_API_DISOWNED_H

#include "lib/base/base.h"

struct readiness_question;
struct reasons;

// Adds a warning for each app of which somebody holds a bundle, or has left a profile a key, who
// may not offer it any more.
void disowned_judge(const struct readiness_question *question, struct reasons *reasons);

#endif
