// Where every token of the API is judged: keeps the room that it takes, reads the clock, counts,
// and notes a refusal in the log. What is answered is decided by the routes.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_JUDGE_H
#define VERIFIER_DOOR_API_JUDGE_H

#include "lib/base/base.h"
#include "verifier/trust/token/token.h"

struct judge;
struct log;
struct revocations;
struct tally;

// Makes a judge that writes to `log`, which is borrowed; the caller owns it.
// Returns: the judge, or NULL when memory is short.
struct judge *judge_new(const struct log *log) must_check;
struct judge *judge_free(struct judge *judge); // wipes; NULL is fine; returns NULL

// Has those be told who failed because no key of the profile verifies them: the token lives until
// the call returns.
typedef void judge_failed(
	void *owner, const struct profile *profile, const char *token, size_t length);
void judge_tell(struct judge *judge, judge_failed *failed, void *owner);

// Has tokens held against what sessions know of them: what is in `revocations` is refused, or may
// be while they are not known, and tokens of sessions are taken by the profile that they are for
// alone: refresh tokens by the profile of the name `refresh`, access tokens by any other, so that
// two profiles with one key do not take the one's for the other's. Both are borrowed; NULL: none.
void judge_watch(struct judge *judge, const struct revocations *revocations, const char *refresh);

// The same for a token that somebody else has judged: turns a good verdict, if it has to be.
void judge_standing(const struct judge *judge, const struct profile_rules *rules, int64_t now_ms,
	struct token_verdict *verdict);

// What was counted.
struct tally *judge_tally(struct judge *judge);

struct judge_question {
	const struct profile *profile;
	const char *token;
	size_t length;
	const char *audience; // a further one that must be there, or NULL
	size_t audience_length;
	const char *cookie; // that it came in, or NULL
};

// Judges a token, as of now. The verdict lives until judge_forget.
void judge_token(struct judge *judge, const struct judge_question *question,
	struct token_verdict *ret_verdict);

// Wipes what the last token left. Claims are gone then.
void judge_forget(struct judge *judge);

// Room for a text that has to be put together before it is judged: JUDGE_TEXT_SIZE bytes, one more
// than a token may have. judge_forget wipes it.
char *judge_text(struct judge *judge);
#define JUDGE_TEXT_SIZE (TOKEN_MAX + 1)

// What answers call the key that verified a token: its kid, else its secret or the name of its
// file.
const char *judge_key_name(const struct profile_key *key);

#endif
