// The apps of the asking user are those that it handed over for their start, and that live.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attestapp.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/door/api/attestquestion.h"
#include "verifier/door/api/route.h"
#include "verifier/record/registry.h"

struct asking {
	const struct registry *registry;
	const struct route_caller *caller;
	struct route_reply *reply;
};

static bool is_own(const struct asking *asking, const struct registry_entry *entry)
{
	return !entry->dead && entry->phase == BUNDLE_PHASE_START &&
	       entry->uid == asking->caller->uid;
}

static bool is_named_before(const struct asking *asking, size_t index)
{
	const struct registry *registry = asking->registry;

	for (size_t i = 0; i < index; i++)
		if (is_own(asking, registry_at(registry, i)) &&
			text_equal(
				registry_at(registry, i)->app, registry_at(registry, index)->app))
			return true;
	return false;
}

static bool list_apps(const struct asking *asking)
{
	const struct registry *registry = asking->registry;
	char text[1024] = "say which app:";
	size_t used = strlen(text);
	const char *before = " ";

	for (size_t i = 0; i < registry_size(registry) && used < sizeof(text); i++) {
		if (!is_own(asking, registry_at(registry, i)) || is_named_before(asking, i))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", before,
			registry_at(registry, i)->app);
		before = ", ";
	}
	route_problem(asking->reply, 400, "app_required", text);
	return false;
}

bool attestapp_find(const struct registry *registry, const struct route_caller *caller,
	struct attestquestion *question, struct route_reply *reply)
{
	const struct asking asking = {registry, caller, reply};
	const struct registry_entry *found = NULL;
	bool several = false;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (!is_own(&asking, entry))
			continue;
		several = several || (found && !text_equal(found->app, entry->app));
		found = entry;
		if (entry->pid && entry->pid == caller->pid) {
			several = false;
			break;
		}
	}
	if (question->has_proofs || several)
		return list_apps(&asking);
	if (found)
		(void)snprintf(question->app, sizeof(question->app), "%s", found->app);
	return true; // without one there is no bundle, which is said
}
