// The state behind a reader: files, names set so far, and the sum of the work.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation_state.h"
#include "loader/read/dialects/scratch.h"

#include <errno.h>

struct emulation *emulation_new(const struct emulation_options *options)
{
	struct emulation *emulation = calloc(1, sizeof(*emulation));

	if (!emulation)
		return NULL;
	emulation->options = *options;
	emulation->names = map_new();
	emulation->total = map_new();
	if (!emulation->names || !emulation->total)
		return emulation_free(emulation);
	emulation_restart(emulation, options->dialect);
	return emulation;
}

static void forget_memory(struct emulation *emulation)
{
	if (emulation->memory)
		emulation->forget(emulation->memory);
	emulation->memory = NULL;
}

struct emulation *emulation_free(struct emulation *emulation)
{
	if (!emulation)
		return NULL;
	forget_memory(emulation);
	map_free(emulation->names);
	map_free(emulation->total);
	scratch_done(emulation);
	free(emulation->assignments);
	free(emulation->texts);
	emulation_place_done(&emulation->places);
	free(emulation);
	return NULL;
}

void emulation_release(struct emulation **emulation)
{
	*emulation = emulation_free(*emulation);
}

void emulation_restart(struct emulation *emulation, const struct dialect *dialect)
{
	emulation->options.dialect = dialect;
	forget_memory(emulation);
	map_clear(emulation->names);
	map_clear(emulation->total);
	emulation->count = emulation->file_start = emulation->file_count = 0;
	scratch_restart(emulation);
	emulation->work = 0;
	emulation->work_max = EMULATION_WORK_MAX;
	emulation->code = 0;
	emulation->reached = NULL;
	emulation_place_forget(&emulation->places);
}

// ---- files

// What the files read before this one set becomes their total; the value of the first of them or of
// the last one counts.
static void fold(struct emulation *emulation)
{
	const struct dialect *dialect = emulation->options.dialect;

	for (size_t i = emulation->file_start; i < emulation->count; i++) {
		struct emulation_assignment *ours = &emulation->assignments[i];
		const char *name = (const char *)ours->name.at;
		size_t theirs;

		if (ours->gone)
			continue;
		theirs = map_find(emulation->total, name, ours->name.length);
		if (theirs != MAP_ABSENT && !ours->settled &&
			dialect->files != DIALECT_LAST_FILE_WINS) {
			ours->gone = true;
			continue;
		}
		if (theirs != MAP_ABSENT)
			emulation->assignments[theirs].gone = true;
		if (map_put(emulation->total, name, ours->name.length, i) < 0)
			emulation_fail(emulation, -ENOMEM);
	}
	map_clear(emulation->names);
	emulation->file_start = emulation->count;
}

static void read_file(struct emulation *emulation)
{
	const struct dialect *dialect = emulation->options.dialect;

	emulation->reached = NULL;
	if (!dialect->together && emulation->count > emulation->file_start)
		fold(emulation);
	if (!emulation->code)
		dialect->read(emulation);
}

int emulation_read(struct emulation *emulation, struct span bytes)
{
	const struct dialect *dialect = emulation->options.dialect;

	if (growth_room(&emulation->texts, &emulation->text_room, emulation->file_count,
		    sizeof(*emulation->texts)) < 0)
		return -ENOMEM;
	emulation->file = emulation->file_count++;
	emulation->texts[emulation->file] = bytes;
	emulation->work_max += (uint64_t)bytes.length * EMULATION_WORK_PER_BYTE;
	if (dialect->files != DIALECT_LAST_FILE_FIRST)
		read_file(emulation);
	return emulation->code;
}

// Leaves only the assignments that count, and finds them by name again.
static void keep_results(struct emulation *emulation)
{
	size_t kept = 0;

	for (size_t i = 0; i < emulation->count; i++)
		if (!emulation->assignments[i].gone)
			emulation->assignments[kept++] = emulation->assignments[i];
	if (kept == emulation->count && !emulation->file_start)
		return;
	emulation->count = kept;
	map_clear(emulation->names);
	for (size_t i = 0; i < kept && !emulation->code; i++)
		if (map_put(emulation->names, (const char *)emulation->assignments[i].name.at,
			    emulation->assignments[i].name.length, i) < 0)
			emulation_fail(emulation, -ENOMEM);
}

