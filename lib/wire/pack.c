// The bundle's wire format. Structure is read first, then the same rules (pack_rules.h) judge what
// is read and what is about to be written, so writer and reader cannot disagree.
// SPDX-License-Identifier: MIT
#include "lib/wire/pack.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/wire/bytes.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack_rules.h"

#include <errno.h>

#define HEAD_SIZE 12     // magic, version, phase, size
#define LEAST_KEY_SIZE 8 // an empty name would be refused, but this bounds the memory
#define LEAST_CANDIDATE_SIZE 18

// ---- writing

static void put_candidate(struct bytes_out *out, const struct candidate *candidate)
{
	bytes_put8(out, (uint8_t)candidate->kind);
	bytes_put8(out, (uint8_t)candidate->origin.source);
	bytes_put32(out, candidate->origin.line);
	bytes_put32(out, candidate->origin.column);
	bytes_put_shown(out, candidate->origin.place, BUNDLE_PLACE_MAX);
	bytes_put_shown(out, candidate->dialects, PACK_DIALECTS_MAX);
	bytes_put32(out, (uint32_t)candidate->value.length);
	bytes_put(out, secret_bytes(candidate->value), candidate->value.length);
}

static void put_key(struct bytes_out *out, const struct bundle_key *key)
{
	bytes_put_text(out, key->name, BUNDLE_NAME_MAX);
	bytes_put32(out, key->flags);
	bytes_put8(out, (uint8_t)key->count);
	for (size_t i = 0; i < key->count; i++)
		put_candidate(out, &key->candidates[i]);
}

static void put_bundle(
	struct bytes_out *out, const struct bundle *bundle, size_t size, size_t key_count)
{
	bytes_put32(out, PACK_MAGIC);
	bytes_put16(out, PACK_VERSION);
	bytes_put16(out, (uint16_t)bundle->phase);
	bytes_put32(out, (uint32_t)size);
	bytes_put_text(out, bundle->app, BUNDLE_NAME_MAX);
	bytes_put_text(out, bundle->group, BUNDLE_NAME_MAX);
	bytes_put_text(out, bundle->mode, BUNDLE_NAME_MAX);
	bytes_put_shown(out, bundle->program, PACK_PROGRAM_MAX);
	bytes_put_shown(out, bundle->root, BUNDLE_PLACE_MAX);
	bytes_put64(out, bundle->rotation_ms);
	bytes_put64(out, bundle->made_at_ms);
	bytes_put16(out, (uint16_t)bundle->allowed_count);
	for (size_t i = 0; i < bundle->allowed_count; i++) {
		bytes_put_text(out, bundle->allowed[i].code, PACK_CODE_MAX);
		bytes_put_text(out, bundle->allowed[i].key, BUNDLE_NAME_MAX);
	}
	bytes_put32(out, (uint32_t)key_count);
	for (size_t i = 0; i < bundle->key_count; i++)
		if (!(bundle->keys[i].flags & BUNDLE_KEY_INHERITED))
			put_key(out, &bundle->keys[i]);
}

int pack_size(const struct bundle *bundle, size_t *ret_size, struct err *err)
{
	struct bytes_out counter = {0};
	size_t key_count;
	int code = pack_rules_judge(bundle, &key_count, err);

	if (code == 0) {
		put_bundle(&counter, bundle, 0, key_count);
		if (counter.used > BUNDLE_SIZE_MAX)
			code = pack_rules_too_large(
				err, NULL, "bytes of the bundle", counter.used, BUNDLE_SIZE_MAX);
	}
	if (code) {
		code = code == FAULT_E_TOO_LARGE ? -E2BIG : -EINVAL;
		if (err)
			err->code = code;
		return code;
	}
	*ret_size = counter.used;
	return 0;
}

int pack_encode(const struct bundle *bundle, uint8_t *out, size_t size)
{
	struct bytes_out to = bytes_into(out, size);
	size_t key_count = 0;

	for (size_t i = 0; i < bundle->key_count; i++)
		key_count += !(bundle->keys[i].flags & BUNDLE_KEY_INHERITED);
	put_bundle(&to, bundle, size, key_count);
	return to.bad || to.used != size ? -EINVAL : 0;
}

// ---- reading

struct reader {
	struct bytes_in in;
	struct pool *pool;
	const char *place; // of the candidate before: most keys of a bundle share one
	struct err *err;
};

// What stopped the reader: memory, or bytes that are no bundle.
static int stopped(struct reader *reader, const char *key, const char *what)
{
	if (reader->in.no_memory)
		return err_no_memory(reader->err);
	return pack_rules_malformed(reader->err, key, what);
}

static const char *get_place(struct reader *reader)
{
	struct bytes_in ahead = reader->in;
	size_t length = bytes_get16(&ahead);
	const uint8_t *at = bytes_get(&ahead, length);

	if (at && reader->place && strlen(reader->place) == length &&
		memcmp(at, reader->place, length) == 0)
		reader->in = ahead;
	else
		reader->place = bytes_get_text(&reader->in, BUNDLE_PLACE_MAX, reader->pool);
	return reader->place;
}

static void get_candidate(struct reader *reader, struct candidate *candidate)
{
	size_t length;

	candidate->kind = (enum candidate_kind)bytes_get8(&reader->in);
	candidate->origin.source = (enum source_kind)bytes_get8(&reader->in);
	candidate->origin.line = bytes_get32(&reader->in);
	candidate->origin.column = bytes_get32(&reader->in);
	candidate->origin.place = get_place(reader);
	candidate->dialects = bytes_get_text(&reader->in, PACK_DIALECTS_MAX, reader->pool);
	length = bytes_get32(&reader->in);
	candidate->value = secret_view(bytes_get(&reader->in, length), length);
}

