// What PM2 keeps beside its dump: processes that still run with an old environment, and logs and
// settings in which a value lies in clear text. Only the end of a long file is read.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/doctor_pm2_kept.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/strength.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/running/census.h"
#include "loader/inspect/running/census_tell.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>

#define FILES_MAX 64u // logs that are read
#define VALUE_MIN 12u // bytes; a shorter value stands in a log by chance
#define TREE_DEPTH 1u // logs/NAME.log

// ---- processes

static bool is_of_pm2(const struct census_member *member)
{
	return member->related && (member->role == CENSUS_PM2 || *member->holdings.pm2_id);
}

// A process that configures itself shows no value from outside: that one is missing says nothing.
static bool holds_another(const struct census_member *member)
{
	const struct holding_list *holdings = &member->holdings;

	for (size_t i = 0; i < holdings->count; i++)
		if (holdings->items[i].key->flags & BUNDLE_KEY_SECRET &&
			holdings->items[i].state != HOLDING_SAME &&
			holdings->items[i].state != HOLDING_MISSING)
			return true;
	return false;
}

int doctor_pm2_kept_processes(struct doctor *doctor)
{
	const struct census_request request = {.resolution = doctor->resolution};
	own(diag_release) struct diag *all = diag_new(); // of every process; we tell of PM2's alone
	struct err err = ERR_NONE;
	struct census census;
	size_t count = 0;
	int code = all ? census_take(&request, all, doctor->pool, &census, &err) : -ENOMEM;

	if (code < 0 && code != -ENOMEM)
		doctor_could_not(doctor, err.where, "PM2's processes: %s", err.what);
	if (code < 0)
		return code == -ENOMEM ? code : 0;
	for (size_t i = 0; i < census.count && code == 0; i++) {
		const struct census_member *member = &census.members[i];

		if (!is_of_pm2(member))
			continue;
		count++;
		if (holds_another(member))
			code = census_tell(&request, member, doctor->diag, doctor->pool);
	}
	if (count)
		doctor_saw(doctor, "%zu running process%s of PM2", count, count == 1 ? "" : "es");
	return code;
}

// ---- files

static bool holds(const struct doctor_file *file, const struct bundle_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		struct secret value = key->candidates[i].value;

		if (file->bytes && value.length >= VALUE_MIN && !strength_is_weak(value) &&
			memmem(file->bytes, file->size, secret_bytes(value), value.length))
			return true;
	}
	return false;
}

static void judge_file(struct doctor *doctor, const char *shown, const struct doctor_file *file)
{
	const struct bundle *bundle = &doctor->resolution->bundle;

	for (size_t i = 0; i < bundle->key_count; i++)
		if (bundle->keys[i].flags & BUNDLE_KEY_SECRET && holds(file, &bundle->keys[i]))
			finding_add(doctor->diag, FINDING_CLEAR_SECRET,
				&(struct finding_about){.key = bundle->keys[i].name,
					.origin = shown,
					.hint = "pm2 flush empties the logs; find what printed it, "
						"and rotate the secret"},
				"PM2 keeps a value of %s there in clear text",
				bundle->keys[i].name);
}

struct reading {
	struct doctor *doctor;
	const char *home;
	size_t count;
};

static int look_at_file(void *user, const struct tree_file *found)
{
	struct reading *reading = user;
	struct doctor_file file = {0};
	const char *path, *shown;
	int code;

	if (!text_ends(found->name, ".log") && !text_equal(found->name, "module_conf.json"))
		return 0;
	path = pool_format(reading->doctor->pool, "%s/%s", reading->home, found->path);
	if (!path)
		return -ENOMEM;
	shown = doctor_show_path(reading->doctor, path);
	if (reading->count == FILES_MAX) {
		doctor_could_not(
			reading->doctor, shown, "only %u files of PM2 are read", FILES_MAX);
		return 1;
	}
	code = doctor_load_end(reading->doctor, found->folder, found->name, &file);
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		doctor_could_not(reading->doctor, shown, "%s", strerror(-code));
		return 0;
	}
	reading->count++;
	judge_file(reading->doctor, shown, &file);
	doctor_done(reading->doctor, &file);
	return 0;
}

static bool is_logs(const char *name)
{
	return text_equal(name, "logs");
}

int doctor_pm2_kept_files(struct doctor *doctor, const char *home)
{
	struct reading reading = {doctor, home, 0};
	const struct tree_walk walk = {.prefix = "",
		.enters = is_logs,
		.file = look_at_file,
		.user = &reading,
		.depth = TREE_DEPTH};
	own_fd int folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tree_gaps gaps = {0};
	int code = 0;

	if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (folder >= 0)
		code = tree_walk(folder, &walk, &gaps);
	if (folder < 0 || gaps.skipped || gaps.cut)
		doctor_could_not(doctor, doctor_show_path(doctor, home),
			"not all logs of PM2 were found: too many or unreadable");
	if (reading.count)
		doctor_saw(doctor, "%s: %zu log%s and settings of modules",
			doctor_show_path(doctor, home), reading.count, text_plural(reading.count));
	return code < 0 ? code : 0;
}
