// Lines and columns of places in the files of an emulation. Places mostly come one behind the
// other, so the last one is remembered; for any other order the lines of a file are indexed.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_EMULATION_PLACE_H
#define LOADER_READ_DIALECTS_EMULATION_PLACE_H

#include "loader/read/dialects/span.h"

// What is remembered; zero at first.
struct emulation_places {
	// where the last place was found, so that the next one is found from there
	struct {
		const uint8_t *at, *line_start;
		uint32_t file, line;
	} cursor;
	// where the lines of one text begin, made when a place lies before the last one
	struct {
		const uint8_t *of; // the text; NULL: none
		const uint8_t **starts;
		size_t count, room;
	} lines;
};

// Forgets what it knows of the texts; or frees it as well.
void emulation_place_forget(struct emulation_places *places);
void emulation_place_done(struct emulation_places *places);

// Finds the line and the column, from 1, of a place in the text of a file. Where memory is short it
// merely takes longer.
void emulation_place_find(struct emulation_places *places, uint32_t file, struct span text,
	const uint8_t *place, uint32_t *ret_line, uint32_t *ret_column);

#endif
