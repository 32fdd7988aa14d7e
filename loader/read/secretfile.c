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

#define SWAP_TRIES 3 // of a folder that is replaced all the time

// Whether Kubernetes has put another set in the place of the one behind the handle, which it
// deletes file by file then.
static bool was_swapped(const struct secretfile_folder *folder, int handle)
{
	char data[PATH_MAX];
	struct stat ours, now;

	return snprintf(data, sizeof(data), "%s/..data", folder->path) < PATH_MAX &&
	       fstatat(folder->at, data, &now, 0) == 0 && fstat(handle, &ours) == 0 &&
	       (now.st_ino != ours.st_ino || now.st_dev != ours.st_dev);
}

// A file whose whole content is one value.
static int read_value_file(const struct source_reader *reader, const struct source_file *source,
	struct found_key *key, struct found *value)
{
	struct err err = ERR_NONE;
	struct fs_file bytes;
	int code = sourcefile_load(reader, source, &bytes, &err);

	if (code == -ENOMEM)
		return code;
	if (code == -ENOENT && source->set && was_swapped(source->set, source->folder))
		(void)err_set(
			&err, -EAGAIN, source->shown, "went with its set, which was replaced");
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

	return read_value_file(reader, &source, key, &value);
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

static int read_folder_file(const struct source_reader *reader,
	const struct secretfile_folder *folder, int handle, const char *name)
{
	struct found value = {.origin.source = folder->source};
	struct source_file source = {
		.folder = handle,
		.path = name,
		.shown = pool_format(reader->pool, "%s/%s", folder->path, name),
		.set = folder,
		.layer = folder->layer,
		.named = true, // the folder was
	};
	struct found_key *key;
	struct stat facts;

	if (!source.shown)
		return -ENOMEM;
	if (name[0] == '.' || (fstatat(handle, name, &facts, 0) == 0 && S_ISDIR(facts.st_mode)))
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
	return read_value_file(reader, &source, key, &value);
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

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

// The names of a folder, all of one set.
// Returns: how many, or a negative errno; then there is no list.
static int list_folder(
	const struct secretfile_folder *folder, int *ret_handle, struct dirent ***ret_entries)
{
	for (int i = 0; i < SWAP_TRIES; i++) {
		own_fd int handle = open_folder(folder);
		int count = handle < 0 ? handle
				       : scandirat(handle, ".", ret_entries, NULL, compare_names);

		if (handle < 0)
			return handle;
		if (count < 0)
			count = -errno;
		if (!was_swapped(folder, handle)) {
			*ret_handle = take_fd(&handle);
			return count;
		}
		if (count >= 0)
			free_entries(*ret_entries, count);
	}
	return -EAGAIN;
}

int secretfile_read_folder(
	const struct source_reader *reader, const struct secretfile_folder *folder)
{
	own_fd int handle = -1;
	struct dirent **entries = NULL;
	int count = list_folder(folder, &handle, &entries), code = 0;

	if (count == -ENOENT && !folder->named)
		return 0;
	if (count == -ENOMEM)
		return count;
	if (count < 0) {
		finding_add(reader->diag, count == -EAGAIN ? FINDING_TORN_READ : FINDING_UNREADABLE,
			&(struct finding_about){
				.origin = folder->path, .hint = sourcefile_hint(-count)},
			"cannot read the folder: %s",
			count == -EAGAIN ? "it is being replaced" : strerror(-count));
		return SOURCE_E_BAD;
	}
	sourcefile_judge_folder(reader, folder->at, folder->path);
	if (count > SECRETFILE_ENTRIES_MAX) {
		finding_add(reader->diag, FINDING_TOO_LARGE,
			&(struct finding_about){.origin = folder->path},
			"the folder has %d entries, the cap is %d", count, SECRETFILE_ENTRIES_MAX);
		code = SOURCE_E_BAD;
	}
	for (int i = 0; i < count && code >= 0 && count <= SECRETFILE_ENTRIES_MAX; i++) {
		int one = read_folder_file(reader, folder, handle, entries[i]->d_name);

		code = one ? one : code;
	}
	free_entries(entries, count);
	return code;
}
