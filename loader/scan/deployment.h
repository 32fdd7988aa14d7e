// Compose and Kubernetes files: what they give to the keys of a job, compared where they are read.
// What leaves is a record a key with its place and how it stands to the bundle, never a value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_DEPLOYMENT_H
#define LOADER_SCAN_DEPLOYMENT_H

#include "lib/base/base.h"

struct err;
struct scanjob;
struct scanreport;
struct secret_arena;

#define DEPLOYMENT_RECORDS_MAX 5000 // of one file
#define DEPLOYMENT_TEXT_SIZE 512    // of a record's text

// Who hears of what is found. `tell` may return a negative errno to end it.
struct deployment_listener {
	int (*tell)(void *user, const struct scanreport *report);
	void *user;
};

// One file's bytes.
struct deployment_file {
	const char *path; // for people
	const uint8_t *bytes;
	size_t size;
};

// Reads one file; one that is no YAML, or none of the two kinds, is told as SCANREPORT_SKIPPED.
// Returns: 0, what `tell` returned, or -ENOMEM.
int deployment_read(const struct scanjob *job, const struct deployment_file *file,
	const struct deployment_listener *listener, struct secret_arena *arena) must_check;

// The task SCANJOB_DEPLOYMENT: reads every path of the job as deployment_read does, links too;
// what cannot be read is told as SCANREPORT_SKIPPED. SCANREPORT_DONE is the caller's.
// Returns: 0 with how many files and bytes were read, what `tell` returned, or -ENOMEM.
int deployment_look(const struct scanjob *job, const struct deployment_listener *listener,
	struct secret_arena *arena, uint64_t *ret_files, uint64_t *ret_bytes) must_check;

#endif
