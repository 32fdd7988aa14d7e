// Where code reads the environment is found in every spelling, and nowhere else.
// SPDX-License-Identifier: MIT
#include "loader/inspect/mention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

// Collects "NAME:LINE", with "!" for a fallback and "@" for the browser, " " between.
struct list {
	char text[1024];
	size_t used;
};

static int collect(void *user, const struct mention *mention)
{
	struct list *list = user;

	list->used += (size_t)snprintf(list->text + list->used, sizeof(list->text) - list->used,
		"%s%.*s:%u%s%s", list->used ? " " : "", (int)mention->name_length, mention->name,
		mention->line, mention->fallback ? "!" : "", mention->browser ? "@" : "");
	return 0;
}

static const struct {
	enum mention_language language;
	const char *what, *source, *found;
} sources[] = {
	{MENTION_SCRIPT, "a member", "x(process.env.A)\n\ny = process.env.B2_C;", "A:1 B2_C:3"},
	{MENTION_SCRIPT, "an optional member", "process.env?.A", "A:1"},
	{MENTION_SCRIPT, "an index", "process.env[\"A\"] + process.env['B'] + process.env[`C`]",
		"A:1 B:1 C:1"},
	{MENTION_SCRIPT, "an optional index", "process.env?.['A']", "A:1"},
	{MENTION_SCRIPT, "a computed index", "process.env[name] + process.env[`A_${x}`]", ""},
	{MENTION_SCRIPT, "globalThis", "globalThis.process.env.A", "A:1"},
	{MENTION_SCRIPT, "a fallback with ||", "process.env.A || 'lit'", "A:1!"},
	{MENTION_SCRIPT, "a fallback with ??", "process.env['A'] ?\?\n  \"lit\"", "A:1!"},
	{MENTION_SCRIPT, "a fallback by assignment", "process.env.A ||= `lit`", "A:1!"},
	{MENTION_SCRIPT, "a fallback behind brackets and casts",
		"((process.env.A!) as string || 'lit')", "A:1!"},
	{MENTION_SCRIPT, "a fallback that is no text", "process.env.A || 3000", "A:1"},
	{MENTION_SCRIPT, "a fallback to another key", "process.env.A || process.env.B || 'x'",
		"A:1 B:1!"},
	{MENTION_SCRIPT, "a comparison", "if (process.env.A === 'x' || y)", "A:1"},
	{MENTION_SCRIPT, "an assignment", "process.env.A = 'x'; process.env['B'] = 'y'", ""},
	{MENTION_SCRIPT, "an arrow", "() => process.env.A", "A:1"},
	{MENTION_SCRIPT, "a method", "process.env.hasOwnProperty('A')", ""},
	{MENTION_SCRIPT, "destructured", "const { A, B: b, C = 'lit', ...rest } = process.env;",
		"A:1 B:1 C:1!"},
	{MENTION_SCRIPT, "destructured over lines",
		"const {\n  A,\n  // the other\n  B = \"x, y\",\n} = process.env", "A:2 B:4!"},
	{MENTION_SCRIPT, "destructured with an alias and a default",
		"const {A: a = 'x'} = process.env", "A:1!"},
	{MENTION_SCRIPT, "another pattern before", "const {X} = y; f(process.env)", ""},
	{MENTION_SCRIPT, "vite", "import.meta.env.VITE_A + import.meta.env['B']", "VITE_A:1@ B:1@"},
	{MENTION_SCRIPT, "deno and bun", "Deno.env.get(\"A\"); Bun.env.B", "B:1 A:1"},
	{MENTION_SCRIPT, "a longer word", "process.environment.A; preprocess.env.B; xprocess.env.C",
		""},
	{MENTION_SCRIPT, "comments between lines",
		"process.env.A; process.env.B\n// process.env.C; process.env.D\nprocess.env.E",
		"A:1 B:1 E:3"},
	{MENTION_SCRIPT, "comment lines", "// process.env.A\n * process.env.B\n/* process.env.C */",
		""},
	{MENTION_SCRIPT, "at the very end", "process.env", ""},
	{MENTION_SCRIPT, "cut", "process.env.", ""},
	{MENTION_SCRIPT, "a cut index", "process.env[\"A", ""},
	{MENTION_PYTHON, "an index", "os.environ[\"A\"]; environ['B']", "A:1 B:1"},
	{MENTION_PYTHON, "get", "os.environ.get('A')\nos.environ.get('B', 'lit')", "A:1 B:2!"},
	{MENTION_PYTHON, "getenv", "os.getenv('A', 3); getenv(\"B\") or 'lit'", "A:1 B:1!"},
	{MENTION_PYTHON, "an assignment", "os.environ['A'] = 'x'", ""},
	{MENTION_PYTHON, "a comment line", "  # os.environ['A']", ""},
	{MENTION_GO, "both calls", "os.Getenv(\"A\")\nv, ok := os.LookupEnv(\"B\")", "A:1 B:2"},
	{MENTION_RUBY, "index and fetch", "ENV['A'] || 'lit'; ENV.fetch('B') ; ENV.fetch('C', 'd')",
		"A:1! B:1 C:1!"},
	{MENTION_RUST, "var", "env::var(\"A\").unwrap_or(\"x\".into()); std::env::var(\"B\")?",
		"A:1! B:1"},
	{MENTION_PHP, "getenv and env", "getenv('A') ?: 'lit'; $_ENV['B']; env('C', 'd')",
		"A:1! B:1 C:1!"},
	{MENTION_JAVA, "getenv", "System.getenv(\"A\")", "A:1"},
	{MENTION_CSHARP, "GetEnvironmentVariable",
		"Environment.GetEnvironmentVariable(\"A\") ?\? \"lit\"", "A:1!"},
	{MENTION_GO, "a helper of its own",
		"env(\"A_B\", \"lit\") + mustEnv(\"B_C\") + conf.GetEnvOr(`C_D`, \"x\")",
		"A_B:1! B_C:1 C_D:1!"},
	{MENTION_GO, "a helper's definition", "func env(name, fallback string) string {", ""},
	{MENTION_GO, "writing",
		"os.Setenv(\"A_B\", \"x\"); os.Unsetenv(\"B_C\"); t.Setenv(\"C_D\", v)", ""},
	{MENTION_GO, "a field's tag",
		"A string `json:\"a\" env:\"A_B,required\"`\nB string `env:\"B_C\" "
		"envDefault:\"lit\"`\n"
		"C string `envconfig:\"C_D\"`",
		"A_B:1 B_C:2! C_D:3"},
	{MENTION_GO, "a cut tag", "`env:\"A_B,required\n`", ""},
	{MENTION_PYTHON, "helpers and decouple",
		"getenv_or('A_B', 'lit'); config('B_C', default='lit'); config(\"C_D\", cast=int)",
		"A_B:1! B_C:1! C_D:1"},
	{MENTION_PYTHON, "environ",
		"env('A_B'); env.str(\"B_C\", default=\"lit\"); env.bool('C_D', False)",
		"A_B:1 B_C:1! C_D:1"},
	{MENTION_PYTHON, "what is called so and reads something else",
		"config('logging.ini'); app.config('a'); delenv('A_B'); Environment('A_B'); "
		"x('A_B')",
		""},
	{MENTION_SCRIPT, "a helper of its own",
		"requireEnv('A_B', 'is missing') + env('B_C', 'lit')", "A_B:1 B_C:1!"},
	{MENTION_SCRIPT, "config is no helper there", "config('A_B')", ""},
	{MENTION_PYTHON, "no name", "os.environ['9A']; os.environ['']; os.environ['A B']", ""},
	{MENTION_NONE, "no language", "process.env.A", ""},
	{MENTION_SCRIPT, "nothing", "", ""},
};

