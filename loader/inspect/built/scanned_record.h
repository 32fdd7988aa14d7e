// What one record of a scan means. A function a type of record.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_SCANNED_RECORD_H
#define LOADER_INSPECT_BUILT_SCANNED_RECORD_H

#include "lib/base/base.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"

struct map;
struct scanned_question;
struct scanreport;

struct scanned_judging {
	const struct scanned_question *question;
	struct pool *pool;
	struct map *known;      // identity to index in items
	struct pool_list items; // struct scanned_item
};

// Something to say, before it is known whether the same was said already.
struct scanned_remark {
	enum finding finding;
	enum diag_severity severity;
	const struct scanreport *record;
	const char *text, *hint; // NULL: memory was short; a hint: the finding's own
};

// Makes an item of a remark, or counts it with the item that is alike in its place.
// Returns: 0 or -ENOMEM.
int scanned_add(struct scanned_judging *judging, const struct scanned_remark *remark) must_check;

// Adds what there is to say of a record.
// Returns: 0 or -ENOMEM.
int scanned_record_judge(struct scanned_judging *judging, const struct scanreport *record)
	must_check;

#endif
