// A secrets volume that is replaced while it is read, as Kubernetes does it.
// SPDX-License-Identifier: MIT
#include "loader/read/secretfile.h"
#include "loader/read/source.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[] = "/tmp/samekey-source-test-XXXXXX";
static bool replaced;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

// The reader asks about the first name once it has read the whole set.
static bool replace_set(void *user, const char *name)
{
	(void)user, (void)name;
	if (replaced)
		return false;
	replaced = true;
	assert_int_equal(symlink("..new", "..tmp"), 0);
	assert_int_equal(rename("..tmp", "..data"), 0);
	assert_int_equal(unlink("..old/a_key"), 0);
	assert_int_equal(unlink("..old/b_key"), 0);
	assert_int_equal(rmdir("..old"), 0);
	return false;
}

static void a_set_that_is_replaced_once_it_was_read_is_whole(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own(diag_release) struct diag *diag = diag_new();
	struct found_set *found = found_new(pool);
	const char *const keys[] = {"A_KEY", "B_KEY"};
	struct source_reader reader = {
		.found = found,
		.pool = pool,
		.arena = arena,
		.diag = diag,
		.max_file = 4096,
		.may_set = replace_set,
	};
	const struct secretfile_folder folder = {
		.source = SOURCE_SECRETS, .path = root, .lower_case_counts = true, .named = true};

	(void)state;
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	reader.arena = arena;
	assert_int_equal(secretfile_read_folder(&reader, &folder), 0);
	assert_true(replaced);
	assert_int_equal(diag_size(diag), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct found_key *key = found_find(found, keys[i]);

		assert_non_null(key);
		assert_non_null(key->first);
		assert_int_equal(key->first->value.length, 1);
		assert_memory_equal(secret_bytes(key->first->value), "1", 1);
	}
	found_free(found);
}

static int make_sets(void **state)
{
	(void)state;
	if (!mkdtemp(root) || chdir(root) < 0 || mkdir("..old", 0700) < 0 ||
		mkdir("..new", 0700) < 0 || symlink("..old", "..data") < 0)
		return -1;
	put("..old/a_key", "1");
	put("..old/b_key", "1");
	put("..new/a_key", "2");
	return 0;
}

static int remove_sets(void **state)
{
	(void)state;
	return unlink("..new/a_key") < 0 || rmdir("..new") < 0 || unlink("..data") < 0 ||
			       chdir("/") < 0 || rmdir(root) < 0
		       ? -1
		       : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_that_is_replaced_once_it_was_read_is_whole),
	};

	return cmocka_run_group_tests_name("source", tests, make_sets, remove_sets);
}
