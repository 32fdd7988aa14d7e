// The table of examinations, and how a value that was met is judged. The examinations themselves
// are files of their own.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/doctor.h"

#include "lib/base/fs.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "lib/value/strength.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

const struct doctor_examination doctor_examinations[] = {
	{"pm2", "PM2", doctor_pm2},
	{"systemd", "systemd", doctor_systemd},
	{"deployments", "deployments: compose and Kubernetes", doctor_deployments},
	{"code", "code", doctor_code},
	{"files", "files", doctor_files},
	{"images", "images", doctor_images},
	{"git", "git", doctor_git},
	{"verifier", "verifier: samekeyd and what guards it", doctor_verifier},
	{"machine", "machine: samekey and what it runs on", doctor_machine},
};

void doctor_saw(struct doctor *doctor, const char *format, ...)
{
	char text[DOCTOR_TEXT_SIZE], shown[DOCTOR_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (doctor->looked_at.count == DOCTOR_LINES_MAX)
		return;
	(void)text_printable(shown, sizeof(shown), text);
	doctor->lost |= pool_push_text(doctor->pool, &doctor->looked_at,
				pool_copy(doctor->pool, shown)) < 0;
}

void doctor_could_not(struct doctor *doctor, const char *where, const char *format, ...)
{
	char text[DOCTOR_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	finding_add(doctor->diag, FINDING_COULD_NOT_LOOK, &(struct finding_about){.origin = where},
		"%s", text);
}

void doctor_walked(struct doctor *doctor, const struct tree_gaps *gaps)
{
	if (gaps->linked)
		doctor_saw(doctor, "%zu link%s to folders, not followed", gaps->linked,
			text_plural(gaps->linked));
}

// ---- values

// What is worth saying of a state.
static const struct {
	enum finding finding;
	const char *text; // after "who"
} states[HOLDING_STATES] = {
	[HOLDING_STALE] = {FINDING_FEEDS_STALE, "is given a value that lost"},
	[HOLDING_EMPTY] = {FINDING_FEEDS_EMPTY, "is given an empty value"},
	[HOLDING_QUOTED] = {FINDING_FEEDS_QUOTED,
		"is given the value with quotes or a line end that belong to no value"},
	[HOLDING_PLACEHOLDER] = {FINDING_FEEDS_PLACEHOLDER,
		"is given a text that everybody can guess"},
	[HOLDING_OTHER] = {FINDING_FEEDS_OTHER, "is given another value"},
};

// A place and its column behind it: "where" of a value that the bundle has from the same line.
static bool is_on_line(const char *won, const char *line)
{
	size_t length = strlen(line);

	return length && strncmp(won, line, length) == 0 && won[length] == ':';
}

static void tell(struct doctor *doctor, const struct bundle_key *key,
	const struct doctor_given *given, enum holding_state state,
	const struct candidate *candidate)
{
	bool secret = (key->flags & BUNDLE_KEY_SECRET) != 0;
	const struct candidate *winner = bundle_winner(key);
	char lost[ORIGIN_TEXT_SIZE] = "", won[ORIGIN_TEXT_SIZE] = "no source";
	char fingerprint[FINGERPRINT_TEXT_SIZE] = "";
	static const char same_line[] =
		"the line is read otherwise there: samekey lint names a spelling that is read "
		"alike; or take the file away there, and let samekey run give the value";

	if (winner)
		(void)origin_text(winner->origin, won, sizeof(won));
	if (state == HOLDING_STALE)
		(void)origin_text(candidate->origin, lost, sizeof(lost));
	if (state == HOLDING_OTHER && secret && !strength_is_weak(given->value))
		fingerprint_text(doctor->resolution->fingerprints, given->value, fingerprint);
	finding_add(doctor->diag, secret ? states[state].finding : FINDING_FEEDS_SETTING,
		&(struct finding_about){.key = key->name,
			.origin = given->origin,
			.hint = is_on_line(won, given->origin) ? same_line : given->hint,
			.fails = secret && !given->through_samekey},
		"%s %s%s%s%s%s; %s gives the bundle's", given->who, states[state].text,
		*lost ? ", that of " : "", lost, *fingerprint ? ", fingerprint " : "", fingerprint,
		won);
}

const struct doctor_flag doctor_flags[] = {
	{"NODE_ENV", "test", false,
		"with NODE_ENV=test Next.js drops .env.production and .env.local"},
	{"NODE_OPTIONS", "--env-file", true, "NODE_OPTIONS makes every node read an env file"},
	{"NODE_TLS_REJECT_UNAUTHORIZED", "0", false, "node accepts every certificate"},
};
const size_t doctor_flag_count = ARRAY_SIZE(doctor_flags);

static bool sets(const struct doctor_given *given, const struct doctor_flag *flag)
{
	size_t length = strlen(flag->value);
	struct secret value = given->value;

	return text_equal(given->key, flag->name) &&
	       memmem(secret_bytes(value), value.length, flag->value, length) &&
	       (flag->anywhere || value.length == length);
}

static void judge_flag(struct doctor *doctor, const struct doctor_given *given)
{
	const char *flag;

	for (size_t i = 0; i < doctor_flag_count; i++)
		if (sets(given, &doctor_flags[i]))
			finding_add(doctor->diag, FINDING_STORED_FLAG,
				&(struct finding_about){.key = given->key, .origin = given->origin},
				"%s: %s", given->who, doctor_flags[i].text);
	for (size_t i = 0; (flag = framework_flag(i)); i++)
		if (text_equal(flag, given->key) && given->value.length && !given->through_samekey)
			finding_add(doctor->diag, FINDING_STORED_FLAG,
				&(struct finding_about){.key = given->key, .origin = given->origin},
				"%s: with %s set the framework reads no env file", given->who,
				flag);
}

bool doctor_judge(struct doctor *doctor, const struct doctor_given *given)
{
	const struct bundle_key *key = bundle_find(&doctor->resolution->bundle, given->key);
	const struct candidate *candidate = NULL;
	enum holding_state state;

	judge_flag(doctor, given);
	if (!key || !key->count || key->flags & BUNDLE_KEY_INHERITED)
		return false;
	state = holding_judge(key, given->value, &candidate);
	if (state != HOLDING_SAME)
		tell(doctor, key, given, state, candidate);
	return (key->flags & BUNDLE_KEY_SECRET) != 0;
}

// ---- files

// Reads a regular file, or the `end` of one that is too long.
static int load(const struct doctor *doctor, int descriptor, bool end, struct doctor_file *ret_file)
{
	own_fd int fd = descriptor;
	struct doctor_file file = {0};
	ssize_t got;

	if (fd < 0 || fstat(fd, &file.facts) < 0)
		return -errno;
	if (!S_ISREG(file.facts.st_mode))
		return -EINVAL;
	if (file.facts.st_size > (off_t)DOCTOR_FILE_MAX) {
		if (!end)
			return -EFBIG;
		if (lseek(fd, -(off_t)DOCTOR_FILE_MAX, SEEK_END) < 0)
			return -errno;
		file.facts.st_size = (off_t)DOCTOR_FILE_MAX;
	}
	file.bytes = (char *)secret_arena_take(
		doctor->resolution->arena, (size_t)file.facts.st_size + 1);
	if (!file.bytes)
		return -ENOMEM;
	got = fs_read_all(fd, file.bytes, (size_t)file.facts.st_size);
	if (got < 0) {
		doctor_done(doctor, &file);
		return (int)got;
	}
	file.size = (size_t)got;
	*ret_file = file;
	return 0;
}

int doctor_load(
	const struct doctor *doctor, int folder, const char *path, struct doctor_file *ret_file)
{
	int fd = openat(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return load(doctor, fd, false, ret_file);
}

int doctor_load_end(
	const struct doctor *doctor, int folder, const char *path, struct doctor_file *ret_file)
{
	int fd = openat(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);

	return load(doctor, fd, true, ret_file);
}

void doctor_done(const struct doctor *doctor, struct doctor_file *file)
{
	secret_arena_give(
		doctor->resolution->arena, (uint8_t *)file->bytes, (size_t)file->facts.st_size + 1);
	*file = (struct doctor_file){0};
}

bool doctor_next_line(const struct doctor_file *file, size_t *at, struct doctor_line *line)
{
	const char *end;

	if (*at >= file->size)
		return false;
	line->text = file->bytes + *at;
	end = memchr(line->text, '\n', file->size - *at);
	line->length = end ? (size_t)(end - line->text) : file->size - *at;
	line->number++;
	*at += line->length + 1;
	return true;
}

// ---- paths

bool doctor_is_below_root(const struct doctor *doctor, const char *path)
{
	return path_below(path, doctor->resolution->place.root) != NULL;
}

const char *doctor_show_path(const struct doctor *doctor, const char *path)
{
	const char *rest = path_below(path, doctor->resolution->place.start), *shown = NULL;

	if (rest && *rest)
		return rest;
	rest = doctor->home ? path_below(path, doctor->home) : NULL;
	if (rest)
		shown = pool_format(doctor->pool, *rest ? "~/%s" : "~%s", rest);
	return shown ? shown : path;
}
