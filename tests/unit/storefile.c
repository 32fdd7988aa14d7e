// The folder goes with the test.
// SPDX-License-Identifier: MIT
#include "tests/unit/storefile.h"

#include "lib/base/err.h"
#include "verifier/record/sessions/store.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct family_rules rules = {
	.grace_ms = 10000, .idle_ms = 7 * STOREFILE_DAY, .access_ms = 900000};

const struct family_now storefile_now = {STOREFILE_WALL, 1000};

int storefile_open(struct storefile *scene)
{
	const struct store_options options = {.url = scene->path};

	scene->err = ERR_NONE;
	scene->store = store_close(scene->store);
	return store_open(&options, &scene->store, &scene->err);
}

int storefile_set_up(void **state)
{
	struct storefile *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	(void)umask(0); // what is made keeps its own modes
	// where a sync costs nothing, if there is such a place
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/samekey-database-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(scene->folder))
		return -1;
	(void)snprintf(scene->path, sizeof(scene->path), "%s/s.db", scene->folder);
	(void)snprintf(scene->wal, sizeof(scene->wal), "%s-wal", scene->path);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

int storefile_tear_down(void **state)
{
	struct storefile *scene = *state;

	store_close(scene->store);
	(void)nftw(scene->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

struct store_op storefile_about(enum store_verb verb, size_t family)
{
	struct store_op op = {.verb = verb, .rules = rules, .generation = 1};

	op.end = FAMILY_ENDED_BY_LOGOUT;
	memset(op.family.id, (int)family, sizeof(op.family.id));
	op.family.generation = 1;
	op.family.expires_wall_ms = STOREFILE_WALL + 7 * STOREFILE_DAY;
	op.family.absolute_wall_ms = STOREFILE_WALL + 30 * STOREFILE_DAY;
	(void)snprintf(op.family.subject, sizeof(op.family.subject), "u%zu", family % 5);
	memset(op.family.access_claims, 'a', 400);
	return op;
}

int storefile_apply(struct storefile *scene, struct store_op *op)
{
	ignore_result(store_apply(scene->store, &op, 1, &storefile_now)); // the same as its code
	return op->code;
}

void storefile_fill(struct storefile *scene)
{
	static struct store_op ops[STOREFILE_FAMILIES * 2];
	struct store_op *all[STOREFILE_FAMILIES * 2];
	size_t count = 0;

	assert_int_equal(storefile_open(scene), 0);
	for (size_t i = 1; i <= STOREFILE_FAMILIES; i++) {
		ops[count++] = storefile_about(STORE_CREATE, i);
		if (i % 4 == 0)
			ops[count++] = storefile_about(STORE_END_FAMILY, i);
	}
	for (size_t i = 0; i < count; i++)
		all[i] = &ops[i];
	assert_int_equal(store_apply(scene->store, all, count, &storefile_now), 0);
}
