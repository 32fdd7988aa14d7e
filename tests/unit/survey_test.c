// A tree of files is surveyed: what is read, what is left out, and where the caps cut.
// SPDX-License-Identifier: MIT
#include "loader/inspect/survey.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

struct tree {
	char root[64];
	struct pool *pool;
	struct survey survey;
};

// Writes a file below the root, with its folders.
static void put(const struct tree *tree, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	for (char *at = path + strlen(tree->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0700); // a failure shows when the file is opened
		*at = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -1;
	(void)snprintf(tree->root, sizeof(tree->root), "/tmp/samekey-survey-XXXXXX");
	tree->pool = pool_new();
	*state = tree;
	return tree->pool && mkdtemp(tree->root) ? 0 : -1;
}

static int teardown(void **state)
{
	struct tree *tree = *state;

	(void)pool_free(tree->pool);
	(void)nftw(tree->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

static void look(struct tree *tree)
{
	struct err err = ERR_NONE;

	assert_int_equal(survey_tree(tree->root, tree->pool, &tree->survey, &err), 0);
}

static const struct survey_key *key_of(const struct tree *tree, const char *name)
{
	static const struct survey_key none = {0};

	for (size_t i = 0; i < tree->survey.key_count; i++)
		if (text_equal(tree->survey.keys[i].name, name))
			return &tree->survey.keys[i];
	fail_msg("no key %s", name);
	return &none;
}

static void keys_come_with_their_places(void **state)
{
	struct tree *tree = *state;
	const struct survey_key *key;

	put(tree, ".env", "A_SECRET=x\nB=postgres://u:pw@h/d\n");
	put(tree, "web/.env.production", "export A_SECRET='y'\n");
	put(tree, "web/src/a.js", "\nprocess.env.A_SECRET || 'lit'\nimport.meta.env.VITE_X");
	put(tree, "ws/server.py", "os.environ['A_SECRET']\nos.getenv('C')");
	look(tree);
	assert_int_equal(tree->survey.key_count, 4);
	assert_int_equal(tree->survey.files, 2);
	assert_int_equal(tree->survey.env_file_count, 2);
	key = key_of(tree, "A_SECRET");
	assert_int_equal(key->read_count, 2);
	assert_string_equal(key->read[0].file, "web/src/a.js");
	assert_int_equal(key->read[0].line, 2);
	assert_string_equal(key->read[1].file, "ws/server.py");
	assert_int_equal(key->offered_count, 2);
	assert_string_equal(key->offered[0], ".env");
	assert_string_equal(key->offered[1], "web/.env.production");
	assert_true(key->fallback);
	assert_false(key->value_looks_secret);
	assert_true(key_of(tree, "B")->value_looks_secret);
	assert_true(key_of(tree, "VITE_X")->in_browser_only);
	assert_false(key_of(tree, "C")->in_browser_only);
	assert_int_equal(tree->survey.fallback_count, 1);
	assert_string_equal(tree->survey.fallbacks[0].key, "A_SECRET");
	assert_string_equal(tree->survey.fallbacks[0].place.file, "web/src/a.js");
	assert_false(tree->survey.cut);
}

static void foreign_code_is_left_out(void **state)
{
	static const char *const places[] = {"node_modules/x/a.js", ".next/server/a.js",
		"dist/a.js", "build/a.js", "vendor/a.py", ".git/a.js", "tests/a.js",
		"src/__tests__/a.js", "src/a.test.js", "README.md"};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		put(tree, places[i], "process.env.NOT_MINE; os.environ['NOT_MINE']");
	put(tree, ".env.example", "EXAMPLE_KEY=\n");
	put(tree, ".env.vault", "DOTENV_VAULT=x\n");
	look(tree);
	assert_int_equal(tree->survey.key_count, 0);
	assert_string_equal(tree->survey.example, ".env.example");
}

static void links_and_odd_files_are_not_followed(void **state)
{
	struct tree *tree = *state;
	char path[128];

	put(tree, "real/a.js", "process.env.A");
	(void)snprintf(path, sizeof(path), "%s/link", tree->root);
	assert_int_equal(symlink("real", path), 0);
	(void)snprintf(path, sizeof(path), "%s/loop.js", tree->root);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	(void)snprintf(path, sizeof(path), "%s/pipe.js", tree->root);
	assert_int_equal(mkfifo(path, 0600), 0);
	look(tree);
	assert_int_equal(tree->survey.key_count, 1);
	assert_int_equal(key_of(tree, "A")->read_count, 1);
}

static void apps_and_marks_are_seen(void **state)
{
	struct tree *tree = *state;

	put(tree, "package.json", "{\"name\":\"@acme/shop\",\"dependencies\":{\"next\":\"15\"}}");
	put(tree, "ws/package.json", "{\"devDependencies\":{\"dotenv\":\"16\"}}");
	put(tree, "broken/package.json", "{");
	put(tree, "ecosystem.config.cjs", "module.exports = {}");
	put(tree, "deploy/Dockerfile.web", "FROM scratch");
	put(tree, "compose.yaml", "services: {}");
	put(tree, "deploy/web.service", "[Service]");
	look(tree);
	assert_int_equal(tree->survey.app_count, 2);
	assert_string_equal(tree->survey.apps[0].folder, ".");
	assert_string_equal(tree->survey.apps[0].name, "@acme/shop");
	assert_true(tree->survey.apps[0].next);
	assert_string_equal(tree->survey.apps[1].folder, "ws");
	assert_true(tree->survey.apps[1].dotenv);
	assert_int_equal(tree->survey.marks,
		SURVEY_PM2 | SURVEY_DOCKERFILE | SURVEY_COMPOSE | SURVEY_SYSTEMD);
	assert_string_equal(survey_mark_text(SURVEY_PM2), "ecosystem.config.js");
}

static void large_and_deep_trees_are_cut(void **state)
{
	struct tree *tree = *state;
	char path[256], *text = malloc(SURVEY_FILE_MAX + 1);
	size_t used = 0;

	assert_non_null(text);
	memset(text, ' ', SURVEY_FILE_MAX);
	text[SURVEY_FILE_MAX] = '\0';
	put(tree, "large.js", text);
	text[SURVEY_FILE_MAX - 1] = '\0';
	memcpy(text, "process.env.FITS", strlen("process.env.FITS"));
	put(tree, "fits.js", text);
	free(text);
	for (size_t depth = 0; depth <= TREE_DEPTH_MAX; depth++)
		used += (size_t)snprintf(path + used, sizeof(path) - used, "d/");
	(void)snprintf(path + used, sizeof(path) - used, "a.js");
	put(tree, path, "process.env.TOO_DEEP");
	put(tree, path + 2, "process.env.DEEP");
	look(tree);
	assert_int_equal(tree->survey.key_count, 2);
	assert_int_equal(key_of(tree, "FITS")->read_count, 1);
	assert_int_equal(key_of(tree, "DEEP")->read_count, 1);
	assert_int_equal(tree->survey.skipped, 2);
}

static void too_many_keys_end_the_walk(void **state)
{
	struct tree *tree = *state;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	for (int i = 0; i <= SURVEY_KEYS_MAX; i++)
		assert_true(fprintf(out, "KEY_%d=x\n", i) > 0);
	assert_int_equal(fclose(out), 0);
	put(tree, ".env", text);
	put(tree, "z.js", "process.env.LATER");
	free(text);
	look(tree);
	assert_true(tree->survey.cut);
	assert_int_equal(tree->survey.key_count, SURVEY_KEYS_MAX);
}

static void a_root_that_is_none_is_an_error(void **state)
{
	struct tree *tree = *state;
	struct err err = ERR_NONE;
	char path[128];

	put(tree, "file", "");
	(void)snprintf(path, sizeof(path), "%s/file", tree->root);
	assert_int_equal(survey_tree(path, tree->pool, &tree->survey, &err), -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/none", tree->root);
	assert_int_equal(survey_tree(path, tree->pool, &tree->survey, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_come_with_their_places, setup, teardown),
		cmocka_unit_test_setup_teardown(foreign_code_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(
			links_and_odd_files_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(apps_and_marks_are_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(large_and_deep_trees_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_keys_end_the_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(a_root_that_is_none_is_an_error, setup, teardown),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
