// What a record of samekey-scan about a compose or Kubernetes file says: a key that is given
// another value, a secret in clear text, a file that is named and holds something else.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_DOCTOR_DEPLOYED_H
#define LOADER_INSPECT_DOCTOR_DOCTOR_DEPLOYED_H

#include "lib/base/base.h"

struct doctor;
struct scanreport;

// Makes findings of a record; the files that it names are read.
// Returns: 0 or -ENOMEM.
int doctor_deployed_judge(struct doctor *doctor, const struct scanreport *report) must_check;

// The path of a file that the record's file names by its own place.
// Returns: the path (of the pool, or `path`), or NULL when memory is short.
const char *doctor_deployed_beside(
	struct doctor *doctor, const struct scanreport *report, const char *path) must_check;

#endif