static int get_key(struct reader *reader, struct bundle_key *key)
{
	struct candidate *candidates;

	key->name = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
	key->flags = bytes_get32(&reader->in);
	key->count = bytes_get8(&reader->in);
	if (reader->in.bad || key->count * LEAST_CANDIDATE_SIZE > reader->in.left)
		return stopped(reader, key->name, "a key breaks off");
	candidates = pool_array(reader->pool, key->count, sizeof(*candidates));
	if (!candidates)
		return err_no_memory(reader->err);
	for (size_t i = 0; i < key->count; i++)
		get_candidate(reader, &candidates[i]);
	key->candidates = candidates;
	return reader->in.bad ? stopped(reader, key->name, "a candidate breaks off") : 0;
}

static int get_keys(struct reader *reader, struct bundle *bundle)
{
	size_t count = bytes_get32(&reader->in);
	struct bundle_key *keys;
	int code = 0;

	if (reader->in.bad)
		return stopped(reader, NULL, "it breaks off before its keys");
	if (count > BUNDLE_KEYS_MAX)
		return pack_rules_too_large(reader->err, NULL, "keys", count, BUNDLE_KEYS_MAX);
	if (count * LEAST_KEY_SIZE > reader->in.left)
		return stopped(reader, NULL, "it breaks off in its keys");
	keys = pool_array(reader->pool, count, sizeof(*keys));
	if (!keys)
		return err_no_memory(reader->err);
	for (size_t i = 0; code == 0 && i < count; i++)
		code = get_key(reader, &keys[i]);
	bundle->keys = keys;
	bundle->key_count = count;
	return code;
}

static int get_allowed(struct reader *reader, struct bundle *bundle)
{
	size_t count = bytes_get16(&reader->in);
	struct bundle_allowed *allowed;

	if (count > BUNDLE_ALLOWED_MAX)
		return pack_rules_too_large(
			reader->err, NULL, "allowed findings", count, BUNDLE_ALLOWED_MAX);
	allowed = pool_array(reader->pool, count, sizeof(*allowed));
	if (!allowed)
		return err_no_memory(reader->err);
	for (size_t i = 0; i < count; i++) {
		allowed[i].code = bytes_get_text(&reader->in, PACK_CODE_MAX, reader->pool);
		allowed[i].key = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
	}
	bundle->allowed = allowed;
	bundle->allowed_count = count;
	return reader->in.bad ? stopped(reader, NULL, "it breaks off before its keys") : 0;
}

// Magic, version, phase and size: what tells a bundle from anything else.
static int get_head(struct reader *reader, size_t size, struct bundle *bundle)
{
	uint32_t magic = bytes_get32(&reader->in);
	unsigned version = bytes_get16(&reader->in);
	size_t announced;

	bundle->phase = (enum bundle_phase)bytes_get16(&reader->in);
	announced = bytes_get32(&reader->in);
	if (magic != PACK_MAGIC)
		return pack_rules_malformed(reader->err, NULL, "it does not begin like one");
	if (version != PACK_VERSION) {
		(void)err_set(reader->err, FAULT_E_VERSION, NULL,
			"the bundle has version %u, this side reads %d", version, PACK_VERSION);
		return FAULT_E_VERSION;
	}
	if (announced > size) {
		(void)err_set(reader->err, FAULT_E_TRUNCATED, NULL,
			"the bundle announces %zu bytes and has %zu", announced, size);
		return FAULT_E_TRUNCATED;
	}
	if (announced < size)
		return pack_rules_malformed(reader->err, NULL, "bytes behind its end");
	return 0;
}

static void get_texts(struct reader *reader, struct bundle *bundle)
{
	bundle->app = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
	bundle->group = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
	bundle->mode = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
	bundle->program = bytes_get_text(&reader->in, PACK_PROGRAM_MAX, reader->pool);
	bundle->root = bytes_get_text(&reader->in, BUNDLE_PLACE_MAX, reader->pool);
	bundle->rotation_ms = bytes_get64(&reader->in);
	bundle->made_at_ms = bytes_get64(&reader->in);
}

int pack_decode(const uint8_t *bytes, size_t size, struct pool *pool, struct bundle *ret_bundle,
	struct err *err)
{
	struct reader reader = {.in = {.at = bytes, .left = size}, .pool = pool, .err = err};
	struct bundle bundle = {0};
	size_t key_count;
	int code;

	if (size > BUNDLE_SIZE_MAX)
		return pack_rules_too_large(
			err, NULL, "bytes of the bundle", size, BUNDLE_SIZE_MAX);
	if (size < HEAD_SIZE) {
		(void)err_set(err, FAULT_E_TRUNCATED, NULL, "a bundle of %zu bytes", size);
		return FAULT_E_TRUNCATED;
	}
	code = get_head(&reader, size, &bundle);
	if (code)
		return code;
	get_texts(&reader, &bundle);
	code = get_allowed(&reader, &bundle);
	if (code == 0)
		code = get_keys(&reader, &bundle);
	if (code == 0 && reader.in.left)
		code = pack_rules_malformed(err, NULL, "bytes behind its last key");
	if (code == 0)
		code = pack_rules_judge(&bundle, &key_count, err);
	if (code == 0 && key_count != bundle.key_count)
		code = pack_rules_malformed(err, NULL, "a key that is not handed over");
	if (code == 0)
		*ret_bundle = bundle;
	return code;
}
