// conf/samekey.ini, the sample that is installed: it is read as it stands, and so is each of its
// lines once somebody takes the `;` away.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "loader/resolve/settings.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SAMPLE "conf/samekey.ini"
#define SAMPLE_MAX 65536

// Reads the sample; with `uncommented` every `;key = value` counts.
static size_t load(char *text, bool uncommented)
{
	FILE *file = fopen(SAMPLE, "re");
	char line[256];
	size_t used = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *at = line;

		if (uncommented && line[0] == ';' && line[1] >= 'a' && line[1] <= 'z')
			at++;
		used += (size_t)snprintf(text + used, SAMPLE_MAX - used, "%s", at);
		assert_true(used < SAMPLE_MAX);
	}
	assert_int_equal(fclose(file), 0);
	return used;
}

static void check(bool uncommented)
{
	static char text[SAMPLE_MAX];
	struct pool *pool = pool_new();
	struct diag *diag = diag_new();
	struct settings *settings = settings_new(pool);
	size_t length = load(text, uncommented);

	assert_non_null(settings);
	if (settings_read(settings, text, length, SAMPLE, pool, diag) < 0)
		fail_msg("%s: %s", diag_at(diag, 0)->origin, diag_at(diag, 0)->text);
	assert_int_equal(diag_size(diag), 0);
	assert_int_equal(settings->key_count, 1);
	assert_int_equal(settings->keys[0]->shared, uncommented ? SETTING_YES : SETTING_UNSET);
	(void)diag_free(diag);
	(void)pool_free(pool);
}

static void the_sample_is_read(void **state)
{
	(void)state;
	check(false);
}

static void every_commented_line_is_a_setting(void **state)
{
	(void)state;
	check(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_is_read),
		cmocka_unit_test(every_commented_line_is_a_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
