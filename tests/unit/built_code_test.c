// Compiled code that falls back to a public placeholder: what counts, and what is none of it.
// SPDX-License-Identifier: MIT
#include "loader/resolve/built_code.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static void a_fallback_is_found_where_a_bundler_wrote_one(void **state)
{
	static const struct {
		const char *name, *text, *key; // key NULL: nothing is found
	} cases[] = {
		{"webpack", "let e=process.env.AUTH_SECRET||\"your-secret-key\";", "AUTH_SECRET"},
		{"with spaces", "process.env.AUTH_SECRET || 'your-secret-key'", "AUTH_SECRET"},
		{"with ??", "process.env.AUTH_SECRET??`your-secret-key`", "AUTH_SECRET"},
		{"through a variable",
			"let d=\"your-secret-key\",e=()=>process.env.AUTH_SECRET||d;",
			"AUTH_SECRET"},
		{"the assignment that is nearest",
			"d=\"shop\";d=\"changeme\";f(process.env.AUTH_SECRET||d)", "AUTH_SECRET"},
		{"a name that says nothing, a text that does",
			"process.env.ETLS_ACCESS||\"your-secret-key\"", "ETLS_ACCESS"},
		{"the second read", "process.env.A;process.env.AUTH_SECRET||\"changeme\"",
			"AUTH_SECRET"},
		{"no fallback", "process.env.AUTH_SECRET", NULL},
		{"an empty text", "process.env.AUTH_SECRET||\"\"", NULL},
		{"a text that nobody knows", "process.env.AUTH_SECRET||\"Vw2mQx9RtLzB4nHc\"", NULL},
		{"a harmless default", "process.env.NODE_ENV||\"test\"", NULL},
		{"another variable's text", "ad=\"changeme\";process.env.AUTH_SECRET||d", NULL},
		{"an assignment that comes later", "process.env.AUTH_SECRET||d;d=\"changeme\"",
			NULL},
		{"an operator at the end", "process.env.AUTH_SECRET||", NULL},
		{"a text without an end", "process.env.AUTH_SECRET||\"changeme", NULL},
		{"an escape", "process.env.AUTH_SECRET||\"change\\u006de\"", NULL},
		{"nothing behind the point", "process.env.", NULL},
		{"no name", "process.env.||\"changeme\"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own(pool_release) struct pool *pool = pool_new();
		struct pool_list found = {0};
		const struct built_fallback *first;

		if (!pool)
			abort();
		assert_int_equal(
			built_code_read(cases[i].text, strlen(cases[i].text), "x.js", pool, &found),
			0);
		first = found.items;
		if (found.count != (cases[i].key != NULL) ||
			(first && !text_equal(first->key, cases[i].key)))
			fail_msg("%s: %s", cases[i].name, first ? first->key : "nothing");
	}
}

// Makes a folder of code below a new one.
static void lay(const char *root, const char *path, const char *text)
{
	char whole[256];
	int fd;

	(void)snprintf(whole, sizeof(whole), "%s/%s", root, path);
	fd = open(whole, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void files_are_looked_through_and_a_key_is_told_once(void **state)
{
	static const char read[] = "process.env.AUTH_SECRET||\"changeme\"";
	own(pool_release) struct pool *pool = pool_new();
	static const struct {
		const char *path;
		bool folder;
	} laid[] = {{"server/wait.js", false}, {"server/loop", false}, {"server/notes.txt", false},
		{"server/empty.js", false}, {"server/app/route.js", false},
		{"server/app/page.mjs", false}, {"server/app", true}, {"server", true}};
	char root[] = "/tmp/built_code_test.XXXXXX";
	struct pool_list found = {0};
	const struct built_fallback *first;
	int at;

	(void)state;
	if (!pool || !mkdtemp(root))
		abort();
	at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(at >= 0);
	assert_int_equal(mkdirat(at, "server", 0700), 0);
	assert_int_equal(mkdirat(at, "server/app", 0700), 0);
	assert_int_equal(mkfifoat(at, "server/wait.js", 0600), 0);
	assert_int_equal(symlinkat("..", at, "server/loop"), 0);
	lay(root, "server/notes.txt", read);
	lay(root, "server/empty.js", "");
	lay(root, "server/app/route.js", read);
	lay(root, "server/app/page.mjs", read);
	assert_int_equal(built_code_fallbacks(at, "nowhere", pool, &found), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(built_code_fallbacks(at, "server", pool, &found), 0);
	assert_int_equal(found.count, 1);
	first = found.items;
	assert_non_null(strstr(first->file, "server/app/"));
	for (size_t i = 0; i < ARRAY_SIZE(laid); i++)
		assert_int_equal(unlinkat(at, laid[i].path, laid[i].folder ? AT_REMOVEDIR : 0), 0);
	assert_int_equal(close(at), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fallback_is_found_where_a_bundler_wrote_one),
		cmocka_unit_test(files_are_looked_through_and_a_key_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
