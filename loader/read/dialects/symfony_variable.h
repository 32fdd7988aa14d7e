// Variables of symfony/dotenv: how a name is written, and what is replaced in a value that is not
// in single quotes.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SYMFONY_VARIABLE_H
#define LOADER_READ_DIALECTS_SYMFONY_VARIABLE_H

#include "loader/read/dialects/emulation.h"

// A walk over one file.
struct symfony_reading {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t *place; // of the assignment
};

// Refuses the file as Symfony does, with its reason and the place of the assignment.
static inline void symfony_refuse(struct symfony_reading *reading, const char *text)
{
	emulation_refuse(reading->emulation, FINDING_REFUSED, reading->place, text);
}

// How long the name is that begins at `at`: a letter, with one "_" before it or not.
// Returns: its length in bytes, or 0.
size_t symfony_variable_name(const uint8_t *at, const uint8_t *end);

// Sets a variable at the reading's place.
void symfony_variable_set(struct symfony_reading *reading, struct span name, struct span value);

// Replaces references and halves backslashes; a command is refused.
// Returns: the text, which lasts as long as the emulation.
struct span symfony_variable_replace(struct symfony_reading *reading, struct span text);

#endif
