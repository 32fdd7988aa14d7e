// Records leave as lines; of what is alike in one file only the first so many are told.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

#define LINES_SIZE (256 * 1024)

struct scene {
	int ends[2];
	struct outlet *outlet;
	char *text;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		abort();
	assert_int_equal(pipe2(scene->ends, O_CLOEXEC), 0);
	assert_true(fcntl(scene->ends[1], F_SETPIPE_SZ, LINES_SIZE) >= LINES_SIZE);
	scene->outlet = outlet_new(scene->ends[1]);
	scene->text = calloc(1, LINES_SIZE + 1);
	assert_non_null(scene->text);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	outlet_free(scene->outlet);
	(void)close(scene->ends[0]);
	(void)close(scene->ends[1]);
	free(scene->text);
	free(scene);
	return 0;
}

static void put(struct scene *scene, const char *path, const char *key, size_t times)
{
	struct scanreport report = {
		.type = SCANREPORT_VALUE, .place = {.path = path}, .key = key, .form = "raw"};

	for (size_t i = 0; i < times; i++) {
		report.place.offset = i;
		assert_int_equal(outlet_put(scene->outlet, &report), 0);
	}
}

// How many lines hold a text.
static size_t count_lines(struct scene *scene, const char *part)
{
	ssize_t got = 0;
	size_t count = 0;

	if (!*scene->text)
		got = read(scene->ends[0], scene->text, LINES_SIZE);
	assert_true(got >= 0);
	for (const char *at = scene->text; *at;) {
		const char *end = strchrnul(at, '\n');
		const char *found = strstr(at, part);

		count += found && found < end;
		at = *end ? end + 1 : end;
	}
	return count;
}

static void a_line_each(void **state)
{
	struct scene *scene = *state;

	put(scene, "a", "K", 2);
	assert_int_equal(count_lines(scene, "\"type\":\"value\""), 2);
	assert_int_equal(outlet_failure(scene->outlet), 0);
}

static void what_is_alike_is_told_so_often(void **state)
{
	struct scene *scene = *state;

	put(scene, "a", "K", OUTLET_ALIKE_MAX + 50);
	put(scene, "a", "L", 1); // is not alike
	put(scene, "b", "K", 3); // is another file
	put(scene, "a", "K", 1); // and the first one once more
	assert_int_equal(
		count_lines(scene, "\"path\":\"a\",\"key\":\"K\",\"form\""), OUTLET_ALIKE_MAX + 1);
	assert_int_equal(count_lines(scene, "\"type\":\"skipped\""), 1);
	assert_int_equal(count_lines(scene, "\"key\":\"L\""), 1);
	assert_int_equal(count_lines(scene, "\"path\":\"b\""), 3);
}

static void when_nobody_reads_it_is_over(void **state)
{
	struct scene *scene = *state;
	const struct scanreport report = {.type = SCANREPORT_DONE};

	(void)signal(SIGPIPE, SIG_IGN);
	(void)close(scene->ends[0]);
	scene->ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(outlet_put(scene->outlet, &report), -EPIPE);
	assert_int_equal(outlet_failure(scene->outlet), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_alike_is_told_so_often, set_up, tear_down),
		cmocka_unit_test_setup_teardown(when_nobody_reads_it_is_over, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
