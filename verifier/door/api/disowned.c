// One warning an app, by the first of its bundles that its present owner could not have offered.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/disowned.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/reasons.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"

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

static void warn(const struct readiness_question *question, const struct registry_entry *entry,
	struct reasons *reasons)
{
	struct readiness_reason reason = {.code = "owner-changed", .app = entry->app, .key = ""};
	bool is_process = entry->hold == REGISTRY_PROCESS && !entry->dead;
	char owner[REGISTRY_OWNER_SIZE], pid[32] = "";

	if (reasons_has(&reasons->warnings, &reason))
		return;
	(void)registry_owner(question->registry, entry->app, owner);
	if (is_process)
		(void)snprintf(pid, sizeof(pid), ", pid %ld", (long)entry->pid);
	reason.text = pool_format(reasons->pool,
		"%s belongs to %s, and what is held of it is of uid %lu and gid %lu%s", entry->app,
		owner, (unsigned long)entry->uid, (unsigned long)entry->gid, pid);
	if (is_process)
		reason.hint = pool_format(
			reasons->pool, "end that process, and start %s as its owner", entry->app);
	else
		reason.hint = pool_format(reasons->pool,
			"start %s as its owner, or take out what is held: samekey offer --name %s "
			"--withdraw, as its owner",
			entry->app, entry->app);
	reasons_warn(reasons, &reason);
}

void disowned_judge(const struct readiness_question *question, struct reasons *reasons)
{
	for (size_t i = 0; i < registry_size(question->registry); i++) {
		const struct registry_entry *entry = registry_at(question->registry, i);

		if ((question->app && !text_equal(question->app, entry->app)) ||
			registry_may_offer(
				question->registry, entry->app, entry->uid, entry->gid) ||
			(entry->dead && !has_keys(question->keyring, entry)))
			continue;
		warn(question, entry, reasons);
	}
}
