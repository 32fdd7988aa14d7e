// A folder's set is read from one handle, and anew where it was replaced meanwhile.
// SPDX-License-Identifier: MIT
#include "loader/read/secretfile.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/read/sourcefile.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define SWAP_TRIES 8 // of a folder that is replaced all the time

// Every file of a folder at one moment. Kubernetes puts another set in its place at once, and
// deletes the files of the one before.
struct file_set {
	int handle; // of the folder, or of what its `..data` leads to
	struct dirent **entries;
	int count;
	struct fs_file *files; // an entry each; facts.st_mode is 0 where it was not read
};

static const struct file_set FILE_SET_NONE = {.handle = -1};

static void file_set_release(struct file_set *set)
{
	for (int i = 0; i < set->count; i++)
		free(set->entries[i]);
	free(set->entries);
	free(set->files);
	own_fd_release(&set->handle);
	*set = FILE_SET_NONE;
}

// The whole content of a file as one value; it was `read` before, or is read now.
static int take_value_file(const struct source_reader *reader, const struct source_file *source,
	const struct fs_file *read, struct found_key *key, struct found *value)
{
	struct err err = ERR_NONE;
	struct fs_file bytes;
	int code = 0;

	if (read)
		bytes = *read;
	else
		code = sourcefile_load(reader, source, &bytes, &err);
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		sourcefile_report(reader, key->name, &err);
		return SOURCE_E_BAD;
	}
	if (memchr(bytes.bytes, '\0', bytes.size) || bytes.size > BUNDLE_VALUE_MAX + 2) {
		bool nul = bytes.size <= BUNDLE_VALUE_MAX + 2;

		finding_add(reader->diag, nul ? FINDING_NUL : FINDING_TOO_LARGE,
			&(struct finding_about){.key = key->name, .origin = source->shown},
			nul ? "the file holds a NUL byte"
			    : "the value has %zu bytes, the cap is %u",
			bytes.size, BUNDLE_VALUE_MAX);
		return SOURCE_E_BAD;
	}
	value->value = secret_view(bytes.bytes, bytes.size);
	value->raw = SECRET_NONE;
	value->origin.place = source->shown;
	value->layer = source->layer;
	value->file = sourcefile_remember(reader, source->shown, &bytes.facts);
	if (!value->file)
		return -ENOMEM;
	return found_add(reader->found, key, value);
}

int secretfile_read_key(const struct source_reader *reader, struct found_key *key, const char *path)
{
	const struct source_file source = {
		.folder = AT_FDCWD, .path = path, .shown = path, .named = true};
	struct found value = {.origin.source = SOURCE_ENV, .from_file = true};

	return take_value_file(reader, &source, NULL, key, &value);
}

// The key that a file of a secrets directory offers.
// Returns: 0 with *ret_key NULL when its name is no key, or -ENOMEM.
static int key_of_file(const struct source_reader *reader, const struct secretfile_folder *folder,
	const char *name, struct found_key **ret_key)
{
	char upper[BUNDLE_NAME_MAX + 1];
	bool lower_case = true;
	size_t length = strlen(name);

	*ret_key = NULL;
	if (!text_is_name(name))
		return 0;
	for (size_t i = 0; i <= length; i++) {
		lower_case &= !isupper((unsigned char)name[i]);
		upper[i] = (char)toupper((unsigned char)name[i]);
	}
	if (lower_case && folder->lower_case_counts && !reader->may_set(reader->user, name) &&
		!found_find(reader->found, name)) // an env file may call it so
		name = upper;
	*ret_key = found_key(reader->found, name, length);
	return *ret_key ? 0 : -ENOMEM;
}

static int source_of(const struct source_reader *reader, const struct secretfile_folder *folder,
	const struct file_set *set, int at, struct source_file *ret_source)
{
	*ret_source = (struct source_file){
		.folder = set->handle,
		.path = set->entries[at]->d_name,
		.shown = pool_format(reader->pool, "%s/%s", folder->path, set->entries[at]->d_name),
		.layer = folder->layer,
		.named = true, // the folder was
	};
	return ret_source->shown ? 0 : -ENOMEM;
}

