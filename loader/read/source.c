// Files into found values. The process environment needs no reading: resolve looks it up by name.
// SPDX-License-Identifier: MIT
#include "loader/read/source.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "loader/read/dialects/dialect.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define SOURCE_TRIES 3

// Reading one env file.
struct dotenv_reading {
	const struct source_reader *reader;
	const struct source_file *source;
	struct found_file *file;
	bool bad;
};

static void add_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct dotenv_reading *reading = user;
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1];
	const struct finding_kind *kind = finding_kind(trouble->finding);

	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", reading->source->shown, trouble->line,
		trouble->column);
	(void)shape_show_name(name, sizeof(name), trouble->name, trouble->name_length);
	finding_add(reading->reader->diag, trouble->finding,
		&(struct finding_about){.key = name, .origin = origin}, "%s", kind->title);
	reading->bad |= kind->severity == DIAG_ERROR;
}

static void report_cap(struct dotenv_reading *reading, const struct dotenv_entry *entry,
	const char *what, size_t size, size_t cap)
{
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1];
	size_t length = entry->name_length < sizeof(name) ? entry->name_length : sizeof(name) - 1;

	memcpy(name, entry->name, length);
	name[length] = '\0';
	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", reading->source->shown, entry->line,
		entry->column);
	finding_add(reading->reader->diag, FINDING_TOO_LARGE,
		&(struct finding_about){.key = name, .origin = origin},
		"%s has %zu bytes, the cap is %zu", what, size, cap);
	reading->bad = true;
}

// What makes a dynamic linker, a library or a shell run something before the program's first line,
// and what no team keeps in an env file. What an interpreter's options are kept in (NODE_OPTIONS,
// PYTHONPATH, JAVA_TOOL_OPTIONS) is. A name that ends in '*' stands for all that begin so.
static const char *const forbidden_names[] = {
	// clang-format off
	"LD_*", "SAMEKEY_*", "PATH", "GCONV_PATH", "GLIBC_TUNABLES", "PYTHONSTARTUP", "PERL5DB",
	"ENV", "BASH_ENV", "BASH_FUNC_*", "BASHOPTS", "SHELLOPTS", "PS4", "IFS", "ZDOTDIR",
	// clang-format on
};

static bool is_called(const char *name, const char *forbidden)
{
	size_t length = strcspn(forbidden, "*");
	return strncmp(name, forbidden, length) == 0 && (forbidden[length] || !name[length]);
}

bool source_is_forbidden(const struct source_reader *reader, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(forbidden_names); i++)
		if (is_called(name, forbidden_names[i]))
			return !reader->may_set(reader->user, name);
	return false;
}

void source_report_forbidden(
	const struct source_reader *reader, const char *name, const char *origin)
{
	char shown[BUNDLE_NAME_MAX + 1], hint[BUNDLE_NAME_MAX + 64];

	(void)shape_show_name(shown, sizeof(shown), name, strlen(name));
	(void)snprintf(hint, sizeof(hint), "a section [key %s] in samekey.ini allows it", shown);
	finding_add(reader->diag, FINDING_FORBIDDEN_NAME,
		&(struct finding_about){.key = shown, .origin = origin, .hint = hint}, "%s",
		finding_kind(FINDING_FORBIDDEN_NAME)->title);
}

// The last of two lines for one key counts.
static void replace_duplicate(struct dotenv_reading *reading, const struct dotenv_entry *entry,
	struct found *earlier, const struct found *value)
{
	struct found *next = earlier->next;

	reading->file->repeats = true;
	add_trouble(reading, &(struct dotenv_trouble){FINDING_DUPLICATE, entry->line, entry->column,
				     entry->name, entry->name_length});
	*earlier = *value;
	earlier->next = next;
}

// A line of an unquoted key; its "name" must not be shown or handed on.
static bool is_encoded(const struct dotenv_entry *entry)
{
	return entry->quote == DOTENV_PLAIN &&
	       shape_name_is_encoded(
		       entry->name, entry->name_length, secret_view(entry->raw, entry->raw_length));
}

