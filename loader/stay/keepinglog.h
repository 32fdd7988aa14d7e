// What a samekey that stays says of its sources and of the verifier: a line an event, the same
// refusal only once, and never a value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_STAY_KEEPINGLOG_H
#define LOADER_STAY_KEEPINGLOG_H

#include "loader/stay/keeping.h"

#include <sodium.h>

struct diag;
struct err;
struct handoff_verdict;

#define KEEPINGLOG_DIGEST_BYTES 32

struct keepinglog {
	const struct keeping_options *options; // the caller's
	int trouble;                           // of the watch, as far as it was told
	uint8_t key[crypto_generichash_KEYBYTES];
	uint8_t refused[KEEPINGLOG_DIGEST_BYTES]; // what was told last; zeroes: nothing is refused
	bool lacking; // the verifier does not have the set, as it was told
	bool refusal; // for it refused that, as it was told
};

// Begins; the options outlive it.
void keepinglog_init(struct keepinglog *keepinglog, const struct keeping_options *options);
void keepinglog_done(struct keepinglog *keepinglog); // wipes it

// What keeps the watch from hearing of changes, an errno; 0: nothing does. Told when it is new.
void keepinglog_trouble(struct keepinglog *keepinglog, const struct resolution *about, int trouble);

// A good set that differs from the one before; whatever was refused is past.
void keepinglog_change(struct keepinglog *keepinglog, const char *event,
	const struct resolution *before, const struct resolution *now);

// A good set that is what is in use; told where something was refused, which is past.
void keepinglog_same(struct keepinglog *keepinglog, const struct resolution *now);

// Why a new set is not taken, once for each such set.
void keepinglog_refusal(
	struct keepinglog *keepinglog, const struct resolution *about, const struct diag *diag);

// The same where there is no set to judge.
void keepinglog_failure(
	struct keepinglog *keepinglog, const struct resolution *about, const struct err *err);

// What the verifier said to a set that it was given again; NULL: it cannot be asked, for
// `err`. A refusal is
// told once, however often it is given again.
void keepinglog_verifier(struct keepinglog *keepinglog, const struct resolution *about,
	const struct handoff_verdict *verdict, const struct err *err);

#endif
