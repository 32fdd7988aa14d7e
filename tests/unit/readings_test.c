// Readings: what a bundle carries beside the value that samekey reads, by whom each is read, and
// that it stays within a bundle's caps.
// SPDX-License-Identifier: MIT
#include "loader/resolve/readings.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "loader/resolve/resolution.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[] = "/tmp/samekey-readings-test-XXXXXX";

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

// Whether a list "a, b, c" has a word.
static bool names(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

// The reading of a key that a dialect has; NULL: it reads what samekey reads, or another's value.
static const struct candidate *reading_of(
	const struct bundle *bundle, const char *name, const char *dialect)
{
	const struct bundle_key *key = bundle_find(bundle, name);

	assert_non_null(key);
	for (size_t i = 0; i < key->count; i++)
		if (key->candidates[i].kind == CANDIDATE_READING &&
			names(key->candidates[i].dialects, dialect))
			return &key->candidates[i];
	return NULL;
}

static struct resolution *resolve(void)
{
	static char home[] = "HOME=/nonexistent", given[] = "PE=frompe";
	static char *const environment[] = {home, given, NULL};
	const struct resolution_request request = {.root = root, .environment = environment};
	struct resolution *resolution = NULL;
	struct err err = ERR_NONE;

	assert_int_equal(resolution_open(&request, &resolution, &err), 0);
	return resolution;
}

static void each_other_value_has_its_readers(void **state)
{
	own(resolution_release) struct resolution *resolution = NULL;
	own(pool_release) struct pool *pool = pool_new();
	static const struct {
		const char *key, *dialect, *value; // NULL: as samekey, so no reading
	} cases[] = {
		{"HASH_SECRET", "dotenv", "pa"},
		{"HASH_SECRET", "node", "pa"},
		{"HASH_SECRET", "docker", NULL},
		{"HASH_SECRET", "python", NULL},
		{"QUOTED_SECRET", "docker", "\"two words\""},
		{"QUOTED_SECRET", "next", NULL},
		{"DOLLAR_SECRET", "next", "xfrompe"},
		{"DOLLAR_SECRET", "sh", NULL},
		{"PORTABLE_SECRET", "literal", NULL},
		{"PORTABLE_SECRET", "kubectl", NULL},
	};
	struct bundle bundle;

	(void)state;
	put(".env", "HASH_SECRET=pa#ss\nQUOTED_SECRET=\"two words\"\n"
		    "DOLLAR_SECRET='x$PE'\nPORTABLE_SECRET=abc\nNO_MATTER=a#b\n");
	resolution = resolve();
	assert_int_equal(readings_add(resolution, pool, &bundle), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct candidate *reading =
			reading_of(&bundle, cases[i].key, cases[i].dialect);

		if (!reading != !cases[i].value ||
			(reading && !secret_is(reading->value, cases[i].value)))
			fail_msg("%s, %s", cases[i].key, cases[i].dialect);
		if (reading)
			assert_string_equal(reading->origin.place, ".env");
	}
	assert_int_equal(bundle_find(&bundle, "PORTABLE_SECRET")->count, 1);
	assert_int_equal(bundle_find(&bundle, "NO_MATTER")->count, 1); // is no secret
	assert_int_equal(bundle_winner(bundle_find(&bundle, "HASH_SECRET"))->value.length, 5);
}

static void what_the_resolution_shows_has_none(void **state)
{
	own(resolution_release) struct resolution *resolution = NULL;
	own(pool_release) struct pool *pool = pool_new();
	struct bundle bundle;

	(void)state;
	put(".env", "HASH_SECRET=pa#ss\n");
	resolution = resolve();
	assert_int_equal(readings_add(resolution, pool, &bundle), 0);
	assert_true(bundle.keys[0].count > 1);
	assert_int_equal(resolution->bundle.keys[0].count, 1);
}

static void readings_never_make_a_bundle_too_large(void **state)
{
	enum { KEYS = 100, LENGTH = 60000 };
	own(resolution_release) struct resolution *resolution = NULL;
	own(pool_release) struct pool *pool = pool_new();
	own_free char *text = malloc(KEYS * (LENGTH + 32) + 1);
	struct bundle bundle;
	size_t size = 0, readings = 0;
	char *at = text;

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		at += snprintf(at, 32, "SECRET_%d=x#", i);
		memset(at, 'y', LENGTH);
		at += LENGTH;
		*at++ = '\n';
	}
	*at = '\0';
	put("samekey.ini", "[sources]\nmax_file = 8M\n");
	put(".env", text);
	resolution = resolve();
	assert_int_equal(readings_add(resolution, pool, &bundle), 0);
	for (size_t i = 0; i < bundle.key_count; i++)
		for (size_t j = 0; j < bundle.keys[i].count; j++) {
			size += bundle.keys[i].candidates[j].value.length;
			readings += bundle.keys[i].candidates[j].kind == CANDIDATE_READING;
		}
	assert_int_equal(bundle.key_count, KEYS);
	assert_true(size < BUNDLE_SIZE_MAX);
	assert_true(readings <= KEYS * BUNDLE_READINGS_MAX);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) && chdir(root) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(".env");
	(void)unlink("samekey.ini");
	return chdir("/") == 0 && rmdir(root) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_other_value_has_its_readers),
		cmocka_unit_test(what_the_resolution_shows_has_none),
		cmocka_unit_test(readings_never_make_a_bundle_too_large),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
