// What PM2 saved (dump.pm2: the environments that `pm2 resurrect` starts with, in clear text), and
// what ecosystem files promise that PM2 does not do. The files are read as text, never run.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/doctor_pm2_kept.h"
#include "loader/inspect/running/pm2env.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

struct dump {
	struct doctor *doctor;
	const char *shown;   // its path for people
	size_t apps, passed; // that belong to the root, and others
	bool holds_secret;
};

// What PM2 keeps for itself differs between the instances of one app.
static bool is_own(const char *name)
{
	return !text_is_name(name) || ascii_is_lower(name[0]) ||
	       text_equal(name, "NODE_APP_INSTANCE");
}

static bool is_of_root(const struct doctor *doctor, const struct pm2env *app)
{
	static const char *const names[] = {"pm_cwd", "pm_exec_path"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct secret path;
		char text[PATH_MAX];

		if (!pm2env_find(app, names[i], &path) || path.length >= sizeof(text))
			continue;
		memcpy(text, secret_bytes(path), path.length);
		text[path.length] = '\0';
		if (doctor_is_below_root(doctor, text))
			return true;
	}
	return false;
}

static void judge_app(struct dump *dump, const struct pm2env *app)
{
	char who[PM2ENV_NAME_MAX + 32];
	struct doctor_given given = {.origin = dump->shown,
		.who = who,
		.hint = "pm2 delete the app, start it anew with samekey run in front (samekey help "
			"pm2), pm2 save",
		.through_samekey = text_equal(path_basename(app->script), "samekey")};

	(void)snprintf(who, sizeof(who), "PM2's app %s", app->name);
	for (size_t i = 0; i < app->count; i++) {
		given.key = app->variables[i].name;
		given.value = app->variables[i].value;
		if (doctor_judge(dump->doctor, &given) && given.value.length)
			dump->holds_secret = true;
	}
}

// The instances of one app are saved one by one, with the same environment.
static bool is_repeated(const struct pm2env *apps, size_t index)
{
	const struct pm2env *app = &apps[index];
	bool same = false;

	for (size_t i = 0; i < index && !same; i++) {
		same = text_equal(apps[i].name, app->name) && apps[i].count == app->count;
		for (size_t j = 0; j < app->count && same; j++)
			same = text_equal(apps[i].variables[j].name, app->variables[j].name) &&
			       (is_own(app->variables[j].name) ||
				       secret_equal(apps[i].variables[j].value,
					       app->variables[j].value));
	}
	return same;
}

static void judge_mode(struct dump *dump, const struct stat *facts)
{
	if (!dump->holds_secret)
		return;
	if (facts->st_mode & (S_IROTH | S_IRGRP))
		finding_add(dump->doctor->diag, FINDING_PM2_DUMP_OPEN,
			&(struct finding_about){.origin = dump->shown},
			"secrets stand there in clear text, and with mode %03o %s may read them",
			(unsigned)facts->st_mode & 0777,
			facts->st_mode & S_IROTH ? "everybody" : "its group");
	else
		finding_add(dump->doctor->diag, FINDING_CLEAR_SECRET,
			&(struct finding_about){.origin = dump->shown,
				.hint = "pm2 delete, and start with samekey run in front: PM2 then "
					"saves none"},
			"PM2 saved secrets there in clear text");
}

static void judge_apps(struct dump *dump, const struct pm2env *apps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_of_root(dump->doctor, &apps[i])) {
			dump->passed++;
			continue;
		}
		dump->apps++;
		if (!is_repeated(apps, i))
			judge_app(dump, &apps[i]);
	}
}

static int look_at_dump(struct doctor *doctor, const char *path)
{
	struct dump dump = {.doctor = doctor, .shown = doctor_show_path(doctor, path)};
	const struct pm2env *apps;
	struct doctor_file file;
	size_t count;
	int code = doctor_load(doctor, AT_FDCWD, path, &file);

	if (code == -ENOENT || code == -ENOTDIR || code == -ENOMEM)
		return code == -ENOMEM ? code : 0;
	if (code < 0) {
		doctor_could_not(doctor, dump.shown, "PM2's dump: %s", strerror(-code));
		return 0;
	}
	code = pm2env_read(secret_view(file.bytes, file.size), doctor->resolution->arena,
		doctor->pool, &apps, &count);
	if (code == PM2ENV_E_OTHER)
		doctor_could_not(doctor, dump.shown, "PM2's dump is none that PM2 writes");
	if (code == 0) {
		judge_apps(&dump, apps, count);
		judge_mode(&dump, &file.facts);
		doctor_saw(doctor, "%s: %zu app%s of this root, %zu of others", dump.shown,
			dump.apps, text_plural(dump.apps), dump.passed);
	}
	doctor_done(doctor, &file);
	return code == -ENOMEM ? code : 0;
}

