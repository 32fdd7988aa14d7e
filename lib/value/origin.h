// Where a value came from. Travels with every value from the reader to the verifier.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_ORIGIN_H
#define LIB_VALUE_ORIGIN_H

#include "lib/base/base.h"

// The kinds of source. The numbers are part of the wire format.
enum source_kind {
	SOURCE_NONE,        // no source holds it
	SOURCE_ENV,         // the process environment, or a file that KEY_FILE names there
	SOURCE_CREDENTIALS, // $CREDENTIALS_DIRECTORY of systemd
	SOURCE_SECRETS,     // a secrets directory such as /run/secrets
	SOURCE_DOTENV,      // .env files
	SOURCE_DEFAULT,     // `default =` in samekey.ini
	SOURCE_SENTINEL,    // a stand-in given to a build
	SOURCE_KINDS,       // how many there are
};

struct origin {
	enum source_kind source;
	const char *place;     // file as shown to people, "" for the environment itself
	uint32_t line, column; // from 1; 0: the place has none
};

// Longest text that origin_text writes, with the NUL.
#define ORIGIN_TEXT_SIZE 4200

// How a source is called in settings and output: "env", "dotenv", ...
const char *source_text(enum source_kind source);

// Writes "file:line:column", "file", or the source's name when it has no place.
// Returns: out.
char *origin_text(struct origin origin, char *out, size_t size);

#endif
