// A Unix socket that cannot be made: why is told as it is, and no socket is left.
// SPDX-License-Identifier: MIT
#include "verifier/door/listen.h"

#include "lib/base/err.h"
#include "tests/unit/mishap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[] = "/tmp/samekey-listen-XXXXXX";

static const struct {
	const char *prose;
	unsigned kind;
	int reason, expected;
	const char *told;
} cases[] = {
	{"another one holds the folder", MISHAP_LOCK, EWOULDBLOCK, -EADDRINUSE,
		"another samekeyd is starting here"},
	{"a file system without locks", MISHAP_LOCK, ENOLCK, -ENOLCK, "cannot lock its folder"},
	{"a disk that fails", MISHAP_LOCK, EIO, -EIO, "cannot lock its folder"},
	{"no descriptor", MISHAP_OPEN, EMFILE, -EMFILE, "Too many open files"},
};

static void what_failed_is_told_as_it_is(void **state)
{
	char path[64];
	struct stat facts;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/a.sock", folder);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mishap mishap = {
			cases[i].kind, .at = 1, .for_good = true, .reason = cases[i].reason};
		struct listen_socket made;
		struct err err = {0};
		int code;

		mishap_arm(&mishap);
		code = listen_unix(path, SOCK_SEQPACKET, 0600, &made, &err);
		assert_true(mishap_disarm());
		if (code != cases[i].expected || !strstr(err.what, cases[i].told))
			fail_msg("%s: %d %s", cases[i].prose, code, err.what);
		assert_int_equal(lstat(path, &facts), -1);
	}
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_failed_is_told_as_it_is)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
