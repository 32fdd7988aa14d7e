// An env file is known by its name alone; a NUL says that what was named is none.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_input.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "loader/inspect/lint/lint_cascade.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

static int is_env_file(const struct dirent *entry)
{
	const char *mode;
	size_t length;

	return lint_cascade_layer(entry->d_name, &mode, &length) != LINT_CASCADE_LAYERS;
}

static int list_files(
	const struct lint_input_request *request, struct lint_input *input, struct err *err)
{
	const char *root = request->root;
	struct dirent **entries = NULL;
	int count = scandirat(request->folder, ".", &entries, is_env_file, alphasort);
	int reason = count < 0 ? errno : 0;
	bool failed = reason == ENOMEM;
	char **files = pool_array(request->pool, count > 0 ? (size_t)count + 1 : 1, sizeof(*files));

	for (int i = 0; i < count; i++) {
		if (files)
			files[i] = pool_format(request->pool, "%s%s%s", root ? root : "",
				root ? "/" : "", entries[i]->d_name);
		failed |= !files || !files[i];
		free(entries[i]);
	}
	free(entries);
	if (failed || !files)
		return err_no_memory(err);
	input->files = files;
	input->count = count > 0 ? (size_t)count : 0;
	if (input->count)
		return 0;
	if (reason)
		(void)err_set(err, -reason, request->start, "cannot list the folder: %s",
			strerror(reason));
	else
		(void)err_set(err, -ENOENT, request->start, "holds no env file");
	return err_hint(err, "samekey lint FILE...");
}

// Why something is no file: a folder is a slip of the command line.
static int judge_kind(const char *path, struct err *err)
{
	struct stat facts;

	err->code = -ENXIO;
	if (stat(path, &facts) < 0 || !S_ISDIR(facts.st_mode))
		return err->code;
	(void)err_set(err, -EISDIR, path, "is a folder");
	return err_hint(err, "name its files, or samekey lint --root DIR");
}

static int load(const struct lint_input_request *request, const char *path,
	struct fs_file *ret_file, struct err *err)
{
	const struct fs_rules rules = {.max_size = request->max_file, .links = FS_LINKS_ANYWHERE};
	int code = fs_read(AT_FDCWD, path, &rules, request->arena, ret_file, err);

	if (code == -EINVAL) // a folder, FIFO or device
		return judge_kind(path, err);
	if (code < 0)
		return code;
	if (!ret_file->size || !memchr(ret_file->bytes, 0, ret_file->size))
		return 0;
	(void)err_set(err, -EBADMSG, path, "holds a NUL byte, so it is no env file");
	return err_hint(err, "save it as UTF-8 text; iconv -f UTF-16 -t UTF-8 makes it of UTF-16");
}

int lint_input_load(
	const struct lint_input_request *request, struct lint_input *ret_input, struct err *err)
{
	struct lint_input input = {.files = request->named, .count = request->named_count};
	int code = input.count ? 0 : list_files(request, &input, err);

	if (code < 0)
		return code;
	input.contents = pool_array(request->pool, input.count, sizeof(*input.contents));
	if (!input.contents)
		return err_no_memory(err);
	for (size_t i = 0; i < input.count && code == 0; i++)
		code = load(request, input.files[i], &input.contents[i], err);
	if (code == 0)
		*ret_input = input;
	return code;
}

bool lint_input_is_twice(const struct lint_input *input, size_t index)
{
	const struct stat *facts = &input->contents[index].facts;

	for (size_t i = 0; i < index; i++)
		if (input->contents[i].facts.st_dev == facts->st_dev &&
			input->contents[i].facts.st_ino == facts->st_ino)
			return true;
	return false;
}
