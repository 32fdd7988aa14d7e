// Which texts hold a value, and what looking costs.
// SPDX-License-Identifier: MIT
#include "lib/value/sieve.h"

#include "lib/base/clock.h"
#include "lib/value/bundle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define VALUE "Zq8wLx2RtV7nKc4Y"
#define LONG_VALUE "postgres://shop:Ty7uPq3WsX9zLm5K@db.example.org:5432/shop?sslmode=verify-full"
#define BUDGET_US 20u // a line with a thousand secrets
#define MANY 1000u
#define ALIKE 40000u
#define ALIKE_BUDGET_MS 3000u // a sanitizer's; a table of them all would take half a minute

static struct secret_arena *arena;

static int open_arena(void **state)
{
	(void)state;
	return secret_arena_open(&(struct secret_options){0}, &arena, NULL);
}

static int close_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

static void add(struct sieve *sieve, const char *text)
{
	assert_int_equal(sieve_add(sieve, secret_view(text, strlen(text))), 0);
}

static void values_are_found_where_they_stand(void **state)
{
	static const struct {
		const char *name, *text;
		bool held;
	} cases[] = {
		{"nothing", "", false},
		{"less than a value", "Zq8w", false},
		{"the value", VALUE, true},
		{"the value between other bytes", "key=" VALUE "!", true},
		{"all but its last byte", "Zq8wLx2RtV7nKc4", false},
		{"its first bytes and others", "Zq8wLx2Rxxxxxxxxxxx", false},
		{"another case", "zQ8WlX2rTv7NkC4y", false},
		{"a value with a line end", "a first\nsecond b", true},
		{"the same as it is shown", "a first\\x0asecond b", true},
		{"a short value", "short", false},
		{"a long value that was cut behind 40 bytes",
			"x postgres://shop:Ty7uPq3WsX9zLm5K@db.exa", true},
		{"the same where dots say so", "x postgres://shop:Ty7uPq3WsX9zLm5K@db.exa...",
			true},
		{"all but its last byte and dots",
			"postgres://shop:Ty7uPq3WsX9zLm5K@db.example.org:5432/sho...", true},
		{"dots behind too little of it", "postgres://shop:Ty7uPq3W...", false},
		{"the beginning of a long value, as others have it too", "postgres://shop", false},
		{"what begins twice alike", "Zq8wLx2RZq8wLx2RtV7nKc4Y", true},
	};
	struct sieve *sieve = sieve_new(arena);

	(void)state;
	if (!sieve)
		abort();
	add(sieve, VALUE);
	add(sieve, VALUE); // twice is once
	add(sieve, "first\nsecond");
	add(sieve, "short");
	add(sieve, LONG_VALUE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (sieve_holds(sieve, cases[i].text, strlen(cases[i].text)) != cases[i].held)
			fail_msg("%s", cases[i].name);
	sieve_clear(sieve);
	assert_false(sieve_holds(sieve, VALUE, strlen(VALUE)));
	sieve_free(sieve);
}

static void only_secrets_of_a_bundle_count(void **state)
{
	const struct candidate secret[] = {{.value = secret_view(VALUE, strlen(VALUE))},
		{.kind = CANDIDATE_SHADOWED, .value = secret_view("the-older-value", 15)},
		{.kind = CANDIDATE_SHADOWED, .value = secret_view("undefined", 9)},
		{.kind = CANDIDATE_SHADOWED, .value = secret_view("changeme", 8)},
		{.kind = CANDIDATE_SHADOWED, .value = secret_view("production", 10)},
		{.kind = CANDIDATE_SHADOWED, .value = secret_view("localhost", 9)}};
	const struct candidate plain = {.value = secret_view("production", 10)};
	const struct bundle_key keys[] = {{.name = "KEY",
						  .flags = BUNDLE_KEY_SECRET,
						  .candidates = secret,
						  .count = ARRAY_SIZE(secret)},
		{.name = "MODE", .candidates = &plain, .count = 1}};
	const struct bundle bundle = {.keys = keys, .key_count = ARRAY_SIZE(keys)};
	struct sieve *sieve = sieve_new(arena);

	(void)state;
	if (!sieve)
		abort();
	assert_int_equal(sieve_add_bundle(sieve, &bundle), 0);
	assert_true(sieve_holds(sieve, VALUE, strlen(VALUE)));
	assert_true(sieve_holds(sieve, "was the-older-value", 19));
	assert_false(sieve_holds(sieve, "mode=production", 15));
	assert_false(sieve_holds(sieve, "undefined-text", 14));
	assert_false(sieve_holds(sieve, "changeme", 8));
	assert_false(sieve_holds(sieve, "http://localhost:3000", 21));
	sieve_free(sieve);
}

// One change of the values, or, without a bundle, one look at a text.
static void work(struct sieve *sieve, const struct bundle *bundle, const char *text)
{
	if (!bundle) {
		assert_false(sieve_holds(sieve, text, strlen(text)));
		return;
	}
	sieve_clear(sieve);
	assert_int_equal(sieve_add_bundle(sieve, bundle), 0);
}

// The least that one takes, in nanoseconds: others use the machine too.
static uint64_t least_ns(struct sieve *sieve, const struct bundle *bundle, const char *text)
{
	uint64_t best = UINT64_MAX;

	for (unsigned round = 0; round < 20; round++) {
		unsigned times = bundle ? 1 : 2000;
		uint64_t start = clock_steady_ns(), took;

		for (unsigned i = 0; i < times; i++)
			work(sieve, bundle, text);
		took = (clock_steady_ns() - start) / times;
		best = took < best ? took : best;
	}
	return best;
}

static void a_thousand_secrets_cost_little(void **state)
{
	static char values[MANY][32];
	static struct candidate candidates[MANY];
	static const char text[] =
		"refused what=\"it was not signed with NEXTAUTH_SECRET\" app=web "
		"origin=/srv/shop/web/.env.production:12:1 shadowed=\"/srv/shop/.env:3:1 differs, "
		"env differs\" hint=\"give both the same value; one file above both, beside "
		"samekey.ini, cannot differ\"";
	const struct bundle_key key = {
		.name = "KEY", .flags = BUNDLE_KEY_SECRET, .candidates = candidates, .count = MANY};
	const struct bundle bundle = {.keys = &key, .key_count = 1};
	struct sieve *sieve = sieve_new(arena);
	uint64_t fill, line;

	(void)state;
	if (!sieve)
		abort();
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "%c%c%08x%08x",
			"abcdefghijklmnopqrstuvwxyz"[i % 26], "aeinorst-/ ="[i % 12],
			i * 2654435761u, i);
		candidates[i].value = secret_view(values[i], strlen(values[i]));
	}
	fill = least_ns(sieve, &bundle, text);
	line = least_ns(sieve, NULL, text);
	print_message("# %u secrets: a line of %zu bytes takes %llu ns, a change %llu us\n", MANY,
		sizeof(text) - 1, (unsigned long long)line, (unsigned long long)fill / 1000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(line < BUDGET_US * 1000);
#endif
	assert_true(sieve_holds(sieve, values[MANY - 1], strlen(values[MANY - 1])));
	sieve_free(sieve);
}

