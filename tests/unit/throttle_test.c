// The log under a flood: what is written, what is summed up, and who is not touched by it.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/throttle.h"

#include "lib/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <cmocka.h>

#define FLOOD 100000

struct scene {
	struct log log;
	struct throttle *throttle;
};

static int scene_set(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_INFO};
	scene->throttle = throttle_new(&scene->log);
	*state = scene;
	return scene->log.fd < 0 || !scene->throttle;
}

static int scene_end(void **state)
{
	struct scene *scene = *state;

	throttle_free(scene->throttle);
	(void)close(scene->log.fd);
	free(scene);
	return 0;
}

// How many of `count` lines are written.
static uint64_t written(
	struct scene *scene, enum throttle_kind kind, uint64_t uid, uint64_t now, uint64_t count)
{
	uint64_t passed = 0;

	for (uint64_t i = 0; i < count; i++)
		passed += throttle_admits(scene->throttle, kind, uid, now);
	return passed;
}

static const char *said(const struct scene *scene)
{
	static char text[16384];
	ssize_t got = pread(scene->log.fd, text, sizeof(text) - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	return text;
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		count++;
	return count;
}

static void a_flood_is_cut_and_summed_up(void **state)
{
	struct scene *scene = *state;
	uint64_t passed = written(scene, THROTTLE_STRANGER, 4711, 5, FLOOD);
	char wanted[128];

	assert_in_range(passed, 1, 100);
	throttle_tell(scene->throttle, 1000, false);
	(void)snprintf(wanted, sizeof(wanted),
		"level=warning event=not_shown kind=stranger uid=4711 count=%llu text=\"%llu more "
		"not shown\"\n",
		(unsigned long long)(FLOOD - passed), (unsigned long long)(FLOOD - passed));
	assert_string_equal(said(scene), wanted);
	throttle_tell(scene->throttle, 1000 + 2 * THROTTLE_TELL_MS, true);
	assert_string_equal(said(scene), wanted); // said once
	(void)written(scene, THROTTLE_STRANGER, 4711, 2000, FLOOD);
	throttle_tell(scene->throttle, 2000, false);
	assert_string_equal(said(scene), wanted); // and not again at once
	throttle_tell(scene->throttle, 1000 + THROTTLE_TELL_MS, false);
	assert_int_equal(count_of(said(scene), "\n"), 2);
}

static void an_hour_of_flood_is_few_lines(void **state)
{
	struct scene *scene = *state;
	uint64_t passed = 0;

	for (uint64_t now = 0; now < 3600 * 1000; now += 1000) {
		passed += written(scene, THROTTLE_STRANGER, 4711, now, 10);
		throttle_tell(scene->throttle, now, false);
	}
	throttle_tell(scene->throttle, 3600 * 1000, true);
	assert_in_range(passed, 1, 400);
	assert_in_range(count_of(said(scene), "\n"), 1, 400);
}

static void nobody_else_is_touched(void **state)
{
	struct scene *scene = *state;

	(void)written(scene, THROTTLE_STRANGER, 4711, 0, FLOOD);
	(void)written(scene, THROTTLE_OFFER, 4711, 0, FLOOD);
	(void)written(scene, THROTTLE_FINDING, 4711, 0, FLOOD);
	assert_int_equal(written(scene, THROTTLE_STRANGER, 4712, 0, 20), 20);
	assert_int_equal(written(scene, THROTTLE_OFFER, 4712, 0, 500), 500);
	assert_int_equal(written(scene, THROTTLE_FINDING, 4712, 0, 500), 500);
	// Not even the user's own other lines.
	assert_int_equal(written(scene, THROTTLE_PROBLEM, 4711, 0, 20), 20);
}

static void strangers_of_every_uid_share_what_is_left(void **state)
{
	struct scene *scene = *state;
	uint64_t passed = 0;

	for (uint64_t uid = 100000; uid < 165536; uid++)
		passed += written(scene, THROTTLE_STRANGER, uid, 0, 30);
	assert_in_range(passed, 1, 20 * (THROTTLE_USERS_MAX + 1));
	throttle_tell(scene->throttle, 0, true);
	assert_int_equal(count_of(said(scene), "\n"), THROTTLE_USERS_MAX + 1);
	assert_int_equal(count_of(said(scene), "uid=many"), 1);
	// They cannot take the place of those who are admitted.
	assert_int_equal(written(scene, THROTTLE_OFFER, 4711, 0, 500), 500);
}

static void an_allowance_comes_back(void **state)
{
	struct scene *scene = *state;

	(void)written(scene, THROTTLE_OFFER, 4711, 0, FLOOD);
	throttle_tell(scene->throttle, 0, true);
	assert_int_equal(written(scene, THROTTLE_OFFER, 4711, 1000, 100), 5);
	throttle_tell(scene->throttle, 1000, true);
	assert_int_equal(written(scene, THROTTLE_OFFER, 4711, 3600 * 1000, FLOOD), 500);
	throttle_tell(scene->throttle, 3600 * 1000, true);
	for (uint64_t uid = 1; uid <= 3 * THROTTLE_USERS_MAX;
		uid++) // one day, one user after another
		assert_int_equal(
			written(scene, THROTTLE_OFFER, uid, uid * 24 * 3600 * 1000, 500), 500);
}

static void a_peer_without_a_uid_has_an_allowance_too(void **state)
{
	struct scene *scene = *state;

	assert_in_range(written(scene, THROTTLE_STRANGER, THROTTLE_UNKNOWN, 0, FLOOD), 1, 100);
	throttle_tell(scene->throttle, 0, true);
	assert_null(strstr(said(scene), "uid="));
	assert_non_null(strstr(said(scene), "more not shown"));
	assert_null(throttle_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_flood_is_cut_and_summed_up, scene_set, scene_end),
		cmocka_unit_test_setup_teardown(
			an_hour_of_flood_is_few_lines, scene_set, scene_end),
		cmocka_unit_test_setup_teardown(nobody_else_is_touched, scene_set, scene_end),
		cmocka_unit_test_setup_teardown(
			strangers_of_every_uid_share_what_is_left, scene_set, scene_end),
		cmocka_unit_test_setup_teardown(an_allowance_comes_back, scene_set, scene_end),
		cmocka_unit_test_setup_teardown(
			a_peer_without_a_uid_has_an_allowance_too, scene_set, scene_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
