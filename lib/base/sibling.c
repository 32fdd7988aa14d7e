// The kernel says where this program lies; the rest is a table of places.
// SPDX-License-Identifier: MIT
#include "lib/base/sibling.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

#include <errno.h>

// In the folder of this program, or beside that; below any prefix, and wherever it was unpacked.
static const char *const places[] = {"", "../sbin/", "../libexec/samekey/"};

// It will hold secrets: nobody may have put it there but those who could have put this program
// there.
static bool is_fit(const char *program)
{
	struct stat own, facts;

	return stat("/proc/self/exe", &own) == 0 && stat(program, &facts) == 0 &&
	       S_ISREG(facts.st_mode) && fs_is_trusted(&facts, own.st_uid) &&
	       access(program, X_OK) == 0;
}

int sibling_find(const char *name, char ret_path[static PATH_MAX], struct err *err)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	while (length > 0 && self[length - 1] != '/')
		length--;
	self[length > 0 ? length : 0] = '\0';
	for (size_t i = 0; *self && i < ARRAY_SIZE(places); i++)
		if (snprintf(ret_path, PATH_MAX, "%s%s%s", self, places[i], name) < PATH_MAX &&
			is_fit(ret_path))
			return 0;
	(void)err_set(err, -ENOENT, self, "there is no %s to start here", name);
	(void)err_hint(err,
		"install %s beside samekey, or in ../sbin or ../libexec/samekey from there, owned "
		"as samekey is and not writable by others",
		name);
	return -ENOENT;
}

static bool is_named(const char *variable, const char *const *names)
{
	for (; *names; names++)
		if (text_starts(variable, *names) && variable[strlen(*names)] == '=')
			return true;
	return false;
}

void sibling_environment(const char *const *more, char **ret_chosen, size_t room)
{
	static const char *const sanitizers[] = {
		"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", NULL};
	size_t count = 0;

	for (char **at = environ; *at && count + 1 < room; at++)
		if (is_named(*at, sanitizers) || is_named(*at, more))
			ret_chosen[count++] = *at;
	ret_chosen[count] = NULL;
}
