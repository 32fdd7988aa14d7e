// Any bytes as an env file as it is written: its items lie in the file one behind the other, their
// parts in them, and each line belongs to the item that has it.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "loader/inspect/written.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool lies_in(struct span part, struct span whole)
{
	return !part.length ||
	       (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void check_item(const struct written_file *file, size_t index)
{
	const struct written *item = &file->items[index];
	const struct written *before = index ? item - 1 : NULL;

	if (!lies_in(item->whole, file->text) || !lies_in(item->name, item->whole) ||
		!lies_in(item->right, item->whole) || !lies_in(item->value, item->whole) ||
		!lies_in(item->comment, item->whole))
		abort();
	if (!item->lines || item->line < 1 ||
		(before && (item->line < before->line + before->lines ||
				   item->whole.at < before->whole.at + before->whole.length)))
		abort();
	if (item->kind == WRITTEN_ASSIGNMENT && item->separator != '=' && item->separator != ':')
		abort();
	if (item->earlier != WRITTEN_NONE &&
		(item->earlier >= index || file->items[item->earlier].later != index))
		abort();
	for (uint32_t line = item->line; line < item->line + item->lines; line++)
		if (written_at_line(file, line) != index)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	uint32_t lines[8];
	struct written_lines singles = {lines, 0};
	struct written_file file;

	if (!size)
		return 0;
	// the first byte says which lines are single: each bit is one
	for (uint32_t bit = 0; bit < 8; bit++)
		if (bytes[0] >> bit & 1)
			lines[singles.count++] = bit + 1;
	if (written_read((struct span){bytes + 1, size - 1}, &singles, pool, &file))
		abort();
	for (size_t i = 0; i < file.count; i++)
		check_item(&file, i);
	written_done(&file);
	return 0;
}
