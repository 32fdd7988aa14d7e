// What a file's error is called as a finding stands here alone.
// SPDX-License-Identifier: MIT
#include "loader/read/sourcefile.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"
#include "loader/read/source.h"

#include <errno.h>

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
