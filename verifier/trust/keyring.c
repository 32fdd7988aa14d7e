// A profile is put together anew whenever one of its sources saw something else. Of an app only a
// newer bundle than the last one is looked at, so that ends and restarts change nothing.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keyring.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "verifier/trust/keysource.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <sodium.h>

// A profile with where its keys come from.
struct entry {
	struct profile profile;
	struct keysource *sources; // as many as its rules have
};

struct ring {
	struct entry *entries;
	size_t count;
};

struct keyring {
	struct secret_arena *arena;
	struct vault *hides; // or NULL
	uint8_t *hash_key;   // in the arena
	struct ring ring;
	uint64_t looked; // no bundle with this id or a lower one is new to anybody; 0: all may be
};

static struct keysource_means means_of(const struct keyring *keyring)
{
	return (struct keysource_means){keyring->arena, keyring->hides, keyring->hash_key};
}

// ---- rings

static void ring_free(struct ring *ring)
{
	for (size_t i = 0; i < ring->count; i++) {
		struct entry *entry = &ring->entries[i];

		for (size_t j = 0; entry->sources && j < entry->profile.rules->source_count; j++)
			keysource_forget(&entry->sources[j]);
		free(entry->sources);
	}
	free(ring->entries);
	*ring = (struct ring){0};
}

static int ring_make(const struct profile_rules *rules, size_t count, struct ring *ret_ring)
{
	struct ring ring = {calloc(count + 1, sizeof(*ring.entries)), 0};

	if (!ring.entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &ring.entries[ring.count++];

		entry->profile.rules = &rules[i];
		entry->sources = calloc(rules[i].source_count + 1, sizeof(*entry->sources));
		if (!entry->sources) {
			ring_free(&ring);
			return -ENOMEM;
		}
		for (size_t j = 0; j < rules[i].source_count; j++)
			keysource_begin(&entry->sources[j], &rules[i], &rules[i].sources[j]);
	}
	*ret_ring = ring;
	return 0;
}

static struct entry *ring_find(const struct ring *ring, const char *name, size_t length)
{
	for (size_t i = 0; i < ring->count; i++) {
		const char *known = ring->entries[i].profile.rules->name;

		if (strlen(known) == length && memcmp(known, name, length) == 0)
			return &ring->entries[i];
	}
	return NULL;
}

// ---- a profile from its sources

// The states in the order in which keys are tried.
static const enum key_state key_order[] = {KEY_ACTIVE, KEY_RETIRING, KEY_PENDING, KEY_RETIRED};

static void set_unusable(
	struct profile *profile, const struct profile_source *source, const char *fault)
{
	profile->usable = profile->is_waiting = false;
	profile->faulty = source;
	(void)snprintf(profile->fault, sizeof(profile->fault), "%s", fault);
	profile->hint[0] = '\0';
}

// The first fault of an active key, else the first of all.
static void note_faults(struct entry *entry)
{
	struct profile *profile = &entry->profile;

	for (size_t i = 0; i < profile->rules->source_count; i++) {
		const struct keysource *keysource = &entry->sources[i];
		bool is_needed = keysource->source->options.state == KEY_ACTIVE;

		if (!keysource->fault.code || (profile->faulty && (!is_needed || !profile->usable)))
			continue;
		profile->usable = !is_needed;
		profile->faulty = keysource->source;
		profile->is_waiting =
			keysource->state == KEYSOURCE_UNSEEN && keysource->fault.code == -ENOENT;
		(void)snprintf(profile->fault, sizeof(profile->fault), "%s", keysource->fault.what);
		(void)snprintf(profile->hint, sizeof(profile->hint), "%s", keysource->fault.hint);
	}
}

// Whether the profile has a key with this kid already. The same thumbprint is the same key, and is
// left out; a kid that was given to two keys makes tokens ambiguous.
static bool is_known(struct profile *profile, const struct key *key, const struct keysource *from)
{
	const char *id = key_id(key);
	char fault[ERR_WHAT_SIZE], shown[64];

	for (size_t i = 0; id && i < profile->key_count; i++) {
		const struct key *other = profile->keys[i].key;

		if (!text_equal(key_id(other), id))
			continue;
		if (key_has_given_id(key) || key_has_given_id(other)) {
			(void)snprintf(fault, sizeof(fault), "two keys have the kid %s",
				text_printable(shown, sizeof(shown), id));
			set_unusable(profile, from->source, fault);
		}
		return true;
	}
	return false;
}

