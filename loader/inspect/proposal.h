// A samekey.ini proposed from what a survey found: which secrets are required, which ones several
// apps must share. For a person to edit; holds names and places, never a value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_PROPOSAL_H
#define LOADER_INSPECT_PROPOSAL_H

#include "lib/base/base.h"
#include "loader/inspect/survey.h"

struct pool;

struct proposal_key {
	const struct survey_key *found;
	bool shared;              // the name says that it signs what another app verifies
	const char *differs_from; // the refresh key of an access key; NULL: none
	const char *same_as;      // an alias that is probably meant; NULL: none
	const struct survey_app
		*only_in; // the one app of several that reads it; NULL: more, or unsure
};

struct proposal {
	const struct survey *survey;
	const char *group;                  // NULL: the default
	const struct proposal_key *secrets; // each gets a [key] section, sorted by name
	size_t secret_count;
	const struct survey_key *const *unread; // secrets that only env files hold
	size_t unread_count;
	const struct survey_key *const *settings; // what the code reads besides
	size_t setting_count;
	const struct survey_key *const *browser; // public by their names
	size_t browser_count;
};

// Sorts what was found into a proposal; `folder` is the root's name, from which the group is taken
// when there is no package name. Everything lives in `pool`; the survey is borrowed.
// Returns: 0 or -ENOMEM.
int proposal_make(const struct survey *survey, const char *folder, struct pool *pool,
	struct proposal *ret_proposal) must_check;

// Whether a key that signs tokens or cookies goes by such a name: NEXTAUTH_SECRET, JWT_SECRET,
// SESSION_SECRET, ETLS_ACCESS, APP_REFRESH ... but not JWT_EXPIRES_IN.
bool proposal_name_is_signing(const char *name);

// Writes the proposal as a commented samekey.ini, every line within CONF_LINE_MAX.
// Returns: 0 and the text, which the caller frees, or -ENOMEM.
int proposal_write(const struct proposal *proposal, char **ret_text, size_t *ret_length) must_check;

#endif