// ---- ecosystem files

// Whether a name stands on the line as a property: NAME:, "NAME": or 'NAME':.
// Returns: what stands behind the colon, or NULL.
static const char *property(const struct doctor_line *line, const char *name, const char **ret_end)
{
	size_t length = strlen(name);
	const char *end = line->text + line->length, *at = line->text;

	for (; (at = memmem(at, (size_t)(end - at), name, length)); at += length) {
		const char *after = at + length;

		if (at > line->text &&
			(text_is_name((const char[]){at[-1], '\0'}) || ascii_is_digit(at[-1])))
			continue;
		if (after < end && (*after == '"' || *after == '\''))
			after++;
		while (after < end && (*after == ' ' || *after == '\t'))
			after++;
		if (after == end || *after != ':')
			continue;
		for (after++; after < end && (*after == ' ' || *after == '\t'); after++)
			;
		*ret_end = end;
		return after;
	}
	return NULL;
}

// The text of a literal that begins at `at`, or nothing.
static struct secret literal(const char *at, const char *end)
{
	const char *close;

	if (at == end || !strchr("\"'`", *at))
		return SECRET_NONE;
	close = memchr(at + 1, *at, (size_t)(end - at - 1));
	return close ? secret_view(at + 1, (size_t)(close - at - 1)) : SECRET_NONE;
}

static void judge_line(struct doctor *doctor, const char *name, const struct doctor_line *line)
{
	const struct bundle *bundle = &doctor->resolution->bundle;
	const char *end, *at = property(line, "env_file", &end);
	char origin[DOCTOR_TEXT_SIZE];

	(void)snprintf(origin, sizeof(origin), "%s:%u", name, line->number);
	if (at)
		finding_add(doctor->diag, FINDING_PM2_ENV_FILE,
			&(struct finding_about){.origin = origin},
			"PM2 has no setting env_file: the file is not read");
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];
		struct doctor_given given = {
			.key = key->name, .origin = origin, .who = "PM2's app in this file"};

		at = property(line, key->name, &end);
		given.value = at ? literal(at, end) : SECRET_NONE;
		if (!at || !given.value.bytes)
			continue;
		if (doctor_judge(doctor, &given) && given.value.length)
			finding_add(doctor->diag, FINDING_CLEAR_SECRET,
				&(struct finding_about){.key = key->name, .origin = origin},
				"a secret stands in the file in clear text");
	}
}

static bool is_comment(const struct doctor_line *line)
{
	const char *at = line->text, *end = at + line->length;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return end - at >= 2 && at[0] == '/' && (at[1] == '/' || at[1] == '*');
}

static int look_at_ecosystem(struct doctor *doctor, const char *prefix, const char *name)
{
	const char *path = pool_format(doctor->pool, "%s%s", prefix, name);
	struct doctor_line line = {0};
	struct doctor_file file;
	size_t at = 0;
	int code =
		path ? doctor_load(doctor, doctor->resolution->place.handle, path, &file) : -ENOMEM;

	if (code == -ENOENT || code == -ENOMEM)
		return code == -ENOMEM ? code : 0;
	if (code < 0) {
		doctor_could_not(doctor, path, "%s", strerror(-code));
		return 0;
	}
	while (doctor_next_line(&file, &at, &line))
		if (!is_comment(&line))
			judge_line(doctor, path, &line);
	doctor_saw(doctor, "%s, as text", path);
	doctor_done(doctor, &file);
	return 0;
}

int doctor_pm2(struct doctor *doctor)
{
	static const char *const dumps[] = {"dump.pm2", "dump.pm2.bak"};
	static const char *const names[] = {"ecosystem.config.js", "ecosystem.config.cjs",
		"ecosystem.config.mjs", "ecosystem.config.json", "ecosystem.json", "process.json"};
	const struct place *place = &doctor->resolution->place;
	const char *home = resolution_variable(doctor->resolution, "PM2_HOME");
	int code = 0;

	if (!home && doctor->home)
		home = pool_format(doctor->pool, "%s/.pm2", doctor->home);
	for (size_t i = 0; home && i < ARRAY_SIZE(dumps) && code == 0; i++) {
		const char *path = pool_format(doctor->pool, "%s/%s", home, dumps[i]);

		code = path ? look_at_dump(doctor, path) : -ENOMEM;
	}
	if (home && code == 0)
		code = doctor_pm2_kept_files(doctor, home);
	if (code == 0)
		code = doctor_pm2_kept_processes(doctor);
	for (size_t i = 0; i < place->folder_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(names) && code == 0; j++)
			code = look_at_ecosystem(doctor, place->folders[i], names[j]);
	if (!doctor->looked_at.count && code == 0)
		doctor_saw(doctor, "no dump of PM2, no ecosystem file here (folders below are not "
				   "looked at)");
	return code;
}
