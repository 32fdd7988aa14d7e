// What a JavaScript runtime makes of a file's bytes before a parser sees them: a string, in which
// nothing is left that is not UTF-8.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_JSTEXT_H
#define LOADER_READ_DIALECTS_JSTEXT_H

struct emulation;

// The reader goes on with the text that has a U+FFFD for each sequence that is not UTF-8, as the
// Encoding Standard counts them. Nothing happens where there is none.
void jstext_decode(struct emulation *emulation);

// The same for a text in UTF-16, little end first; an odd last byte is left out.
void jstext_decode_utf16(struct emulation *emulation);

// The reader goes on with the text in which each end of a line is a newline.
void jstext_join_returns(struct emulation *emulation);

// The reader goes on with the text without its carriage returns.
void jstext_drop_returns(struct emulation *emulation);

#endif
