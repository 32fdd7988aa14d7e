// The table of findings in its parts, each from one finding up to where the next part begins.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FINDING_ROWS_H
#define LIB_VALUE_FINDING_ROWS_H

#include "lib/value/finding.h"

extern const struct finding_kind finding_line[FINDING_PM2_STALE];
extern const struct finding_kind finding_set[FINDING_NO_VERIFIER - FINDING_PM2_STALE];
extern const struct finding_kind finding_witness[FINDING_COULD_NOT_LOOK - FINDING_NO_VERIFIER];
extern const struct finding_kind finding_around[FINDING_PROFILE_UNUSABLE - FINDING_COULD_NOT_LOOK];
extern const struct finding_kind finding_token[FINDINGS - FINDING_PROFILE_UNUSABLE];

#endif
