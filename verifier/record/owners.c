// A list in the order in which the names were last offered, oldest first.
// SPDX-License-Identifier: MIT
#include "verifier/record/owners.h"

#include "lib/base/text.h"

#include <errno.h>

struct owner {
	char *app;
	uid_t uid;
};

struct owners {
	size_t max, count;
	struct owner list[];
};

struct owners *owners_new(size_t max)
{
	struct owners *owners = calloc(1, sizeof(*owners) + max * sizeof(*owners->list));

	if (owners)
		owners->max = max;
	return owners;
}

struct owners *owners_free(struct owners *owners)
{
	for (size_t i = 0; owners && i < owners->count; i++)
		free(owners->list[i].app);
	free(owners);
	return NULL;
}

// Returns: its place, or `count`.
static size_t place_of(const struct owners *owners, const char *app)
{
	size_t at = 0;

	while (at < owners->count && !text_equal(owners->list[at].app, app))
		at++;
	return at;
}

bool owners_find(const struct owners *owners, const char *app, uid_t *ret_uid)
{
	size_t at = place_of(owners, app);

	if (at == owners->count)
		return false;
	*ret_uid = owners->list[at].uid;
	return true;
}

static struct owner cut(struct owners *owners, size_t at)
{
	struct owner owner = owners->list[at];

	owners->count--;
	memmove(owners->list + at, owners->list + at + 1,
		(owners->count - at) * sizeof(*owners->list));
	return owner;
}

static size_t count_of(const struct owners *owners, uid_t uid)
{
	size_t count = 0;

	for (size_t i = 0; i < owners->count; i++)
		count += owners->list[i].uid == uid;
	return count;
}

// The oldest name that nobody uses, of the user who has most names: whoever invents names loses
// their own. Returns: its place, or `count`.
static size_t pick_forgotten(const struct owners *owners, const struct owners_use *use)
{
	size_t found = owners->count, most = 0;

	for (size_t i = 0; i < owners->count; i++) {
		const struct owner *owner = &owners->list[i];
		size_t names = count_of(owners, owner->uid);

		if (names <= most || use->is_used(use->user, owner->app))
			continue;
		most = names;
		found = i;
	}
	return found;
}

static int make_room(struct owners *owners, const struct owners_use *use)
{
	size_t at;

	if (owners->count < owners->max)
		return 0;
	at = pick_forgotten(owners, use);
	if (at == owners->count)
		return -ENOSPC;
	free(cut(owners, at).app);
	return 0;
}

int owners_note(struct owners *owners, const char *app, uid_t uid, const struct owners_use *use)
{
	size_t at = place_of(owners, app);
	own_free char *name = NULL;
	struct owner owner;
	int code;

	if (at < owners->count) {
		owner = cut(owners, at);
		owners->list[owners->count++] = owner;
		return 0;
	}
	name = strdup(app);
	code = name ? make_room(owners, use) : -ENOMEM;
	if (code == 0)
		owners->list[owners->count++] = (struct owner){take(&name), uid};
	return code;
}
