// Two passes: those to restart as one list, then each standing offer by itself.
// SPDX-License-Identifier: MIT
#include "verifier/record/remedy.h"

#include "lib/base/text.h"
#include "verifier/record/registry.h"

// Whether an earlier entry is of the same app and held alike.
static bool is_repeated(const struct registry_entry *const *entries, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (entries[i]->hold == entries[index]->hold &&
			text_equal(entries[i]->app, entries[index]->app))
			return true;
	return false;
}

static size_t put(char *out, size_t size, size_t used, const char *before, const char *app,
	const char *behind)
{
	if (used < size)
		used += (size_t)snprintf(out + used, size - used, "%s%s%s", before, app, behind);
	return used;
}

void remedy_text(const struct registry_entry *const *entries, size_t count, char *out, size_t size)
{
	size_t total = 0, named = 0, used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		total += entries[i]->hold == REGISTRY_PROCESS && !is_repeated(entries, i);
	for (size_t i = 0; i < count; i++) {
		if (entries[i]->hold != REGISTRY_PROCESS || is_repeated(entries, i))
			continue;
		named++;
		used = put(out, size, used,
			named == 1       ? "restart "
			: named == total ? " and "
					 : ", ",
			entries[i]->app, "");
	}
	for (size_t i = 0; i < count; i++)
		if (entries[i]->hold == REGISTRY_STANDING && !is_repeated(entries, i))
			used = put(out, size, used,
				used ? ", samekey offer --name " : "samekey offer --name ",
				entries[i]->app, " again");
}
