// Every text is made, and every owner asked, before the first file is written.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_rewrite.h"

#include "lib/base/err.h"
#include "lib/base/freshfile.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_fix.h"
#include "loader/inspect/lint/lint_input.h"

#include <errno.h>
#include <limits.h>

// A text that takes a file's place.
struct replacement {
	struct span text;
	size_t changed; // assignments; 0: none, and the file stays
};

// Replaced, the file would be this user's.
static int judge_owner(const struct lint_input *input, size_t index, struct err *err)
{
	if (input->contents[index].facts.st_uid == geteuid())
		return 0;
	(void)err_set(err, -EPERM, input->files[index], "another user owns it");
	return err_hint(err, "run samekey lint --fix as that user");
}

static int write_one(struct lint_input *input, size_t index, const struct replacement *replacement,
	struct err *err)
{
	struct fs_file *file = &input->contents[index];
	const struct span text = replacement->text;
	char path[PATH_MAX];
	int code = 0;

	if (!realpath(input->files[index], path))
		return err_set(
			err, -errno, input->files[index], "cannot write it: %s", strerror(errno));
	if (!lint_input_is_twice(input, index)) // then it was written already
		code = freshfile_replace(path, text.at, text.length, &file->facts, err);
	if (code < 0)
		return code;
	file->bytes = (uint8_t *)(uintptr_t)text.at;
	file->size = text.length;
	return 0;
}

static int make_all(const struct lint_rewrite_request *request, struct lint *refusals,
	struct lint *rewrites, struct replacement *replacements)
{
	struct lint_file *const *files = request->before->files.items;
	bool refused = false;

	for (size_t i = 0; i < request->input->count; i++) {
		const struct lint_fix_request fix = {.before = request->before,
			.file = files[i],
			.asked = request->asked,
			.refusals = refusals,
			.rewrites = lint_input_is_twice(request->input, i) ? NULL : rewrites};
		int code = lint_fix_make(&fix, &replacements[i].text, &replacements[i].changed);

		if (code < 0)
			return code;
		refused |= code == LINT_FIX_E_REFUSED;
	}
	return refused ? LINT_FIX_E_REFUSED : 0;
}

static int write_all(struct lint_input *input, const struct replacement *replacements,
	size_t *ret_changed, struct err *err)
{
	size_t changed = 0;
	int code = 0;

	for (size_t i = 0; i < input->count && code == 0; i++)
		if (replacements[i].changed)
			code = judge_owner(input, i, err);
	for (size_t i = 0; i < input->count && code == 0; i++) {
		if (!replacements[i].changed)
			continue;
		changed += lint_input_is_twice(input, i) ? 0 : replacements[i].changed;
		code = write_one(input, i, &replacements[i], err);
	}
	if (code == 0)
		*ret_changed = changed;
	return code;
}

int lint_rewrite_all(const struct lint_rewrite_request *request, struct lint **ret_told,
	size_t *ret_changed, struct err *err)
{
	const struct lint_options *options = &request->before->options;
	struct replacement *replacements =
		pool_array(options->pool, request->input->count, sizeof(*replacements));
	own(lint_release) struct lint *refusals = lint_new(options);
	own(lint_release) struct lint *rewrites = lint_new(options);
	int code = -ENOMEM;

	if (replacements && refusals && rewrites)
		code = make_all(request, refusals, rewrites, replacements);
	if (code < 0)
		return err_no_memory(err);
	if (code == LINT_FIX_E_REFUSED) {
		*ret_told = take(&refusals);
		return code;
	}
	code = write_all(request->input, replacements, ret_changed, err);
	if (code == 0)
		*ret_told = take(&rewrites);
	return code;
}
