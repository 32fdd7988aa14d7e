// Exit codes of both programs, from sysexits(3) where it has one.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_EXIT_H
#define LIB_BASE_EXIT_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FINDINGS = 1, // findings of severity error; `run` never exits so itself
	EXIT_USAGE = 2,
	EXIT_DATA = 65,        // malformed or over a cap
	EXIT_NO_INPUT = 66,    // cannot read
	EXIT_UNAVAILABLE = 69, // verifier unreachable though required
	EXIT_TRY_AGAIN = 75,
	EXIT_DENIED = 77,
	EXIT_SETTINGS = 78, // bad settings; `run` refused by a rule or a verdict
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

#endif
