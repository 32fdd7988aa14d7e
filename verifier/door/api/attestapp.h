// Which app a question of POST /v1/attest is about that names none.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ATTESTAPP_H
#define VERIFIER_DOOR_API_ATTESTAPP_H

#include "lib/base/base.h"

struct attestquestion;
struct registry;
struct route_caller;
struct route_reply;

// Finds it: the asking process's own, else the only one of the user. Proofs must name theirs.
// Returns: whether the question may go on, question->app being "" where the user has none; if not,
// the reply says which there are.
bool attestapp_find(const struct registry *registry, const struct route_caller *caller,
	struct attestquestion *question, struct route_reply *reply) must_check;

#endif
