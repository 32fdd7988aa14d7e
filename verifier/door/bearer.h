// How the token of token_file is shown: by itself, as a bearer's (RFC 6750), or as the password
// that a browser asks a person for (RFC 7617). Compared in constant time.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_BEARER_H
#define VERIFIER_DOOR_BEARER_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

#define BEARER_BASIC_MAX 1024 // bytes of a name and a password

// Whether `given` is the token; there may be none (length 0), which nobody has.
bool bearer_is(struct secret token, const char *given);

// Whether the value of an Authorization header shows it: "Bearer TOKEN", and, where people may ask,
// "Basic " with any name and the token as the password.
bool bearer_is_shown(struct secret token, const char *authorization, bool people);

#endif
