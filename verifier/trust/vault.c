// Reference counts and copy-on-write lists of pointers; values are never copied.
// SPDX-License-Identifier: MIT
#include "verifier/trust/vault.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/sieve.h"

#include <errno.h>

#define LOOKED_AT_MAX 256
#define VAULT_NO_ID 0 // while a bundle is prepared; records count from 1

struct vault_bundle {
	struct vault *vault;
	struct vault_bundle *next; // of all of the vault
	size_t references;
	struct bundle bundle;
	uint8_t *block;
	size_t block_size;
	struct pool *pool;
};

struct slot {
	uint64_t id;
	struct vault_bundle *bundle;
};

struct vault_snapshot {
	size_t references;
	size_t count;
	struct slot slots[];
};

struct vault {
	struct secret_arena *arena;
	struct vault_snapshot *now;
	struct vault_bundle *all;
	struct secret *hidden;
	size_t hidden_count;
	struct sieve *sieve; // of all, and what is hidden; NULL: none has been asked for
	bool changed;        // since the sieve was made
	size_t looked_at;    // bytes of text since the last change
	bool is_sieve_whole; // it knows all
};

// What the sieve knows is no longer so.
static void note_change(struct vault *vault)
{
	vault->changed = true;
	vault->looked_at = 0;
}

static struct vault_snapshot *snapshot_new(size_t count)
{
	struct vault_snapshot *snapshot =
		calloc(1, sizeof(*snapshot) + count * sizeof(snapshot->slots[0]));

	if (snapshot) {
		snapshot->references = 1;
		snapshot->count = count;
	}
	return snapshot;
}

int vault_open(uint64_t memory, struct vault **ret_vault, struct err *err)
{
	const struct secret_options options = {.cap = memory, .memfd = true};
	struct vault *vault = calloc(1, sizeof(*vault));
	int code;

	if (!vault || !(vault->now = snapshot_new(0))) {
		free(vault);
		return err_no_memory(err);
	}
	code = secret_arena_open(&options, &vault->arena, err);
	if (code < 0) {
		vault_close(vault);
		return code;
	}
	*ret_vault = vault;
	return 0;
}

struct vault *vault_close(struct vault *vault)
{
	if (!vault)
		return NULL;
	vault_snapshot_unref(vault->now);
	sieve_free(vault->sieve);
	free(vault->hidden);
	secret_arena_free(vault->arena);
	free(vault);
	return NULL;
}

struct secret_arena *vault_arena(struct vault *vault)
{
	return vault->arena;
}

struct secret_guard vault_guard(const struct vault *vault)
{
	return secret_arena_guard(vault->arena);
}

struct vault_bundle *vault_bundle_new(struct vault *vault, const struct bundle *bundle,
	uint8_t *block, size_t block_size, struct pool *pool)
{
	struct vault_bundle *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	*kept = (struct vault_bundle){vault, vault->all, 1, *bundle, block, block_size, pool};
	vault->all = kept;
	note_change(vault);
	return kept;
}

static struct vault_bundle *ref(struct vault_bundle *bundle)
{
	bundle->references++;
	return bundle;
}

struct vault_bundle *vault_bundle_unref(struct vault_bundle *bundle)
{
	struct vault_bundle **link;

	if (!bundle || --bundle->references)
		return NULL;
	for (link = &bundle->vault->all; *link != bundle;)
		link = &(*link)->next;
	*link = bundle->next;
	note_change(bundle->vault); // the sieve points into the block
	secret_arena_give(bundle->vault->arena, bundle->block, bundle->block_size);
	pool_free(bundle->pool);
	free(bundle);
	return NULL;
}

void vault_bundle_release(struct vault_bundle **bundle)
{
	*bundle = vault_bundle_unref(*bundle);
}

const struct bundle *vault_bundle_view(const struct vault_bundle *bundle)
{
	return &bundle->bundle;
}

// ---- what may not be shown

int vault_hide(struct vault *vault, struct secret secret)
{
	struct secret *hidden;

	if (!secret.length)
		return 0;
	hidden = reallocarray(vault->hidden, vault->hidden_count + 1, sizeof(*hidden));
	if (!hidden)
		return -ENOMEM;
	vault->hidden = hidden;
	vault->hidden[vault->hidden_count++] = secret;
	note_change(vault);
	return 0;
}

void vault_forget(struct vault *vault, struct secret secret)
{
	for (size_t i = 0; i < vault->hidden_count && secret.length; i++) {
		if (vault->hidden[i].bytes != secret.bytes)
			continue;
		vault->hidden[i] = vault->hidden[--vault->hidden_count];
		note_change(vault);
		return;
	}
}

// Makes the sieve anew after a change: there are many more lines than changes. One that could not
// be made is not tried again before the next change.
// Returns: whether it knows all.
static bool fill_sieve(struct vault *vault)
{
	if (!vault->changed)
		return vault->is_sieve_whole;
	vault->changed = false;
	vault->is_sieve_whole = false;
	if (!vault->sieve)
		vault->sieve = sieve_new(vault->arena);
	if (!vault->sieve)
		return false;
	sieve_clear(vault->sieve);
	for (const struct vault_bundle *at = vault->all; at; at = at->next)
		if (sieve_add_bundle(vault->sieve, &at->bundle) < 0)
			return false;
	for (size_t i = 0; i < vault->hidden_count; i++)
		if (sieve_add(vault->sieve, vault->hidden[i]) < 0)
			return false;
	vault->is_sieve_whole = true;
	return true;
}

