// Which URLs name a store.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/store.h"

#include "lib/base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void urls_name_a_store_or_none(void **state)
{
	static const struct {
		const char *url;
		int code;
	} rows[] = {
		{"sqlite:/var/lib/samekey/sessions.db", 0},
		{"/var/lib/samekey/sessions.db", 0},
		{"sqlite:/s?mode=memory#x", 0}, // a file of that name
		{"", -EINVAL},
		{"sessions.db", -EINVAL},
		{"sqlite:", -EINVAL},
		{"sqlite:sessions.db", -EINVAL},
		{"sqlite::memory:", -EINVAL},
		{"sqlite:/var/lib/samekey/", -EINVAL},
		{"SQLITE:/s.db", -EINVAL},
		{"postgres://db/samekey", -EINVAL},
		{"sqlite:/s\n.db", -EINVAL},
		{"sqlite:/s\xff.db", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_NONE;

		if (store_check_url(rows[i].url, &err) != rows[i].code ||
			(rows[i].code && !err.what[0]))
			fail_msg("%s: %d, not %d: %s", rows[i].url, err.code, rows[i].code,
				err.what);
	}
}

static void a_long_url_is_none(void **state)
{
	char url[STORE_URL_MAX + 2];
	struct err err = ERR_NONE;

	(void)state;
	memset(url, 'a', sizeof(url));
	url[0] = '/';
	url[STORE_URL_MAX] = '\0';
	assert_int_equal(store_check_url(url, &err), 0);
	url[STORE_URL_MAX] = 'a';
	url[STORE_URL_MAX + 1] = '\0';
	assert_int_equal(store_check_url(url, &err), -EINVAL);
}

static void no_store_is_opened_at_a_url_of_none(void **state)
{
	struct store *store = NULL;
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(
		store_open(&(struct store_options){.url = "nowhere"}, &store, &err), -EINVAL);
	assert_null(store);
	assert_null(store_close(NULL));
}

static void every_verb_has_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < STORE_VERBS; i++)
		assert_non_null(store_verb_names[i]);
	assert_null(store_verb_names[STORE_VERBS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_name_a_store_or_none),
		cmocka_unit_test(a_long_url_is_none),
		cmocka_unit_test(no_store_is_opened_at_a_url_of_none),
		cmocka_unit_test(every_verb_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
