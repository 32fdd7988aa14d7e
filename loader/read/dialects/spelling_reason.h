// Why a pair has no spelling: what in the value, or which of two loaders, is the obstacle.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SPELLING_REASON_H
#define LOADER_READ_DIALECTS_SPELLING_REASON_H

#include "loader/read/dialects/spelling.h"

// Who is at fault where a request has no spelling: a dialect that cannot hold the pair at all, else
// the first that reads nothing that those before it read. Fills in the answer but for line and
// text. Returns: 0, or -ENOMEM.
int spelling_reason_find(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *answer) must_check;

#endif
