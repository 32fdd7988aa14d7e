// Units of systemd that run something below the root, or that give a secret of the bundle: what
// each gives its service (unitgift.c) is judged. systemd itself is not asked.
// SPDX-License-Identifier: MIT
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/unitgift.h"
#include "loader/inspect/doctor/unitgift_files.h"
#include "loader/inspect/doctor/unitset.h"
#include "loader/inspect/running/belonging.h"
#include "loader/inspect/running/holding.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <limits.h>

static void judge_clear(const struct unitgift_unit *unit, const struct unitgift *given)
{
	if (given->way != UNITGIFT_ENVIRONMENT || !given->value.length || given->specifier ||
		!unitgift_is_secret(unit->doctor, given->name))
		return;
	finding_add(unit->doctor->diag, FINDING_CLEAR_SECRET,
		&(struct finding_about){.key = given->name,
			.origin = given->origin,
			.hint = "LoadCredential= with a file that only root reads; samekey takes "
				"it "
				"from there"},
		"a secret stands in Environment= of %s, which systemctl show tells everybody",
		unit->name);
}

static void judge_given(const struct unitgift_unit *unit, const struct unitgift *given)
{
	char who[PATH_MAX];

	if (given->way == UNITGIFT_PASSED) {
		doctor_saw(unit->doctor,
			"%s is given %s as systemd itself was started with it (systemctl "
			"show-environment)",
			unit->name, given->name);
		return;
	}
	if (given->specifier)
		return;
	(void)snprintf(who, sizeof(who), "%s", unit->name);
	(void)doctor_judge(unit->doctor, &(struct doctor_given){.key = given->name,
						 .value = given->value,
						 .origin = given->origin,
						 .who = who,
						 .through_samekey = unit->through_samekey});
}

static void judge(const struct unitgift_unit *unit)
{
	const struct unitgift *given = unit->given.items;

	for (size_t i = 0; i < unit->given.count; i++) {
		bool credential = given[i].way == UNITGIFT_CREDENTIAL;

		judge_clear(unit, &given[i]);
		if (unitgift_winner(unit, given[i].name, credential) == &given[i])
			judge_given(unit, &given[i]);
	}
	doctor_saw(unit->doctor, "%s%s", unit->name,
		unit->through_samekey ? ", which starts through samekey" : "");
}

static bool comes_from_here(const struct unitgift_unit *unit, const struct unitgift *given)
{
	const struct bundle_key *key = bundle_find(&unit->doctor->resolution->bundle, given->name);
	const struct candidate *candidate;
	enum holding_state state = holding_judge(key, given->value, &candidate);

	return key->flags & BUNDLE_KEY_SHARED || state == HOLDING_SAME || state == HOLDING_STALE ||
	       state == HOLDING_QUOTED;
}

// Everybody has a DATABASE_URL: a unit that works outside of the project, and gives no value that
// comes from here or is meant to be the same, is another app's. One that names no folder may be
// ours.
static bool is_another_apps(const struct unitgift_unit *unit, const char *project)
{
	const struct unitgift *given = unit->given.items;

	if (unit->of_root || !unit->folder || path_below(unit->folder, project))
		return false;
	for (size_t i = 0; i < unit->given.count; i++)
		if (unitgift_is_secret(unit->doctor, given[i].name) &&
			comes_from_here(unit, &given[i]))
			return false;
	return true;
}

static int look_at_unit(
	struct doctor *doctor, const struct unitset *set, const char *name, size_t *relevant)
{
	struct unitgift_unit unit = {.doctor = doctor, .name = name};
	const char *const *paths;
	const char *project;
	bool masked;
	size_t count;
	int code = unitset_files(set, name, &paths, &count, &masked);

	for (size_t i = 0; !masked && i < count && code == 0; i++)
		code = unitgift_read(&unit, paths[i]);
	if (code == 0)
		code = unitgift_files_read(&unit);
	if (code < 0 || masked || !(unit.of_root || unit.gives_secret))
		return code;
	project = belonging_project(doctor->resolution, doctor->pool);
	if (!project)
		return -ENOMEM;
	if (is_another_apps(&unit, project)) {
		doctor_saw(doctor, "%s has secrets of the same names, and is another app's, in %s",
			name, unit.folder);
		return 0;
	}
	judge(&unit);
	*relevant += 1;
	return 0;
}

static int look_at_units(
	struct doctor *doctor, const struct unitset *set, size_t *seen, size_t *relevant)
{
	const char *const *names;
	size_t count;
	int code = unitset_list(set, &names, &count);

	for (size_t i = 0; i < count && code == 0; i++)
		code = look_at_unit(doctor, set, names[i], relevant);
	*seen += code == 0 ? count : 0;
	return code;
}

int doctor_systemd(struct doctor *doctor)
{
	static const char *const below[] = {"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};
	const char *folders[ARRAY_SIZE(below)];
	struct unitset_gap gap = {0};
	struct unitset set = {folders, ARRAY_SIZE(below), doctor->pool, &gap};
	size_t seen = 0, relevant = 0;
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(below) && code == 0; i++) {
		folders[i] = pool_format(doctor->pool, "%s%s", doctor->host, below[i]);
		code = folders[i] ? 0 : -ENOMEM;
	}
	if (code == 0)
		code = look_at_units(doctor, &set, &seen, &relevant);
	if (code == 0 && doctor->home && !*doctor->host) {
		folders[0] = pool_format(doctor->pool, "%s/.config/systemd/user", doctor->home);
		set.folder_count = 1;
		code = folders[0] ? look_at_units(doctor, &set, &seen, &relevant) : -ENOMEM;
	}
	if (gap.code)
		doctor_could_not(doctor, doctor_show_path(doctor, gap.path),
			"units or drop-ins may be missing: %s",
			gap.code == -E2BIG ? "there are more than are looked at"
					   : strerror(-gap.code));
	doctor_saw(doctor, "%zu unit%s looked at, %zu run or feed this app", seen,
		text_plural(seen), relevant);
	return code;
}
