// Writes a value as another program would have read or written it: quotes kept, cut, escaped. The
// words of nearmiss.h are made of these and of recode.h.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_RESPELL_H
#define VERIFIER_TRUST_DIAGNOSIS_RESPELL_H

#include "lib/base/base.h"

// A form while it is made. Its memory is as secret as the value.
struct respell_draft {
	const uint8_t *from; // the value
	size_t length;
	const char *name; // of the key
	uint8_t *form;
	size_t size, used;
	int32_t *runes; // room for as many as `size`
	bool full;      // it did not fit
};

struct respell_recipe;

// Makes a form by a recipe. Returns: whether there is one; it holds draft->used bytes.
typedef bool respell_make(struct respell_draft *draft, const struct respell_recipe *recipe);

struct respell_recipe {
	respell_make *make;
	const char *a, *b;
	int number;
};

// `a` before and `b` behind it.
respell_make respell_wrap;
// A whole line of a file: `a`, the name, `=`, then `b` around the value.
respell_make respell_line;
// Without bytes of `a` before it and of `b` behind it.
respell_make respell_strip;
// Without the same byte of `a` on both sides.
respell_make respell_unquote;
// Without the text `a` that it begins with.
respell_make respell_behead;
// What stands before the first `a`, without spaces at its end.
respell_make respell_cut;
// What stands behind the first `a`.
respell_make respell_behind;
// The first `number` bytes of a longer value.
respell_make respell_first_bytes;
// Without $NAME and ${...}, as a loader reads it that knows no such variable.
respell_make respell_expand;
// `b` for each `a`.
respell_make respell_replace;
// The bytes of `b` for those of `a`, one for one.
respell_make respell_translate;
// The letters from `number` on (a or A) in the other case.
respell_make respell_change_case;
// Backslash and a letter as double quotes and JSON read it.
respell_make respell_unescape;
// As JSON.stringify() writes it; `a` is what stands around it.
respell_make respell_escape;

// For who makes forms: add a byte, bytes, a text. What does not fit makes the draft full.
static inline void respell_put(struct respell_draft *draft, uint8_t byte)
{
	if (draft->used < draft->size)
		draft->form[draft->used++] = byte;
	else
		draft->full = true;
}
void respell_put_bytes(struct respell_draft *draft, const void *bytes, size_t length);
void respell_put_text(struct respell_draft *draft, const char *text);

#endif
