// Every dialect while memory runs short: what it makes of a file is what it makes of it otherwise,
// or nothing and -ENOMEM.
// SPDX-License-Identifier: MIT
#include "tests/unit/mishap.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLS_MAX 5000
#define NAMES 80 // more than any first room of a list

static struct secret_arena *arena;
static struct span files[3];

// The outcome as one number.
static uint64_t outcome_of(const struct emulation *emulation, int code)
{
	uint64_t sum = (uint64_t)(int64_t)code;

	for (size_t i = 0; code == 0 && i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);

		for (size_t j = 0; j < item.name.length; j++)
			sum = sum * 31 + item.name.at[j];
		for (size_t j = 0; j < item.value.length; j++)
			sum = sum * 31 + item.value.at[j];
	}
	return sum;
}

// Returns: -ENOMEM, or 0 with the outcome.
static int read_files(const struct dialect *dialect, uint64_t *ret_outcome)
{
	own(emulation_release) struct emulation *emulation =
		emulation_new(&(struct emulation_options){.dialect = dialect, .arena = arena});
	int code = emulation ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(files) && code == 0; i++)
		code = emulation_read(emulation, files[i]);
	if (code == 0)
		code = emulation_finish(emulation);
	if (code < 0)
		return code;
	*ret_outcome = outcome_of(emulation, code);
	return 0;
}

static void fail_each(const struct dialect *dialect, uint64_t expected, bool for_good)
{
	struct mishap mishap = {.kinds = MISHAP_MEMORY, .reason = ENOMEM, .for_good = for_good};
	bool happened = true;

	for (mishap.at = 1; happened && mishap.at < CALLS_MAX; mishap.at++) {
		uint64_t outcome = 0;
		int code;

		mishap_arm(&mishap);
		code = read_files(dialect, &outcome);
		happened = mishap_disarm();
		if (code != -ENOMEM && (code != 0 || outcome != expected))
			fail_msg("call %zu: %d", mishap.at, code);
	}
	assert_false(happened);
}

static void no_memory_is_no_other_reading(void **state)
{
	const struct dialect *dialect = *state;
	uint64_t expected = 0;

	assert_int_equal(read_files(dialect, &expected), 0);
	fail_each(dialect, expected, false);
	fail_each(dialect, expected, true);
}

// Lines of `before`, a number, `between`, the number and `after`.
static struct span write_file(
	const char *first, const char *before, const char *between, const char *after)
{
	static char room[3][NAMES * 64];
	static size_t used;
	char *text = room[used++];
	size_t length = (size_t)snprintf(text, 64, "%s", first);

	for (int i = 0; i < NAMES; i++)
		length += (size_t)snprintf(
			text + length, 64, "%s%d%s%d%s\n", before, i, between, i, after);
	return (struct span){(const uint8_t *)text, length};
}

static int set_up(void **state)
{
	(void)state;
	files[0] = write_file("", "NAME_", "=plain", "");
	files[1] = write_file("FIRST=1\n", "QUOTED_", "=\"a \\n b", "\"");
	files[2] = write_file("FIRST=2\n", "REFERS_", "=${NAME_", "}");
	return secret_arena_open(NULL, &arena, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

int main(void)
{
	struct CMUnitTest tests[64] = {0};
	const struct dialect *dialect;
	size_t count = 0;

	for (size_t i = 0; (dialect = dialect_at(i)) && count < ARRAY_SIZE(tests); i++)
		tests[count++] = (struct CMUnitTest){.name = dialect->name,
			.test_func = no_memory_is_no_other_reading,
			.initial_state = (void *)(uintptr_t)dialect};
	return _cmocka_run_group_tests("dialects", tests, count, set_up, tear_down);
}
