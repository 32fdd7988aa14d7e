// The state behind a reader: names set so far, text under construction, and the sum of the work.
// Values lie in blocks of the arena that are kept from one dialect to the next.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"

#include <errno.h>

#define EMULATION_FIRST_BLOCK (16u * 1024)
#define EMULATION_WALK_MAX 4096 // bytes; a place further on is not walked to when lines are indexed
#define EMULATION_LARGEST_BLOCK (4u * 1024 * 1024)

// A name that was set.
struct assignment {
	struct span name, value;
	const uint8_t *place;
	uint32_t file;
	bool gone;    // taken away, or another file's value counts
	bool settled; // counts even where the environment would have been kept
};

struct block {
	struct block *next;
	uint8_t *bytes;
	size_t size, used;
};

struct emulation {
	struct emulation_options options;
	struct map *names; // of this file (with `finish`: of all), to indices of assignments
	struct map *total; // of the files before it
	struct assignment *assignments;
	size_t count, room;
	size_t file_start;  // the first assignment of this file
	struct span *texts; // of each file
	size_t file_count, text_room;
	size_t file;                  // the one that is read
	struct block *blocks, *block; // all, and the one that is filled
	uint8_t *stack;               // text under construction
	size_t stack_used, stack_room;
	uint64_t work, work_max;
	int code;
	// where the last place was found, so that the next one is found from there
	struct {
		const uint8_t *at, *line_start;
		uint32_t file, line;
	} cursor;
	// where the lines of one text begin, made when a place lies before the last one
	struct {
		const uint8_t *of; // the text; NULL: none
		const uint8_t **starts;
		size_t count, room;
	} lines;
};

static void stop(struct emulation *emulation, int code)
{
	if (!emulation->code)
		emulation->code = code;
}

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

struct emulation *emulation_free(struct emulation *emulation)
{
	struct block *next;

	if (!emulation)
		return NULL;
	map_free(emulation->names);
	map_free(emulation->total);
	for (struct block *block = emulation->blocks; block; block = next) {
		next = block->next;
		secret_arena_give(emulation->options.arena, block->bytes, block->size);
		free(block);
	}
	secret_arena_give(emulation->options.arena, emulation->stack, emulation->stack_room);
	free(emulation->assignments);
	free(emulation->texts);
	free((void *)emulation->lines.starts);
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
	map_clear(emulation->names);
	map_clear(emulation->total);
	emulation->count = emulation->file_start = emulation->file_count = 0;
	for (struct block *block = emulation->blocks; block; block = block->next)
		block->used = 0;
	emulation->block = emulation->blocks;
	emulation->stack_used = 0;
	emulation->work = 0;
	emulation->work_max = EMULATION_WORK_MAX;
	emulation->code = 0;
	emulation->cursor.at = NULL;
	emulation->lines.of = NULL;
}

// ---- files

// What the files read before this one set becomes their total; the value of the first of them or of
// the last one counts.
static void fold(struct emulation *emulation)
{
	const struct dialect *dialect = emulation->options.dialect;

	for (size_t i = emulation->file_start; i < emulation->count; i++) {
		struct assignment *ours = &emulation->assignments[i];
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
			stop(emulation, -ENOMEM);
	}
	map_clear(emulation->names);
	emulation->file_start = emulation->count;
}

static void read_file(struct emulation *emulation)
{
	const struct dialect *dialect = emulation->options.dialect;

	if (!dialect->finish && emulation->count > emulation->file_start)
		fold(emulation);
	if (!emulation->code)
		dialect->read(emulation);
}

