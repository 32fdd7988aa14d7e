// samekey-scan compares values; which state of a value is worth which finding stands here, as rows.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/doctor_deployed.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/wire/scanreport.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

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

const char *doctor_deployed_beside(
	struct doctor *doctor, const struct scanreport *report, const char *path)
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
	const char *path = doctor_deployed_beside(doctor, report, report->origin), *shown;
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

int doctor_deployed_judge(struct doctor *doctor, const struct scanreport *report)
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
