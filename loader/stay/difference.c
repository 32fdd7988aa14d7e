// Two sorted lists of keys, walked side by side.
// SPDX-License-Identifier: MIT
#include "loader/stay/difference.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"

static bool same_key(const struct bundle_key *a, const struct bundle_key *b)
{
	const struct candidate *ours = bundle_winner(a), *theirs = bundle_winner(b);

	if (!text_equal(a->name, b->name) || a->flags != b->flags || !ours != !theirs)
		return false;
	return !ours || secret_equal(ours->value, theirs->value);
}

bool difference_is_none(const struct bundle *a, const struct bundle *b)
{
	if (a->key_count != b->key_count || !text_equal(a->app, b->app) ||
		!text_equal(a->group, b->group) || !text_equal(a->mode, b->mode))
		return false;
	for (size_t i = 0; i < a->key_count; i++)
		if (!same_key(&a->keys[i], &b->keys[i]))
			return false;
	return true;
}

static size_t note_difference(char *out, size_t size, size_t used, const char *name)
{
	if (used < size)
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", name);
	return used;
}

size_t difference_list(const struct bundle *a, const struct bundle *b, char *out, size_t size)
{
	size_t i = 0, j = 0, used = 0, count = 0;

	*out = '\0';
	while (i < a->key_count || j < b->key_count) {
		int order = i == a->key_count   ? 1
			    : j == b->key_count ? -1
						: strcmp(a->keys[i].name, b->keys[j].name);
		const char *name = order <= 0 ? a->keys[i].name : b->keys[j].name;
		bool differs = order != 0 || !same_key(&a->keys[i], &b->keys[j]);

		i += order <= 0;
		j += order >= 0;
		if (differs && count++ < DIFFERENCE_NAMES)
			used = note_difference(out, size, used, name);
	}
	return count;
}
