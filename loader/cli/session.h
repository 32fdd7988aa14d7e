// What the commands that resolve have in common: options to a resolution, and a failure to an exit
// code.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_SESSION_H
#define LOADER_CLI_SESSION_H

#include "lib/base/base.h"

struct diag;
struct err;
struct handoff_options;
struct handoff_verdict;
struct json_t;
struct options;
struct pool;
struct private_verifier;
struct resolution;

// Resolves as the options say; a failure is printed.
// Returns: EXIT_OK with *ret_resolution, which the caller owns, or another exit code.
int session_resolve(const struct options *options, struct pool *pool,
	struct resolution **ret_resolution) must_check;

// The same without a word.
// Returns: 0 with *ret_resolution, or as resolution_open.
int session_open(const struct options *options, struct pool *pool,
	struct resolution **ret_resolution, struct err *err) must_check;

// Says on stderr which sources, or lines of them, could not be read, for commands that go on
// without them and do not list the findings.
void session_tell_unread(const struct resolution *resolution);

// Says on stderr, unless the options are quiet, when there is nothing to compare with: mostly it is
// the wrong folder, and an answer such as "no drift" would be taken for one.
void session_tell_nothing(const struct options *options, const struct resolution *resolution);

// Where the verifier is, by the settings.
void session_handoff(const struct resolution *resolution, struct handoff_options *ret_options);

// Asks the verifier for one of its JSON documents: "/v1/drift".
// Returns: the object, which the caller drops, and 0 in *ret_code; or NULL and there a HANDOFF_E_*,
// -EPERM (this user is not admitted), -EBADMSG (no JSON) or another negative errno.
struct json_t *session_ask(const struct resolution *resolution, const char *path, struct pool *pool,
	int *ret_code, struct err *err) must_check;

// Hands the bundle over. Whatever goes wrong becomes a finding of the resolution, an error when a
// verdict is required; so does what the verdict says, as by session_judge.
// Returns: whether there is a verdict.
bool session_offer(const struct resolution *resolution, const struct handoff_options *options,
	struct pool *pool, struct handoff_verdict *ret_verdict) must_check;

// The same without a finding.
// Returns: as handoff_offer.
int session_hand_over(const struct resolution *resolution, const struct handoff_options *options,
	struct pool *pool, struct handoff_verdict *ret_verdict, struct err *err) must_check;

// Adds what a verdict says to the findings of the resolution; a refusal without a reason is one,
// too.
void session_judge(const struct resolution *resolution, const struct handoff_verdict *verdict);

// Starts a private verifier with the settings that the options or the app's folder name, and says
// on stderr what is wrong if it does not.
// Returns: EXIT_OK with *ret_private, which the caller closes, or another exit code.
int session_private(const struct options *options, const struct resolution *resolution,
	bool sockets, struct pool *pool, struct private_verifier *ret_private) must_check;

// Says on stderr, unless the options are quiet, when what a private verifier was handed is of
// another app than its settings want.
void session_tell_strangers(const struct options *options, const struct resolution *resolution,
	const struct private_verifier *private, struct pool *pool);

#endif