static int add_entry(void *user, const struct dotenv_entry *entry)
{
	struct dotenv_reading *reading = user;
	const struct source_reader *reader = reading->reader;
	struct found value = {
		.origin = {SOURCE_DOTENV, reading->source->shown, entry->line, entry->column},
		.value = secret_view(entry->raw, entry->raw_length),
		.raw = secret_view(entry->raw, entry->raw_length),
		.quote = entry->quote,
		.dollar = entry->dollar,
		.file = reading->file,
		.layer = reading->source->layer,
	};
	char origin[ORIGIN_TEXT_SIZE];
	struct found_key *key;

	if (is_encoded(entry)) {
		add_trouble(reading, &(struct dotenv_trouble){.finding = FINDING_MALFORMED,
					     .line = entry->line,
					     .column = entry->column});
		return 0;
	}
	if (entry->name_length > BUNDLE_NAME_MAX || entry->raw_length > BUNDLE_VALUE_MAX) {
		bool name = entry->name_length > BUNDLE_NAME_MAX;

		report_cap(reading, entry, name ? "the name" : "the value",
			name ? entry->name_length : entry->raw_length,
			name ? BUNDLE_NAME_MAX : BUNDLE_VALUE_MAX);
		return 0;
	}
	key = found_key(reader->found, entry->name, entry->name_length);
	if (!key)
		return -ENOMEM;
	if (source_is_forbidden(reader, key->name)) {
		source_report_forbidden(
			reader, key->name, origin_text(value.origin, origin, sizeof(origin)));
		reading->bad = true;
		return 0;
	}
	if (entry->escaped) {
		uint8_t *decoded = secret_arena_take(reader->arena, entry->raw_length);

		if (!decoded)
			return -ENOMEM;
		value.value = secret_view(decoded, dotenv_decode(entry, decoded));
	}
	if (key->last && key->last->file == reading->file) {
		replace_duplicate(reading, entry, key->last, &value);
		return 0;
	}
	return found_add(reader->found, key, &value);
}

// What is not there has neither owner nor mode. NULL: the finding's own hint fits.
static const char *hint_of_absence(int error)
{
	return error == ENOENT ? "correct the path, or take it out of the sources" : NULL;
}

// Turns a file that cannot be used into a finding.
static void report_file(const struct source_reader *reader, const char *key, const struct err *err)
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
			.hint = err->hint[0] ? err->hint : hint_of_absence(-err->code)},
		"%s", err->what);
}

