// An emulation: what one real loader makes of some files, in a given environment. A dialect's
// reader walks the bytes and sets names; what comes out is what the loader would put into the
// environment. Nothing is ever run, and what a file may cost is bounded.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_EMULATION_H
#define LOADER_READ_DIALECTS_EMULATION_H

#include "lib/base/base.h"
#include "lib/value/finding.h"
#include "loader/read/dialects/span.h"

struct dialect;
struct emulation;
struct secret_arena;

#define EMULATION_DEPTH_MAX 200                // references inside references
#define EMULATION_WORK_MAX (16u * 1024 * 1024) // bytes of text made, and this much a byte read:
#define EMULATION_WORK_PER_BYTE 64             // an expansion that doubles itself ends there

// Something about a file. `text` never holds a value.
struct emulation_trouble {
	enum finding finding;
	uint32_t file, line, column; // the file's number from 0; line and column from 1
	struct span name;            // the variable that it is about; empty: none
	const char *text;
};

struct emulation_options {
	const struct dialect *dialect;
	struct secret_arena *arena; // values that are no part of a file's bytes lie here
	// The environment that the loader is started in; NULL: an empty one.
	// Returns: whether `name` is there, then with its value.
	bool (*environment)(void *user, struct span name, struct span *ret_value);
	// The environment's variables one by one, for a loader that takes several at once; NULL:
	// none are known that way. A name may come out empty.
	// Returns: whether there is something
	// at `index`.
	bool (*environment_at)(
		void *user, size_t index, struct span *ret_name, struct span *ret_value);
	// NULL: nobody listens.
	void (*trouble)(void *user, const struct emulation_trouble *trouble);
	void *user;
	// The values that the files give, also for names that the environment holds already.
	bool files_only;
};

// What a loader puts into the environment under one name.
struct emulation_item {
	struct span name, value;     // views: of a file's bytes, the arena, or the environment
	uint32_t file, line, column; // of the assignment
	bool inherited;              // the environment's own value was kept
};

// Makes an emulation; the caller owns it and keeps files and arena until it is freed.
// Returns: the emulation, or NULL when memory is short.
struct emulation *emulation_new(const struct emulation_options *options) must_check;
struct emulation *emulation_free(struct emulation *emulation); // NULL is fine; returns NULL
void emulation_release(struct emulation **emulation);          // for own(...)

// Begins anew with another dialect and keeps the memory; results so far are gone.
void emulation_restart(struct emulation *emulation, const struct dialect *dialect);

// Reads one more file, in the order in which the loader is given them.
// Returns: 0; EMULATION_E_REFUSED when the loader refuses the file, cannot be followed without
// running something, or the work would be too much (a trouble said which); or -ENOMEM.
#define EMULATION_E_REFUSED 1
int emulation_read(struct emulation *emulation, struct span bytes) must_check;

// Ends the reading; only then there are results.
// Returns: as emulation_read.
int emulation_finish(struct emulation *emulation) must_check;

// The results, in the order in which the names were first set.
size_t emulation_count(const struct emulation *emulation);
struct emulation_item emulation_at(const struct emulation *emulation, size_t index);

// One result by its name.
// Returns: its index, or SIZE_MAX.
size_t emulation_index(const struct emulation *emulation, struct span name);

// ---- for readers: after a refusal or a lack of memory all of these do nothing, so a reader only
// has to look at emulation_stopped now and then, to end in time

// The bytes of the file that is read.
struct span emulation_text(const struct emulation *emulation);

// The reader goes on with another text, such as one with its line ends changed; places are places
// in that from now on.
void emulation_use_text(struct emulation *emulation, struct span text);

// The dialect that is emulated, and whether it has one of its family's traits.
const struct dialect *emulation_dialect(const struct emulation *emulation);
bool emulation_has(const struct emulation *emulation, uint32_t trait);

// Whether to end.
bool emulation_stopped(const struct emulation *emulation);

// What a dialect remembers from one file to the next, NULL at first. It ends with `forget`, when
// the emulation does or begins anew.
void **emulation_memory(struct emulation *emulation, void (*forget)(void *memory));

// The reader is at an assignment now: at `place` in the text, or, for a second pass, at an index of
// emulation_set_at in whichever file. What takes too much work there is told with that place.
void emulation_reach(struct emulation *emulation, const uint8_t *place);
void emulation_reach_at(struct emulation *emulation, size_t index);

// The place that was reached last; before the first one where the text begins.
const uint8_t *emulation_reached(const struct emulation *emulation);

// What the process environment holds while this file is read: what the loader was started with, and
// what it has put there from earlier files.
// Returns: whether the name is there.
bool emulation_environment(
	const struct emulation *emulation, struct span name, struct span *ret_value);

// The variables that the loader was started with, one by one.
// Returns: whether there is something at `index`; a name may be empty, and is then none.
bool emulation_environment_at(const struct emulation *emulation, size_t index,
	struct span *ret_name, struct span *ret_value);

// What the process environment held before the first file.
// Returns: whether the name is there.
bool emulation_given(const struct emulation *emulation, struct span name, struct span *ret_value);

// What this file has set so far; in a dialect with `finish`, all files.
// Returns: whether the name is there.
bool emulation_find(const struct emulation *emulation, struct span name, struct span *ret_value);

// Whether the environment's value of a name will be kept whatever the files say.
bool emulation_keeps(const struct emulation *emulation, struct span name, struct span *ret_value);

// Sets a name, over an earlier value of it. `name` and `value` are borrowed: parts of the text, or
// from scratch_end. `place` is a part of the text.
void emulation_set(
	struct emulation *emulation, struct span name, struct span value, const uint8_t *place);

// Changes the value of a name that is set and keeps its place.
void emulation_change(struct emulation *emulation, struct span name, struct span value);

// The same for what stands at an index of emulation_set_at.
void emulation_change_at(struct emulation *emulation, size_t index, struct span value);

// The same, and the value counts even where the environment would have been kept.
void emulation_settle(struct emulation *emulation, struct span name, struct span value);

// Takes a name away again.
void emulation_unset(struct emulation *emulation, struct span name);

// The names set so far in the order they were first set, for a second pass.
// Returns: whether there is something at `index` (false: it was taken away).
size_t emulation_set_count(const struct emulation *emulation);
bool emulation_set_at(const struct emulation *emulation, size_t index, struct span *ret_name,
	struct span *ret_value);

// Stops: the loader refuses the file (FINDING_REFUSED), would have to run something
// (FINDING_EXECUTES_CODE), or whatever fits. `text` says what and never holds a value.
void emulation_refuse(
	struct emulation *emulation, enum finding finding, const uint8_t *place, const char *text);

// Refuses the file when it set a value with a NUL, which no environment can hold; where the
// environment's own value wins, the file's does not matter.
void emulation_refuse_nul(struct emulation *emulation);

// Stops as if the file were refused; what is wrong was told before.
void emulation_stop(struct emulation *emulation);

// Stops for lack of memory.
void emulation_no_memory(struct emulation *emulation);

// Says something and goes on: a line that the loader ignores (FINDING_IGNORED_LINE), a command that
// was not run (FINDING_NOT_RUN); neither is shown with a name.
void emulation_tell(struct emulation *emulation, enum finding finding, const uint8_t *place,
	struct span name, const char *text);

// Counts work that makes no text, such as a reference that is empty; `amount` in bytes looked at.
void emulation_work(struct emulation *emulation, size_t amount);

#endif
