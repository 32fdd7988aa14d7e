// The judgement of claims (RFC 7519 section 4): what a good signature says, held against the rules
// of a profile and a clock.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_CLAIMS_H
#define VERIFIER_TRUST_TOKEN_CLAIMS_H

#include "lib/base/base.h"

struct profile_rules;
struct token_options;
struct token_verdict;

// Judges the payload in verdict->claims, whose signature is good; allocates nothing. Fills in what
// the verdict says of claims.
// Returns: whether they are good; if not, the verdict says why.
bool claims_judge(const struct profile_rules *rules, const struct token_options *options,
	struct token_verdict *verdict) must_check;

#endif
