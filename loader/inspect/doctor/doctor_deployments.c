// Compose and Kubernetes files where all begins, above it up to the root, and in the folders that
// such files have. samekey-scan reads them and compares; doctor_deployed.c says what its records
// mean.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/doctor_deployed.h"
#include "loader/inspect/sources.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TIMEOUT_S 20
#define FOLDER_DEPTH_MAX 4
#define ROUNDS_MAX 4 // compose files that include others that include others

// ---- which files

struct paths {
	struct doctor *doctor;
	struct pool_list list; // const char *, absolute
	bool any;              // every YAML file, not only those of compose
	bool cut;              // there are more than a job can have
};

static bool is_yaml(const char *name)
{
	return text_ends(name, ".yaml") || text_ends(name, ".yml");
}

static bool is_compose(const char *name)
{
	return is_yaml(name) && (text_starts(name, "compose.") || text_starts(name, "compose-") ||
					text_starts(name, "docker-compose"));
}

static int list_path(struct paths *paths, const char *path)
{
	paths->cut |= paths->list.count == SCANJOB_PATHS_MAX;
	return paths->cut ? 0 : pool_push_text(paths->doctor->pool, &paths->list, path);
}

static int add_path(void *user, const struct tree_file *file)
{
	struct paths *paths = user;
	struct doctor *doctor = paths->doctor;

	if (!(paths->any ? is_yaml(file->name) : is_compose(file->name)))
		return 0;
	return list_path(paths,
		pool_format(doctor->pool, "%s/%s", doctor->resolution->place.start, file->path));
}

