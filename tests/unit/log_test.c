// What a log does when nobody reads it.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void say(const struct log *log, const char *event)
{
	struct log_line line;

	log_begin(&line, log, LOG_INFO, event);
	log_end(&line);
}

// Reads what is there now.
static size_t drain(int fd, char *out, size_t size)
{
	ssize_t length = read(fd, out, size - 1);

	assert_true(length >= 0);
	out[length] = '\0';
	return (size_t)length;
}

static void a_reader_that_sleeps_stops_nobody(void **state)
{
	static char text[1 << 20];
	uint64_t lost = 0, before;
	int ends[2];
	struct log log = {.lowest = LOG_INFO, .lost = &lost};

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	for (unsigned i = 0; i < 20000; i++)
		say(&log, "something"); // a pipe holds 64 KiB
	assert_true(lost > 1000);
	before = lost;
	(void)drain(ends[0], text, sizeof(text));
	say(&log, "again");
	assert_int_equal(lost, 0);
	(void)drain(ends[0], text, sizeof(text));
	(void)snprintf(text + sizeof(text) / 2, 64, "level=info event=again lines_lost=%llu\n",
		(unsigned long long)before);
	assert_non_null(strstr(text, text + sizeof(text) / 2));
	say(&log, "usual");
	(void)drain(ends[0], text, sizeof(text));
	assert_string_equal(text, "level=info event=usual\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void whoever_may_wait_loses_nothing(void **state)
{
	char text[256];
	int ends[2];
	struct log log = {.lowest = LOG_INFO};

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	say(&log, "one");
	say(&log, "two");
	(void)drain(ends[0], text, sizeof(text));
	assert_string_equal(text, "level=info event=one\nlevel=info event=two\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_sleeps_stops_nobody),
		cmocka_unit_test(whoever_may_wait_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