static struct found_file *remember_file(
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

static int load(const struct source_reader *reader, const struct source_file *source,
	struct fs_file *ret_file, struct err *err)
{
	const struct fs_rules rules = {
		.max_size = reader->max_file,
		.links = source->named ? FS_LINKS_ANYWHERE : FS_LINKS_INSIDE,
		.shown = source->shown,
	};

	return fs_read(source->folder, source->path, &rules, reader->arena, ret_file, err);
}

int source_read_dotenv(const struct source_reader *reader, const struct source_file *source,
	struct found_file **ret_file)
{
	struct dotenv_reading reading = {.reader = reader, .source = source};
	const struct dotenv_sink sink = {&reading, add_entry, add_trouble};
	struct err err = ERR_NONE;
	struct fs_file bytes;
	struct found_file *file;
	struct stat facts;
	int code = load(reader, source, &bytes, &err);

	*ret_file = NULL;
	if (code == -ENOENT && !source->named &&
		fstatat(source->folder, source->path, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; // not even a dangling link
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		report_file(reader, NULL, &err);
		return SOURCE_E_BAD;
	}
	file = remember_file(reader, source->shown, &bytes.facts);
	if (!file)
		return -ENOMEM;
	file->named = source->named;
	file->build_copy = source->build_copy;
	file->layer = source->layer;
	file->text = (struct span){bytes.bytes, bytes.size};
	reading.file = file;
	*ret_file = file;
	if (!reader->dialect->own) {
		file->repeats = true; // for all that is known
		return 0;
	}
	code = dotenv_read(bytes.bytes, bytes.size, reader->dialect, &sink);
	return code < 0 ? code : reading.bad ? SOURCE_E_BAD : 0;
}

// Whether Kubernetes has put another set in the place of the one behind the handle, which it
// deletes file by file then.
static bool was_swapped(const struct source_folder *folder, int handle)
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
	int code = load(reader, source, &bytes, &err);

	if (code == -ENOMEM)
		return code;
	if (code == -ENOENT && source->set && was_swapped(source->set, source->folder))
		(void)err_set(
			&err, -EAGAIN, source->shown, "went with its set, which was replaced");
	if (code < 0) {
		report_file(reader, key->name, &err);
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
	value->file = remember_file(reader, source->shown, &bytes.facts);
	if (!value->file)
		return -ENOMEM;
	return found_add(reader->found, key, value);
}

int source_read_key_file(
	const struct source_reader *reader, struct found_key *key, const char *path)
{
	const struct source_file source = {
		.folder = AT_FDCWD, .path = path, .shown = path, .named = true};
	struct found value = {.origin.source = SOURCE_ENV, .from_file = true};

	return read_value_file(reader, &source, key, &value);
}

// The key that a file of a secrets directory offers.
// Returns: 0 with *ret_key NULL when its name is no key, or -ENOMEM.
static int key_of_file(const struct source_reader *reader, const struct source_folder *folder,
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

static int read_folder_file(const struct source_reader *reader, const struct source_folder *folder,
	int handle, const char *name)
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
static int open_folder(const struct source_folder *folder)
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
	const struct source_folder *folder, int *ret_handle, struct dirent ***ret_entries)
{
	for (int i = 0; i < SOURCE_TRIES; i++) {
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

int source_read_folder(const struct source_reader *reader, const struct source_folder *folder)
{
	own_fd int handle = -1;
	struct dirent **entries = NULL;
	struct stat facts;
	int count = list_folder(folder, &handle, &entries), code = 0;

	if (count == -ENOENT && !folder->named)
		return 0;
	if (count == -ENOMEM)
		return count;
	if (count < 0) {
		finding_add(reader->diag, count == -EAGAIN ? FINDING_TORN_READ : FINDING_UNREADABLE,
			&(struct finding_about){
				.origin = folder->path, .hint = hint_of_absence(-count)},
			"cannot read the folder: %s",
			count == -EAGAIN ? "it is being replaced" : strerror(-count));
		return SOURCE_E_BAD;
	}
	if (fstatat(folder->at, folder->path, &facts, 0) == 0 && (facts.st_mode & S_IWOTH) &&
		!(facts.st_mode & S_ISVTX))
		finding_add(reader->diag, FINDING_OPEN_FOLDER,
			&(struct finding_about){.origin = folder->path},
			"everybody on this host may replace its files");
	if (count > SOURCE_DIRECTORY_FILES_MAX) {
		finding_add(reader->diag, FINDING_TOO_LARGE,
			&(struct finding_about){.origin = folder->path},
			"the folder has %d entries, the cap is %d", count,
			SOURCE_DIRECTORY_FILES_MAX);
		code = SOURCE_E_BAD;
	}
	for (int i = 0; i < count && code >= 0 && count <= SOURCE_DIRECTORY_FILES_MAX; i++) {
		int one = read_folder_file(reader, folder, handle, entries[i]->d_name);

		code = one ? one : code;
	}
	free_entries(entries, count);
	return code;
}

struct name_listing {
	int (*name)(void *user, const char *name, size_t length);
	void *user;
};

static int list_entry(void *user, const struct dotenv_entry *entry)
{
	const struct name_listing *listing = user;

	if (is_encoded(entry))
		return 0;
	return listing->name(listing->user, entry->name, entry->name_length);
}

static void ignore_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

int source_list_names(const struct source_reader *reader, const struct source_file *file,
	int (*name)(void *user, const char *name, size_t length), void *user)
{
	struct name_listing listing = {name, user};
	const struct dotenv_sink sink = {&listing, list_entry, ignore_trouble};
	struct fs_file bytes;
	int code = load(reader, file, &bytes, NULL);

	if (code < 0)
		return code == -ENOMEM ? code : 0;
	code = dotenv_read(bytes.bytes, bytes.size, dialect_find("portable"), &sink);
	fs_file_done(&bytes, reader->arena);
	return code;
}
