// Looking things up in a bundle.
// SPDX-License-Identifier: MIT
#include "lib/value/bundle.h"

const struct candidate *bundle_winner(const struct bundle_key *key)
{
	if (!key->count || key->candidates[0].kind != CANDIDATE_WINNER)
		return NULL;
	return &key->candidates[0];
}

static int compare_name(const void *name, const void *key)
{
	return strcmp(name, ((const struct bundle_key *)key)->name);
}

const struct bundle_key *bundle_find(const struct bundle *bundle, const char *name)
{
	if (!bundle->key_count)
		return NULL;
	return bsearch(name, bundle->keys, bundle->key_count, sizeof(*bundle->keys), compare_name);
}

const char *bundle_phase_text(enum bundle_phase phase)
{
	return phase == BUNDLE_PHASE_BUILD ? "build" : "start";
}
