// Files whose whole content is one value: those of a secrets directory, and the one that a variable
// KEY_FILE names. What is wrong with one becomes a finding.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_SECRETFILE_H
#define LOADER_READ_SECRETFILE_H

#include "loader/read/source.h"

#define SECRETFILE_ENTRIES_MAX 10000 // of a secrets directory

struct secretfile_folder {
	enum source_kind source; // SOURCE_CREDENTIALS or SOURCE_SECRETS
	int at;                  // the folder that a relative path starts in, or AT_FDCWD
	const char *path;
	uint32_t layer;
	bool lower_case_counts; // a file db_password offers DB_PASSWORD
	bool named;
};

// Reads every file of a secrets directory (`..data` of Kubernetes from one handle) or of
// $CREDENTIALS_DIRECTORY; folders and names that are no key are skipped. An absent directory is
// fine unless it was `named`.
// Returns: as source_read_dotenv.
int secretfile_read_folder(
	const struct source_reader *reader, const struct secretfile_folder *folder) must_check;

// Reads the one file that KEY_FILE names, as a value from the environment.
// Returns: as source_read_dotenv.
int secretfile_read_key(const struct source_reader *reader, struct found_key *key, const char *path)
	must_check;

#endif
