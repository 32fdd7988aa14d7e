// Rotation or conflict. Equality is decided on 256-bit keyed hashes.
// SPDX-License-Identifier: MIT
#include "verifier/record/compare.h"

#include "lib/base/text.h"

static int by_name(const void *name, const void *key)
{
	return strcmp(name, ((const struct registry_key *)key)->name);
}

const struct registry_key *compare_find(const struct registry_entry *entry, const char *name)
{
	if (!entry->key_count)
		return NULL;
	return bsearch(name, entry->keys, entry->key_count, sizeof(*entry->keys), by_name);
}

const struct registry_key *compare_advance(
	const struct registry_entry *entry, size_t *at, const char *name)
{
	int order = -1;

	while (*at < entry->key_count && (order = strcmp(entry->keys[*at].name, name)) < 0)
		++*at;
	return order == 0 ? &entry->keys[*at] : NULL;
}

bool compare_equal(const struct registry_key *a, const struct registry_key *b)
{
	return memcmp(a->equality, b->equality, sizeof(a->equality)) == 0;
}

const char *compare_value_text(const struct registry_key *key)
{
	return key->flags & BUNDLE_KEY_WEAK ? "a weak value" : key->fingerprint;
}

bool compare_same_origin(struct origin a, struct origin b)
{
	return a.source == b.source && text_equal(a.place, b.place);
}

bool compare_allows(const struct registry_entry *entry, enum finding finding, const char *key)
{
	return bundle_allows(
		entry->allowed, entry->allowed_count, finding_kind(finding)->code, key);
}

bool compare_concerns(const struct registry_entry *older, const struct registry_entry *newer)
{
	if (newer->phase != BUNDLE_PHASE_START)
		return false;
	if (older->phase == BUNDLE_PHASE_BUILD)
		return text_equal(older->app, newer->app);
	return !older->dead && !newer->dead && text_equal(older->group, newer->group);
}

// Whether KEY_PREVIOUS of one entry is the value that a key of the other holds.
static bool remembers(const struct registry_entry *entry, const struct registry_key *other)
{
	char name[BUNDLE_NAME_MAX + sizeof(COMPARE_PREVIOUS)];
	const struct registry_key *previous;

	(void)snprintf(name, sizeof(name), "%s" COMPARE_PREVIOUS, other->name);
	previous = compare_find(entry, name);
	return previous && previous->has_value && compare_equal(previous, other);
}

// KEY_PREVIOUS differs for as long as a rotation lasts; KEY itself says so already.
static bool is_previous_of_both(
	const struct registry_entry *older, const struct registry_entry *newer, const char *name)
{
	char base[BUNDLE_NAME_MAX + 1];
	size_t length = strlen(name), tail = strlen(COMPARE_PREVIOUS);

	if (!text_ends(name, COMPARE_PREVIOUS))
		return false;
	(void)snprintf(base, sizeof(base), "%.*s", (int)(length - tail), name);
	return compare_find(older, base) && compare_find(newer, base);
}

static bool judge_build(const struct registry_key *build, const struct registry_key *start,
	struct compare_result *ret_result)
{
	if ((start->flags & BUNDLE_KEY_BUILD_IGNORE) || (build->flags & BUNDLE_KEY_SENTINEL))
		return false;
	// by inject = no or phases = build: nothing that was frozen could differ from it
	if (!(build->flags & start->flags & BUNDLE_KEY_INJECT))
		return false;
	*ret_result = (struct compare_result){
		.kind = REGISTRY_BUILD,
		.finding = start->flags & BUNDLE_KEY_BUILD_FAIL ? FINDING_BUILD_DRIFT_FAIL
								: FINDING_BUILD_DRIFT,
	};
	return true;
}

static enum compare_stale find_stale(const struct registry_entry *older,
	const struct registry_key *older_key, const struct registry_entry *newer,
	const struct registry_key *newer_key)
{
	// One place, read twice: what it holds now is meant, also after a roll-back.
	if (compare_same_origin(older_key->origin, newer_key->origin))
		return COMPARE_OLDER;
	if (remembers(newer, older_key))
		return COMPARE_OLDER;
	// The newcomer holds what the other has already replaced, and still accepts.
	return remembers(older, newer_key) ? COMPARE_NEWER : COMPARE_NOBODY;
}

bool compare_key(const struct registry_entry *older, const struct registry_key *older_key,
	const struct registry_entry *newer, const struct registry_key *newer_key,
	struct compare_result *ret_result)
{
	uint32_t either = older_key->flags | newer_key->flags;
	struct compare_result result = {.shared = either & BUNDLE_KEY_SHARED};

	if (!older_key->has_value || !newer_key->has_value || compare_equal(older_key, newer_key))
		return false;
	if (older->phase == BUNDLE_PHASE_BUILD)
		return judge_build(older_key, newer_key, ret_result);
	if ((either & BUNDLE_KEY_PRIVATE) || !(either & (BUNDLE_KEY_SECRET | BUNDLE_KEY_SHARED)) ||
		is_previous_of_both(older, newer, newer_key->name))
		return false;
	result.stale = find_stale(older, older_key, newer, newer_key);
	if (result.stale != COMPARE_NOBODY) {
		result.kind = REGISTRY_ROTATION;
		result.finding = FINDING_ROTATION;
	} else {
		result.kind = REGISTRY_APP;
		// Also within one app: its instances would not understand each other either.
		result.finding = result.shared ? FINDING_DRIFT_SHARED : FINDING_DRIFT_APP;
	}
	*ret_result = result;
	return true;
}
