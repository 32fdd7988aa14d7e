// The reader of npm's dotenv: one regular expression, matched again and again. Its descendants
// bring what they do with each assignment.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_JS_H
#define LOADER_READ_DIALECTS_JS_H

#include "loader/read/dialects/span.h"

struct emulation;

// In double quotes "\t" is a tab too, and in single ones "\'" a quote.
#define JS_MORE_ESCAPES (1u << 0)

struct js_assignment {
	struct span name, value; // the value without its quotes, and decoded
	uint8_t quote;           // what it began with: a quote, or NUL
};

// Decodes the text unless that was done, and hands over every assignment in their order.
void js_read(struct emulation *emulation,
	void (*assign)(void *user, const struct js_assignment *assignment), void *user);

#endif
