// Which processes are blamed for not holding what was resolved, when, and in which words.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/reach.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/inspect/running/process.h"
#include "loader/resolve/resolution.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// Values that no table of placeholders knows.
#define WINNER "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE"
#define LOSER "Zb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xWvB0yQ"
#define OTHER "Qx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qEk7Vw2m"

static char root[] = "/tmp/samekey-reach-test-XXXXXX";

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static struct resolution *resolve(char *const *program)
{
	static char home[] = "HOME=/nonexistent", path[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = {home, path, NULL};
	const struct resolution_request request = {
		.root = root, .environment = environment, .program = program};
	struct resolution *resolution = NULL;
	struct err err = ERR_NONE;

	assert_int_equal(resolution_open(&request, &resolution, &err), 0);
	return resolution;
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chdir(root), 0);
	put(".env", "APP_SECRET=" LOSER "\nPORT=3000\n");
	put(".env.production", "APP_SECRET=" WINNER "\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(".env");
	(void)unlink(".env.production");
	assert_int_equal(chdir("/"), 0);
	return rmdir(root);
}

// An environment as /proc has it: `;` stands for the NUL behind each string.
static struct secret environment_of(const char *text, char *out, size_t size)
{
	size_t length = (size_t)snprintf(out, size, "%s", text);

	for (size_t i = 0; i < length; i++)
		if (out[i] == ';')
			out[i] = '\0';
	return secret_view(out, length);
}

#define GIVEN "SAMEKEY_RUN=mine;"

struct reach_case {
	const char *name, *program, *environment;
	bool listens;
	uint64_t later_ms; // when it is seen again
	const char *said;  // what the finding ends with; NULL: there is none
	enum process_sight sight;
};

static void check(const struct reach_case *expected)
{
	static char mark[] = "SAMEKEY_RUN=mine", *given[] = {mark, NULL};
	static const uint16_t port = 3000;
	own(resolution_release) struct resolution *resolution = resolve(NULL);
	own(diag_release) struct diag *diag = diag_new();
	struct reach *reach = reach_new(resolution, given, false);
	char bytes[512];
	const struct process process = {
		.pid = 4711,
		.start = 99,
		.sight = expected->sight,
		.program = expected->program,
		.name = "title",
		.folder = "/srv/shop",
		.environment = environment_of(expected->environment, bytes, sizeof(bytes)),
		.ports = &port,
		.port_count = expected->listens,
	};
	const struct diag_item *item;

	if (!reach || !diag)
		abort();
	assert_int_equal(reach_judge(reach, &process, 1000, diag), 0);
	if (diag_size(diag))
		fail_msg("%s: blamed at first sight", expected->name);
	for (unsigned again = 0; again < 3; again++)
		assert_int_equal(reach_judge(reach, &process, 1000 + expected->later_ms, diag), 0);
	if (diag_size(diag) != (expected->said ? 1 : 0))
		fail_msg("%s: %zu findings", expected->name, diag_size(diag));
	item = diag_at(diag, 0);
	if (expected->said && item) {
		if (!text_ends(item->text, expected->said))
			fail_msg("%s: \"%s\"", expected->name, item->text);
		assert_string_equal(item->key, "APP_SECRET");
		assert_string_equal(item->origin, "pid 4711");
		assert_int_equal(item->severity, DIAG_WARNING);
		assert_null(strstr(item->text, OTHER));
		assert_null(strstr(item->text, LOSER));
	}
	reach_free(reach);
}

static void who_is_blamed_and_how(void **state)
{
	static const struct reach_case cases[] = {
		{"what was resolved", "/usr/bin/node", GIVEN "APP_SECRET=" WINNER ";PORT=3000;",
			true, 1000, NULL, PROCESS_SEEN},
		{"the secret is missing", "/usr/bin/node", "PATH=/bin;", true, 50,
			"node in /srv/shop, port 3000, does not have it", PROCESS_SEEN},
		{"a setting is no secret", "/usr/bin/node", GIVEN "APP_SECRET=" WINNER ";PORT=1;",
			true, 1000, NULL, PROCESS_SEEN},
		{"empty", "/usr/bin/node", "APP_SECRET=;", true, 50, "has it empty", PROCESS_SEEN},
		{"the value that lost", "/usr/bin/node", "APP_SECRET=" LOSER ";", true, 50,
			"holds another value, that of .env:1:1", PROCESS_SEEN},
		{"with quotes", "/usr/bin/node", "APP_SECRET=\"" WINNER "\";", true, 50,
			"holds it with quotes or a line end around it", PROCESS_SEEN},
		{"a placeholder", "/usr/bin/node", "APP_SECRET=undefined;", true, 50,
			"holds a placeholder", PROCESS_SEEN},
		{"any listener", "/opt/server", "A=1;", true, 50, "does not have it", PROCESS_SEEN},
		{"another runtime", "/usr/bin/python3.11", "A=1;", false, REACH_RIPE_MS,
			"python3.11 in /srv/shop does not have it", PROCESS_SEEN},
		{"a runtime that has just begun", "/usr/bin/node", "A=1;", false, REACH_RIPE_MS - 1,
			NULL, PROCESS_SEEN},
		{"one that wrote its title over all", "/usr/bin/python3.11", ";;;", true, 1000,
			NULL, PROCESS_SEEN},
		{"one that wiped what it has read", "/opt/server", "APP_SECRET=;;;;PORT=3000;",
			true, 1000, NULL, PROCESS_SEEN},
		{"a title over the first of them", "/opt/server",
			"er: main;T=v;APP_SECRET=" LOSER ";", true, 1000,
			"holds another value, that of .env:1:1", PROCESS_SEEN},
		{"a tool that does not listen", "/usr/bin/sleep", "A=1;", false, REACH_RIPE_MS,
			NULL, PROCESS_SEEN},
		{"below another samekey", "/usr/bin/node", "SAMEKEY_RUN=other;APP_SECRET=x;", true,
			1000, NULL, PROCESS_SEEN},
		{"another user's", "/usr/bin/node", "", true, 1000, NULL, PROCESS_DENIED},
		{"gone meanwhile", "/usr/bin/node", "", true, 1000, NULL, PROCESS_GONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

static void a_number_given_anew_is_another_process(void **state)
{
	own(resolution_release) struct resolution *resolution = resolve(NULL);
	own(diag_release) struct diag *diag = diag_new();
	static char *given[] = {NULL};
	struct reach *reach = reach_new(resolution, given, true);
	struct process process = {
		.pid = 4711, .start = 1, .program = "/usr/bin/node", .name = "", .folder = ""};

	(void)state;
	if (!reach || !diag)
		abort();
	assert_int_equal(reach_judge(reach, &process, 1000, diag), 0);
	process.start = 2;
	assert_int_equal(reach_judge(reach, &process, 2000, diag), 0);
	assert_int_equal(diag_size(diag), 0);
	assert_int_equal(reach_judge(reach, &process, 9000, diag), 0);
	assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
	reach_free(reach);
}

static void once_the_server_is_reached_a_helper_stops_nothing(void **state)
{
	own(resolution_release) struct resolution *resolution = resolve(NULL);
	own(diag_release) struct diag *diag = diag_new();
	static char *given[] = {NULL};
	static const uint16_t port = 3000;
	struct reach *reach = reach_new(resolution, given, true);
	char bytes[512];
	const struct process server = {.pid = 1,
		.program = "/usr/bin/node",
		.name = "",
		.folder = "",
		.environment = environment_of("APP_SECRET=" WINNER ";", bytes, sizeof(bytes)),
		.ports = &port,
		.port_count = 1};
	const struct process helper = {
		.pid = 2, .program = "/usr/bin/node", .name = "", .folder = ""};

	(void)state;
	if (!reach || !diag)
		abort();
	for (uint64_t now = 0; now <= REACH_RIPE_MS; now += 500) {
		assert_int_equal(reach_judge(reach, &server, now, diag), 0);
		assert_int_equal(reach_judge(reach, &helper, now, diag), 0);
	}
	assert_int_equal(diag_count(diag, DIAG_WARNING), 1);
	assert_int_equal(diag_count(diag, DIAG_ERROR), 0);
	reach_free(reach);
}

static void a_late_server_fails_once_it_listens(void **state)
{
	own(resolution_release) struct resolution *resolution = resolve(NULL);
	own(diag_release) struct diag *diag = diag_new();
	static char *given[] = {NULL};
	static const uint16_t port = 3000;
	struct reach *reach = reach_new(resolution, given, true);
	const struct process migration = {
		.pid = 1, .program = "/usr/bin/node", .name = "", .folder = ""};
	struct process server = {
		.pid = 2, .program = "/usr/bin/node", .name = "", .folder = "", .ports = &port};

	(void)state;
	if (!reach || !diag)
		abort();
	assert_int_equal(reach_judge(reach, &migration, 0, diag), 0);
	assert_false(reach_is_known(reach));
	assert_int_equal(reach_judge(reach, &server, REACH_LATE_MS, diag), 0);
	assert_int_equal(reach_judge(reach, &server, REACH_LATE_MS + REACH_RIPE_MS, diag), 0);
	assert_int_equal(diag_count(diag, DIAG_WARNING), 1);
	assert_int_equal(diag_count(diag, DIAG_ERROR), 0);
	server.port_count = 1;
	for (uint64_t now = 20000; now <= 21000; now += 500)
		assert_int_equal(reach_judge(reach, &server, now, diag), 0);
	assert_int_equal(diag_count(diag, DIAG_ERROR), 1);
	assert_false(reach_is_known(reach));
	reach_free(reach);
}

static void levels(void **state)
{
	static const struct {
		const char *package, *words[3];
		int setting;
		enum bundle_phase phase;
		enum settings_reach level;
	} cases[] = {
		{"{}", {"node", "server.js"}, SETTINGS_REACH_UNSET, BUNDLE_PHASE_START,
			SETTINGS_REACH_OFF},
		{"{}", {"npm", "start"}, SETTINGS_REACH_UNSET, BUNDLE_PHASE_START,
			SETTINGS_REACH_WARN},
		{"{}", {"npm", "start"}, SETTINGS_REACH_FAIL, BUNDLE_PHASE_START,
			SETTINGS_REACH_FAIL},
		{"{}", {"node", "server.js"}, SETTINGS_REACH_WARN, BUNDLE_PHASE_START,
			SETTINGS_REACH_WARN},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"npm", "start"}, SETTINGS_REACH_UNSET,
			BUNDLE_PHASE_START, SETTINGS_REACH_FAIL},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"npm", "start"}, SETTINGS_REACH_OFF,
			BUNDLE_PHASE_START, SETTINGS_REACH_OFF},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"npm", "start"}, SETTINGS_REACH_UNSET,
			BUNDLE_PHASE_BUILD, SETTINGS_REACH_OFF},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"node", "start-production.js"},
			SETTINGS_REACH_UNSET, BUNDLE_PHASE_START, SETTINGS_REACH_FAIL},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"next", "start"}, SETTINGS_REACH_UNSET,
			BUNDLE_PHASE_START, SETTINGS_REACH_OFF},
		{"{\"dependencies\":{\"next\":\"16\"}}", {"npx", "next"}, SETTINGS_REACH_UNSET,
			BUNDLE_PHASE_START, SETTINGS_REACH_OFF}, // its development server
		{"{\"devDependencies\":{\"vite\":\"8\"}}", {"npm", "start"}, SETTINGS_REACH_UNSET,
			BUNDLE_PHASE_START, SETTINGS_REACH_FAIL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own(resolution_release) struct resolution *resolution = NULL;
		char words[2][32], *program[] = {words[0], words[1], NULL};

		(void)snprintf(words[0], sizeof(words[0]), "%s", cases[i].words[0]);
		(void)snprintf(words[1], sizeof(words[1]), "%s", cases[i].words[1]);
		put("package.json", cases[i].package);
		resolution = resolve(program);
		resolution->settings->reach = cases[i].setting;
		resolution->phase = cases[i].phase;
		if (reach_level(resolution, program) != cases[i].level)
			fail_msg("case %zu: level %d", i, (int)reach_level(resolution, program));
	}
	assert_int_equal(unlink("package.json"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_blamed_and_how),
		cmocka_unit_test(a_number_given_anew_is_another_process),
		cmocka_unit_test(once_the_server_is_reached_a_helper_stops_nothing),
		cmocka_unit_test(a_late_server_fails_once_it_listens),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