static int look_into(struct paths *paths, const char *prefix, bool deep)
{
	const struct tree_walk walk = {.prefix = prefix,
		.enters = deep ? sources_enter : NULL,
		.file = add_path,
		.user = paths,
		.depth = FOLDER_DEPTH_MAX,
		.links = true};
	own_fd int folder = openat(paths->doctor->resolution->place.handle, *prefix ? prefix : ".",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tree_gaps gaps = {0};
	int code = 0;

	if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	paths->any = deep;
	if (folder >= 0)
		code = tree_walk(folder, &walk, &gaps);
	if (folder < 0 || gaps.skipped || gaps.cut)
		doctor_could_not(paths->doctor, *prefix ? prefix : NULL,
			"not every folder was searched for compose and Kubernetes files: too "
			"many, too deep or unreadable");
	doctor_walked(paths->doctor, &gaps);
	return code;
}

static int find_paths(struct paths *paths)
{
	static const char *const names[] = {"k8s", ".k8s", "kube", "kubernetes", "manifests",
		"deploy", "deployment", "deployments", "helm", "charts", "kustomize", "infra"};
	const struct place *place = &paths->doctor->resolution->place;
	int code = 0;

	for (size_t i = 0; i < place->folder_count && code == 0; i++) {
		code = look_into(paths, place->folders[i], false);
		for (size_t j = 0; j < ARRAY_SIZE(names) && code == 0; j++) {
			const char *prefix = pool_format(
				paths->doctor->pool, "%s%s/", place->folders[i], names[j]);

			code = prefix ? look_into(paths, prefix, true) : -ENOMEM;
		}
	}
	return code;
}

// ---- the job

static int add_value(
	struct doctor *doctor, struct pool_list *values, const char *name, const char *value)
{
	struct scanjob_value *made;

	if (bundle_find(&doctor->resolution->bundle, name))
		return 0;
	made = pool_push(doctor->pool, values, sizeof(*made));
	if (!made)
		return -ENOMEM;
	*made = (struct scanjob_value){.key = name, .origin = "", .kind = SCANJOB_CURRENT};
	return secret_copy(doctor->resolution->arena, value, strlen(value), &made->value);
}

// samekey-scan compares whole values only.
static int add_flags(struct doctor *doctor, struct pool_list *values)
{
	const char *flag;
	int code = 0;

	for (size_t i = 0; i < doctor_flag_count && code == 0; i++)
		if (!doctor_flags[i].anywhere)
			code = add_value(
				doctor, values, doctor_flags[i].name, doctor_flags[i].value);
	for (size_t i = 0; code == 0 && (flag = framework_flag(i)); i++)
		code = add_value(doctor, values, flag, "true");
	return code;
}

static int make_job(struct doctor *doctor, const struct paths *paths, struct scanjob *job)
{
	struct pool_list values = {0};
	int code;

	*job = (struct scanjob){.task = SCANJOB_DEPLOYMENT,
		.paths = paths->list.items,
		.path_count = paths->list.count,
		.timeout_s = TIMEOUT_S};
	code = residue_job(doctor->resolution, doctor->pool, job);
	for (size_t i = 0; i < job->value_count && code == 0; i++) {
		struct scanjob_value *value = pool_push(doctor->pool, &values, sizeof(*value));

		code = value ? 0 : -ENOMEM;
		if (value)
			*value = job->values[i];
	}
	if (code == 0)
		code = add_flags(doctor, &values);
	job->values = values.items;
	job->value_count = values.count;
	return code;
}

// ---- asking

static bool was_skipped(const struct residue *residue, const char *path)
{
	for (size_t i = 0; i < residue->count; i++)
		if (residue->records[i].type == SCANREPORT_SKIPPED &&
			!text_equal(residue->records[i].state ? residue->records[i].state : "",
				SCANREPORT_UNMET) &&
			text_equal(residue->records[i].place.path, path))
			return true;
	return false;
}

// ---- compose files that others take in

// Whether a file is asked about already, under whatever path.
static bool is_listed(const struct paths *paths, const char *path)
{
	const char *const *list = paths->list.items;
	struct stat wanted, listed;

	if (stat(path, &wanted) < 0)
		return false; // what is not there is said when it is read
	for (size_t i = 0; i < paths->list.count; i++)
		if (stat(list[i], &listed) == 0 && listed.st_dev == wanted.st_dev &&
			listed.st_ino == wanted.st_ino)
			return true;
	return false;
}

static int follow_one(struct paths *paths, const struct scanreport *report)
{
	struct doctor *doctor = paths->doctor;
	const char *path = doctor_deployed_beside(doctor, report, report->origin);

	if (!path)
		return -ENOMEM;
	if (strstr(report->origin, "://") || text_starts(report->origin, "git@") ||
		strchr(report->origin, '$')) {
		doctor_could_not(doctor, doctor_show_path(doctor, report->place.path),
			"it takes in %s, which is not here or not known by name: not followed",
			report->origin);
		return 0;
	}
	return is_listed(paths, path) ? 0 : list_path(paths, path);
}

static int follow(struct paths *paths, const struct residue *residue)
{
	int code = 0;

	for (size_t i = 0; i < residue->count && code == 0; i++) {
		const struct scanreport *report = &residue->records[i];

		if (report->type == SCANREPORT_VARIABLE && report->origin && report->form &&
			text_equal(report->form, SCANREPORT_BY_COMPOSE_FILE))
			code = follow_one(paths, report);
	}
	return code;
}

// Asks about the files from `first` on, and adds those that they take in to the list.
// Returns: 0, 1 when nobody could look, or -ENOMEM.
static int ask_round(struct paths *paths, size_t first)
{
	struct doctor *doctor = paths->doctor;
	struct residue residue = {0};
	struct err err = ERR_NONE;
	struct scanjob job;
	int code = make_job(doctor, paths, &job);

	job.paths += first;
	job.path_count -= first;
	if (code == 0)
		code = residue_ask(&job, doctor->resolution->arena, doctor->pool, &residue, &err);
	if (code == -ENOMEM)
		return code;
	if (code != 0) {
		doctor_could_not(doctor, err.where, "%s", err.what);
		return 1;
	}
	for (size_t i = 0; i < residue.count && code == 0; i++)
		code = doctor_deployed_judge(doctor, &residue.records[i]);
	for (size_t i = 0; i < job.path_count; i++)
		if (!was_skipped(&residue, job.paths[i]))
			doctor_saw(doctor, "%s", doctor_show_path(doctor, job.paths[i]));
	return code ? code : follow(paths, &residue);
}

int doctor_deployments(struct doctor *doctor)
{
	struct paths paths = {.doctor = doctor};
	size_t asked = 0;
	int code = find_paths(&paths);

	if (code == 0 && !paths.list.count) {
		doctor_saw(doctor, "no compose or Kubernetes file here");
		return 0;
	}
	for (unsigned i = 0; i < ROUNDS_MAX && code == 0 && asked < paths.list.count; i++) {
		size_t count = paths.list.count;

		code = ask_round(&paths, asked);
		asked = count;
	}
	if (paths.cut || (code == 0 && asked < paths.list.count))
		doctor_could_not(doctor, NULL,
			"not every compose and Kubernetes file was looked at: more than %d, or "
			"compose files that take in others more than %d deep",
			SCANJOB_PATHS_MAX, ROUNDS_MAX);
	return code < 0 ? code : 0;
}
