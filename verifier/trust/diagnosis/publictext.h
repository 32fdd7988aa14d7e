// Texts that anybody can know and that stand where a secret should: the public ones as they may be
// spelt, and references to a variable that nobody resolved.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_PUBLICTEXT_H
#define VERIFIER_TRUST_DIAGNOSIS_PUBLICTEXT_H

#include "lib/base/base.h"
#include "lib/value/placeholder.h"

#define PUBLICTEXT_REFERENCES 4 // ways to refer to a variable

// Writes a text of placeholder_text with `dash` for each of its dashes.
// Returns: its length, or 0 when it does not fit.
size_t publictext_spell(const char *text, char dash, char out[static PLACEHOLDER_MAX + 1])
	must_check;

// Writes the reference of a way (from 0) to the variable `name`: "$NAME", "${NAME}" and so on.
// Returns: its length, or 0 when it does not fit.
size_t publictext_refer(size_t way, const char *name, char out[static PLACEHOLDER_MAX + 1])
	must_check;

#endif
