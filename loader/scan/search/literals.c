// Compiles literals into a vectorscan database that lies in the arena, and scans blocks with it.
// vectorscan takes its memory through hooks of the whole process, which do not say how much is
// given back: a head in front of each block does.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/literals.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"

#include <errno.h>
#include <hs/hs.h>
#include <malloc.h>

#define HEAD 64u // keeps the alignment of the arena's blocks
#define PERTURBED 0x5A

struct literals {
	hs_database_t *database;
	hs_scratch_t *scratch;
	struct secret_arena *arena;
};

// Where the hooks take from; set around each call that makes or frees a database.
static struct secret_arena *database_arena;

static void *take_database(size_t size)
{
	uint8_t *block = secret_arena_take(database_arena, HEAD + size);

	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + HEAD;
}

static void give_database(void *at)
{
	uint8_t *block = at;
	size_t size;

	if (!block)
		return;
	block -= HEAD;
	memcpy(&size, block, sizeof(size));
	secret_arena_give(database_arena, block, HEAD + size);
}

// The tables of hs_compile_lit_multi.
struct columns {
	const char **bytes;
	size_t *lengths;
	unsigned *flags, *ids;
};

static void columns_release(struct columns *columns)
{
	free(columns->bytes);
	free(columns->lengths);
	free(columns->flags);
	free(columns->ids);
}

static int fill_columns(const struct literal *list, size_t count, struct columns *ret_columns)
{
	ret_columns->bytes = calloc(count, sizeof(*ret_columns->bytes));
	ret_columns->lengths = calloc(count, sizeof(*ret_columns->lengths));
	ret_columns->flags = calloc(count, sizeof(*ret_columns->flags));
	ret_columns->ids = calloc(count, sizeof(*ret_columns->ids));
	if (!ret_columns->bytes || !ret_columns->lengths || !ret_columns->flags ||
		!ret_columns->ids)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		ret_columns->bytes[i] = (const char *)list[i].bytes;
		ret_columns->lengths[i] = list[i].length;
		ret_columns->ids[i] = (unsigned)i;
	}
	return 0;
}

// The compiler keeps copies in C++ objects: glibc overwrites what they free.
static int compile(
	struct literals *literals, const struct literal *list, size_t count, struct err *err)
{
	own(columns_release) struct columns columns = {0};
	hs_compile_error_t *reason = NULL;
	hs_error_t result;

	if (fill_columns(list, count, &columns) != 0)
		return err_no_memory(err);
	(void)mallopt(M_PERTURB, PERTURBED);
	result = hs_compile_lit_multi(columns.bytes, columns.flags, columns.ids, columns.lengths,
		(unsigned)count, HS_MODE_BLOCK, NULL, &literals->database, &reason);
	(void)mallopt(M_PERTURB, 0);
	if (result != HS_SUCCESS) {
		(void)err_set(err, -EINVAL, NULL, "cannot prepare the search: %s",
			reason ? reason->message : "vectorscan failed");
		(void)hs_free_compile_error(reason);
		return -EINVAL;
	}
	if (hs_alloc_scratch(literals->database, &literals->scratch) != HS_SUCCESS)
		return err_no_memory(err);
	return 0;
}

int literals_open(const struct literal *list, size_t count, struct secret_arena *arena,
	struct literals **ret_literals, struct err *err)
{
	struct literals *literals = calloc(1, sizeof(*literals));
	int code = 0;

	if (!literals)
		return err_no_memory(err);
	literals->arena = arena;
	database_arena = arena;
	if (hs_set_database_allocator(take_database, give_database) != HS_SUCCESS)
		code = err_set(err, -EINVAL, NULL, "vectorscan takes no allocator");
	if (code == 0 && count > 0)
		code = compile(literals, list, count, err);
	if (code != 0) {
		(void)literals_close(literals);
		return code;
	}
	*ret_literals = literals;
	return 0;
}

struct literals *literals_close(struct literals *literals)
{
	if (!literals)
		return NULL;
	database_arena = literals->arena;
	(void)hs_free_scratch(literals->scratch);
	(void)hs_free_database(literals->database);
	free(literals);
	return NULL;
}

struct telling {
	size_t size;
	literals_found *found;
	void *user;
};

static int tell(
	unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *user)
{
	const struct telling *telling = user;

	(void)from;
	(void)flags;
	if (to <= telling->size)
		telling->found(telling->user, id, (size_t)to);
	return 0;
}

int literals_scan(const struct literals *literals, const uint8_t *bytes, size_t size,
	literals_found *found, void *user)
{
	struct telling telling = {size, found, user};

	if (!literals->database || !size)
		return 0;
	return hs_scan(literals->database, (const char *)bytes, (unsigned)(size + LITERALS_BEHIND),
		       0, literals->scratch, tell, &telling) == HS_SUCCESS
		       ? 0
		       : -ENOMEM;
}