static int take_folder_file(const struct source_reader *reader,
	const struct secretfile_folder *folder, const struct file_set *set, int at)
{
	const char *name = set->entries[at]->d_name;
	const struct fs_file *read = set->files[at].facts.st_mode ? &set->files[at] : NULL;
	struct found value = {.origin.source = folder->source};
	struct source_file source;
	struct found_key *key;
	struct stat facts;

	if (source_of(reader, folder, set, at, &source) < 0)
		return -ENOMEM;
	if (name[0] == '.' ||
		(!read && fstatat(set->handle, name, &facts, 0) == 0 && S_ISDIR(facts.st_mode)))
		return 0;
	if (key_of_file(reader, folder, name, &key) < 0)
		return -ENOMEM;
	if (!key) {
		if (!text_starts(name, "samekey."))
			finding_add(reader->diag, FINDING_SKIPPED_FILE,
				&(struct finding_about){.origin = source.shown},
				"the file's name is no key's name, so it was skipped");
		return 0;
	}
	if (source_is_forbidden(reader, key->name)) {
		source_report_forbidden(reader, key->name, source.shown);
		return SOURCE_E_BAD;
	}
	for (const struct found *other = key->first; other; other = other->next) {
		if (other->origin.source != folder->source || other->layer != folder->layer)
			continue;
		finding_add(reader->diag, FINDING_DUPLICATE,
			&(struct finding_about){.key = key->name, .origin = source.shown},
			"%s offers the same key; the first one counts", other->origin.place);
		return 0;
	}
	return take_value_file(reader, &source, read, key, &value);
}

// Kubernetes swaps `..data` at once: one handle on it never sees a mixed set.
static int open_folder(const struct secretfile_folder *folder)
{
	int handle = openat(folder->at, folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), data;

	if (handle < 0)
		return -errno;
	data = openat(handle, "..data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0)
		return handle;
	(void)close(handle); // only read
	return data;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

// Whether another set has taken the place of this one.
static bool was_swapped(const struct secretfile_folder *folder, int handle)
{
	char data[PATH_MAX];
	struct stat ours, now;

	return snprintf(data, sizeof(data), "%s/..data", folder->path) < PATH_MAX &&
	       fstatat(folder->at, data, &now, 0) == 0 && fstat(handle, &ours) == 0 &&
	       (now.st_ino != ours.st_ino || now.st_dev != ours.st_dev);
}

// Reads what may be values before anything is made of one. What cannot be read is told later.
// Returns: 0, -EAGAIN when a file went with its set, or another negative errno.
static int read_files(const struct source_reader *reader, const struct secretfile_folder *folder,
	struct file_set *set)
{
	set->files = calloc((size_t)set->count + 1, sizeof(*set->files));
	if (!set->files)
		return -ENOMEM;
	for (int i = 0; i < set->count; i++) {
		struct err err = ERR_NONE;
		struct source_file source;
		int code;

		if (!text_is_name(set->entries[i]->d_name))
			continue;
		if (source_of(reader, folder, set, i, &source) < 0)
			return -ENOMEM;
		code = sourcefile_load(reader, &source, &set->files[i], &err);
		if (code == -ENOMEM)
			return code;
		if (code == -ENOENT && was_swapped(folder, set->handle))
			return -EAGAIN;
		if (code < 0)
			set->files[i].facts.st_mode = 0;
	}
	return 0;
}

// Returns: 0, -EAGAIN when the set was replaced meanwhile, or another negative errno.
static int read_set(const struct source_reader *reader, const struct secretfile_folder *folder,
	struct file_set *set)
{
	int code;

	set->handle = open_folder(folder);
	if (set->handle < 0)
		return set->handle;
	code = scandirat(set->handle, ".", &set->entries, NULL, compare_names);
	if (code < 0)
		code = -errno;
	else
		set->count = code;
	if (was_swapped(folder, set->handle))
		return -EAGAIN;
	return code < 0 || set->count > SECRETFILE_ENTRIES_MAX ? code
							       : read_files(reader, folder, set);
}

int secretfile_read_folder(
	const struct source_reader *reader, const struct secretfile_folder *folder)
{
	own(file_set_release) struct file_set set = FILE_SET_NONE;
	int code = -EAGAIN;

	for (int i = 0; i < SWAP_TRIES && code == -EAGAIN; i++) {
		file_set_release(&set);
		code = read_set(reader, folder, &set);
	}
	if (code == -ENOENT && !folder->named)
		return 0;
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		finding_add(reader->diag, code == -EAGAIN ? FINDING_TORN_READ : FINDING_UNREADABLE,
			&(struct finding_about){
				.origin = folder->path, .hint = sourcefile_hint(-code)},
			"cannot read the folder: %s",
			code == -EAGAIN ? "it is being replaced" : strerror(-code));
		return SOURCE_E_BAD;
	}
	sourcefile_judge_folder(reader, folder->at, folder->path);
	if (set.count > SECRETFILE_ENTRIES_MAX) {
		finding_add(reader->diag, FINDING_TOO_LARGE,
			&(struct finding_about){.origin = folder->path},
			"the folder has %d entries, the cap is %d", set.count,
			SECRETFILE_ENTRIES_MAX);
		return SOURCE_E_BAD;
	}
	code = 0;
	for (int i = 0; i < set.count && code >= 0; i++) {
		int one = take_folder_file(reader, folder, &set, i);

		code = one ? one : code;
	}
	return code;
}
