// A walk over files: its order, what it does not enter, and what it says that it did not see.
// SPDX-License-Identifier: MIT
#include "lib/base/tree.h"

#include "lib/base/text.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[64];
static int top;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(root, sizeof(root), "/tmp/samekey-tree-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return top < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)close(top);
	(void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void put(const char *path)
{
	own_fd int fd = openat(top, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
}

static void lay_all(void)
{
	static const char *const folders[] = {"b", "b/c", "b/c/d", "closed"};
	static const char *const files[] = {"z", "a", "b/1", "b/c/2", "b/c/d/3", "closed/4"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdirat(top, folders[i], 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put(files[i]);
	assert_int_equal(symlinkat("b", top, "link"), 0);
	assert_int_equal(symlinkat("a", top, "other"), 0);
	assert_int_equal(symlinkat("nothing", top, "nowhere"), 0);
	assert_int_equal(symlinkat("hidden", top, "hidden"), 0); // nobody can see what is behind
	assert_int_equal(mkfifoat(top, "pipe", 0600), 0);
}

static bool enters(const char *name)
{
	return !text_equal(name, "closed");
}

struct told {
	char text[256];
	const char *last; // the file that ends the walk
};

static int tell(void *user, const struct tree_file *file)
{
	struct told *told = user;
	struct stat facts;
	size_t used = strlen(told->text);

	assert_int_equal(fstatat(file->folder, file->name, &facts, AT_SYMLINK_NOFOLLOW), 0);
	(void)snprintf(told->text + used, sizeof(told->text) - used, " %s", file->path);
	return told->last && text_equal(file->name, told->last) ? 7 : 0;
}

static void files_come_in_order_and_the_rest_is_counted(void **state)
{
	static const struct {
		const char *name;
		struct tree_walk walk;
		const char *last, *told;
		size_t skipped, linked;
	} cases[] = {
		{"all but the closed", {.prefix = "", .enters = enters}, NULL,
			" a b/1 b/c/2 b/c/d/3 z", 0, 0},
		{"none is entered", {.prefix = ""}, NULL, " a z", 0, 0},
		{"a prefix that is a folder", {.prefix = "up/"}, NULL, " up/a up/z", 0, 0},
		{"a prefix without its slash", {.prefix = "up"}, NULL, " up/a up/z", 0, 0},
		{"not too deep", {.prefix = "", .enters = enters, .depth = 1}, NULL, " a b/1 z", 1,
			0},
		{"ended by a file", {.prefix = "", .enters = enters}, "2", " a b/1 b/c/2", 0, 0},
		{"links to files, and to a folder", {.prefix = "", .enters = enters, .links = true},
			NULL, " a b/1 b/c/2 b/c/d/3 hidden other z", 0, 1},
		{"links where no folder is entered", {.prefix = "", .links = true}, NULL,
			" a hidden other z", 0, 0},
	};

	(void)state;
	lay_all();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = {.last = cases[i].last};
		struct tree_walk walk = cases[i].walk;
		struct tree_gaps gaps;
		int code;

		walk.file = tell;
		walk.user = &told;
		code = tree_walk(top, &walk, &gaps);
		if (code != (cases[i].last ? 7 : 0) || !text_equal(told.text, cases[i].told) ||
			gaps.skipped != cases[i].skipped || gaps.linked != cases[i].linked ||
			gaps.cut)
			fail_msg("%s: %d%s, %zu skipped, %zu linked", cases[i].name, code,
				told.text, gaps.skipped, gaps.linked);
	}
}

static int count(void *user, const struct tree_file *file)
{
	(void)file;
	++*(size_t *)user;
	return 0;
}

static void a_walk_has_an_end(void **state)
{
	size_t files = 0;
	const struct tree_walk walk = {.prefix = "", .file = count, .user = &files};
	struct tree_gaps gaps;

	(void)state;
	put("first");
	for (unsigned i = 0; i < TREE_ENTRIES_MAX; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(linkat(top, "first", top, name, 0), 0);
		if (i == TREE_ENTRIES_MAX - 2) {
			assert_int_equal(tree_walk(top, &walk, &gaps), 0);
			assert_int_equal(files, TREE_ENTRIES_MAX);
			assert_false(gaps.cut);
		}
	}
	files = 0;
	assert_int_equal(tree_walk(top, &walk, &gaps), 0);
	assert_int_equal(files, TREE_ENTRIES_MAX);
	assert_true(gaps.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			files_come_in_order_and_the_rest_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_walk_has_an_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
