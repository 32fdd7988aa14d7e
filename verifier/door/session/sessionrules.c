// How configuration, metrics and cookies call what the rules of sessions choose from.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/sessionrules.h"

const char *const sessionrules_sites[] = {
	[SESSIONRULES_STRICT] = "strict",
	[SESSIONRULES_LAX] = "lax",
	[SESSIONRULES_NONE] = "none",
	NULL,
};

const char *const sessionrules_routes[] = {
	[SESSIONRULES_LOGIN] = "login",
	[SESSIONRULES_CHECK] = "check",
	[SESSIONRULES_REFRESH] = "refresh",
	[SESSIONRULES_LOGOUT] = "logout",
	NULL,
};
