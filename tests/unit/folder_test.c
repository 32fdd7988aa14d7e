// The folder that a file of ours goes into: made where it can be, and refused where others could
// replace the file.
// SPDX-License-Identifier: MIT
#include "lib/base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char scratch[] = "/tmp/folder_test.XXXXXX";

static const struct folder_rules rules = {
	.mode = 0755, .holds = "socket", .unmade = "another place", .unopened = "another folder"};

static const struct {
	const char *prose, *path; // from the scratch folder, if it begins with a slash
	int code;
	const char *said, *hint;
} cases[] = {
	{"one that is there", "/there/file", 0, "", ""},
	{"one that is made", "/new/file", 0, "", ""},
	{"one below it", "/new/sub/file", 0, "", ""},
	{"its own is not there", "/none/sub/file", -ENOTDIR, "cannot make the folder",
		"another place"},
	{"it is a file", "/there/plain/file", -ENOTDIR, "cannot open the folder", "another folder"},
	{"below a file", "/there/plain/sub/file", -ENOTDIR, "cannot make the folder",
		"another place"},
	{"everybody can write it", "/open/file", -EPERM, "could replace the socket", "chmod go-w"},
	{"a sticky one that everybody can write", "/sticky/file", -EPERM,
		"could replace the socket", "chmod go-w"},
	{"a path without a folder", "file", -EINVAL, "no folder", ""},
};

static const char *below(const char *path)
{
	static char whole[128];

	(void)snprintf(whole, sizeof(whole), "%s%s", path[0] == '/' ? scratch : "", path);
	return whole;
}

static void a_folder_is_made_or_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_NONE;
		own_fd int fd = folder_open(below(cases[i].path), &rules, &err);

		if ((fd < 0 ? fd : 0) != cases[i].code)
			fail_msg("%s: %d, %s", cases[i].prose, fd, err.what);
		if (fd < 0 &&
			(!strstr(err.what, cases[i].said) || !strstr(err.hint, cases[i].hint)))
			fail_msg("%s: %s, %s", cases[i].prose, err.what, err.hint);
		if (fd >= 0 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			fail_msg("%s: it is inherited", cases[i].prose);
	}
}

static void what_is_made_has_its_mode_whatever_the_umask(void **state)
{
	mode_t before = umask(0777);
	own_fd int fd = folder_open(below("/masked/file"), &rules, NULL);
	struct stat facts;

	(void)state;
	(void)umask(before);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0755);
}

static int set_up(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {{"/there", 0755}, {"/open", 0777}, {"/sticky", 01777}};

	(void)state;
	if (!mkdtemp(scratch))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(below(folders[i].name), 0700) < 0 ||
			chmod(below(folders[i].name), folders[i].mode) < 0)
			return -1;
	return mknod(below("/there/plain"), S_IFREG | 0600, 0);
}

static int tear_down(void **state)
{
	static const char *const folders[] = {
		"/masked", "/new/sub", "/new", "/sticky", "/open", "/there", "/"};

	(void)state;
	(void)unlink(below("/there/plain"));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		(void)rmdir(below(folders[i]));
	return access(scratch, F_OK) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_made_or_judged),
		cmocka_unit_test(what_is_made_has_its_mode_whatever_the_umask),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