static void add_key(
	struct profile *profile, const struct profile_key *key, const struct keysource *from)
{
	char fault[ERR_WHAT_SIZE];

	if (key->key && is_known(profile, key->key, from))
		return;
	if (profile->key_count == PROFILE_KEYS_MAX) {
		(void)snprintf(fault, sizeof(fault), "it has over %d keys", PROFILE_KEYS_MAX);
		set_unusable(profile, from->source, fault);
		return;
	}
	profile->keys[profile->key_count++] = *key;
}

static void add_keys(struct profile *profile, const struct keysource *keysource)
{
	struct profile_key key = {.state = keysource->source->options.state,
		.label = keysource->source->options.label,
		.source = keysource->source,
		.text = keysource->text};

	if (keysource->exposed && !profile->exposed)
		profile->exposed = keysource->source->file;
	if (keysource->quoted && !profile->quoted)
		profile->quoted = keysource->source->file;
	for (size_t i = 0; i < keysource->count; i++) {
		key.key = keysource->keys[i];
		add_key(profile, &key, keysource);
	}
	if (!keysource->sessions[0])
		return;
	memcpy(key.sessions, keysource->sessions, sizeof(key.sessions));
	add_key(profile, &key, keysource);
}

static void put_together(struct entry *entry)
{
	struct profile *profile = &entry->profile;
	const struct profile_rules *rules = profile->rules;

	*profile = (struct profile){.rules = rules, .usable = true};
	note_faults(entry);
	for (size_t i = 0; i < ARRAY_SIZE(key_order); i++)
		for (size_t j = 0; j < rules->source_count; j++)
			if (rules->sources[j].options.state == key_order[i])
				add_keys(profile, &entry->sources[j]);
	if (profile->usable &&
		(!profile->key_count || !key_state_verifies(profile->keys[0].state))) {
		profile->usable = false;
		if (!*profile->fault)
			set_unusable(profile, NULL, "none of its keys verifies");
	}
	if (!profile->usable)
		profile->key_count = 0;
}

// ---- bundles

// Lets every source of the app look at a bundle that is newer than what it saw.
// Returns: whether one saw something else, or -ENOMEM.
static int look(
	struct keyring *keyring, struct entry *entry, const struct bundle *bundle, uint64_t id)
{
	const struct keysource_means means = means_of(keyring);
	bool changed = false;

	for (size_t i = 0; i < entry->profile.rules->source_count; i++) {
		struct keysource *keysource = &entry->sources[i];
		int saw;

		if (!text_equal(keysource->source->app, bundle->app) || id <= keysource->seen)
			continue;
		saw = keysource_look(keysource, bundle, id, &means);
		if (saw < 0)
			return saw;
		changed = changed || saw;
	}
	return changed;
}

int keyring_refresh(struct keyring *keyring, const struct vault_snapshot *snapshot)
{
	uint64_t looked = keyring->looked;
	int code = 0;

	for (size_t i = 0; i < vault_snapshot_size(snapshot); i++) {
		uint64_t id;
		const struct bundle *bundle = vault_snapshot_at(snapshot, i, &id);

		if (id <= keyring->looked || bundle->phase != BUNDLE_PHASE_START)
			continue;
		for (size_t j = 0; j < keyring->ring.count; j++) {
			int saw = look(keyring, &keyring->ring.entries[j], bundle, id);

			if (saw)
				put_together(&keyring->ring.entries[j]);
			if (saw < 0)
				code = -ENOMEM;
		}
		if (id > looked)
			looked = id;
	}
	keyring->looked = code < 0 ? 0 : looked;
	return code;
}

static bool forget(struct keysource *from, const char *app, const struct vault_snapshot *but)
{
	if (!from->seen || !text_equal(from->source->app, app) ||
		vault_snapshot_has(but, from->seen))
		return false;
	keysource_forget(from);
	return true;
}

