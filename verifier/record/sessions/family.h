// A family of refresh tokens: everything that came of one login. Each use of a token makes the next
// generation; using an old one again ends the family (RFC 9700 section 4.14.2). The state and its
// one step, without a store, a clock or a token: the rule that every store follows.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_FAMILY_H
#define VERIFIER_RECORD_SESSIONS_FAMILY_H

#include "lib/base/base.h"

#define FAMILY_ID_BYTES 16     // random
#define FAMILY_SUBJECT_MAX 255 // bytes of whose session it is
#define FAMILY_CLAIMS_MAX 4095 // bytes of a JSON object of claims
#define FAMILY_RECENT_MAX 16   // uses that are remembered; no more happen in one grace window
// Generations end here, where the numbers of a Redis script do: the last is held for good.
#define FAMILY_GENERATION_MAX (UINT64_C(1) << 53)
#define FAMILY_ID_TEXT (FAMILY_ID_BYTES * 2 + 1) // as hex, with its NUL

// Why a family ended before its time.
enum family_end {
	FAMILY_LIVES,
	FAMILY_ENDED_BY_REUSE, // an old token was used again
	FAMILY_ENDED_BY_LOGOUT,
	FAMILY_ENDED_BY_REVOKE, // by whoever has the verb
	FAMILY_ENDS,            // how many there are
};

// Times called wall are CLOCK_REALTIME in milliseconds: tokens are judged by it. Steady ones are of
// a clock that no setting of the time moves, see store.h: the grace window is measured by it.
struct family {
	uint8_t id[FAMILY_ID_BYTES];
	uint64_t generation;      // of the refresh token that counts now; the first is 1
	int64_t issued_wall_ms;   // when that one was made
	int64_t expires_wall_ms;  // when it ends unused
	int64_t absolute_wall_ms; // when the family ends, however it is used
	// When generation - 1, generation - 2, ... were used, the newest first.
	int64_t used_steady_ms[FAMILY_RECENT_MAX];
	size_t used_count;
	enum family_end end;
	int64_t ended_wall_ms;
	char subject[FAMILY_SUBJECT_MAX + 1];
	char access_claims[FAMILY_CLAIMS_MAX + 1];  // a JSON object
	char refresh_claims[FAMILY_CLAIMS_MAX + 1]; // likewise
};

struct family_rules {
	uint64_t grace_ms;  // in which an old token gets the present pair again
	uint64_t idle_ms;   // life of a refresh token that is not used
	uint64_t access_ms; // longest life of an access token: so long its end must be remembered
};

struct family_now {
	int64_t wall_ms, steady_ms;
};

// What became of a token that was shown.
enum family_outcome {
	FAMILY_ROTATED,  // there is a new generation
	FAMILY_REPLAYED, // used already, within the grace: the present generation counts for it,
			 // too
	FAMILY_HELD,     // the present one, but FAMILY_RECENT_MAX were made in one grace window
	FAMILY_ADOPTED,  // rotated; the token was newer than the record: the store lost a write, or
			 // is a copy put back, and this heals it
	FAMILY_REUSED,   // used already, after the grace: the family ends with this
	FAMILY_ENDED,    // it had ended before
	FAMILY_EXPIRED,
	FAMILY_UNKNOWN,  // there is no such family
	FAMILY_OUTCOMES, // how many there are
};
extern const char *const family_outcome_names[]; // "rotated", "replayed_in_grace", "held",
						 // "adopted", "reuse_detected", "ended",
						 // "expired", "unknown"; ended by NULL

// Whether whoever showed the token is logged in.
bool family_is_good(enum family_outcome outcome);

// Uses a token of a generation, of which the signature is good. A use that is in the future of the
// steady clock (another boot) counts as just now.
// Returns: what became of it, never FAMILY_UNKNOWN; the family is changed when it is
// FAMILY_ROTATED, FAMILY_ADOPTED or FAMILY_REUSED.
enum family_outcome family_use(struct family *family, uint64_t generation,
	const struct family_rules *rules, const struct family_now *now) must_check;

// How it stands, without a use.
// Returns: FAMILY_HELD while it lives, FAMILY_ENDED or FAMILY_EXPIRED.
enum family_outcome family_look(const struct family *family, int64_t now_wall_ms) must_check;

// Ends it, unless it has ended.
// Returns: whether it lived.
bool family_finish(struct family *family, enum family_end end, const struct family_now *now);

// Until when the end of one that has ended is to be remembered: when its last access token expires,
// which was issued in the future if the clock was set back since.
int64_t family_remembered_until(const struct family *family, uint64_t access_ms);

// The id as 32 hexadecimal digits, and back.
const char *family_id_text(
	const uint8_t id[static FAMILY_ID_BYTES], char out[static FAMILY_ID_TEXT]);
bool family_id_read(const char *text, size_t length, uint8_t ret_id[static FAMILY_ID_BYTES])
	must_check;

#endif
