// What is wrong with a token or worth knowing about it, besides who signed it: a list of remarks,
// and those on its claims. Where a judgement stops at the first fault, this goes on.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_REMARK_H
#define VERIFIER_TRUST_DIAGNOSIS_REMARK_H

#include "lib/base/base.h"
#include "lib/value/finding.h"

struct pool;
struct profile_rules;

#define REMARK_MAX 24 // of one token; further ones are left out

struct remark {
	enum diag_severity severity;
	const char *code, *text, *hint; // hint: or ""
};

struct remark_list {
	struct remark items[REMARK_MAX];
	size_t count;
	struct pool *pool; // of the texts
	bool incomplete;   // memory was short
};

// Adds a remark with its row's severity. The hint is borrowed; NULL: the row's fix.
void remark_add(struct remark_list *list, enum finding finding, const char *hint,
	const char *format, ...) printf_like(4, 5);

// Whether there is one of this kind.
bool remark_has(const struct remark_list *list, enum finding finding);

// Puts errors first, then warnings, and keeps the order else.
void remark_sort(struct remark_list *list);

// Remarks on the times, the issuer and the audience of a payload. `rules`: of the profile, or NULL
// when none is named.
// Returns: whether the payload is an object that was read.
bool remark_claims(struct remark_list *list, const struct profile_rules *rules, const char *payload,
	size_t length, int64_t now_ms);

#endif