typedef bool value_test(struct secret value, const char *text, size_t length);

// Whether a test holds of any value that may not be shown.
static bool any_value(const struct vault *vault, value_test *test, const char *text, size_t length)
{
	for (const struct vault_bundle *at = vault->all; at; at = at->next)
		for (size_t i = 0; i < at->bundle.key_count; i++) {
			const struct bundle_key *key = &at->bundle.keys[i];

			for (size_t j = 0; j < key->count && key->flags & BUNDLE_KEY_SECRET; j++)
				if (test(key->candidates[j].value, text, length))
					return true;
		}
	for (size_t i = 0; i < vault->hidden_count; i++)
		if (test(vault->hidden[i], text, length))
			return true;
	return false;
}

// ---- without making the sieve

static uint64_t beginning_of(const uint8_t *bytes)
{
	uint64_t word;

	_Static_assert(sizeof(word) == SIEVE_VALUE_MIN, "the least that the sieve looks for");
	memcpy(&word, bytes, sizeof(word));
	return word;
}

// Whether one of these bytes is shown otherwise than it is held.
static bool is_escaped(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
			return true;
	return false;
}

// Whether the sieve may find a value: it begins in the text, or is shown otherwise than it is held.
static bool may_stand_in(struct secret value, const char *text, size_t length)
{
	const uint8_t *bytes = secret_bytes(value);
	uint64_t beginning;

	if (value.length < SIEVE_VALUE_MIN)
		return false;
	if (is_escaped(bytes, SIEVE_VALUE_MIN))
		return true;
	beginning = beginning_of(bytes);
	for (size_t i = 0; i + SIEVE_VALUE_MIN <= length; i++)
		if (beginning_of((const uint8_t *)text + i) == beginning)
			return true;
	return false;
}

// Of a value that is shown otherwise than it is held, its beginning is enough.
static bool stands_in(struct secret value, const char *text, size_t length)
{
	const uint8_t *bytes = secret_bytes(value);

	if (value.length < SIEVE_VALUE_MIN)
		return false;
	return is_escaped(bytes, value.length) ? may_stand_in(value, text, length)
					       : memmem(text, length, bytes, value.length) != NULL;
}

// Right after a change a few short texts follow, and then often the next change. To look at each
// value for them costs less than to make the sieve anew, up to so many bytes.
static bool is_looked_at(struct vault *vault, size_t length)
{
	if (!vault->changed || vault->looked_at + length > LOOKED_AT_MAX)
		return false;
	vault->looked_at += length;
	return true;
}

bool vault_holds(struct vault *vault, const char *text, size_t length)
{
	if (length < SIEVE_VALUE_MIN || (!vault->all && !vault->hidden_count))
		return false;
	if (is_looked_at(vault, length) && !any_value(vault, may_stand_in, text, length))
		return false;
	// where there is no memory for a sieve: slower, but no value passes
	return fill_sieve(vault) ? sieve_holds(vault->sieve, text, length)
				 : any_value(vault, stands_in, text, length);
}

// The present set without `id`, with room for `more` at the end.
static struct vault_snapshot *copy_without(
	const struct vault_snapshot *from, uint64_t id, size_t more)
{
	struct vault_snapshot *copy = snapshot_new(from->count + more);
	size_t count = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < from->count; i++) {
		if (from->slots[i].id == id)
			continue;
		copy->slots[count] = from->slots[i];
		ref(copy->slots[count++].bundle);
	}
	copy->count = count;
	return copy;
}

static void publish(struct vault *vault, struct vault_snapshot *next)
{
	struct vault_snapshot *before = vault->now;

	vault->now = next;
	vault_snapshot_unref(before);
}

struct vault_snapshot *vault_prepare(struct vault *vault, struct vault_bundle *bundle)
{
	struct vault_snapshot *next = copy_without(vault->now, VAULT_NO_ID, 1);

	if (next)
		next->slots[next->count++] = (struct slot){VAULT_NO_ID, ref(bundle)};
	return next;
}

void vault_put(struct vault *vault, struct vault_snapshot *prepared, uint64_t id)
{
	prepared->slots[prepared->count - 1].id = id;
	publish(vault, prepared);
}

int vault_drop(struct vault *vault, uint64_t id)
{
	struct vault_snapshot *next = copy_without(vault->now, id, 0);

	if (!next)
		return -ENOMEM;
	publish(vault, next);
	return 0;
}

struct vault_snapshot *vault_now(struct vault *vault)
{
	vault->now->references++;
	return vault->now;
}

struct vault_snapshot *vault_snapshot_unref(struct vault_snapshot *snapshot)
{
	if (!snapshot || --snapshot->references)
		return NULL;
	for (size_t i = 0; i < snapshot->count; i++)
		vault_bundle_unref(snapshot->slots[i].bundle);
	free(snapshot);
	return NULL;
}

size_t vault_snapshot_size(const struct vault_snapshot *snapshot)
{
	return snapshot->count;
}

const struct bundle *vault_snapshot_at(
	const struct vault_snapshot *snapshot, size_t index, uint64_t *ret_id)
{
	*ret_id = snapshot->slots[index].id;
	return &snapshot->slots[index].bundle->bundle;
}

bool vault_snapshot_has(const struct vault_snapshot *snapshot, uint64_t id)
{
	for (size_t i = 0; snapshot && i < vault_snapshot_size(snapshot); i++) {
		uint64_t other;

		ignore_result(vault_snapshot_at(snapshot, i, &other));
		if (other == id)
			return true;
	}
	return false;
}
