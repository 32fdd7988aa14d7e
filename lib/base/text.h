// Questions about text: encodings, names, near spellings, and how it is safely shown.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

#include "lib/base/base.h"

// How two texts relate, byte for byte.
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
bool text_equal(const char *a, const char *b); // NULL equals only NULL

// Writes one text and another behind it, as the path of a file in a folder is made.
// Returns: whether both fit into `size` bytes with the NUL; else "" is written.
bool text_join(char *out, size_t size, const char *first, const char *second);

// Whether a word is one of `words`, which NULL ends.
bool text_is_among(const char *word, const char *const *words);

// Where UTF-8 first goes wrong (RFC 3629: no overlong form, no surrogate, none past U+10FFFF).
// Returns: the offset of the first bad sequence, or `length` when all is well.
size_t text_utf8_error(const void *bytes, size_t length);

// Writes a code point as UTF-8, and a number up to 0x7FFFFFFF as RFC 2279 once did.
// Returns: how many bytes of `out` were written: 1 to 4 for a code point, up to TEXT_POINT_MAX.
#define TEXT_POINT_MAX 6
size_t text_put_point(uint32_t point, uint8_t *out);

#define TEXT_MORE "..." // ends what was cut

// Where a text may be cut so that no character is: the most that is whole of its first `most`
// bytes, which are all there.
size_t text_cut(const char *text, size_t most) must_check;

// Ends a text with "..." where it was cut: snprintf printed `size` bytes of it, and gave `length`.
void text_mark_cut(char *out, size_t size, int length);

// Whether bytes are a line that may be sent as it is: UTF-8 without control characters.
bool text_is_line(const void *bytes, size_t length);

// Whether they are one that may be shown as it is too: text_printable would change nothing in it.
bool text_is_shown(const void *bytes, size_t length);

// Whether a text is a token as RFC 9110 section 5.6.2 has it: the name of a header or a cookie.
bool text_is_token(const char *text, size_t length);

// A variable name as every shell and loader takes it: [A-Za-z_][A-Za-z0-9_]*, 1 to 255 bytes.
bool text_is_name(const char *text);

// Replaces control bytes, DEL and bad UTF-8 by \xNN so that a line stays a line.
// Writes at most `size` bytes with the NUL, ends with "..." when cut.
// Returns: out.
char *text_printable(char *out, size_t size, const char *text);

// The candidate that is nearest to what somebody typed, within two edits, or is written in the
// other case. Returns: an item of `words` (ended by NULL), or NULL.
const char *text_nearest(const char *typed, const char *const *words);

// The edit distance of two words, as text_nearest uses it: at most 2, else 3. Words over 64
// bytes count as far apart.
unsigned text_distance(const char *a, const char *b);

// What a counted word ends in: "" after 1, else "s".
const char *text_plural(size_t count);

// A span in words, in the unit that says most: "90 s", "2 hours", "3 days".
// Returns: out.
#define TEXT_SPAN_SIZE 32
const char *text_span(char out[static TEXT_SPAN_SIZE], double seconds);

// The value of a hexadecimal digit of either case.
// Returns: 0 to 15, or -1 when it is none.
int text_hex_digit(char byte);

// Undoes %XX and + of a form's or a query's value (application/x-www-form-urlencoded).
// Returns: how many bytes it has, of which at most `size` are written; SIZE_MAX: a broken escape.
size_t text_from_form(const char *text, size_t length, char *out, size_t size) must_check;

// Percent-encodes a text for a URI (RFC 3986): kept are the unreserved characters, and those of
// `plain`. Writes at most `size` bytes with the NUL; what does not fit is left off, escapes whole.
// Returns: out.
char *text_encode(char *out, size_t size, const char *plain, const char *text);

#endif
