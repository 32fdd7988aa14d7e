// The set that is held is the measure; the findings are those of the one that would follow.
// SPDX-License-Identifier: MIT
#include "loader/stay/succession.h"

#include "lib/base/diag.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/resolve/resolution.h"

bool succession_is_other_app(const struct resolution *held, struct resolution *next)
{
	const struct bundle *ours = &held->bundle, *theirs = &next->bundle;

	if (text_equal(ours->app, theirs->app) && ours->phase == theirs->phase)
		return false;
	finding_add(next->diag, FINDING_SETTINGS,
		&(struct finding_about){.origin = next->place.ini,
			.hint = "start samekey again to go by the new name"},
		"the app is called %s now", theirs->app);
	return true;
}

bool succession_loses_secrets(const struct resolution *held, struct resolution *next)
{
	const struct bundle *before = &held->bundle;
	bool lost = false;

	for (size_t i = 0; i < before->key_count; i++) {
		const struct bundle_key *key = &before->keys[i];
		const struct bundle_key *now = bundle_find(&next->bundle, key->name);

		if (!(key->flags & BUNDLE_KEY_SECRET) || !bundle_winner(key) ||
			(now && bundle_winner(now)))
			continue;
		lost = true;
		finding_add(next->diag, FINDING_MISSING,
			&(struct finding_about){.key = key->name,
				.hint = "give it back; to go on without it, start samekey again"},
			"the command holds it, and no source gives it any more");
	}
	return lost;
}
