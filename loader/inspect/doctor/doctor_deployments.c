// Compose and Kubernetes files where all begins, above it up to the root, and in the folders that
// such files have. samekey-scan reads them and compares; here its records become findings, and the
// env files and secret files that they name are read.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/sources.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define TIMEOUT_S 20
#define FOLDER_DEPTH_MAX 4
#define ROUNDS_MAX 4 // compose files that include others that include others

// ---- which files

struct paths {
	struct doctor *doctor;
	struct pool_list list; // const char *, absolute
	bool any;              // every YAML file, not only those of compose
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

static int add_path(void *user, const struct tree_file *file)
{
	struct paths *paths = user;
	struct doctor *doctor = paths->doctor;
	const char **slot;

	if (!(paths->any ? is_yaml(file->name) : is_compose(file->name)) ||
		paths->list.count == SCANJOB_PATHS_MAX)
		return 0;
	slot = pool_push(doctor->pool, &paths->list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = pool_format(doctor->pool, "%s/%s", doctor->resolution->place.start, file->path);
	return *slot ? 0 : -ENOMEM;
}

static int look_into(struct paths *paths, const char *prefix, bool deep)
{
	const struct tree_walk walk = {.prefix = prefix,
		.enters = deep ? sources_enter : NULL,
		.file = add_path,
		.user = paths,
		.depth = FOLDER_DEPTH_MAX};
	own_fd int folder = openat(paths->doctor->resolution->place.handle, *prefix ? prefix : ".",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	paths->any = deep;
	return folder < 0 ? 0 : tree_walk(folder, &walk, NULL);
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

// ---- records

// A state and what it is worth for a secret.
static const struct {
	const char *state;
	enum finding finding;
	const char *text;
} states[] = {
	{"shadowed", FINDING_FEEDS_STALE, "is given a value that lost"},
	{"other", FINDING_FEEDS_OTHER, "is given another value"},
	{"empty", FINDING_FEEDS_EMPTY, "is given an empty value"},
	{"placeholder", FINDING_FEEDS_PLACEHOLDER, "is given a text that everybody can guess"},
	{"quoted", FINDING_FEEDS_QUOTED, "is given the value with something around it"},
};

static void judge_state(struct doctor *doctor, const struct scanreport *report,
	const struct bundle_key *key, const char *origin)
{
	bool secret = (key->flags & BUNDLE_KEY_SECRET) != 0;
	const char *lost =
		report->origin && text_equal(report->state, "shadowed") ? report->origin : "";

	const char *who = report->text ? report->text : "";
	int length = (int)strcspn(who, ";"); // behind it stands what is peculiar

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (text_equal(states[i].state, report->state))
			finding_add(doctor->diag,
				secret ? states[i].finding : FINDING_FEEDS_SETTING,
				&(struct finding_about){.key = key->name, .origin = origin},
				"%.*s %s%s%s%s", length, who, states[i].text,
				*lost ? ", that of " : "", lost, who + length);
}

// A secret that stands there itself, or nearly.
static bool is_literal(const struct scanreport *report)
{
	static const char *const literal[] = {"same", "shadowed", "other", "quoted", NULL};

	return text_is_among(report->state, literal);
}

static void judge_clear(
	struct doctor *doctor, const struct scanreport *report, const char *key, const char *origin)
{
	const struct finding_about about = {.key = key, .origin = origin};
	const char *who = report->text ? report->text : "";

	if (text_equal(report->form, SCANREPORT_BY_ARGUMENT))
		finding_add(doctor->diag, FINDING_BAKED_SECRET, &about,
			"a build argument stays in the image (%s)", who);
	else if (!is_literal(report))
		return;
	else if (text_equal(report->form, SCANREPORT_BY_CONFIG_MAP))
		finding_add(doctor->diag, FINDING_CONFIG_MAP_SECRET, &about,
			"a secret stands in a ConfigMap (%s)", who);
	else if (text_equal(report->form, SCANREPORT_BY_SECRET))
		finding_add(doctor->diag, FINDING_CLEAR_SECRET, &about,
			"a secret stands in the file, and base64 hides nothing (%s)", who);
	else
		finding_add(doctor->diag, FINDING_CLEAR_SECRET, &about,
			"a secret stands in the file in clear text (%s)", who);
}

static void judge_flag(struct doctor *doctor, const struct scanreport *report, const char *origin)
{
	bool framework = text_starts(report->key, "__");

	if (!text_equal(report->state, "same") && !(framework && is_literal(report)))
		return;
	finding_add(doctor->diag, FINDING_STORED_FLAG,
		&(struct finding_about){.key = report->key, .origin = origin}, "it is set for %s",
		report->text ? report->text : "a container");
}

// ---- files that a file names

// Beside the file that names it.
static const char *beside(struct doctor *doctor, const struct scanreport *report, const char *path)
{
	const char *slash = strrchr(report->place.path, '/');

	if (*path == '/' || !slash)
		return path;
	return pool_format(doctor->pool, "%.*s/%s", (int)(slash - report->place.path),
		report->place.path, text_starts(path, "./") ? path + 2 : path);
}

static void judge_items(struct doctor *doctor, const struct emulation *emulation, const char *shown,
	const char *who)
{
	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);
		char key[BUNDLE_NAME_MAX + 1], origin[PATH_MAX + 16];

		if (item.name.length > BUNDLE_NAME_MAX)
			continue;
		memcpy(key, item.name.at, item.name.length);
		key[item.name.length] = '\0';
		(void)snprintf(origin, sizeof(origin), "%s:%u", shown, item.line);
		(void)doctor_judge(
			doctor, &(struct doctor_given){.key = key,
					.value = secret_view(item.value.at, item.value.length),
					.origin = origin,
					.who = who,
					.through_samekey = true});
	}
}

static int judge_env_file(struct doctor *doctor, const struct scanreport *report,
	const struct doctor_file *file, const char *shown)
{
	bool raw = text_equal(report->form, SCANREPORT_BY_RAW_FILE);
	own(emulation_release) struct emulation *emulation = emulation_new(
		&(struct emulation_options){.dialect = dialect_find(raw ? "docker" : "compose"),
			.arena = doctor->resolution->arena,
			.files_only = true});
	int code = emulation ? emulation_read(emulation,
				       (struct span){(const uint8_t *)file->bytes, file->size})
			     : -ENOMEM;

	if (code == 0)
		code = emulation_finish(emulation);
	if (code == 0)
		judge_items(doctor, emulation, shown, report->text ? report->text : "a service");
	else if (code != -ENOMEM)
		doctor_could_not(doctor, shown, "compose would refuse the file");
	return code == -ENOMEM ? code : 0;
}

static int judge_file(struct doctor *doctor, const struct scanreport *report, const char *origin)
{
	const char *path = beside(doctor, report, report->origin), *shown;
	struct doctor_file file;
	struct secret value;
	int code = path ? doctor_load(doctor, AT_FDCWD, path, &file) : -ENOMEM;

	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		if (!report->text || !strstr(report->text, "may be missing"))
			doctor_could_not(
				doctor, origin, "it names %s: %s", report->origin, strerror(-code));
		return 0;
	}
	shown = doctor_show_path(doctor, path);
	value = secret_view(file.bytes, file.size);
	if (value.length && file.bytes[value.length - 1] == '\n')
		value.length--; // samekey and most readers of such files take it off
	if (text_equal(report->form, SCANREPORT_BY_SECRET_FILE))
		(void)doctor_judge(doctor, &(struct doctor_given){.key = report->key,
						   .value = value,
						   .origin = shown,
						   .who = report->text,
						   .through_samekey = true});
	else
		code = judge_env_file(doctor, report, &file, shown);
	doctor_done(doctor, &file);
	return code;
}

static int judge(struct doctor *doctor, const struct scanreport *report)
{
	const char *path = doctor_show_path(doctor, report->place.path);
	const struct bundle_key *key =
		report->key ? bundle_find(&doctor->resolution->bundle, report->key) : NULL;
	char origin[PATH_MAX + 32];

	if (report->place.line)
		(void)snprintf(origin, sizeof(origin), "%s:%llu", path,
			(unsigned long long)report->place.line);
	else
		(void)snprintf(origin, sizeof(origin), "%s", path);
	if (report->type == SCANREPORT_SKIPPED && !text_equal(report->state, "foreign"))
		doctor_could_not(doctor, origin, "%s", report->text ? report->text : "");
	if (report->type != SCANREPORT_VARIABLE || !report->state)
		return 0;
	if (text_equal(report->state, "file") &&
		text_equal(report->form, SCANREPORT_BY_COMPOSE_FILE))
		return 0; // see follow
	if (text_equal(report->state, "file"))
		return report->origin ? judge_file(doctor, report, origin) : 0;
	if (!key) {
		if (report->key)
			judge_flag(doctor, report, origin);
		return 0;
	}
	judge_state(doctor, report, key, origin);
	if (key->flags & BUNDLE_KEY_SECRET)
		judge_clear(doctor, report, key->name, origin);
	return 0;
}

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
	const char *path = beside(doctor, report, report->origin), **slot;

	if (!path)
		return -ENOMEM;
	if (strstr(report->origin, "://") || text_starts(report->origin, "git@") ||
		strchr(report->origin, '$')) {
		doctor_could_not(doctor, doctor_show_path(doctor, report->place.path),
			"it takes in %s, which is not here or not known by name: not followed",
			report->origin);
		return 0;
	}
	if (is_listed(paths, path) || paths->list.count == SCANJOB_PATHS_MAX)
		return 0;
	slot = pool_push(doctor->pool, &paths->list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = path;
	return 0;
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
		code = judge(doctor, &residue.records[i]);
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
	return code < 0 ? code : 0;
}
