// Every dialect reads every env file that offers a secret; what differs is grouped by value.
// SPDX-License-Identifier: MIT
#include "loader/resolve/readings.h"

#include "lib/base/ascii.h"
#include "lib/base/pool.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/environment.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

// Values of a bundle beyond which no reading is added, so that readings never make it too large.
#define READINGS_SIZE_MAX (BUNDLE_SIZE_MAX / 2)

// One secret's candidate in the file that is read.
struct candidate_in_file {
	struct bundle_key *key;
	const struct candidate *candidate;
};

struct reading_on {
	const struct resolution *resolution;
	struct pool *pool;
	struct environment *environment; // made when it is first asked for: references are rare
	struct emulation *emulation;     // made for the first file that is not read alike by all
	struct bundle_key *keys;
	struct pool_list in_file; // struct candidate_in_file
	size_t size;              // of the bundle, as bundling counts it
};

static struct environment *environment_of(struct reading_on *reading)
{
	if (!reading->environment)
		reading->environment = environment_new(reading->resolution->environment);
	return reading->environment;
}

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	struct environment *environment = environment_of(user);

	return environment && environment_find(environment, name, ret_value);
}

static bool variable_at(void *user, size_t index, struct span *ret_name, struct span *ret_value)
{
	struct environment *environment = environment_of(user);

	return environment && environment_at(environment, index, ret_name, ret_value);
}

// The candidate of a key that has this value; most dialects find the very same bytes of the file.
static struct candidate *find_candidate(const struct bundle_key *key, struct secret value)
{
	for (size_t i = 0; i < key->count; i++)
		if ((key->candidates[i].value.bytes == value.bytes &&
			    key->candidates[i].value.length == value.length) ||
			secret_equal(key->candidates[i].value, value))
			return (struct candidate *)(uintptr_t)&key->candidates[i];
	return NULL;
}

static size_t count_readings(const struct bundle_key *key)
{
	size_t count = 0;

	for (size_t i = 0; i < key->count; i++)
		count += key->candidates[i].kind == CANDIDATE_READING;
	return count;
}

static int add_reading(struct reading_on *reading, const struct candidate_in_file *place,
	const char *dialect, struct span value)
{
	struct bundle_key *key = place->key;
	struct candidate *candidates = (struct candidate *)(uintptr_t)key->candidates;
	struct candidate added = {
		CANDIDATE_READING, place->candidate->origin, dialect, SECRET_NONE};

	if (count_readings(key) >= BUNDLE_READINGS_MAX || key->count >= BUNDLE_CANDIDATES_MAX ||
		value.length > BUNDLE_VALUE_MAX || reading->size + value.length > READINGS_SIZE_MAX)
		return 0;
	if (secret_copy(reading->resolution->arena, value.at, value.length, &added.value) < 0)
		return -ENOMEM;
	reading->size += value.length;
	candidates[key->count++] = added;
	return 0;
}

// What one dialect makes of one secret. Empty or as somebody else reads it: nothing new.
static int note_reading(struct reading_on *reading, const struct candidate_in_file *place,
	const struct dialect *dialect)
{
	const struct span name = span_of(place->key->name);
	size_t index = emulation_index(reading->emulation, name);
	struct candidate *known;
	struct span value;

	if (index == SIZE_MAX)
		return 0;
	value = emulation_at(reading->emulation, index).value;
	if (!value.length || span_find(value, '\0'))
		return 0;
	known = find_candidate(place->key, secret_view(value.at, value.length));
	if (!known)
		return add_reading(reading, place, dialect->name, value);
	if (known->kind == CANDIDATE_READING &&
		known->origin.line == place->candidate->origin.line &&
		known->origin.place == place->candidate->origin.place)
		known->dialects =
			pool_format(reading->pool, "%s, %s", known->dialects, dialect->name);
	return known->dialects ? 0 : -ENOMEM;
}

static struct emulation *begin(struct reading_on *reading, const struct dialect *dialect)
{
	return emulation_new(&(struct emulation_options){.dialect = dialect,
		.arena = reading->resolution->arena,
		.environment = look_up,
		.environment_at = variable_at,
		.user = reading,
		.files_only = true});
}

static int read_file(struct reading_on *reading, const struct found_file *file)
{
	const struct candidate_in_file *places = reading->in_file.items;
	const struct dialect *dialect;

	if (!reading->emulation && !(reading->emulation = begin(reading, dialect_at(0))))
		return -ENOMEM;
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		int code;

		emulation_restart(reading->emulation, dialect);
		code = emulation_read(reading->emulation, file->text);
		if (code == 0)
			code = emulation_finish(reading->emulation);
		for (size_t j = 0; j < reading->in_file.count && code == 0; j++)
			code = note_reading(reading, &places[j], dialect);
		if (code < 0)
			return code;
	}
	return 0;
}

