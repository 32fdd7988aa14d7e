// Tries in the background who signed a token that failed on its signature: at most ten a second,
// one waiting, each with a small part of what a question may cost. Counts what it finds and says
// once what only an app of ours can have caused. Never changes a verdict or readiness.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_RETRIAL_H
#define VERIFIER_DOOR_RETRIAL_H

#include "lib/base/base.h"

struct keyring;
struct log;
struct loop;
struct profile;
struct retrial;
struct sightings;
struct vault;

#define RETRIAL_EACH_MS 100  // between two tries
#define RETRIAL_COST_US 4000 // of one, see trust/diagnosis/diagnose.h

// All borrowed; they outlive the retrial.
struct retrial_parts {
	struct loop *loop;
	const struct keyring *keyring;
	struct vault *vault;
	struct sightings *sightings;
	const struct log *log;
};

// Makes one that waits for nothing; the caller owns it.
// Returns: the retrial, or NULL when memory is short.
struct retrial *retrial_new(const struct retrial_parts *parts) must_check;
struct retrial *retrial_free(struct retrial *retrial); // wipes; NULL is fine; returns NULL

// Takes a copy of a token for the next try, unless one is waiting already.
void retrial_note(
	struct retrial *retrial, const struct profile *profile, const char *token, size_t length);

#endif
