// Writes a value as another program would have read or written it: quotes kept, decoded, cut, in
// another encoding. The words of nearmiss.h are made of these.
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

enum respell_unicode { RESPELL_NFC, RESPELL_NFD, RESPELL_NFKC, RESPELL_NFKD };
enum respell_hash { RESPELL_HASH_RAW, RESPELL_HASH_HEX, RESPELL_HASH_BASE64 };

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
// base64 or base64url to bytes.
respell_make respell_decode64;
// To libsodium's variant `number` of base64.
respell_make respell_encode64;
// Hex to bytes, up to what is none.
respell_make respell_decode16;
// To hex with the digits `a`.
respell_make respell_encode16;
// base64 text with `b` for `a`, and with the `=` at its end that make it whole (number 1), or with
// none.
respell_make respell_repad;
// %XX to bytes, and + to `number`.
respell_make respell_percent_decode;
// As encodeURIComponent() writes it.
respell_make respell_percent_encode;
// As String(bytes) writes an array in JavaScript: "115,101,99".
respell_make respell_decimal;
// In the enum respell_unicode `number`; none where all is ASCII.
respell_make respell_normalise;
// Each byte taken for a character of Latin-1 and written as UTF-8.
respell_make respell_from_latin1;
// `a`, then each character as `number` bytes: of 1 its lowest one, as Latin-1; 2 is UTF-16.
respell_make respell_to_units;
// The SHA-256 ("256") or SHA-512 ("512") of it, as an enum respell_hash in `number` says.
respell_make respell_hash;

#endif
