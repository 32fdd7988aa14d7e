// A profile whose key is of a process that has ended, while an older one of the app lives with
// another value: what that one signs is refused, and nothing else would say why.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_OUTLIVED_H
#define VERIFIER_DOOR_API_OUTLIVED_H

#include "lib/base/base.h"

struct readiness_question;
struct reasons;

// Adds a warning for each active key that is so of the profile at `index` in the keyring.
void outlived_judge(
	const struct readiness_question *question, size_t index, struct reasons *reasons);

#endif
