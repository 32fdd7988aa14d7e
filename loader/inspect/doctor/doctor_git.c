// Env files in git: tracked now, once committed, or merely not ignored. Names alone are asked for:
// values are not searched in the history (git log -S is not run), for that would read everything
// that was ever committed.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/path.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/gitcall.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <limits.h>

#define HISTORY_SHOWN_MAX 20

struct look {
	struct doctor *doctor;
	const struct doctor_env_file *files;
	size_t count;
	struct err err;
};

// Whether a list with a NUL behind each item holds a name.
static bool lists(const struct gitcall_answer *answer, const char *name)
{
	size_t length = strlen(name) + 1;

	for (const char *at = answer->bytes, *end = at + answer->length; at && at < end;) {
		size_t item = strnlen(at, (size_t)(end - at)) + 1;

		if (item == length && memcmp(at, name, length) == 0)
			return true;
		at += item;
	}
	return false;
}

// Asks about the files that are there; `verb` ends with NULL. Without a file git is not asked: it
// would tell of all files, or refuse.
static int ask_about_files(
	struct look *look, const char *const *verb, struct gitcall_answer *ret_answer)
{
	const char *words[GITCALL_WORDS_MAX + 1];
	size_t count = 0, before;

	while (*verb)
		words[count++] = *verb++;
	words[count++] = "--";
	before = count;
	for (size_t i = 0; i < look->count && count < GITCALL_WORDS_MAX; i++)
		if (!look->files[i].real && look->files[i].path[0] != ':') // it would be a pattern
			words[count++] = look->files[i].path;
	words[count] = NULL;
	return count == before ? 0
			       : gitcall(look->doctor->resolution->place.start, look->doctor->home,
					 words, look->doctor->pool, ret_answer, &look->err);
}

static int look_at_present(struct look *look, struct gitcall_answer *ret_tracked)
{
	struct gitcall_answer ignored = {0};
	int code =
		ask_about_files(look, (const char *const[]){"ls-files", "-z", NULL}, ret_tracked);

	if (code == 0)
		code = ask_about_files(look, (const char *const[]){"check-ignore", NULL}, &ignored);
	for (size_t i = 0; i < ignored.length && code == 0; i++)
		if (ignored.bytes[i] == '\n') // -z is for standard input alone
			ignored.bytes[i] = '\0';
	for (size_t i = 0; i < look->count && code == 0; i++) {
		const struct doctor_env_file *file = &look->files[i];
		const struct finding_about about = {.origin = file->path};

		if (!file->secret || file->real)
			continue;
		if (lists(ret_tracked, file->path))
			finding_add(look->doctor->diag, FINDING_TRACKED_SECRET, &about,
				"git tracks it, and it holds secrets");
		else if (!lists(&ignored, file->path))
			finding_add(look->doctor->diag, FINDING_NOT_IGNORED, &about,
				"git does not ignore it, and it holds secrets");
		else
			doctor_saw(look->doctor, "%s is ignored", file->path);
	}
	return code;
}

// ---- files that lie elsewhere, or are called otherwise

// Asks about one of them in its own folder: it may belong to another repository, or to none.
static int ask_beside(struct look *look, const char *real, const char *const *verb,
	struct gitcall_answer *ret_answer)
{
	const char *words[GITCALL_WORDS_MAX + 1], *slash = strrchr(real, '/');
	char folder[PATH_MAX], name[PATH_MAX];
	size_t count = 0;

	(void)snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - real), real);
	(void)snprintf(name, sizeof(name), "./%s", slash + 1); // no pattern
	while (*verb)
		words[count++] = *verb++;
	words[count++] = "--";
	words[count++] = name;
	words[count] = NULL;
	return gitcall(
		folder, look->doctor->home, words, look->doctor->pool, ret_answer, &look->err);
}

