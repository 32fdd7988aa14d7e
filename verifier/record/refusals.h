// The last refusal of each app: who was turned away, and why. A refused process is gone before
// anybody looks; this is what is left to see of it. Findings only, never a value.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_REFUSALS_H
#define VERIFIER_RECORD_REFUSALS_H

#include "lib/base/base.h"
#include "lib/base/diag.h"

#include <sys/types.h>

struct refusals;
struct registry_offer;

#define REFUSALS_MAX 64         // apps; the oldest makes room
#define REFUSALS_USER_MAX 16    // of one user, who cannot drive out what others see
#define REFUSALS_FINDINGS_MAX 8 // of one refusal; errors come first
#define REFUSALS_KEEP_MS (24u * 60 * 60 * 1000)

// Views live until the next change.
struct refusal {
	const char *app, *group, *program;
	const char *phase;
	uid_t uid;
	bool standing; // an offer without a process
	pid_t pid;     // 0: of a standing offer, or unknown
	uint64_t refused_ms;
	const struct diag_item *findings;
	size_t finding_count;
	size_t omitted; // findings that are not among these
};

// Makes an empty list; the caller owns it.
// Returns: the list, or NULL when memory is short.
struct refusals *refusals_new(void) must_check;
struct refusals *refusals_free(struct refusals *refusals); // NULL is fine; returns NULL

// Notes that an offer was refused for these findings, in place of what is known of the same app and
// user. Without memory for it nothing is noted.
void refusals_note(struct refusals *refusals, const struct registry_offer *offer, uint64_t now_ms,
	const struct diag *diag);

// Forgets what was noted of an app and user: it has been accepted.
void refusals_forget(struct refusals *refusals, const char *app, uid_t uid);

// Forgets what is older than REFUSALS_KEEP_MS.
void refusals_expire(struct refusals *refusals, uint64_t now_ms);

// The list, oldest first.
size_t refusals_size(const struct refusals *refusals);
const struct refusal *refusals_at(const struct refusals *refusals, size_t index);

#endif
