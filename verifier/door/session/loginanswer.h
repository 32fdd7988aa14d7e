// What the upstream answers to a login: whether it let somebody in, and what it says of them, which
// makes the record of a session and the body of our answer. It is a stranger's JSON: views of it,
// and nothing of it in a message.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_LOGINANSWER_H
#define VERIFIER_DOOR_SESSION_LOGINANSWER_H

#include "lib/wire/relay.h"
#include "verifier/door/session/sessionfault.h"

struct sessionrules;
struct strictjson_value;
struct turn;

// Judges how the upstream answered.
// Returns: SESSIONFAULT_NONE: with JSON that is to be read; else why nobody is let in.
enum sessionfault loginanswer_judge(
	const struct sessionrules *rules, const struct relay_answer *answer) must_check;

// Takes what its JSON says: the record of a session, and the reply but for our own cookies.
// Returns: SESSIONFAULT_NONE, or what is wrong; `ret_path` is the setting whose value does not fit,
// or NULL.
enum sessionfault loginanswer_take(
	struct turn *turn, const struct strictjson_value *root, const char **ret_path) must_check;

#endif