int emulation_read(struct emulation *emulation, struct span bytes)
{
	const struct dialect *dialect = emulation->options.dialect;

	if (emulation->file_count == emulation->text_room) {
		size_t room = emulation->text_room ? emulation->text_room * 2 : 4;
		struct span *texts =
			reallocarray(emulation->texts, room, sizeof(*emulation->texts));

		if (!texts)
			return -ENOMEM;
		emulation->texts = texts;
		emulation->text_room = room;
	}
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
			stop(emulation, -ENOMEM);
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

// ---- places

// Where each line of a file begins, so that places may be asked for in any order.
// Returns: whether there was memory for it.
static bool index_lines(struct emulation *emulation, uint32_t file)
{
	const uint8_t *at = emulation->texts[file].at, *end = span_end(emulation->texts[file]);

	emulation->lines.count = 0;
	emulation->lines.of = NULL;
	while (at < end) {
		if (emulation->lines.count == emulation->lines.room) {
			size_t room = emulation->lines.room ? emulation->lines.room * 2 : 256;
			const uint8_t **starts = reallocarray(
				(void *)emulation->lines.starts, room, sizeof(*starts));

			if (!starts)
				return false;
			emulation->lines.starts = starts;
			emulation->lines.room = room;
		}
		emulation->lines.starts[emulation->lines.count++] = at;
		at = span_line_end(at, end);
		at += at < end;
	}
	emulation->lines.of = emulation->texts[file].at;
	return true;
}

// Moves the cursor to the line of a place that is not ahead of it, or far.
static void jump(struct emulation *emulation, uint32_t file, const uint8_t *place)
{
	size_t low = 0, high;

	emulation->cursor.at = emulation->cursor.line_start = emulation->texts[file].at;
	emulation->cursor.line = 1;
	if (emulation->lines.of != emulation->texts[file].at && !index_lines(emulation, file))
		return;
	for (high = emulation->lines.count; high - low > 1;) {
		size_t middle = low + (high - low) / 2;

		if (emulation->lines.starts[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	emulation->cursor.at = emulation->cursor.line_start = emulation->lines.starts[low];
	emulation->cursor.line = (uint32_t)low + 1;
}

static void find_place(struct emulation *emulation, uint32_t file, const uint8_t *place,
	uint32_t *ret_line, uint32_t *ret_column)
{
	const uint8_t *newline;

	if (!emulation->cursor.at || emulation->cursor.file != file) {
		emulation->cursor.file = file;
		emulation->cursor.at = emulation->cursor.line_start = emulation->texts[file].at;
		emulation->cursor.line = 1;
	}
	if (place < emulation->cursor.at ||
		(emulation->lines.of == emulation->texts[file].at &&
			place - emulation->cursor.at > EMULATION_WALK_MAX))
		jump(emulation, file, place);
	while (emulation->cursor.at < place && (newline = memchr(emulation->cursor.at, '\n',
							(size_t)(place - emulation->cursor.at)))) {
		emulation->cursor.line++;
		emulation->cursor.at = emulation->cursor.line_start = newline + 1;
	}
	emulation->cursor.at = place;
	*ret_line = emulation->cursor.line;
	*ret_column = (uint32_t)(place - emulation->cursor.line_start) + 1;
}

// ---- results

size_t emulation_count(const struct emulation *emulation)
{
	return emulation->count;
}

struct emulation_item emulation_at(const struct emulation *emulation, size_t index)
{
	const struct assignment *assignment = &emulation->assignments[index];
	struct emulation_item item = {
		.name = assignment->name, .value = assignment->value, .file = assignment->file};

	// the cursor is a cache
	find_place((struct emulation *)(uintptr_t)emulation, item.file, assignment->place,
		&item.line, &item.column);
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
	emulation->cursor.at = NULL;
	emulation->lines.of = NULL;
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

static struct assignment *find_in(
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
	const struct assignment *earlier = find_in(emulation, emulation->total, name);
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
	const struct assignment *assignment = find_in(emulation, emulation->names, name);

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

static struct assignment *add(struct emulation *emulation, struct span name)
{
	if (emulation->count == emulation->room) {
		size_t room = emulation->room ? emulation->room * 2 : 64;
		struct assignment *assignments =
			reallocarray(emulation->assignments, room, sizeof(*emulation->assignments));

		if (!assignments)
			return NULL;
		emulation->assignments = assignments;
		emulation->room = room;
	}
	if (map_put(emulation->names, (const char *)name.at, name.length, emulation->count) < 0)
		return NULL;
	return &emulation->assignments[emulation->count++];
}

void emulation_set(
	struct emulation *emulation, struct span name, struct span value, const uint8_t *place)
{
	const struct dialect *dialect = emulation->options.dialect;
	uint32_t file = (uint32_t)emulation->file;
	struct assignment *assignment;

	if (emulation->code)
		return;
	assignment = find_in(emulation, emulation->names, name);
	if (assignment && assignment->file != file && dialect->files == DIALECT_FIRST_FILE_WINS)
		return;
	if (!assignment && !(assignment = add(emulation, name))) {
		stop(emulation, -ENOMEM);
		return;
	}
	*assignment =
		(struct assignment){.name = name, .value = value, .place = place, .file = file};
}

void emulation_change(struct emulation *emulation, struct span name, struct span value)
{
	struct assignment *assignment = find_in(emulation, emulation->names, name);

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
	struct assignment *assignment = find_in(emulation, emulation->names, name);

	if (!assignment || emulation->code || emulation->options.files_only)
		return;
	assignment->value = value;
	assignment->settled = true;
}

void emulation_unset(struct emulation *emulation, struct span name)
{
	struct assignment *assignment = find_in(emulation, emulation->names, name);

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
	const struct assignment *assignment =
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
	find_place(emulation, trouble.file, place, &trouble.line, &trouble.column);
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
	stop(emulation, EMULATION_E_REFUSED);
}

void emulation_no_memory(struct emulation *emulation)
{
	stop(emulation, -ENOMEM);
}

void emulation_work(struct emulation *emulation, size_t amount)
{
	emulation->work += amount;
	if (emulation->work > emulation->work_max)
		emulation_refuse(emulation, FINDING_TOO_LARGE, emulation_text(emulation).at,
			"what the references expand to grows without end");
}

// ---- text under construction

struct span emulation_end_lines(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t begun = emulation_begin(emulation), length = 0;
	uint8_t *room;

	if (!span_find(text, '\r'))
		return text;
	room = emulation_room(emulation, text.length);
	for (size_t i = 0; room && i < text.length; i++)
		if (text.at[i] != '\n' || !i || text.at[i - 1] != '\r')
			room[length++] = text.at[i] == '\r' ? '\n' : text.at[i];
	if (room)
		emulation_took(emulation, length);
	text = emulation_end(emulation, begun);
	emulation_use_text(emulation, text);
	return text;
}

size_t emulation_begin(const struct emulation *emulation)
{
	return emulation->stack_used;
}

// Makes room for `size` more bytes on the stack.
// Returns: whether there is.
static bool reserve(struct emulation *emulation, size_t size)
{
	size_t room = emulation->stack_room ? emulation->stack_room : EMULATION_FIRST_BLOCK;
	uint8_t *stack;

	if (size <= emulation->stack_room - emulation->stack_used)
		return true;
	while (room - emulation->stack_used < size)
		room *= 2;
	stack = secret_arena_take(emulation->options.arena, room);
	if (!stack) {
		stop(emulation, -ENOMEM);
		return false;
	}
	if (emulation->stack_used)
		memcpy(stack, emulation->stack, emulation->stack_used);
	secret_arena_give(emulation->options.arena, emulation->stack, emulation->stack_room);
	emulation->stack = stack;
	emulation->stack_room = room;
	return true;
}

uint8_t *emulation_room(struct emulation *emulation, size_t size)
{
	if (emulation->code || !reserve(emulation, size))
		return NULL;
	return emulation->stack + emulation->stack_used;
}

void emulation_took(struct emulation *emulation, size_t size)
{
	emulation->stack_used += size;
	emulation_work(emulation, size);
}

void emulation_put(struct emulation *emulation, struct span bytes)
{
	uint8_t *room = bytes.length ? emulation_room(emulation, bytes.length) : NULL;

	if (!room)
		return;
	memcpy(room, bytes.at, bytes.length);
	emulation_took(emulation, bytes.length);
}

void emulation_put_byte(struct emulation *emulation, uint8_t byte)
{
	emulation_put(emulation, (struct span){&byte, 1});
}

bool emulation_put_to_dollar(struct emulation *emulation, struct span *rest)
{
	const uint8_t *dollar;

	while ((dollar = span_find(*rest, '$')) && !emulation_stopped(emulation)) {
		bool escaped = dollar > rest->at && dollar[-1] == '\\';

		emulation_put(emulation, span_between(rest->at, dollar - escaped));
		*rest = span_between(dollar, span_end(*rest));
		if (!escaped)
			return true;
		emulation_put_byte(emulation, '$');
		*rest = span_after(*rest, 1);
	}
	emulation_put(emulation, *rest);
	return false;
}

struct span emulation_since(const struct emulation *emulation, size_t begun)
{
	if (!emulation->stack || emulation->stack_used == begun)
		return (struct span){(const uint8_t *)"", 0};
	return (struct span){emulation->stack + begun, emulation->stack_used - begun};
}

// A block with room for `size` bytes.
static struct block *block_for(struct emulation *emulation, size_t size)
{
	struct block *block = emulation->block, *next;
	size_t room = block ? block->size * 2 : EMULATION_FIRST_BLOCK;

	if (block && block->size - block->used >= size)
		return block;
	if (block && block->next && block->next->size >= size)
		return emulation->block = block->next;
	if (room > EMULATION_LARGEST_BLOCK)
		room = EMULATION_LARGEST_BLOCK;
	if (room < size)
		room = size;
	next = calloc(1, sizeof(*next));
	if (!next || !(next->bytes = secret_arena_take(emulation->options.arena, room))) {
		free(next);
		stop(emulation, -ENOMEM);
		return NULL;
	}
	next->size = room;
	next->next = block ? block->next : emulation->blocks;
	if (block)
		block->next = next;
	else
		emulation->blocks = next;
	return emulation->block = next;
}

struct span emulation_end(struct emulation *emulation, size_t begun)
{
	struct span text = emulation_since(emulation, begun);
	struct block *block;

	emulation->stack_used = begun;
	block = text.length && !emulation->code ? block_for(emulation, text.length) : NULL;
	if (!block)
		return (struct span){(const uint8_t *)"", 0};
	memcpy(block->bytes + block->used, text.at, text.length);
	text.at = block->bytes + block->used;
	block->used += text.length;
	return text;
}

void emulation_drop(struct emulation *emulation, size_t begun)
{
	emulation->stack_used = begun;
}
