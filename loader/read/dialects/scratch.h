// Text under construction of an emulation: what a value becomes once something in it is replaced.
// As with all that a reader calls, nothing is done any more after a refusal or a lack of memory.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SCRATCH_H
#define LOADER_READ_DIALECTS_SCRATCH_H

#include "loader/read/dialects/span.h"

struct emulation;

// Forgets all texts and keeps the memory; or gives it back to the arena.
void scratch_restart(struct emulation *emulation);
void scratch_done(struct emulation *emulation);

// It is a stack: begin, put, then end or drop, inner ones first. What is put must not lie on the
// stack itself. It counts as work, see emulation_work.
// Returns: where it begins, for the calls that follow.
size_t scratch_begin(const struct emulation *emulation);
void scratch_put(struct emulation *emulation, struct span bytes);
void scratch_put_byte(struct emulation *emulation, uint8_t byte);

// Puts what stands before the next '$' of `rest`, and \$ as a '$', up to one that is not escaped.
// Returns: whether `rest` begins with such a one now; if not, all of it was put.
bool scratch_put_to_dollar(struct emulation *emulation, struct span *rest);

// Room for at most `size` bytes to be written in place; scratch_took says how many it became.
// Returns: the room, or NULL after a stop.
uint8_t *scratch_room(struct emulation *emulation, size_t size) must_check;
void scratch_took(struct emulation *emulation, size_t size);

// What was put since `begun`, to look at until the next put.
struct span scratch_since(const struct emulation *emulation, size_t begun);

// Takes it off the stack: as a text that lasts as long as the emulation, or for nothing.
struct span scratch_end(struct emulation *emulation, size_t begun);
void scratch_drop(struct emulation *emulation, size_t begun);

// The reader goes on with the text in which each end of a line, "\r\n" or "\r", is "\n".
// Returns: that text.
struct span scratch_end_lines(struct emulation *emulation);

#endif
