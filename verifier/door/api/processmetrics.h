// What every exporter says of its process: time of the processor, memory, descriptors, start. The
// files that tell are opened once, before a sandbox forbids to.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_PROCESSMETRICS_H
#define VERIFIER_DOOR_API_PROCESSMETRICS_H

#include "lib/base/base.h"

struct processmetrics;

// Opens what tells of this process; what cannot be opened has no metric later. The caller owns it.
// Returns: it, or NULL when memory is short.
struct processmetrics *processmetrics_open(void) must_check;
struct processmetrics *processmetrics_close(struct processmetrics *process); // NULL is fine

// Writes all of them as Prometheus text; what goes wrong shows when the stream is closed.
// `started_s`: when the process started, CLOCK_REALTIME.
void processmetrics_write(FILE *out, const struct processmetrics *process, uint64_t started_s);

#endif
