// Env files themselves: who may read and write them, and copies in what was built.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>

// Where builds leave what is started or shipped.
static const char *const outputs[] = {
	".next", ".nuxt", ".output", ".svelte-kit", ".vercel", ".netlify", "dist", "build", "out"};

static void judge_mode(struct doctor *doctor, const struct doctor_env_file *file)
{
	const struct finding_about about = {.origin = file->path};
	unsigned mode = (unsigned)file->facts.st_mode & 0777;

	// of files that are read, the bundle's own findings tell
	if (file->read || !file->secret)
		return;
	if (mode & S_IROTH)
		finding_add(doctor->diag, FINDING_WORLD_READABLE, &about,
			"with mode %03o everybody on this host may read its secrets", mode);
	if (mode & S_IWOTH || (mode & S_IWGRP && file->facts.st_gid != file->facts.st_uid))
		finding_add(doctor->diag, FINDING_UNSAFE_FILE, &about,
			"with mode %03o %s may write it", mode,
			mode & S_IWOTH ? "everybody" : "its group");
	if (!(mode & (S_IROTH | S_IWOTH)))
		doctor_saw(doctor, "%s, mode %03o", file->path, mode);
}

struct copies {
	struct doctor *doctor;
	size_t found;
};

static int look_for_copy(void *user, const struct tree_file *file)
{
	struct copies *copies = user;

	if (!doctor_env_files_is_name(file->name))
		return 0;
	copies->found++;
	finding_add(copies->doctor->diag, FINDING_BUILD_COPY,
		&(struct finding_about){.origin = file->path},
		"the build copied an env file: it holds the values of then, and is shipped");
	return 0;
}

static bool enters_output(const char *name)
{
	return !text_equal(name, "cache") && !text_equal(name, "node_modules");
}

static int look_for_copies(struct doctor *doctor)
{
	struct copies copies = {.doctor = doctor};
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(outputs) && code == 0; i++) {
		char prefix[32];
		const struct tree_walk walk = {.prefix = prefix,
			.enters = enters_output,
			.file = look_for_copy,
			.user = &copies,
			.links = true};
		own_fd int folder = openat(doctor->resolution->place.handle, outputs[i],
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		size_t before = copies.found;
		struct tree_gaps gaps = {0};

		(void)snprintf(prefix, sizeof(prefix), "%s/", outputs[i]);
		if (folder >= 0)
			code = tree_walk(folder, &walk, &gaps);
		if ((folder < 0 && errno != ENOENT && errno != ENOTDIR) || gaps.skipped || gaps.cut)
			doctor_could_not(doctor, outputs[i], "not all of it was searched");
		else if (folder >= 0 && copies.found == before)
			doctor_saw(doctor, "%s holds no env file", outputs[i]);
		doctor_walked(doctor, &gaps);
	}
	return code;
}

int doctor_files(struct doctor *doctor)
{
	const struct doctor_env_file *files;
	size_t count;
	int code = doctor_env_files(doctor, &files, &count);

	for (size_t i = 0; i < count && code == 0; i++)
		judge_mode(doctor, &files[i]);
	if (code == 0)
		code = look_for_copies(doctor);
	if (code == 0)
		doctor_saw(doctor, "%zu env file%s in the project", count, text_plural(count));
	return code;
}