static int judge_beside(struct look *look, const struct doctor_env_file *file)
{
	static const char *const tracked[] = {"ls-files", "-z", NULL};
	static const char *const ignored[] = {"check-ignore", "-q", NULL};
	static const char *const added[] = {"log", "--all", "--diff-filter=A", "--format=%h",
		"--no-ext-diff", "--no-textconv", "-n", "1", NULL};
	const struct finding_about about = {.origin = file->path};
	struct gitcall_answer now, once, ignores;
	int code = ask_beside(look, file->real, tracked, &now);

	if (code == 0)
		code = ask_beside(look, file->real, ignored, &ignores);
	if (code == 0)
		code = ask_beside(look, file->real, added, &once);
	if (code != 0)
		return code;
	if (now.length)
		finding_add(look->doctor->diag, FINDING_TRACKED_SECRET, &about,
			"git tracks %s, and it holds secrets",
			file->link ? "the file that it leads to" : "it");
	else if (ignores.exit != 0)
		finding_add(look->doctor->diag, FINDING_NOT_IGNORED, &about,
			"git does not ignore %s, and it holds secrets",
			file->link ? "the file that it leads to" : "it");
	else
		doctor_saw(look->doctor, "%s is ignored", file->path);
	if (!now.length && once.length)
		finding_add(look->doctor->diag, FINDING_COMMITTED_SECRET, &about,
			"it was committed once, and the history still has it");
	return 0;
}

// What git will not say of one is no matter to the others.
static int look_beside(struct look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct doctor_env_file *file = &look->files[i];
		int code = file->secret && file->real ? judge_beside(look, file) : 0;

		if (code == GITCALL_E_NONE)
			doctor_saw(look->doctor, "%s lies in no git repository", file->path);
		else if (code == -ENOMEM || code == GITCALL_E_ABSENT)
			return code;
		else if (code != 0)
			doctor_could_not(look->doctor, file->path, "%s", look->err.what);
	}
	return 0;
}

// ---- what was once there

// Names as the repository has them, from its top.
static int look_at_history(struct look *look)
{
	static const char *const added[] = {"log", "--all", "--diff-filter=A",
		"--format=", "--name-only", "-z", "--no-ext-diff", "--no-textconv", "-n", "1000",
		"--", ":(top,glob)**/.env", ":(top,glob)**/.env.*", NULL};
	static const char *const now[] = {"ls-files", "-z", "--full-name", "--",
		":(top,glob)**/.env", ":(top,glob)**/.env.*", NULL};
	const char *start = look->doctor->resolution->place.start, *home = look->doctor->home;
	struct gitcall_answer history, tracked, told = {0};
	size_t shown = 0;
	int code = gitcall(start, home, added, look->doctor->pool, &history, &look->err);

	if (code == 0)
		code = gitcall(start, home, now, look->doctor->pool, &tracked, &look->err);
	if (code != 0)
		return code;
	told.bytes = history.bytes;
	for (const char *at = history.bytes, *end = at + history.length;
		at < end && shown < HISTORY_SHOWN_MAX; at += strlen(at) + 1) {
		told.length = (size_t)(at - history.bytes);
		if (!doctor_env_files_is_name(path_basename(at)) || lists(&tracked, at) ||
			lists(&told, at))
			continue;
		shown++;
		finding_add(look->doctor->diag, FINDING_COMMITTED_SECRET,
			&(struct finding_about){.origin = at},
			"it was committed once, and the history still has it");
	}
	if (history.cut || shown == HISTORY_SHOWN_MAX)
		doctor_could_not(look->doctor, NULL,
			"the history holds more names of env files than are shown");
	else if (!shown)
		doctor_saw(look->doctor,
			"no env file was committed and taken out again (names alone were looked "
			"at)");
	return 0;
}

int doctor_git(struct doctor *doctor)
{
	struct look look = {.doctor = doctor, .err = ERR_NONE};
	struct gitcall_answer tracked = {0};
	int code = doctor_env_files(doctor, &look.files, &look.count);

	if (code == 0)
		code = look_beside(&look);
	if (code == 0)
		code = look_at_present(&look, &tracked);
	if (code == 0)
		code = look_at_history(&look);
	if (code == GITCALL_E_ABSENT || code == GITCALL_E_NONE)
		doctor_saw(doctor, "%s",
			code == GITCALL_E_NONE ? "no git repository" : "git is not installed");
	else if (code != 0 && code != -ENOMEM)
		doctor_could_not(doctor, look.err.where, "%s", look.err.what);
	return code == -ENOMEM ? code : 0;
}
