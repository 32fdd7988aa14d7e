// Which differences of two sets count, and how the keys are listed.
// SPDX-License-Identifier: MIT
#include "loader/stay/difference.h"

#include "lib/value/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEYS_MAX 12

// A set as a text: "A=1 B!=2 C" has the secret B, and C without a winner.
struct set {
	char words[128];
	struct candidate candidates[KEYS_MAX];
	struct bundle_key keys[KEYS_MAX];
	struct bundle bundle;
};

static const struct bundle *read_set(struct set *set, const char *text)
{
	char *rest = set->words, *word;
	size_t count = 0;

	*set = (struct set){.bundle = {.app = "web", .group = "shop", .mode = "production"}};
	(void)snprintf(set->words, sizeof(set->words), "%s", text);
	while ((word = strsep(&rest, " ")) && *word) {
		char *value = strchr(word, '=');
		char *mark = strchr(word, '!');

		assert_true(count < KEYS_MAX);
		set->keys[count] = (struct bundle_key){.name = word,
			.flags = mark ? BUNDLE_KEY_SECRET : 0,
			.candidates = &set->candidates[count],
			.count = value ? 1 : 0};
		if (value) {
			set->candidates[count] = (struct candidate){.kind = CANDIDATE_WINNER,
				.value = secret_view(value + 1, strlen(value + 1))};
			*value = '\0';
		}
		if (mark)
			*mark = '\0';
		count++;
	}
	set->bundle.keys = set->keys;
	set->bundle.key_count = count;
	return &set->bundle;
}

static void keys_that_are_not_the_same_are_listed(void **state)
{
	static const struct {
		const char *name, *a, *b, *listed;
		size_t count;
	} rows[] = {
		{"two empty sets", "", "", "", 0},
		{"the same", "A=1 B!=2 C", "A=1 B!=2 C", "", 0},
		{"another value", "A=1 B=2", "A=1 B=3", "B", 1},
		{"a value that is longer", "A=1", "A=11", "A", 1},
		{"an empty value is a value", "A", "A=", "A", 1},
		{"one more", "B=2", "A=1 B=2 C=3", "A C", 2},
		{"one less", "A=1 B=2 C=3", "B=2", "A C", 2},
		{"nothing is left", "A=1 B=2", "", "A B", 2},
		{"it is a secret now", "A=1", "A!=1", "A", 1},
		{"more than are listed", "", "A=1 B=1 C=1 D=1 E=1 F=1 G=1 H=1 I=1 J=1",
			"A B C D E F G H", 10},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct set a, b;
		char out[64] = "before";
		size_t count = difference_list(
			read_set(&a, rows[i].a), read_set(&b, rows[i].b), out, sizeof(out));

		if (count != rows[i].count || strcmp(out, rows[i].listed) != 0 ||
			difference_is_none(&a.bundle, &b.bundle) != !rows[i].count)
			fail_msg("%s: %zu, '%s'", rows[i].name, count, out);
	}
}

static void a_list_that_does_not_fit_is_cut(void **state)
{
	struct set a, b;
	char out[8];

	(void)state;
	assert_int_equal(difference_list(read_set(&a, ""), read_set(&b, "FIRST=1 SECOND=2 THIRD=3"),
				 out, sizeof(out)),
		3);
	assert_string_equal(out, "FIRST S");
}

static void another_app_group_or_mode_is_another_set(void **state)
{
	struct set a, b;

	(void)state;
	for (int i = 0; i < 3; i++) {
		(void)read_set(&a, "A=1");
		(void)read_set(&b, "A=1");
		assert_true(difference_is_none(&a.bundle, &b.bundle));
		*(i == 0 ? &b.bundle.app : i == 1 ? &b.bundle.group : &b.bundle.mode) = "other";
		assert_false(difference_is_none(&a.bundle, &b.bundle));
	}
}

static void where_a_value_comes_from_does_not_count(void **state)
{
	struct set a, b;

	(void)state;
	(void)read_set(&a, "A=1");
	(void)read_set(&b, "A=1");
	b.candidates[0].origin.place = ".env.local";
	b.bundle.made_at_ms = 1;
	assert_true(difference_is_none(&a.bundle, &b.bundle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_are_not_the_same_are_listed),
		cmocka_unit_test(a_list_that_does_not_fit_is_cut),
		cmocka_unit_test(another_app_group_or_mode_is_another_set),
		cmocka_unit_test(where_a_value_comes_from_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
