// Items are compared one by one; names that a loader finds in the middle of one, by its whole
// reading.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_proof.h"

#include "lib/base/map.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_reading.h"
#include "loader/inspect/lint/lint_stray.h"
#include "loader/read/dialects/emulation.h"

#include <errno.h>

struct proving {
	const struct lint_proof *proof;
	bool refused;
};

static int refuse(struct proving *proving, const struct written *item, const char *text)
{
	proving->refused = true;
	return lint_add(
		proving->proof->refusals, &(struct lint_finding){.finding = FINDING_NO_SPELLING,
						  .file = proving->proof->file,
						  .item = item,
						  .text = text});
}

static const struct lint_outcome *meant_by(
	const struct lint *lint, const struct lint_file *file, struct span name)
{
	size_t item = map_find(file->written.names, (const char *)name.at, name.length);

	return item == MAP_ABSENT ? NULL : lint_outcome_of(&file->outcomes[item], lint->reference);
}

// The line of the old text that a line of the new one comes from: their numbers may differ.
// Returns: the item, or NULL when nobody knows.
static const struct written *origin_of(const struct proving *proving, const struct written *item)
{
	const struct written_file *written = &proving->proof->file->written;
	size_t found = MAP_ABSENT;

	if (item->kind == WRITTEN_ASSIGNMENT)
		found = map_find(written->names, (const char *)item->name.at, item->name.length);
	return found == MAP_ABSENT ? NULL : &written->items[found];
}

// What the meant loader makes of a whole file; NULL where it refuses it.
static const struct emulation *read_meant(
	struct lint *lint, const struct lint_file *file, int *ret_code)
{
	return lint_reading_together(
		lint->reading, lint->options.reference, &file, 1, true, ret_code);
}

// A loader may find further names in what seems to be one item, such as a value of several lines.
static int prove_names(struct proving *proving, struct lint *after, const struct lint_file *file)
{
	const struct written_file *written = &proving->proof->file->written;
	int code, code_after;
	const struct emulation *old = read_meant(
				       proving->proof->before, proving->proof->file, &code),
			       *new = read_meant(after, file, &code_after);

	if (code < 0 || code_after < 0)
		return -ENOMEM;
	for (size_t i = 0; old && i < emulation_count(old) && code == 0; i++) {
		struct emulation_item item = emulation_at(old, i);
		size_t at = new ? emulation_index(new, item.name) : SIZE_MAX;

		if (at == SIZE_MAX || !span_equal(emulation_at(new, at).value, item.value))
			code = refuse(proving, &written->items[written_at_line(written, item.line)],
				"a name that samekey finds in the line would be lost or changed");
	}
	return code;
}

// Reads the new text with every loader: the same keys, the same meaning, and nobody differs.
static int prove(struct proving *proving, struct lint *after)
{
	const struct written_file *written = &proving->proof->file->written;
	const struct lint_file *file;
	int code = lint_read(after, proving->proof->file->shown, proving->proof->text);

	if (code < 0)
		return code;
	file = *(struct lint_file **)after->files.items;
	for (size_t i = 0; i < written->count && code == 0; i++) {
		const struct written *item = &written->items[i];
		const struct lint_outcome *old, *new;

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE)
			continue;
		old = meant_by(proving->proof->before, proving->proof->file, item->name);
		new = meant_by(after, file, item->name);
		if (!old || old->effect != LINT_VALUE)
			continue;
		if (!new || new->effect != LINT_VALUE || !span_equal(old->value, new->value))
			code = refuse(proving, item, "its new spelling would change another value");
	}
	for (size_t i = 0; i < file->written.count && code == 0; i++)
		if (lint_differs(after, &file->outcomes[i]))
			code = refuse(proving, origin_of(proving, &file->written.items[i]),
				"loaders would still read the line differently");
	for (size_t i = 0; i < file->strays.count && code == 0; i++)
		if (lint_differs(after, &((struct lint_stray **)file->strays.items)[i]->outcomes))
			code = refuse(
				proving, NULL, "loaders would still find different names in it");
	return code == 0 ? prove_names(proving, after, file) : code;
}

int lint_proof_make(const struct lint_proof *proof, bool *ret_refused)
{
	own(lint_release) struct lint *after = lint_new(&proof->before->options);
	struct proving proving = {.proof = proof};
	int code = after ? prove(&proving, after) : -ENOMEM;

	*ret_refused |= proving.refused;
	return code;
}
