// A loader that does not set a stray's name is one more outcome: not set.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_stray.h"

#include "lib/base/map.h"

#include <errno.h>

struct lint_stray *lint_stray_of(
	struct lint_file *file, struct pool *pool, const struct lint_stray *stray)
{
	const char *name = (const char *)stray->name.at;
	struct lint_stray *made, **slot;
	size_t index;

	if (!file->stray_names)
		file->stray_names = map_new();
	if (!file->stray_names)
		return NULL;
	index = map_find(file->stray_names, name, stray->name.length);
	if (index != MAP_ABSENT)
		return ((struct lint_stray **)file->strays.items)[index];
	made = pool_take(pool, sizeof(*made));
	slot = pool_push(pool, &file->strays, sizeof(*slot));
	if (!made || !slot)
		return NULL;
	*made = *stray;
	*slot = made;
	return map_put(file->stray_names, name, stray->name.length, file->strays.count - 1) < 0
		       ? NULL
		       : made;
}

// Puts down who does not set the name.
static int add_rest(struct lint *lint, struct lint_stray *stray)
{
	struct lint_outcome *last = &stray->outcomes, *rest;
	uint64_t missing = lint->mask & ~last->loaders;

	for (; last->next; last = last->next)
		missing &= ~last->next->loaders;
	if (!missing)
		return 0;
	rest = pool_take(lint->options.pool, sizeof(*rest));
	if (!rest)
		return -ENOMEM;
	*rest = (struct lint_outcome){.effect = LINT_ABSENT, .loaders = missing};
	last->next = rest;
	return 0;
}

static enum finding finding_of(const struct written *item)
{
	if (item->exported)
		return FINDING_EXPORT_REJECTED;
	return item->quote ? FINDING_UNTERMINATED : FINDING_READS_DIFFERENTLY;
}

static int judge(struct lint *lint, struct lint_file *file, struct lint_stray *stray)
{
	const struct written *item = &file->written.items[stray->item];
	struct written place = {.kind = WRITTEN_ASSIGNMENT, .name = stray->name};
	const struct lint_outcome *outcome = &stray->outcomes;

	if (add_rest(lint, stray) < 0)
		return -ENOMEM;
	if (!lint_differs(lint, outcome))
		return 0;
	while (outcome->effect != LINT_VALUE && outcome->next)
		outcome = outcome->next;
	place.value = outcome->value;
	file->told[stray->item] = true;
	return lint_add(lint, &(struct lint_finding){.finding = finding_of(item),
				      .file = file,
				      .outcomes = &stray->outcomes,
				      .line = stray->line,
				      .column = stray->line == item->line ? item->column : 1,
				      .key = lint_shown_key(lint, &place)});
}

int lint_stray_judge(struct lint *lint, struct lint_file *file)
{
	struct lint_stray *const *strays = file->strays.items;
	int code = 0;

	for (size_t i = 0; i < file->strays.count && code == 0; i++)
		if (!file->told[strays[i]->item])
			code = judge(lint, file, strays[i]);
	return code;
}
