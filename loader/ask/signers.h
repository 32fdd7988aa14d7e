// Who signed the tokens that a scan found: a private verifier is asked, which holds just what is
// resolved here, else the running one.
// SPDX-License-Identifier: MIT
#ifndef LOADER_ASK_SIGNERS_H
#define LOADER_ASK_SIGNERS_H

#include "lib/base/base.h"
#include "loader/inspect/built/scanned.h"

struct resolution;

#define SIGNERS_TIME_MS 20000 // for all tokens together

// Judges the distinct tokens among the records, SCANNED_SIGNERS_MAX at most. One that could not be
// judged says why.
// Returns: 0 with the signers in the pool, or -ENOMEM.
int signers_ask(const struct resolution *resolution, const struct residue *residue,
	struct pool *pool, const struct scanned_signer **ret_signers, size_t *ret_count) must_check;

#endif
