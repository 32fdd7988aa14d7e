// What may not be shown is found without memory as well.
// SPDX-License-Identifier: MIT
#include "tests/unit/mishap.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *what, *text;
	bool is_held;
} texts[] = {
	{"as it is", "a line with begins-here\nends-here in it", true},
	{"with its control byte escaped", "a line with begins-here\\x0aends-here in it", true},
	{"nothing of it", "a line with another text in it", false},
};

static void a_value_is_found_without_memory(void **state)
{
	static const char value[] = "begins-here\nends-here";
	const struct mishap none_left = {
		.kinds = MISHAP_MEMORY, .at = 1, .for_good = true, .reason = ENOMEM};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
		const char *text = texts[i / 2].text;
		struct vault *vault;
		bool is_held;

		assert_int_equal(vault_open(1 << 20, &vault, NULL), 0);
		assert_int_equal(vault_hide(vault, secret_view(value, sizeof(value) - 1)), 0);
		if (i % 2)
			mishap_arm(&none_left);
		is_held = vault_holds(vault, text, strlen(text));
		(void)mishap_disarm();
		if (is_held != texts[i / 2].is_held)
			fail_msg("%s%s", texts[i / 2].what, i % 2 ? ", without memory" : "");
		vault_close(vault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
