// What can be wrong with what a peer sent, and the word for it in a PROBLEM message. Positive
// results of the decoders in this folder: the connection goes on or ends, the program does.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_FAULT_H
#define LIB_WIRE_FAULT_H

#include "lib/base/base.h"

enum fault {
	FAULT_NONE,
	FAULT_E_MALFORMED,     // bytes that are no message or bundle
	FAULT_E_VERSION,       // of another version
	FAULT_E_TOO_LARGE,     // over a cap
	FAULT_E_TRUNCATED,     // shorter than it announced
	FAULT_E_DESCRIPTOR,    // none, several, or one of the wrong kind
	FAULT_E_UNSEALED,      // a memfd without all four seals
	FAULT_E_NOT_PERMITTED, // a message that has no place here
	FAULT_E_NOT_ADMITTED,  // the peer's user may not do this
	FAULT_E_BUSY,          // too many at once
	FAULT_E_TIMEOUT,       // nothing, or only a half, came in time
	FAULT_E_INTERNAL,      // not the peer's doing: memory, a system call
	FAULT_E_CLOSED,        // the peer ended the connection between two messages
	FAULTS,                // how many there are
};

// The stable word of a fault, e.g. "not-admitted".
const char *fault_text(enum fault fault);

// Finds a fault by its word.
// Returns: the fault, or FAULT_NONE.
enum fault fault_by_text(const char *text);

// What the sender may do about it.
const char *fault_hint(enum fault fault);

#endif
