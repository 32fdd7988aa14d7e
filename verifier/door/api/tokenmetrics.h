// Metrics of tokens: how they were judged, which keys signed the good ones and what signed the bad
// ones, how many were minted.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_TOKENMETRICS_H
#define VERIFIER_DOOR_API_TOKENMETRICS_H

#include "lib/base/base.h"

#include <stdio.h>

struct sightings;
struct tally;

struct tokenmetrics {
	const struct tally *tally;         // or NULL
	const struct sightings *sightings; // of who signed bad ones, or NULL
	bool names;                        // whether names of keys may be shown
};

// Writes them all.
void tokenmetrics_write(FILE *out, const struct tokenmetrics *view);

#endif
