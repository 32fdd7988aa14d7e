// The references of npm's dotenv-expand: how they are found, split and replaced, which its
// descendants share, and the expansion of all values once every file was read.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_EXPAND_H
#define LOADER_READ_DIALECTS_EXPAND_H

#include "loader/read/dialects/span.h"

struct emulation;

// Traits, high bits so that a family has the low ones for itself.
#define EXPAND_LOADED (1u << 16)   // dotenv has put the raw values into the environment before
#define EXPAND_REWRITES (1u << 17) // the results are put there, over what it held already
#define EXPAND_AHEAD (1u << 18) // names that are still to be expanded count with their raw values

// A reference: `whole` is $KEY or ${KEY}, where KEY may go on with an operator and its `rest`.
// Without an operator the loaders split at "null", so the key ends before that and the rest
// follows it; most often that is nothing.
struct expand_reference {
	struct span whole, key, rest;
	bool more;    // '+': `rest` stands in for a value, not for the lack of one
	bool colon;   // the operator began with ':'
	bool without; // there is no operator
};

// Finds the first reference that no backslash stands before.
// Returns: whether there is one.
bool expand_find(struct span text, struct expand_reference *ret_reference);

// The text with the first `whole` in it replaced, as String.replace does: "$$", "$&", "$`" and "$'"
// in `value` have its meanings.
// Returns: a text that lasts as long as the emulation.
struct span expand_replace(
	struct emulation *emulation, struct span text, struct span whole, struct span value);

// The text with each "\$" made a "$".
struct span expand_unescape(struct emulation *emulation, struct span text);

// What a reference becomes where its key is no variable but something that every object has.
// Returns: whether there is that; `ret_throws` when the loader fails over it.
bool expand_inherited(
	const struct expand_reference *reference, struct span *ret_value, bool *ret_throws);

// The part of a value that the environment can hold: up to its first NUL.
struct span expand_held(struct span value);

// Expands all values as dotenv-expand 12 and 13 do; a `finish` of a dialect.
void expand_all(struct emulation *emulation);

#endif