// NAME=VALUE of characters that stand for themselves everywhere, measured on all loaders.
static bool is_common_assignment(struct span line)
{
	enum { NAME = 1, FIRST = 2, LATER = 4 };
	// clang-format off
	static const uint8_t classes[256] = {
		['A' ... 'Z'] = NAME | FIRST | LATER, ['_'] = NAME | FIRST | LATER,
		['0' ... '9'] = NAME | FIRST | LATER, ['a' ... 'z'] = FIRST | LATER,
		['.'] = FIRST | LATER, ['/'] = FIRST | LATER, [':'] = FIRST | LATER,
		['@'] = FIRST | LATER, ['%'] = FIRST | LATER, ['+'] = FIRST | LATER,
		[','] = FIRST | LATER, ['^'] = FIRST | LATER, ['!'] = FIRST | LATER,
		['-'] = FIRST | LATER, ['='] = LATER,
	};
	// clang-format on
	const uint8_t *equals = span_find(line, '='), *at = line.at;

	if (!equals || equals + 1 == span_end(line) || !(classes[equals[1]] & FIRST) ||
		ascii_is_digit(*at))
		return false;
	while (at < equals && (classes[*at] & NAME))
		at++;
	if (at < equals || at == line.at)
		return false;
	for (at = equals + 1; at < span_end(line); at++)
		if (!(classes[*at] & LATER))
			return false;
	return true;
}

// Whether every loader reads a file alike; names that stand twice were noted when it was read.
static bool is_common(const struct found_file *file)
{
	const uint8_t *at = file->text.at, *end = span_end(file->text);

	while (!file->repeats && at < end) {
		struct span line = span_between(at, span_line_end(at, end));

		// a comment that ends in a backslash takes the next line with it under systemd
		if (line.length && (*line.at == '#' ? line.at[line.length - 1] == '\\'
						    : !is_common_assignment(line)))
			return false;
		at = span_end(line) + 1;
	}
	return !file->repeats;
}

// The secrets that a file offers.
static int list_secrets(struct reading_on *reading, const struct found_file *file)
{
	reading->in_file.count = 0;
	for (size_t i = 0; i < reading->resolution->bundle.key_count; i++) {
		struct bundle_key *key = &reading->keys[i];

		for (size_t j = 0; j < key->count && key->flags & BUNDLE_KEY_SECRET; j++) {
			const struct candidate *candidate = &key->candidates[j];
			struct candidate_in_file *slot;

			if (candidate->kind == CANDIDATE_READING ||
				candidate->origin.place != file->shown)
				continue;
			slot = pool_push(reading->pool, &reading->in_file, sizeof(*slot));
			if (!slot)
				return -ENOMEM;
			*slot = (struct candidate_in_file){key, candidate};
		}
	}
	return 0;
}

// The keys again, with room for readings.
static int copy_keys(struct reading_on *reading)
{
	const struct bundle *bundle = &reading->resolution->bundle;

	reading->keys = pool_array(reading->pool, bundle->key_count + 1, sizeof(*reading->keys));
	for (size_t i = 0; reading->keys && i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];
		struct candidate *candidates;

		reading->keys[i] = *key;
		for (size_t j = 0; j < key->count; j++)
			reading->size += key->candidates[j].value.length;
		if (!(key->flags & BUNDLE_KEY_SECRET) || !key->count)
			continue;
		candidates = pool_array(
			reading->pool, key->count + BUNDLE_READINGS_MAX, sizeof(*candidates));
		if (!candidates)
			return -ENOMEM;
		memcpy(candidates, key->candidates, key->count * sizeof(*candidates));
		reading->keys[i].candidates = candidates;
	}
	return reading->keys ? 0 : -ENOMEM;
}

int readings_by(const struct resolution *resolution, const char *dialect, const char *key,
	struct secret *ret_value)
{
	struct reading_on reading = {.resolution = resolution};
	own(emulation_release) struct emulation *emulation = begin(&reading, dialect_find(dialect));
	int code = emulation ? 0 : -ENOMEM;
	size_t index = SIZE_MAX;

	for (size_t i = 0; i < resolution->file_count && code == 0; i++)
		code = emulation_read(emulation, resolution->files[i]->text);
	if (code == 0)
		code = emulation_finish(emulation);
	if (code == 0)
		index = emulation_index(emulation, span_of(key));
	if (index != SIZE_MAX) {
		struct span value = emulation_at(emulation, index).value;

		code = secret_copy(resolution->arena, value.at, value.length, ret_value);
	}
	environment_free(reading.environment);
	return code < 0 ? code : index != SIZE_MAX;
}

int readings_add(const struct resolution *resolution, struct pool *pool, struct bundle *ret_bundle)
{
	struct reading_on reading = {.resolution = resolution, .pool = pool};
	int code = copy_keys(&reading);

	for (size_t i = 0; i < resolution->file_count && code == 0; i++) {
		if (is_common(resolution->files[i]))
			continue;
		code = list_secrets(&reading, resolution->files[i]);
		if (code == 0 && reading.in_file.count)
			code = read_file(&reading, resolution->files[i]);
	}
	emulation_free(reading.emulation);
	environment_free(reading.environment);
	*ret_bundle = resolution->bundle;
	ret_bundle->keys = reading.keys;
	return code;
}
