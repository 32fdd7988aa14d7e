// Two lists in one pool.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/reasons.h"

#include "lib/base/text.h"

static void keep(
	struct reasons *reasons, struct pool_list *list, const struct readiness_reason *reason)
{
	struct readiness_reason *kept;

	if (list->count >= READINESS_REASONS_MAX)
		return;
	kept = pool_push(reasons->pool, list, sizeof(*kept));
	if (!kept || !reason->text) {
		reasons->no_memory = true;
		return;
	}
	*kept = *reason;
	if (!kept->hint)
		kept->hint = "";
}

void reasons_add(struct reasons *reasons, const struct readiness_reason *reason)
{
	keep(reasons, &reasons->red, reason);
}

void reasons_warn(struct reasons *reasons, const struct readiness_reason *reason)
{
	keep(reasons, &reasons->warnings, reason);
}

bool reasons_has(const struct pool_list *list, const struct readiness_reason *reason)
{
	const struct readiness_reason *items = list->items;

	for (size_t i = 0; i < list->count; i++)
		if (text_equal(items[i].code, reason->code) &&
			text_equal(items[i].app, reason->app) &&
			text_equal(items[i].key, reason->key))
			return true;
	return false;
}
