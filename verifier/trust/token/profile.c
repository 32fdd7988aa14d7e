// The words of configuration for profiles.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/profile.h"

const char *const profile_kinds[] = {"jws", "nextauth-v4", "authjs-v5", NULL};