int emulation_finish(struct emulation *emulation)
{
	const struct dialect *dialect = emulation->options.dialect;

	if (dialect->files == DIALECT_LAST_FILE_FIRST)
		for (size_t i = emulation->file_count; i > 0; i--) {
			emulation->file = i - 1;
			read_file(emulation);
		}
	if (!emulation->code && dialect->finish)
		dialect->finish(emulation);
	if (emulation->file_start)
		fold(emulation);
	keep_results(emulation);
	return emulation->code;
}

// ---- results

size_t emulation_count(const struct emulation *emulation)
{
	return emulation->count;
}

struct emulation_item emulation_at(const struct emulation *emulation, size_t index)
{
	const struct emulation_assignment *assignment = &emulation->assignments[index];
	struct emulation_item item = {
		.name = assignment->name, .value = assignment->value, .file = assignment->file};

	// what is remembered of places is a cache
	emulation_place_find(&((struct emulation *)(uintptr_t)emulation)->places, item.file,
		emulation->texts[item.file], assignment->place, &item.line, &item.column);
	if (!assignment->settled)
		item.inherited = emulation_keeps(emulation, item.name, &item.value);
	return item;
}

size_t emulation_index(const struct emulation *emulation, struct span name)
{
	return map_find(emulation->names, (const char *)name.at, name.length);
}

// ---- for readers

struct span emulation_text(const struct emulation *emulation)
{
	return emulation->texts[emulation->file];
}

void emulation_use_text(struct emulation *emulation, struct span text)
{
	emulation->texts[emulation->file] = text;
	emulation->reached = NULL;
	emulation_place_forget(&emulation->places);
}

void **emulation_memory(struct emulation *emulation, void (*forget)(void *memory))
{
	emulation->forget = forget;
	return &emulation->memory;
}

void emulation_reach(struct emulation *emulation, const uint8_t *place)
{
	emulation->reached = place;
}

void emulation_reach_at(struct emulation *emulation, size_t index)
{
	const struct emulation_assignment *assignment =
		&emulation->assignments[emulation->file_start + index];

	emulation->file = assignment->file;
	emulation->reached = assignment->place;
}

const uint8_t *emulation_reached(const struct emulation *emulation)
{
	return emulation->reached ? emulation->reached : emulation_text(emulation).at;
}

const struct dialect *emulation_dialect(const struct emulation *emulation)
{
	return emulation->options.dialect;
}

bool emulation_has(const struct emulation *emulation, uint32_t trait)
{
	return emulation->options.dialect->traits & trait;
}

bool emulation_stopped(const struct emulation *emulation)
{
	return emulation->code != 0;
}

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

void emulation_tell(struct emulation *emulation, enum finding finding, const uint8_t *place,
	struct span name, const char *text)
{
	struct emulation_trouble trouble = {
		.finding = finding, .file = (uint32_t)emulation->file, .name = name, .text = text};

	// where nothing is set, what looks like a name may be a part of a value
	if (finding == FINDING_IGNORED_LINE || finding == FINDING_NOT_RUN)
		trouble.name = (struct span){0};
	if (emulation->code || !emulation->options.trouble)
		return;
	emulation_place_find(&emulation->places, trouble.file, emulation->texts[trouble.file],
		place, &trouble.line, &trouble.column);
	emulation->options.trouble(emulation->options.user, &trouble);
}

void emulation_refuse(
	struct emulation *emulation, enum finding finding, const uint8_t *place, const char *text)
{
	emulation_tell(emulation, finding, place, (struct span){0}, text);
	emulation_stop(emulation);
}

void emulation_refuse_nul(struct emulation *emulation)
{
	bool file_wins = emulation->options.dialect->keeper == DIALECT_FILE_WINS;
	struct span name, value, kept;

	for (size_t i = 0; i < emulation_set_count(emulation); i++)
		if (emulation_set_at(emulation, i, &name, &value) && span_find(value, '\0') &&
			(file_wins || !emulation_environment(emulation, name, &kept)))
			emulation_refuse(emulation, FINDING_REFUSED, name.at,
				"the environment cannot hold such a value");
}

void emulation_stop(struct emulation *emulation)
{
	emulation_fail(emulation, EMULATION_E_REFUSED);
}

void emulation_no_memory(struct emulation *emulation)
{
	emulation_fail(emulation, -ENOMEM);
}

void emulation_work(struct emulation *emulation, size_t amount)
{
	emulation->work += amount;
	if (emulation->work > emulation->work_max)
		emulation_refuse(emulation, FINDING_TOO_LARGE, emulation_reached(emulation),
			"to expand its references takes more than 16 MiB of text");
}
