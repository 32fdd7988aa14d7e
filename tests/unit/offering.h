// Offers of one key, to a registry.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_OFFERING_H
#define TESTS_UNIT_OFFERING_H

#include "lib/base/base.h"
#include "verifier/record/registry.h"

#define OFFERING_SECRET (BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT)
#define OFFERING_SHARED (OFFERING_SECRET | BUNDLE_KEY_SHARED)
#define OFFERING_MINUTE 60000u
#define OFFERING_ENV "" // the place of a value from the process environment
#define OFFERING_STEPS_MAX 8

// One thing that happens. Without `value`, the app's oldest live bundle ends; with an empty one, no
// source gives the key. `allow` is CODE or CODE:KEY.
struct offering_step {
	const char *app, *value, *place;
	uint32_t flags;
	// Findings of the verdict, " " between; an error means refused, (allowed) that it passed.
	const char *codes;
	const char *previous, *allow, *group;
	uint64_t at_ms;
	bool build, standing;
	uid_t uid;
};

#define OFFERING_STEP(app_, value_, place_, flags_, codes_, ...) \
	{ \
		.app = (app_), .value = (value_), .place = (place_), .flags = (flags_), \
		.codes = (codes_), __VA_ARGS__ \
	}

// One bound app, short times.
extern const struct registry_rules offering_rules;

// Offers what the step says, by that process. Returns: what registry_offer does.
int offering_offer(struct registry *registry, const struct offering_step *step, pid_t pid,
	struct diag *diag, uint64_t *ret_id);

#endif
