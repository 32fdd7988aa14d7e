// samekeyd.ini: defaults, what every mistake says and at which line, and what the settings become.
// SPDX-License-Identifier: MIT
#include "verifier/setup.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *name, *ini, *origin, *text;
} mistakes[] = {
	{"an unknown section", "[lisen]\n", "d.ini:1", "unknown section [lisen]"},
	{"a later issue's section is unknown until it exists", "[profile web]\n", "d.ini:1",
		"unknown section [profile]"},
	{"an unknown setting", "[listen]\nhandof = /x\n", "d.ini:2",
		"unknown setting 'handof' in [listen]"},
	{"a setting of another section", "[listen]\nbundles = 3\n", "d.ini:2",
		"unknown setting 'bundles' in [listen]"},
	{"the same setting twice", "[listen]\napi = /a\napi = /b\n", "d.ini:3",
		"'api' stands twice"},
	{"a section with a name that takes none", "[listen x]\n", "d.ini:1",
		"section [listen] takes no name"},
	{"a relative socket", "[listen]\nhandoff = run.sock\n", "d.ini:2",
		"a socket needs an absolute path"},
	{"one socket for both doors", "[listen]\nhandoff = /r/s\napi = /r/s\n", "d.ini:3",
		"handoff and api are the same socket"},
	{"an address that others can reach", "[listen]\nhttp = 0.0.0.0:80\n", "d.ini:2",
		"'http' must be a loopback address and a port"},
	{"an address without a port", "[listen]\nhttp = 127.0.0.1\n", "d.ini:2",
		"'http' must be a loopback address and a port"},
	{"a port that is none", "[listen]\nhttp = 127.0.0.1:70000\n", "d.ini:2",
		"'http' must be a loopback address and a port"},
	{"a verb that there is not", "[listen]\ntcp_verbs = statsu\n", "d.ini:2",
		"no verb: 'statsu'"},
	{"a verb that TCP never gets", "[listen]\ntcp_verbs = offer\n", "d.ini:2",
		"over TCP only status, verify, introspect and issue can be opened"},
	{"a relative token file", "[listen]\ntoken_file = token\n", "d.ini:2",
		"token_file needs an absolute path"},
	{"an admit section for nobody", "[admit web]\nverbs = offer\n", "d.ini:1",
		"an [admit] section needs uid or gid"},
	{"an admit section for nothing", "[admit web]\nuid = 0\n", "d.ini:1",
		"an [admit] section needs verbs"},
	{"an admit section without a name", "[admit]\nuid = 0\nverbs = offer\n", "d.ini:1",
		"an [admit] section needs a name"},
	{"a user that this host does not know", "[admit web]\nuid = nosuchuser\nverbs = offer\n",
		"d.ini:1", "there is no user 'nosuchuser'"},
	{"a rule for nobody, by number", "[admit any]\nuid = 65534\nverbs = status\n", "d.ini:1",
		"uid 65534 is nobody, and is never admitted"},
	{"a rule for nobody, by name",
		"[admit web]\nuid = 0\nverbs = offer\n[admit any]\nuid = nobody\nverbs = status\n",
		"d.ini:4", "uid 65534 is nobody, and is never admitted"},
	{"an app of nobody", "[app web]\nuid = 65534\n", "d.ini:1",
		"uid 65534 is nobody, and is never admitted"},
	{"a verb that there is not", "[admit web]\nuid = 0\nverbs = offer steal\n", "d.ini:1",
		"no verb: 'steal'"},
	{"an app without a name", "[app]\nexpected = yes\n", "d.ini:1",
		"an [app] section needs the app's name"},
	{"an app twice", "[app web]\n[app web]\n", "d.ini:2", "the app has two sections"},
	{"a flag that is neither yes nor no", "[app web]\nexpected = ture\n", "d.ini:2",
		"'expected' must be yes or no"},
	{"a drift that there is not", "[drift]\nfail = drift\n", "d.ini:2",
		"'fail' names no drift: 'drift'"},
	{"a drift with an empty key", "[drift]\nfail = drift-app:\n", "d.ini:2",
		"'fail' names no drift: 'drift-app:'"},
	{"no connection at all", "[limits]\nconnections = 0\n", "d.ini:2",
		"connections, bundles, deadline and body cannot be 0"},
	{"less memory than one bundle", "[limits]\nmemory = 1M\n", "d.ini:2",
		"memory is under 16M"},
	{"a duration that is none", "[limits]\ndeadline = soon\n", "d.ini:2",
		"'deadline' must be a duration such as 500ms, 2s or 5m"},
	{"a setting without a value", "[fingerprint]\nkey =\n", "d.ini:2", "'key' has no value"},
};

