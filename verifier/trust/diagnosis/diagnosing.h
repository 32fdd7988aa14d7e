// A diagnosis while it is made: what was read, how it was judged, who signed it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_DIAGNOSING_H
#define VERIFIER_TRUST_DIAGNOSIS_DIAGNOSING_H

#include "verifier/trust/diagnosis/diagnose.h"
#include "verifier/trust/diagnosis/lenient.h"
#include "verifier/trust/diagnosis/trial.h"

struct diagnose_room {
	struct token_scratch judged;
	struct lenient_room lenient;
	struct trial_room trial;
};

struct diagnosing {
	const struct diagnose_question *question;
	struct diagnosis *diagnosis;
	struct pool *pool;
	struct diagnose_room *room;
	struct remark_list *remarks;

	struct lenient read;
	bool good_alone; // it would be accepted without what stands around it and in it
	bool misplaced;  // a session where the profile wants a signed token, or back
	struct trial_match match;
};

#endif
