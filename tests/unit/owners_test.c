// Goal: a name is its first user's for as long as there is room, whoever invents names loses their
// own first, and a name in use is never lost.
// SPDX-License-Identifier: MIT
#include "verifier/record/owners.h"

#include "lib/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define STEPS_MAX 8

// `app` is offered by `uid`.
struct step {
	const char *app;
	uid_t uid;
	int code;
};

// What happens to a list for four names; `used` are those that live.
struct history {
	const char *name, *used;
	struct step steps[STEPS_MAX];
	const char *owned; // "APP:UID" of all, " " between
};

static const struct history histories[] = {
	{"the first one has the name, whoever offers it later", "", {{"web", 1, 0}, {"web", 2, 0}},
		"web:1"},
	{"one user's names make room for its own, the oldest first", "",
		{{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}, {"d", 1, 0}, {"e", 1, 0}, {"f", 1, 0}},
		"c:1 d:1 e:1 f:1"},
	{"a name that is offered again is no old one", "",
		{{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}, {"d", 1, 0}, {"a", 1, 0}, {"e", 1, 0}},
		"a:1 c:1 d:1 e:1"},
	{"a newcomer takes the room of whoever has most", "",
		{{"web", 1, 0}, {"b", 2, 0}, {"c", 2, 0}, {"d", 2, 0}, {"ws", 3, 0}},
		"c:2 d:2 web:1 ws:3"},
	{"whoever invents names takes nobody else's", "",
		{{"web", 1, 0}, {"b", 2, 0}, {"c", 2, 0}, {"d", 2, 0}, {"e", 2, 0}, {"f", 2, 0}},
		"d:2 e:2 f:2 web:1"},
	{"a name that lives is not lost", "b c",
		{{"web", 1, 0}, {"b", 2, 0}, {"c", 2, 0}, {"d", 2, 0}, {"e", 2, 0}, {"f", 2, 0}},
		"b:2 c:2 f:2 web:1"},
	{"where the names of whoever has most live, another's goes", "b c d",
		{{"web", 1, 0}, {"b", 2, 0}, {"c", 2, 0}, {"d", 2, 0}, {"e", 2, 0}},
		"b:2 c:2 d:2 e:2"},
	{"where all of them live there is no room", "web b c d",
		{{"web", 1, 0}, {"b", 2, 0}, {"c", 2, 0}, {"d", 2, 0}, {"e", 2, -ENOSPC},
			{"b", 2, 0}},
		"b:2 c:2 d:2 web:1"},
};

static bool is_used(const void *user, const char *app)
{
	char used[64], *rest = NULL;

	(void)snprintf(used, sizeof(used), "%s", (const char *)user);
	for (char *at = strtok_r(used, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		if (text_equal(at, app))
			return true;
	return false;
}

static void list(const struct owners *owners, char *out, size_t size)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "web", "ws"};
	size_t used = 0;
	uid_t uid;

	*out = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (owners_find(owners, names[i], &uid))
			used += (size_t)snprintf(out + used, size - used, "%s%s:%u",
				used ? " " : "", names[i], (unsigned)uid);
}

static void play(const struct history *history, struct owners *owners)
{
	const struct owners_use use = {is_used, history->used};

	for (size_t k = 0; k < STEPS_MAX && history->steps[k].app; k++) {
		const struct step *step = &history->steps[k];

		if (owners_note(owners, step->app, step->uid, &use) != step->code)
			fail_msg("%s: step %zu", history->name, k);
	}
}

static void names_and_their_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(histories); i++) {
		struct owners *owners = owners_new(4);
		char owned[64];

		assert_non_null(owners);
		play(&histories[i], owners);
		list(owners, owned, sizeof(owned));
		if (!text_equal(owned, histories[i].owned))
			fail_msg("%s: %s", histories[i].name, owned);
		owners_free(owners);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_their_owners)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
