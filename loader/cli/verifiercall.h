// What commands want of a verifier: an answer, a verdict, or a private one that is started first.
// How it is reached is loader/deliver's business; here failures get their words.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_VERIFIERCALL_H
#define LOADER_CLI_VERIFIERCALL_H

#include "lib/base/base.h"

struct err;
struct handoff_options;
struct handoff_verdict;
struct json_t;
struct options;
struct pool;
struct private_verifier;
struct resolution;

// Where the verifier is, by the settings.
void verifiercall_options(const struct resolution *resolution, struct handoff_options *ret_options);

// Asks the verifier for one of its JSON documents: "/v1/drift". The caller drops the object.
// Returns: 0, a HANDOFF_E_*, -EPERM (this user is not admitted), -EBADMSG (no object of JSON) or
// another negative errno.
int verifiercall_ask(const struct resolution *resolution, const char *path, struct pool *pool,
	struct json_t **ret_answer, struct err *err) must_check;

// Hands the bundle over. Whatever goes wrong becomes a finding of the resolution, an error when a
// verdict is required; so does what the verdict says, as by verifiercall_judge.
// Returns: whether there is a verdict.
bool verifiercall_offer(const struct resolution *resolution, const struct handoff_options *options,
	struct pool *pool, struct handoff_verdict *ret_verdict) must_check;

// The same without a finding.
// Returns: as handoff_offer.
int verifiercall_hand_over(const struct resolution *resolution,
	const struct handoff_options *options, struct pool *pool,
	struct handoff_verdict *ret_verdict, struct err *err) must_check;

// Adds what a verdict says to the findings of the resolution; a refusal without a reason is one,
// too.
void verifiercall_judge(const struct resolution *resolution, const struct handoff_verdict *verdict);

// Starts a private verifier with the settings that the options or the app's folder name; with
// `sockets` others find it, too. Says on stderr, unless the options are quiet, that it answers, and
// in any case why it does not.
// Returns: EXIT_OK with *ret_private, which the caller closes, or another exit code.
int verifiercall_start(const struct options *options, const struct resolution *resolution,
	bool sockets, struct pool *pool, struct private_verifier *ret_private) must_check;

// Says on stderr, unless the options are quiet, when what a private verifier was handed is of
// another app than its settings want.
void verifiercall_tell_strangers(const struct options *options, const struct resolution *resolution,
	const struct private_verifier *private, struct pool *pool);

#endif
