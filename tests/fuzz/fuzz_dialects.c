// Any bytes read as every dialect: each ends, in bounded memory, with results that can be looked at
// and found by name, with places inside the file, and the same ones when it is asked again.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#define CANARY "kAn4rY-value"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct watching {
	struct span file;
	bool may_tell; // the file holds the canary itself
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	static const struct {
		const char *name, *value;
	} variables[] = {{"A", CANARY}, {"EMPTY", ""}, {"C", "${B}$A"}, {"HOME", "/home/u"}};

	(void)user;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (span_is(name, variables[i].name)) {
			*ret_value = span_of(variables[i].value);
			return true;
		}
	return false;
}

static void watch(void *user, const struct emulation_trouble *trouble)
{
	const struct watching *watching = user;

	// a byte that is no UTF-8 becomes a character of three for some loaders
	if (!trouble->line || !trouble->column || trouble->line > watching->file.length + 1 ||
		trouble->column > 3 * watching->file.length + 1)
		abort();
	if (!watching->may_tell && strstr(trouble->text, CANARY))
		abort();
}

// A sum over all results, so that every byte of them is read.
static uint64_t sum_up(const struct emulation *emulation, struct span file)
{
	uint64_t sum = emulation_count(emulation);

	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		if (!item.line || item.line > file.length + 1 ||
			emulation_index(emulation, item.name) != i)
			abort();
		for (size_t j = 0; j < item.name.length; j++)
			sum = sum * 31 + item.name.at[j];
		for (size_t j = 0; j < item.value.length; j++)
			sum = sum * 31 + item.value.at[j];
	}
	return sum;
}

static uint64_t read_as(
	struct emulation *emulation, const struct dialect *dialect, struct span file)
{
	int code;

	emulation_restart(emulation, dialect);
	code = emulation_read(emulation, file);
	if (code == 0)
		code = emulation_finish(emulation);
	return code == 0 ? sum_up(emulation, file) : (uint64_t)(int64_t)code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct secret_options arena_options = {.cap = 512u << 20};
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own(emulation_release) struct emulation *emulation = NULL;
	struct watching watching = {{bytes, size}, memmem(bytes, size, CANARY, strlen(CANARY))};
	const struct dialect *dialect;

	if (secret_arena_open(&arena_options, &arena, NULL))
		return 0;
	emulation = emulation_new(&(struct emulation_options){.dialect = dialect_at(0),
		.arena = arena,
		.environment = look_up,
		.trouble = watch,
		.user = &watching});
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		uint64_t first = read_as(emulation, dialect, watching.file);

		if (read_as(emulation, dialect, watching.file) != first)
			abort();
	}
	return 0;
}
