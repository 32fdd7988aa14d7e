// What is set so far, and what a reader sees of the environment that its loader would run in.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation_state.h"

#include <errno.h>

static struct emulation_assignment *find_in(
	const struct emulation *emulation, const struct map *map, struct span name)
{
	size_t index = map_find(map, (const char *)name.at, name.length);

	if (index == MAP_ABSENT || emulation->assignments[index].gone)
		return NULL;
	return &emulation->assignments[index];
}

bool emulation_given(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	return emulation->options.environment &&
	       emulation->options.environment(emulation->options.user, name, ret_value);
}

bool emulation_environment(
	const struct emulation *emulation, struct span name, struct span *ret_value)
{
	const struct emulation_assignment *earlier = find_in(emulation, emulation->total, name);
	bool file_wins = emulation->options.dialect->keeper == DIALECT_FILE_WINS;

	if (earlier && (file_wins || earlier->settled)) {
		*ret_value = earlier->value;
		return true;
	}
	if (emulation_given(emulation, name, ret_value))
		return true;
	if (earlier)
		*ret_value = earlier->value;
	return earlier != NULL;
}

bool emulation_environment_at(const struct emulation *emulation, size_t index,
	struct span *ret_name, struct span *ret_value)
{
	const struct emulation_options *options = &emulation->options;

	return options->environment_at &&
	       options->environment_at(options->user, index, ret_name, ret_value);
}

bool emulation_find(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	const struct emulation_assignment *assignment = find_in(emulation, emulation->names, name);

	if (assignment)
		*ret_value = assignment->value;
	return assignment != NULL;
}

bool emulation_keeps(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	enum dialect_keeper keeper = emulation->options.dialect->keeper;
	struct span value;

	if (emulation->options.files_only || keeper == DIALECT_FILE_WINS ||
		!emulation_given(emulation, name, &value) ||
		(keeper == DIALECT_NONEMPTY_WINS && !value.length))
		return false;
	*ret_value = value;
	return true;
}

static struct emulation_assignment *add(struct emulation *emulation, struct span name)
{
	if (growth_room(&emulation->assignments, &emulation->room, emulation->count,
		    sizeof(*emulation->assignments)) < 0)
		return NULL;
	if (map_put(emulation->names, (const char *)name.at, name.length, emulation->count) < 0)
		return NULL;
	return &emulation->assignments[emulation->count++];
}

void emulation_set(
	struct emulation *emulation, struct span name, struct span value, const uint8_t *place)
{
	const struct dialect *dialect = emulation->options.dialect;
	uint32_t file = (uint32_t)emulation->file;
	struct emulation_assignment *assignment;

	if (emulation->code)
		return;
	assignment = find_in(emulation, emulation->names, name);
	if (assignment && assignment->file != file && dialect->files == DIALECT_FIRST_FILE_WINS)
		return;
	if (!assignment && !(assignment = add(emulation, name))) {
		emulation_fail(emulation, -ENOMEM);
		return;
	}
	*assignment = (struct emulation_assignment){
		.name = name, .value = value, .place = place, .file = file};
}

void emulation_change(struct emulation *emulation, struct span name, struct span value)
{
	struct emulation_assignment *assignment = find_in(emulation, emulation->names, name);

	if (assignment && !emulation->code)
		assignment->value = value;
}

void emulation_change_at(struct emulation *emulation, size_t index, struct span value)
{
	if (!emulation->code)
		emulation->assignments[emulation->file_start + index].value = value;
}

void emulation_settle(struct emulation *emulation, struct span name, struct span value)
{
	struct emulation_assignment *assignment = find_in(emulation, emulation->names, name);

	if (!assignment || emulation->code || emulation->options.files_only)
		return;
	assignment->value = value;
	assignment->settled = true;
}

void emulation_unset(struct emulation *emulation, struct span name)
{
	struct emulation_assignment *assignment = find_in(emulation, emulation->names, name);

	if (assignment)
		assignment->gone = true;
}

size_t emulation_set_count(const struct emulation *emulation)
{
	return emulation->count - emulation->file_start;
}

bool emulation_set_at(const struct emulation *emulation, size_t index, struct span *ret_name,
	struct span *ret_value)
{
	const struct emulation_assignment *assignment =
		&emulation->assignments[emulation->file_start + index];

	*ret_name = assignment->name;
	*ret_value = assignment->value;
	return !assignment->gone;
}