bool keyring_forget(struct keyring *keyring, const char *app, const struct vault_snapshot *but)
{
	bool any = false;

	for (size_t i = 0; i < keyring->ring.count; i++) {
		struct entry *entry = &keyring->ring.entries[i];

		for (size_t j = 0; j < entry->profile.rules->source_count; j++)
			any |= forget(&entry->sources[j], app, but);
		put_together(entry);
	}
	keyring->looked = 0;
	return any;
}

// ---- rules

static int read_files(struct keyring *keyring, struct ring *ring)
{
	const struct keysource_means means = means_of(keyring);

	for (size_t i = 0; i < ring->count; i++)
		for (size_t j = 0; j < ring->entries[i].profile.rules->source_count; j++)
			if (ring->entries[i].sources[j].source->file &&
				keysource_read(&ring->entries[i].sources[j], &means) < 0)
				return -ENOMEM;
	return 0;
}

// Keys of apps that a profile of the same name has already.
static void inherit(struct entry *entry, struct entry *from)
{
	for (size_t i = 0; i < entry->profile.rules->source_count; i++) {
		struct keysource *keysource = &entry->sources[i];

		for (size_t j = 0; j < from->profile.rules->source_count; j++) {
			if (!keysource->source->app || keysource->seen ||
				!keysource_is_alike(keysource, &from->sources[j]))
				continue;
			keysource_inherit(keysource, &from->sources[j]);
		}
	}
}

int keyring_configure(struct keyring *keyring, const struct profile_rules *rules, size_t count,
	const struct vault_snapshot *snapshot)
{
	struct ring ring;

	if (ring_make(rules, count, &ring) < 0)
		return -ENOMEM;
	if (read_files(keyring, &ring) < 0) {
		ring_free(&ring);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct entry *from =
			ring_find(&keyring->ring, rules[i].name, strlen(rules[i].name));

		if (from)
			inherit(&ring.entries[i], from);
		put_together(&ring.entries[i]);
	}
	ring_free(&keyring->ring);
	keyring->ring = ring;
	keyring->looked = 0;
	if (snapshot)
		ignore_result(keyring_refresh(keyring, snapshot)); // profiles that miss it say so
	return 0;
}

// ---- all

struct keyring *keyring_new(struct secret_arena *arena, struct vault *hides)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));

	if (!keyring)
		return NULL;
	keyring->arena = arena;
	keyring->hides = hides;
	keyring->hash_key = secret_arena_take(arena, KEYSOURCE_HASH_SIZE);
	if (!keyring->hash_key)
		return keyring_free(keyring);
	randombytes_buf(keyring->hash_key, KEYSOURCE_HASH_SIZE);
	return keyring;
}

struct keyring *keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return NULL;
	ring_free(&keyring->ring);
	secret_arena_give(keyring->arena, keyring->hash_key, KEYSOURCE_HASH_SIZE);
	free(keyring);
	return NULL;
}

size_t keyring_size(const struct keyring *keyring)
{
	return keyring->ring.count;
}

const struct profile *keyring_at(const struct keyring *keyring, size_t index)
{
	return &keyring->ring.entries[index].profile;
}

uint64_t keyring_seen(const struct keyring *keyring, size_t index, size_t source)
{
	return keyring->ring.entries[index].sources[source].seen;
}

const struct profile *keyring_find(const struct keyring *keyring, const char *name, size_t length)
{
	const struct entry *entry = ring_find(&keyring->ring, name, length);

	return entry ? &entry->profile : NULL;
}

void keyring_judge(const struct keyring *keyring, const char *app, struct diag *diag)
{
	for (size_t i = 0; i < keyring->ring.count; i++) {
		const struct profile *profile = &keyring->ring.entries[i].profile;
		const struct profile_source *faulty = profile->faulty;

		if (!*profile->fault || (faulty ? !text_equal(faulty->app, app)
						: !profile_is_of(profile->rules, app)))
			continue;
		finding_add(diag, profile->usable ? FINDING_PROFILE_KEY : FINDING_PROFILE_UNUSABLE,
			&(struct finding_about){.key = faulty ? faulty->key : NULL,
				.hint = *profile->hint ? profile->hint : NULL},
			"profile %s %s: %s", profile->rules->name,
			profile->usable ? "goes on without a key" : "verifies nothing",
			profile->fault);
	}
}
