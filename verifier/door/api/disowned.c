// One warning an app, by the first of its bundles that its present owner could not have offered.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/disowned.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/reasons.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"

#define DISOWNED_CODE "owner-changed"

// Whether a profile has its keys from this bundle.
static bool has_keys(const struct keyring *keyring, const struct registry_entry *entry)
{
	for (size_t i = 0; i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);

		for (size_t j = 0; j < profile->rules->source_count; j++)
			if (keyring_seen(keyring, i, j) == entry->id)
				return true;
	}
	return false;
}

static bool is_said(const struct reasons *reasons, const char *app)
{
	const struct readiness_reason *warnings = reasons->warnings.items;

	for (size_t i = 0; i < reasons->warnings.count; i++)
		if (text_equal(warnings[i].code, DISOWNED_CODE) && text_equal(warnings[i].app, app))
			return true;
	return false;
}

static void warn(const struct readiness_question *question, const struct registry_entry *entry,
	struct reasons *reasons)
{
	bool is_process = entry->hold == REGISTRY_PROCESS && !entry->dead;
	char owner[REGISTRY_OWNER_SIZE], pid[32] = "";

	(void)registry_owner(question->registry, entry->app, owner);
	if (is_process)
		(void)snprintf(pid, sizeof(pid), ", pid %ld", (long)entry->pid);
	reasons_warn(reasons,
		&(struct readiness_reason){
			.code = DISOWNED_CODE,
			.app = entry->app,
			.key = "",
			.text = pool_format(reasons->pool,
				"%s belongs to %s, and what is held of it is of uid %lu%s",
				entry->app, owner, (unsigned long)entry->uid, pid),
			.hint = is_process ? pool_format(reasons->pool,
						     "end that process, and start %s as its owner",
						     entry->app)
					   : pool_format(reasons->pool,
						     "start %s as its owner, or take out what is "
						     "held: samekey offer --name %s --withdraw, "
						     "as its owner",
						     entry->app, entry->app),
		});
}

void disowned_judge(const struct readiness_question *question, struct reasons *reasons)
{
	for (size_t i = 0; i < registry_size(question->registry); i++) {
		const struct registry_entry *entry = registry_at(question->registry, i);

		if ((question->app && !text_equal(question->app, entry->app)) ||
			registry_may_offer(
				question->registry, entry->app, entry->uid, entry->gid) ||
			(entry->dead && !has_keys(question->keyring, entry)) ||
			is_said(reasons, entry->app))
			continue;
		warn(question, entry, reasons);
	}
}
