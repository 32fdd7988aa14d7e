// What a file's error is called as a finding stands here alone.
// SPDX-License-Identifier: MIT
#include "loader/read/sourcefile.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/read/source.h"

#include <errno.h>
#include <limits.h>

const char *sourcefile_hint(int error)
{
	return error == ENOENT ? "correct the path, or take it out of the sources" : NULL;
}

void sourcefile_report(const struct source_reader *reader, const char *key, const struct err *err)
{
	enum finding finding = FINDING_UNREADABLE;

	if (err->code == -EFBIG)
		finding = FINDING_TOO_LARGE;
	else if (err->code == -EAGAIN)
		finding = FINDING_TORN_READ;
	else if (err->code == -EPERM || err->code == -ELOOP || err->code == -EINVAL)
		finding = FINDING_UNSAFE_FILE;
	finding_add(reader->diag, finding,
		&(struct finding_about){.key = key,
			.origin = err->where,
			.hint = err->hint[0] ? err->hint : sourcefile_hint(-err->code)},
		"%s", err->what);
}

static bool is_told(const struct source_reader *reader, const char *path)
{
	const char *code = finding_kind(FINDING_OPEN_FOLDER)->code;

	for (size_t i = 0; i < diag_size(reader->diag); i++) {
		const struct diag_item *item = diag_at(reader->diag, i);

		if (text_equal(item->code, code) && text_equal(item->origin, path))
			return true;
	}
	return false;
}

static void judge_folder(
	const struct source_reader *reader, int at, const char *path, const char *shown)
{
	struct stat facts;
	char hint[PATH_MAX];

	if (fstatat(at, path, &facts, 0) < 0 || !(facts.st_mode & S_IWOTH) ||
		(facts.st_mode & S_ISVTX) || is_told(reader, shown))
		return;
	(void)snprintf(hint, sizeof(hint), "chmod o-w %s, or o+t as Kubernetes has it", shown);
	finding_add(reader->diag, FINDING_OPEN_FOLDER,
		&(struct finding_about){.origin = shown, .hint = hint},
		"everybody on this host may replace its files");
}

void sourcefile_judge_folder(const struct source_reader *reader, int at, const char *path)
{
	judge_folder(reader, at, path, path);
}

// The folder that a path lies in, "." of a bare name.
static const char *folder_of(const char *path, char out[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t length = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);

	if (!slash || length >= PATH_MAX)
		return ".";
	memcpy(out, path, length);
	out[length] = '\0';
	return out;
}

void sourcefile_judge_folder_of(
	const struct source_reader *reader, const struct source_file *source)
{
	char path[PATH_MAX], shown[PATH_MAX];

	judge_folder(reader, source->folder, folder_of(source->path, path),
		folder_of(source->shown, shown));
}

struct found_file *sourcefile_remember(
	const struct source_reader *reader, const char *shown, const struct stat *facts)
{
	struct found_file *file = pool_take(reader->pool, sizeof(*file));

	if (!file)
		return NULL;
	file->shown = shown;
	file->mode = facts->st_mode;
	file->device = facts->st_dev;
	file->inode = facts->st_ino;
	file->changed_at_s = (uint64_t)facts->st_mtim.tv_sec;
	return file;
}

int sourcefile_load(const struct source_reader *reader, const struct source_file *source,
	struct fs_file *ret_file, struct err *err)
{
	const struct fs_rules rules = {
		.max_size = reader->max_file,
		.links = source->named ? FS_LINKS_ANYWHERE : FS_LINKS_INSIDE,
		.shown = source->shown,
	};

	return fs_read(source->folder, source->path, &rules, reader->arena, ret_file, err);
}
