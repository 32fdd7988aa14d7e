// The keyring stays with the newest bundle whatever ends, so that a process that starts, fails and
// starts again does not change a profile each time; see trust/keyring.c.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/outlived.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/reasons.h"
#include "verifier/record/compare.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"

static const struct registry_entry *find_living(const struct registry *registry, const char *app)
{
	const struct registry_entry *found = NULL;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (!entry->dead && entry->phase == BUNDLE_PHASE_START &&
			text_equal(entry->app, app) && (!found || entry->id > found->id))
			found = entry;
	}
	return found;
}

// Whether a profile that has its keys from this bundle verifies by the value of `key`, under
// whatever name.
static bool verifies_by(const struct profile_rules *rules, const struct registry_entry *bundle,
	const struct registry_key *key)
{
	for (size_t i = 0; i < rules->source_count; i++) {
		const struct profile_source *source = &rules->sources[i];
		const struct registry_key *held = NULL;

		if (text_equal(source->app, bundle->app) &&
			key_state_verifies(source->options.state))
			held = compare_find(bundle, source->key);
		if (held && held->has_value && compare_equal(held, key))
			return true;
	}
	return false;
}

static void judge_source(const struct readiness_question *question,
	const struct profile_rules *rules, const struct profile_source *source, uint64_t seen,
	struct reasons *reasons)
{
	const struct registry_entry *ended = registry_by_id(question->registry, seen);
	const struct registry_entry *living;
	const struct registry_key *key;

	if (!ended || !ended->dead)
		return;
	living = find_living(question->registry, source->app);
	key = living ? compare_find(living, source->key) : NULL;
	if (!key || !key->has_value || verifies_by(rules, ended, key))
		return;
	reasons_warn(reasons,
		&(struct readiness_reason){
			.code = "profile-outlived",
			.app = source->app,
			.key = source->key,
			.text = pool_format(reasons->pool,
				"profile %s has %s of a process that has ended (pid %ld); pid %ld "
				"lives and holds another value",
				rules->name, source->key, (long)ended->pid, (long)living->pid),
			.hint = pool_format(reasons->pool,
				"restart %s, or take the ended one's key out: samekey offer --name "
				"%s "
				"--withdraw",
				source->app, source->app),
		});
}

void outlived_judge(
	const struct readiness_question *question, size_t index, struct reasons *reasons)
{
	const struct profile *profile = keyring_at(question->keyring, index);
	const struct profile_rules *rules = profile->rules;

	for (size_t i = 0; profile->usable && i < rules->source_count; i++)
		if (rules->sources[i].options.state == KEY_ACTIVE)
			judge_source(question, rules, &rules->sources[i],
				keyring_seen(question->keyring, index, i), reasons);
}
