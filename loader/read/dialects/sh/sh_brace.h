// A ${...} of a shell that is taken apart, for the files that expand it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_BRACE_H
#define LOADER_READ_DIALECTS_SH_SH_BRACE_H

#include "loader/read/dialects/sh/sh_expand.h"

// A ${...} that is taken apart.
struct sh_brace {
	struct sh_expansion *x;
	struct span text; // in which it stands
	size_t at;        // behind what was read of it
	bool quoted;
	struct span name;
	uint8_t sign; // what follows the name; 0: the text ended
	bool colon;   // before - = ? +
	bool substring, indirect, special;
	struct span word; // behind the operator
	enum sh_value known;
	struct span value;
};

// The word behind an operator expanded on its own, in a mode.
struct span sh_brace_word(struct sh_brace *brace, struct span word, enum sh_mode mode, bool quoted);

// Puts what an operator makes of the value, of which there must be one.
void sh_transform_put(struct sh_brace *brace);

#endif