static void without_memory_it_says_so(void **state)
{
	static char values[2000][32];
	struct secret_arena *small = NULL;
	struct sieve *sieve;
	int code = 0;

	(void)state;
	assert_int_equal(
		secret_arena_open(&(struct secret_options){.cap = 64 * 1024}, &small, NULL), 0);
	sieve = sieve_new(small);
	if (!sieve)
		abort();
	for (unsigned i = 0; i < ARRAY_SIZE(values) && code == 0; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "%08x-value", i);
		code = sieve_add(sieve, secret_view(values[i], strlen(values[i])));
	}
	assert_true(code < 0);
	sieve_free(sieve);
	secret_arena_free(small);
}

// As somebody would hand them over who wants samekeyd to be busy.
static void many_values_that_begin_alike_cost_little(void **state)
{
	static char values[ALIKE][24];
	char text[512];
	struct sieve *sieve = sieve_new(arena);
	uint64_t start = clock_steady_ms();

	(void)state;
	if (!sieve)
		abort();
	for (unsigned i = 0; i < ALIKE; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "AAAAAAAA%08u", i);
		add(sieve, values[i]);
	}
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < MANY; i++)
		assert_true(sieve_holds(sieve, text, strlen(text)));
	assert_true(clock_steady_ms() - start < ALIKE_BUDGET_MS);
	for (unsigned i = 0; i < ALIKE; i += 1009)
		assert_true(sieve_holds(sieve, values[i], strlen(values[i])));
	assert_false(sieve_holds(sieve, "AAAAAAA and something else", 26));
	sieve_free(sieve);
}

static void as_many_as_are_told_apart_stay_apart(void **state)
{
	static char values[SIEVE_ALIKE_MAX][24];
	struct sieve *sieve = sieve_new(arena);

	(void)state;
	if (!sieve)
		abort();
	for (unsigned i = 0; i < SIEVE_ALIKE_MAX; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "https://%04u.example", i);
		add(sieve, values[i]);
		add(sieve, values[i]);
	}
	assert_false(sieve_holds(sieve, "see https://example.org", 23));
	assert_true(sieve_holds(sieve, "see https://0255.example", 24));
	add(sieve, "rabbitmq"); // a short one that everybody knows hides no other
	add(sieve, "rabbitmq-" VALUE);
	assert_false(sieve_holds(sieve, "it says rabbitmq!", 17));
	assert_true(sieve_holds(sieve, "rabbitmq-" VALUE, strlen("rabbitmq-" VALUE)));
	sieve_free(sieve);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_where_they_stand),
		cmocka_unit_test(many_values_that_begin_alike_cost_little),
		cmocka_unit_test(as_many_as_are_told_apart_stay_apart),
		cmocka_unit_test(only_secrets_of_a_bundle_count),
		cmocka_unit_test(a_thousand_secrets_cost_little),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
