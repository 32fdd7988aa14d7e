// Env files as systemd reads them, patterns and all.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitgift_files.h"

#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/unitfile.h"
#include "loader/inspect/doctor/unitgift.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>

#define ENV_FILES_MAX 64 // of one unit

static int add_items(
	struct unitgift_unit *unit, const struct emulation *emulation, const char *path)
{
	const char *shown = doctor_show_path(unit->doctor, path);
	int code = 0;

	for (size_t i = 0; i < emulation_count(emulation) && code == 0; i++) {
		struct emulation_item item = emulation_at(emulation, i);
		const char *origin = pool_format(unit->doctor->pool, "%s:%u", shown, item.line);

		code = origin ? unitgift_add(unit, UNITGIFT_FILE, item.name, item.value, origin)
			      : -ENOMEM;
	}
	return code;
}

static int read_env_file(
	struct unitgift_unit *unit, const struct unitgift_named *named, const char *path)
{
	struct doctor *doctor = unit->doctor;
	own(emulation_release) struct emulation *emulation =
		emulation_new(&(struct emulation_options){.dialect = dialect_find("systemd"),
			.arena = doctor->resolution->arena,
			.files_only = true});
	struct doctor_file file;
	size_t before = unit->given.count;
	int code = emulation ? doctor_load(doctor, AT_FDCWD, path, &file) : -ENOMEM;

	if (code == -ENOMEM || (code == -ENOENT && named->may_be_missing))
		return code == -ENOMEM ? code : 0;
	if (code < 0 && !unit->of_root && appfile_failure(-code) == 0)
		return 0;
	if (code < 0) {
		doctor_could_not(doctor, named->origin, "%s wants %s: %s", unit->name, path,
			strerror(-code));
		return 0;
	}
	code = emulation_read(emulation, (struct span){(const uint8_t *)file.bytes, file.size});
	if (code == 0)
		code = emulation_finish(emulation);
	if (code == EMULATION_E_REFUSED)
		doctor_could_not(doctor, doctor_show_path(doctor, path),
			"%s names it as an env file, and systemd would refuse it", unit->name);
	if (code == 0)
		code = add_items(unit, emulation, path);
	for (size_t i = before; code == 0 && i < unit->given.count; i++) {
		const struct unitgift *given = (const struct unitgift *)unit->given.items + i;

		if (!(file.facts.st_mode & S_IROTH) || !unitgift_is_secret(doctor, given->name))
			continue;
		finding_add(doctor->diag, FINDING_WORLD_READABLE,
			&(struct finding_about){.key = given->name, .origin = given->origin},
			"with mode %03o everybody on this host may read its secrets",
			(unsigned)file.facts.st_mode & 0777);
		break;
	}
	doctor_done(doctor, &file);
	return code == -ENOMEM ? code : 0;
}

// Whether only files of one folder can match: what has stars in its folders too is a walk through
// the machine, and nobody needs that for an env file.
static bool is_of_one_folder(const char *pattern)
{
	return strcspn(pattern, "*?[") > (size_t)(strrchr(pattern, '/') - pattern);
}

static int read_matches(
	struct unitgift_unit *unit, const struct unitgift_named *named, const char *pattern)
{
	glob_t found = {0};
	int code = 0;

	if (!is_of_one_folder(pattern)) {
		doctor_could_not(unit->doctor, named->origin,
			"%s names env files by a pattern of folders", unit->name);
		return 0;
	}
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && i < ENV_FILES_MAX && code == 0; i++)
			code = read_env_file(unit, named, found.gl_pathv[i]);
	if (found.gl_pathc > ENV_FILES_MAX)
		doctor_could_not(unit->doctor, named->origin,
			"%s wants %zu env files: the first %u were read", unit->name,
			found.gl_pathc, ENV_FILES_MAX);
	globfree(&found);
	return code;
}

// Which file %i or %h mean only systemd knows.
static int read_named(struct unitgift_unit *unit, const struct unitgift_named *named)
{
	struct doctor *doctor = unit->doctor;
	size_t length = strlen(named->text);
	char *room = pool_take(doctor->pool, length + 1);
	const char *path;
	struct span text;
	bool plain;

	if (!room)
		return -ENOMEM;
	plain = unitfile_specifiers(span_of(named->text), (uint8_t *)room, &text);
	if (!plain && unit->of_root)
		doctor_could_not(doctor, named->origin, "%s names an env file by a specifier: %s",
			unit->name, named->text);
	if (!plain)
		return 0;
	path = pool_format(doctor->pool, "%s%.*s", doctor->host, (int)text.length, room);
	if (!path)
		return -ENOMEM;
	return strpbrk(path, "*?[") ? read_matches(unit, named, path)
				    : read_env_file(unit, named, path);
}

int unitgift_files_read(struct unitgift_unit *unit)
{
	const struct unitgift_named *files = unit->files.items;
	int code = 0;

	for (size_t i = 0; i < unit->files.count && i < ENV_FILES_MAX && code == 0; i++)
		if (!files[i].dropped && files[i].text[0] == '/')
			code = read_named(unit, &files[i]);
	if (unit->files.count > ENV_FILES_MAX && unit->of_root)
		doctor_could_not(unit->doctor, files[ENV_FILES_MAX].origin,
			"%s names more than %u env files: the first ones were read", unit->name,
			ENV_FILES_MAX);
	return code;
}
