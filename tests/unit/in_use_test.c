// Which loaders a folder speaks for: each row of the table, what is searched and what is passed
// over.
// SPDX-License-Identifier: MIT
#include "loader/inspect/in_use.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

struct scene {
	char root[64];
	int folder;
	struct pool *pool;
	struct in_use_list list;
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	(void)snprintf(scene->root, sizeof(scene->root), "/tmp/samekey-in-use-XXXXXX");
	scene->pool = pool_new();
	*state = scene;
	if (!scene->pool || !mkdtemp(scene->root))
		return -1;
	scene->folder = open(scene->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return scene->folder < 0 ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	(void)pool_free(scene->pool);
	(void)close(scene->folder);
	(void)nftw(scene->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

static void put(struct scene *scene, const char *name, const char *text)
{
	int fd = openat(scene->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void look(struct scene *scene)
{
	scene->list.count = 0;
	assert_int_equal(in_use_look(scene->folder, "../", scene->pool, &scene->list), 0);
}

static const struct {
	const char *file, *text, *dialect; // NULL: nothing
	uint32_t line;
} table[] = {
	{"package.json", "{\n\"dependencies\": {\n\"next\": \"16\"}}", "next", 3},
	{"package.json", "{\"devDependencies\":{\"vite\":\"8\"}}", "vite", 1},
	{"package.json", "{\"dependencies\":{\"dotenv\":\"17\"}}", "dotenv", 1},
	{"package.json", "{\"dependencies\":{\"@dotenvx/dotenvx\":\"2\"}}", "dotenvx", 1},
	{"package.json", "{\"scripts\":{\"start\":\"node --env-file=.env x.js\"}}", "node", 1},
	{"package.json", "{\"scripts\":{\"start\":\"pm2 start x.js\"}}", "pm2", 1},
	{"package.json", "{\"name\":\"dotenv\"}", NULL, 0},
	{"Dockerfile", "FROM x\nCMD [\"node\", \"--env-file=.env\", \"x.js\"]\n", "node", 2},
	{"Dockerfile", "# docker run --env-file .env\nFROM x\n", "docker", 1},
	{"Dockerfile", "FROM x\n", NULL, 0},
	{"compose.yaml", "", "compose", 0},
	{"docker-compose.prod.yml", "", "compose", 0},
	{"web.service", "[Service]\n\nEnvironmentFile=/x\n", "systemd", 3},
	{"web.service", "[Service]\nEnvironment=A=1\n", NULL, 0},
	{".service", "EnvironmentFile=/x\n", NULL, 0},
	{"web.container", "[Container]\nEnvironmentFile=/x\n", "podman", 2},
	{"ecosystem.config.cjs", "", "pm2", 0},
	{"requirements-dev.txt", "flask\npython-dotenv==1.0\n", "python", 2},
	{"pyproject.toml", "dependencies = [\"python-dotenv\"]\n", "python", 1},
	{"Gemfile", "gem 'dotenv-rails'\n", "ruby", 1},
	{"go.mod", "require github.com/joho/godotenv v1.5.1\n", "godotenv", 1},
	{"composer.json", "{\"require\":{\"vlucas/phpdotenv\":\"5\"}}", "phpdotenv", 1},
	{"composer.json", "{\"require\":{\"symfony/dotenv\":\"5\"}}", "symfony", 1},
	{"Cargo.toml", "[dependencies]\ndotenvy = \"0.15\"\n", "dotenvy", 2},
	{".envrc", "dotenv\n", "direnv", 1},
	{".envrc", "export A=1\n", NULL, 0},
	{"Procfile", "web: node x.js\n", "foreman", 0},
	{"start.sh", "set -a\n. ./.env\n", "sh", 2},
	{"Makefile", "up:\n\tkubectl create secret generic x --from-env-file=.env\n", "kubectl", 2},
};

static void every_row_finds_its_loader(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct in_use *item;

		put(scene, table[i].file, table[i].text);
		look(scene);
		item = table[i].dialect ? in_use_find(&scene->list, table[i].dialect) : NULL;
		if (!table[i].dialect && scene->list.count)
			fail_msg("%s: found %s", table[i].file, scene->list.items[0].dialect);
		if (table[i].dialect && (!item || item->line != table[i].line))
			fail_msg("%s: %s", table[i].file, table[i].dialect);
		if (item)
			assert_true(text_starts(item->file, "../") &&
				    text_ends(item->file, table[i].file));
		assert_int_equal(unlinkat(scene->folder, table[i].file, 0), 0);
	}
}

static void the_first_place_of_a_loader_counts(void **state)
{
	struct scene *scene = *state;

	put(scene, "Makefile", "docker run --env-file .env\n");
	put(scene, "package.json", "docker run --env-file .env\n");
	look(scene);
	assert_int_equal(scene->list.count, 1);
	assert_string_equal(scene->list.items[0].file, "../Makefile");
	// another folder adds only what is new
	put(scene, "go.mod", "joho/godotenv\n");
	assert_int_equal(in_use_look(scene->folder, "", scene->pool, &scene->list), 0);
	assert_int_equal(scene->list.count, 2);
	assert_string_equal(scene->list.items[1].file, "go.mod");
}

static void odd_files_are_passed_over(void **state)
{
	struct scene *scene = *state;
	char *large = malloc(IN_USE_FILE_MAX + 2);

	assert_non_null(large);
	memset(large, 'x', IN_USE_FILE_MAX + 1);
	large[IN_USE_FILE_MAX + 1] = '\0';
	memcpy(large, "joho/godotenv", strlen("joho/godotenv"));
	put(scene, "go.mod", large);
	free(large);
	assert_int_equal(mkfifoat(scene->folder, "Gemfile", 0600), 0);
	assert_int_equal(mkdirat(scene->folder, "Cargo.toml", 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", scene->folder, "Makefile"), 0);
	put(scene, "composer.json", "");
	look(scene);
	assert_int_equal(scene->list.count, 0);
	assert_int_equal(scene->list.unread_count, 2); // the link and the large one
	assert_string_equal(path_basename(scene->list.unread), "Makefile");
	assert_int_equal(in_use_look(-1, "", scene->pool, &scene->list), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_finds_its_loader, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_first_place_of_a_loader_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_files_are_passed_over, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
