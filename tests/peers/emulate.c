// emulate DIALECT: fixtures on stdin, one JSON object a line; for each what the emulation makes of
// it on stdout, a line each. What the real loaders make of them comes from their drivers.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "tests/spec/fixture.h"

int main(int argc, char **argv)
{
	const struct dialect *dialect = argc == 2 ? dialect_find(argv[1]) : NULL;
	own(secret_arena_release) struct secret_arena *arena = NULL;
	json_t *fixture;

	if (!dialect || secret_arena_open(NULL, &arena, NULL) < 0) {
		(void)fprintf(stderr, "usage: emulate DIALECT < FIXTURES\n");
		return 2;
	}
	while ((fixture = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
		json_t *outcome = fixture_outcome(dialect, fixture, arena);

		(void)json_dumpf(outcome, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(outcome);
		json_decref(fixture);
	}
	return 0;
}