static void reads_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct list list = {0};

		assert_int_equal(mention_scan(sources[i].source, strlen(sources[i].source),
					 sources[i].language, collect, &list),
			0);
		if (strcmp(list.text, sources[i].found) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", sources[i].what, list.text,
				sources[i].found);
	}
}

static void a_name_has_a_cap(void **state)
{
	char source[400];
	struct list list = {0};
	int written = snprintf(source, sizeof(source), "process.env.");

	(void)state;
	memset(source + written, 'A', sizeof(source) - (size_t)written);
	assert_int_equal(mention_scan(source, sizeof(source), MENTION_SCRIPT, collect, &list), 0);
	assert_string_equal(list.text, "");
}

static int stop(void *user, const struct mention *mention)
{
	(void)mention;
	return ++*(int *)user == 2 ? 7 : 0;
}

static void the_caller_can_stop(void **state)
{
	static const char source[] = "process.env.A; process.env.B; process.env.C";
	int calls = 0;

	(void)state;
	assert_int_equal(mention_scan(source, sizeof(source) - 1, MENTION_SCRIPT, stop, &calls), 7);
	assert_int_equal(calls, 2);
}

static int count(void *user, const struct mention *mention)
{
	(void)mention;
	++*(size_t *)user;
	return 0;
}

static int64_t processor_ns(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#define READS 40000

// Returns: what it takes to find that many reads, each behind `end`.
static int64_t cost_of(const char *read, char end)
{
	size_t length = strlen(read) + 1, found = 0;
	own_free char *source = malloc(READS * length);
	int64_t begun;

	assert_non_null(source);
	for (size_t i = 0; i < READS; i++) {
		memcpy(source + i * length, read, length - 1);
		source[i * length + length - 1] = end;
	}
	begun = processor_ns();
	assert_int_equal(mention_scan(source, READS * length, MENTION_SCRIPT, count, &found), 0);
	assert_int_equal(found, READS);
	return processor_ns() - begun;
}

// As a bundler writes it.
static void a_file_of_one_line_costs_what_its_lines_cost(void **state)
{
	static const char *const reads[] = {"f(process.env.ABC),", "f(getEnv(\"ABC\")),"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		int64_t lines = cost_of(reads[i], '\n'), line = cost_of(reads[i], ' ');

		if (line > 50 * lines)
			fail_msg("%s: %lld ns, as lines %lld", reads[i], (long long)line,
				(long long)lines);
	}
}

static void languages_go_by_file_names(void **state)
{
	static const struct {
		const char *name;
		enum mention_language language;
	} cases[] = {{"server.js", MENTION_SCRIPT}, {"route.ts", MENTION_SCRIPT},
		{"page.tsx", MENTION_SCRIPT}, {"next.config.mjs", MENTION_SCRIPT},
		{"app.py", MENTION_PYTHON}, {"main.go", MENTION_GO}, {"config.rb", MENTION_RUBY},
		{"main.rs", MENTION_RUST}, {"index.php", MENTION_PHP}, {"App.java", MENTION_JAVA},
		{"Program.cs", MENTION_CSHARP}, {"App.vue", MENTION_SCRIPT},
		{"server.test.js", MENTION_NONE}, {"main_test.go", MENTION_NONE},
		{"env.d.ts", MENTION_NONE}, {"jquery.min.js", MENTION_NONE},
		{"README.md", MENTION_NONE}, {"js", MENTION_NONE}, {"", MENTION_NONE}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (mention_language_of(cases[i].name) != cases[i].language)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_are_found),
		cmocka_unit_test(a_name_has_a_cap),
		cmocka_unit_test(the_caller_can_stop),
		cmocka_unit_test(a_file_of_one_line_costs_what_its_lines_cost),
		cmocka_unit_test(languages_go_by_file_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
