// Looking things up in a bundle.
// SPDX-License-Identifier: MIT
#include "lib/value/bundle.h"

#include "lib/base/text.h"

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

bool bundle_allows(
	const struct bundle_allowed *allowed, size_t count, const char *code, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if ((!code || text_equal(allowed[i].code, code)) &&
			(!*allowed[i].key || text_equal(allowed[i].key, key)))
			return true;
	return false;
}

bool bundle_is_key_name(const char *name)
{
	static const bool may[256] = {['!' ... '<'] = true, ['>' ... '~'] = true}; // no '='
	const char *at = name;

	while (may[(unsigned char)*at])
		at++;
	return !*at && at > name && at - name <= BUNDLE_NAME_MAX;
}

bool bundle_is_app_name(const char *name)
{
	size_t length = strlen(name);

	return length && length <= BUNDLE_NAME_MAX && text_is_line(name, length);
}

const char *bundle_phase_text(enum bundle_phase phase)
{
	return phase == BUNDLE_PHASE_BUILD ? "build" : "start";
}
