// The rows of the findings about what lies around an app: what samekey doctor makes.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FINDING_AROUND_H
#define LIB_VALUE_FINDING_AROUND_H

#include "lib/value/finding.h"

// By enum finding; a row without a code stands in finding.c.
extern const struct finding_kind finding_around[FINDINGS];

#endif
