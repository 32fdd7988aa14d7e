// The env files of a project: those that are called so, found by a walk, and those that samekey.ini
// or an option names, whatever they are called. A link counts as the file that it leads to.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/sources.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

bool doctor_env_files_is_name(const char *name)
{
	static const char *const others[] = {".env.example", ".env.sample", ".env.template",
		".env.dist", ".env.defaults", ".env.vault", ".env.keys", ".env.me", NULL};

	if (text_is_among(name, others))
		return false;
	return text_equal(name, ".env") ||
	       (text_starts(name, ".env.") && !text_ends(name, ".example") &&
		       !text_ends(name, ".swp"));
}

struct collecting {
	struct doctor *doctor;
	struct pool_list files;
	bool secret; // of the file that is read
	bool cut;    // there are more than DOCTOR_ENV_FILES_MAX
};

static int look_at_entry(void *user, const struct dotenv_entry *entry)
{
	struct collecting *collecting = user;
	const struct bundle *bundle = &collecting->doctor->resolution->bundle;
	struct secret value = secret_view(entry->raw, entry->raw_length);
	const struct bundle_key *key;
	char name[BUNDLE_NAME_MAX + 1];

	if (!value.length || entry->name_length > BUNDLE_NAME_MAX || placeholder_is_known(value))
		return 0;
	memcpy(name, entry->name, entry->name_length);
	name[entry->name_length] = '\0';
	key = bundle_find(bundle, name);
	collecting->secret |=
		key ? (key->flags & BUNDLE_KEY_SECRET) != 0 : shape_looks_secret(name, value);
	return 0;
}

static void ignore_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

// Whether it holds a secret. What cannot be read may well be one.
// Returns: 0 with *ret_facts of what was read, or -ENOMEM.
static int judge_env_file(
	struct collecting *collecting, const struct tree_file *found, struct stat *ret_facts)
{
	const struct dotenv_sink sink = {collecting, look_at_entry, ignore_trouble};
	struct doctor *doctor = collecting->doctor;
	struct doctor_file file = {0};
	int code = doctor_load(doctor, found->folder, found->name, &file);

	collecting->secret = code < 0;
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		doctor_could_not(doctor, found->path, "%s", strerror(-code));
		return 0;
	}
	ignore_result(dotenv_read((const uint8_t *)file.bytes, file.size, dialect_find("portable"),
		&sink)); // it stops for nobody
	*ret_facts = file.facts;
	doctor_done(doctor, &file);
	return 0;
}

// The one in the list that is the same file.
static struct doctor_env_file *find_same(
	const struct collecting *collecting, const struct stat *facts)
{
	struct doctor_env_file *files = collecting->files.items;

	for (size_t i = 0; i < collecting->files.count; i++)
		if (files[i].facts.st_dev == facts->st_dev &&
			files[i].facts.st_ino == facts->st_ino)
			return &files[i];
	return NULL;
}

// Where a path leads to in the end.
// Returns: a path of the pool, or NULL: nobody can tell, or memory is short.
static const char *real_path(const struct doctor *doctor, const char *path)
{
	const char *start = doctor->resolution->place.start;
	char whole[PATH_MAX], real[PATH_MAX];
	int length = *path == '/' ? snprintf(whole, sizeof(whole), "%s", path)
				  : snprintf(whole, sizeof(whole), "%s/%s", start, path);

	return length < PATH_MAX && realpath(whole, real) ? pool_copy(doctor->pool, real) : NULL;
}

// Adds a file, but for a link beside the file that it leads to.
static int add_env_file(struct collecting *collecting, const char *path, const struct stat *facts,
	bool link, bool elsewhere)
{
	struct doctor *doctor = collecting->doctor;
	struct doctor_env_file *slot = find_same(collecting, facts);

	if (slot && link)
		return 0;
	if (!slot || !slot->link)
		slot = pool_push(doctor->pool, &collecting->files, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = (struct doctor_env_file){.path = pool_copy(doctor->pool, path),
		.real = link || elsewhere ? real_path(doctor, path) : NULL,
		.facts = *facts,
		.link = link,
		.secret = collecting->secret,
		.read = resolution_file(doctor->resolution, facts) != NULL};
	return slot->path ? 0 : -ENOMEM;
}

static int collect_env_file(void *user, const struct tree_file *found)
{
	struct collecting *collecting = user;
	struct doctor *doctor = collecting->doctor;
	struct stat facts;
	bool link;

	if (!doctor_env_files_is_name(found->name))
		return 0;
	if (collecting->files.count == DOCTOR_ENV_FILES_MAX) {
		collecting->cut = true;
		return 0;
	}
	if (fstatat(found->folder, found->name, &facts, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			doctor_could_not(doctor, found->path, "%s", strerror(errno));
		return 0;
	}
	link = S_ISLNK(facts.st_mode);
	if (judge_env_file(collecting, found, &facts) < 0)
		return -ENOMEM;
	return add_env_file(collecting, found->path, &facts, link, false);
}

// The files that the bundle comes from and no walk has found.
static int collect_named(struct collecting *collecting)
{
	const struct resolution *resolution = collecting->doctor->resolution;
	int code = 0;

	for (size_t i = 0; i < resolution->file_count && code == 0; i++) {
		const struct found_file *file = resolution->files[i];
		struct stat facts = {.st_dev = file->device, .st_ino = file->inode};
		const struct tree_file found = {resolution->place.handle, file->shown, file->shown};

		if (file->build_copy || find_same(collecting, &facts))
			continue;
		code = judge_env_file(collecting, &found, &facts);
		if (code == 0)
			code = add_env_file(collecting, file->shown, &facts, false, true);
	}
	return code;
}

int doctor_env_files(
	struct doctor *doctor, const struct doctor_env_file **ret_files, size_t *ret_count)
{
	const struct place *place = &doctor->resolution->place;
	struct collecting collecting = {.doctor = doctor};
	int code = 0;

	for (size_t i = 0; i < place->folder_count && code == 0; i++) {
		const struct tree_walk walk = {.prefix = place->folders[i],
			.enters = i ? NULL : sources_enter,
			.file = collect_env_file,
			.user = &collecting,
			.links = true};
		own_fd int folder = openat(place->handle, i ? place->folders[i] : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct tree_gaps gaps = {0};

		code = folder < 0 ? 0 : tree_walk(folder, &walk, &gaps);
		if (folder < 0 || gaps.skipped || gaps.cut)
			doctor_could_not(doctor, i ? place->folders[i] : NULL,
				"not every folder was searched for env files: too many, too deep "
				"or unreadable");
		doctor_walked(doctor, &gaps);
	}
	if (collecting.cut)
		doctor_could_not(doctor, NULL, "more than %d env files: the rest was not looked at",
			DOCTOR_ENV_FILES_MAX);
	if (code == 0)
		code = collect_named(&collecting);
	*ret_files = collecting.files.items;
	*ret_count = collecting.files.count;
	return code;
}