static void every_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		own(pool_release) struct pool *pool = pool_new();
		own(diag_release) struct diag *diag = diag_new();
		struct setup *setup = setup_new(pool);

		assert_non_null(setup);
		if (setup_read(setup, mistakes[i].ini, strlen(mistakes[i].ini), "d.ini", pool,
			    diag) != -EINVAL)
			fail_msg("%s: was taken", mistakes[i].name);
		assert_true(diag_size(diag) > 0);
		if (!text_equal(diag_at(diag, 0)->text, mistakes[i].text) ||
			!text_equal(diag_at(diag, 0)->origin, mistakes[i].origin))
			fail_msg("%s: %s: %s", mistakes[i].name, diag_at(diag, 0)->origin,
				diag_at(diag, 0)->text);
	}
}

static struct setup *read_good(const char *ini, struct pool *pool)
{
	own(diag_release) struct diag *diag = diag_new();
	struct setup *setup = setup_new(pool);

	assert_non_null(setup);
	if (setup_read(setup, ini, strlen(ini), "d.ini", pool, diag) < 0)
		fail_msg("%s: %s", diag_at(diag, 0)->origin, diag_at(diag, 0)->text);
	return setup;
}

static void the_defaults_hold(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = read_good("", pool);

	(void)state;
	assert_null(setup->http);
	assert_int_equal(setup->open_verbs, 0);
	assert_int_equal(setup->admit_count, 0);
	assert_int_equal(setup->drift_fail.count, 3);
	assert_int_equal(setup->fails[0].finding, FINDING_DRIFT_SHARED);
	assert_null(setup->fails[0].key);
	assert_int_equal(setup->deadline_ms, 5000);
}

static void a_whole_file_becomes_rules(void **state)
{
	static const char ini[] = "[listen]\n"
				  "handoff = /run/x/h.sock\n"
				  "http = [::1]:9464\n"
				  "tcp_verbs = status\n"
				  "[admit web]\n"
				  "uid = root\n"
				  "gid = 33\n"
				  "verbs = offer, status\n"
				  "[app shop/web]\n"
				  "uid = 1000\n"
				  "[app batch]\n"
				  "expected = no\n"
				  "[drift]\n"
				  "fail = drift-app:AUTH_SECRET\n";
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = read_good(ini, pool);

	(void)state;
	assert_string_equal(setup->api, "/run/x/api.sock"); // beside handoff
	assert_int_equal(setup->open_verbs, ADMIT_STATUS);
	assert_int_equal(setup->admit_count, 1);
	assert_true(setup->rules[0].has_uid && setup->rules[0].has_gid);
	assert_int_equal(setup->rules[0].uid, 0);
	assert_int_equal(setup->rules[0].gid, 33);
	assert_int_equal(setup->rules[0].verbs, ADMIT_OFFER | ADMIT_STATUS);
	assert_int_equal(setup->app_count, 2);
	assert_string_equal(setup->owners[0].name, "shop/web");
	assert_true(setup->owners[0].expected && setup->owners[0].has_uid);
	assert_false(setup->owners[1].expected || setup->owners[1].has_uid);
	assert_int_equal(setup->drift_fail.count, 1);
	assert_int_equal(setup->fails[0].finding, FINDING_DRIFT_APP);
	assert_string_equal(setup->fails[0].key, "AUTH_SECRET");
}

static void none_means_none(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = read_good("[drift]\nfail = none\n", pool);

	(void)state;
	assert_int_equal(setup->drift_fail.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_with_its_line),
		cmocka_unit_test(the_defaults_hold),
		cmocka_unit_test(a_whole_file_becomes_rules),
		cmocka_unit_test(none_means_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
