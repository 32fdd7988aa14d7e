// samekeyd.ini: defaults, what every mistake says and at which line, and what the settings become.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "tests/unit/setupread.h"
#include "verifier/trust/key/algorithm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ONE "[profile s]\napp = web\nkey = A\n"
#define FOUR_MORE "[key s]\nkey = B\n[key s]\nkey = B\n[key s]\nkey = B\n[key s]\nkey = B\n"
#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *name, *ini, *origin, *text;
} mistakes[] = {
	{"an unknown section", "[lisen]\n", "d.ini:1", "unknown section [lisen]"},
	{"a session listener with a name", "[session web]\n", "d.ini:1",
		"section [session] takes no name"},
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
	{"a folder for a socket", "[listen]\nhandoff = /r/\n", "d.ini:2",
		"a socket needs an absolute path, and this is a folder's"},
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
		"over TCP only status, verify, introspect, issue and revoke can be opened"},
	{"a relative token file", "[listen]\ntoken_file = token\n", "d.ini:2",
		"token_file needs an absolute path"},
	{"a relative key of fingerprints", "[fingerprint]\nkey = fp.key\n", "d.ini:2",
		"key needs an absolute path"},
	{"an admit section for nobody", "[admit web]\nverbs = offer\n", "d.ini:1",
		"an [admit] section needs uid or gid"},
	{"an admit section for nothing", "[admit web]\nuid = 0\n", "d.ini:1",
		"an [admit] section needs verbs"},
	{"an admit section without a name", "[admit]\nuid = 0\nverbs = offer\n", "d.ini:1",
		"an [admit] section needs a name"},
	{"a user that this host does not know", "[admit web]\nuid = nosuchuser\nverbs = offer\n",
		"d.ini:2", "there is no user 'nosuchuser'"},
	{"a rule for nobody, by number", "[admit any]\nuid = 65534\nverbs = status\n", "d.ini:2",
		"uid 65534 is nobody, and is never admitted"},
	{"a rule for nobody, by name",
		"[admit web]\nuid = 0\nverbs = offer\n[admit any]\nuid = nobody\nverbs = status\n",
		"d.ini:5", "uid 65534 is nobody, and is never admitted"},
	{"an app of nobody", "[app web]\nuid = 65534\n", "d.ini:2",
		"uid 65534 is nobody, and is never admitted"},
	{"a verb that there is not", "[admit web]\nuid = 0\nverbs = offer steal\n", "d.ini:3",
		"no verb: 'steal'"},
	{"a group that this host does not know", "[admit web]\nverbs = offer\ngid = nogroup9\n",
		"d.ini:3", "there is no group 'nogroup9'"},
	{"a name in quotes", ONE "typ = \"web\"\n", "d.ini:4",
		"'typ' has quotes, which would be part of it"},
	{"a list in quotes", ONE "audience = 'a', 'b'\n", "d.ini:4",
		"'audience' has quotes, which would be part of it"},
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
		"connections cannot be 0"},
	{"less memory than one bundle", "[limits]\nmemory = 1M\n", "d.ini:2",
		"memory is under 16M"},
	{"a duration that is none", "[limits]\ndeadline = soon\n", "d.ini:2",
		"'deadline' must be a duration such as 500ms, 2s or 5m"},
	{"a setting without a value", "[fingerprint]\nkey =\n", "d.ini:2", "'key' has no value"},
	{"a profile without a name", "[profile]\n", "d.ini:1",
		"a [profile] section needs a name of at most 64 letters, digits, '-', '_' and '.'"},
	{"a profile with a path as its name", "[profile a/b]\n", "d.ini:1",
		"a [profile] section needs a name of at most 64 letters, digits, '-', '_' and '.'"},
	{"a profile whose name a path would swallow", "[profile ..]\n", "d.ini:1",
		"a [profile] section needs a name of at most 64 letters, digits, '-', '_' and '.'"},
	{"a profile with a name of 65 bytes",
		"[profile aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		"d.ini:1",
		"a [profile] section needs a name of at most 64 letters, digits, '-', '_' and '.'"},
	{"two profiles of one name", ONE "[profile s]\nkey_file = /k\n", "d.ini:4",
		"two profiles have this name"},
	{"a profile without a key", "[profile s]\nkind = jws\n", "d.ini:1",
		"[profile s] has no key"},
	{"a key and a file", ONE "key_file = /k\n", "d.ini:4", "key and key_file are two keys"},
	{"a key of no app", "[profile s]\nkey = A\n", "d.ini:2", "key needs app"},
	{"an app without a key", "[profile s]\napp = web\nkey_file = /k\n", "d.ini:2",
		"app needs key"},
	{"what is no name of a key", "[profile s]\napp = web\nkey = A=B\n", "d.ini:3",
		"no name of a key: 'A=B'"},
	{"a key file whose place depends on the folder", "[profile s]\nkey_file = k\n", "d.ini:2",
		"key_file needs an absolute path"},
	{"a kind that there is not", ONE "kind = nextauth\n", "d.ini:4",
		"'kind' must be one of: jws, nextauth-v4, authjs-v5"},
	{"an encoding that there is not", ONE "encoding = base32\n", "d.ini:4",
		"'encoding' must be one of: text, base64, base64url, hex, jwk, pem"},
	{"a state that there is not", ONE "state = old\n", "d.ini:4",
		"'state' must be one of: active, pending, retiring, retired"},
	{"an algorithm that there is not", ONE "algorithm = HS265\n", "d.ini:4",
		"no algorithm: 'HS265'"},
	{"none", ONE "algorithm = none\n", "d.ini:4", "no algorithm: 'none'"},
	{"an algorithm in another case", ONE "algorithm = hs256\n", "d.ini:4",
		"no algorithm: 'hs256'"},
	{"an algorithm of a session", ONE "kind = authjs-v5\nalgorithm = HS256\n", "d.ini:5",
		"kind = authjs-v5 takes no algorithm"},
	{"an encoding of a session", ONE "kind = nextauth-v4\nencoding = hex\n", "d.ini:5",
		"kind = nextauth-v4 takes no encoding"},
	{"a kid of a session", ONE "kind = nextauth-v4\nkid = a\n", "d.ini:5",
		"kind = nextauth-v4 takes no kid"},
	{"a typ of a session", ONE "kind = nextauth-v4\ntyp = JWT\n", "d.ini:5",
		"kind = nextauth-v4 takes no typ"},
	{"a PEM key without its algorithm", "[profile s]\nkey_file = /k\nencoding = pem\n",
		"d.ini:3", "encoding = pem needs algorithm"},
	{"a PEM key as a secret", "[profile s]\nkey_file = /k\nencoding = pem\nalgorithm = HS256\n",
		"d.ini:4", "HS256 takes a secret, and encoding = pem is a key pair"},
	{"a text as a key pair", ONE "algorithm = RS256\n", "d.ini:4",
		"RS256 takes a key pair, and encoding = text is a secret"},
	{"a kid twice in a profile", ONE "kid = a\n[key s]\nkey = B\nkid = a\n", "d.ini:7",
		"two keys of the profile have this kid"},
	{"a kid over 255 bytes", ONE "kid = " HUNDRED HUNDRED HUNDRED "\n", "d.ini:4",
		"the line is longer than 198 bytes"},
	{"previous without a key before it", "[profile s]\nkey_file = /k\nprevious = OLD\n",
		"d.ini:3", "previous goes with app and key"},
	{"previous that is the key", ONE "previous = A\n", "d.ini:4",
		"no name of another key: 'A'"},
	{"no key that verifies", ONE "state = retired\nprevious = OLD\n", "d.ini:1",
		"no key of the profile verifies"},
	{"a cookie that browsers do not take", ONE "cookie = a;b\n", "d.ini:4",
		"no name of a cookie: 'a;b'"},
	{"three cookies", ONE "cookie = a, b, c\n", "d.ini:4", "'cookie' has at most 2 items"},
	{"a claim that becomes no header", ONE "forward = sub, a:b\n", "d.ini:4",
		"no name of a header: 'a:b'"},
	{"two claims that become one header", ONE "forward = role, Role\n", "d.ini:4",
		"two names of one header: 'Role'"},
	{"two claims that differ by a sign", ONE "forward = given_name, given.name\n", "d.ini:4",
		"two names of one header: 'given.name'"},
	{"seventeen audiences", ONE "audience = a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\n", "d.ini:4",
		"'audience' has at most 16 items"},
	{"a leeway of an hour", ONE "leeway = 1h\n", "d.ini:4", "leeway is over 10m"},
	{"a life without a number", ONE "lifetime = long\n", "d.ini:4",
		"'lifetime' must be a duration such as 500ms, 2s or 5m"},
	{"tokens without a life", ONE "lifetime = 0s\n", "d.ini:4", "lifetime is under 1s"},
	{"an issuer that is no text", ONE "issuer = a\x01z\n", "d.ini:4",
		"'issuer' is no line of text"},
	{"a key of a profile that there is not", ONE "[key t]\nkey = B\n", "d.ini:4",
		"there is no profile t"},
	{"a further key without one", ONE "[key s]\nkid = b\n", "d.ini:4", "[key s] has no key"},
	{"a setting of profiles in a key", ONE "[key s]\nkey = B\nissuer = x\n", "d.ini:6",
		"unknown setting 'issuer' in [key]"},
	{"seventeen keys of a profile", ONE FOUR_MORE FOUR_MORE FOUR_MORE FOUR_MORE, "d.ini:34",
		"a profile has at most 16 keys"},
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
		assert_int_equal(diag_size(diag), 1); // and nothing that follows from it alone
		if (!text_equal(diag_at(diag, 0)->text, mistakes[i].text) ||
			!text_equal(diag_at(diag, 0)->origin, mistakes[i].origin))
			fail_msg("%s: %s: %s", mistakes[i].name, diag_at(diag, 0)->origin,
				diag_at(diag, 0)->text);
	}
}

static void the_defaults_hold(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good("", pool);

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
	const struct setup *setup = setupread_good(ini, pool);

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
	const struct setup *setup = setupread_good("[drift]\nfail = none\n", pool);

	(void)state;
	assert_int_equal(setup->drift_fail.count, 0);
}

static void profiles_become_rules(void **state)
{
	static const char ini[] = "[key session]\n"
				  "key_file = /etc/samekey/old.pem\n"
				  "encoding = pem\n"
				  "algorithm = ES256\n"
				  "kid = old\n"
				  "state = retired\n"
				  "[profile session]\n"
				  "app = shop/web\n"
				  "key = NEXTAUTH_SECRET\n"
				  "previous = NEXTAUTH_SECRET_PREVIOUS\n"
				  "algorithm = HS512\n"
				  "kid = now\n"
				  "issuer = https://shop.example\n"
				  "audience = a, b\n"
				  "audience = c\n"
				  "require = exp sub\n"
				  "forward = role\n"
				  "cookie = session\n"
				  "leeway = 5s\n"
				  "max_age = 1h\n"
				  "allow_short_key = yes\n"
				  "[key session]\n"
				  "key = NEXTAUTH_SECRET_NEXT\n"
				  "state = pending\n";
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good(ini, pool);
	const struct profile_rules *rules = setup->profiles;
	const struct profile_source *sources;

	(void)state;
	assert_int_equal(setup->profile_count, 1);
	assert_string_equal(rules->name, "session");
	assert_string_equal(rules->issuer, "https://shop.example");
	assert_null(rules->typ);
	assert_int_equal(rules->audience.count, 3);
	assert_string_equal(rules->audience.items[2], "c");
	assert_int_equal(rules->require.count, 2);
	assert_string_equal(rules->forward.items[0], "role");
	assert_int_equal(rules->cookies.count, 1);
	assert_int_equal(rules->leeway_ms, 5000);
	assert_int_equal(rules->max_age_ms, 3600000);
	assert_int_equal(rules->lifetime_ms, 15 * 60000);
	assert_int_equal(rules->source_count, 4);
	sources = rules->sources;
	assert_string_equal(sources[0].app, "shop/web");
	assert_string_equal(sources[0].options.label, "NEXTAUTH_SECRET");
	assert_string_equal(sources[0].options.algorithm->name, "HS512");
	assert_string_equal(sources[0].options.kid, "now");
	assert_true(sources[0].options.allow_short && !sources[0].optional);
	assert_string_equal(sources[1].key, "NEXTAUTH_SECRET_PREVIOUS");
	assert_int_equal(sources[1].options.state, KEY_RETIRING);
	assert_null(sources[1].options.kid);
	assert_true(sources[1].optional);
	assert_string_equal(sources[2].file, "/etc/samekey/old.pem");
	assert_int_equal(sources[2].options.encoding, KEY_PEM);
	assert_string_equal(sources[2].options.algorithm->name, "ES256");
	assert_null(sources[2].app);
	assert_string_equal(sources[3].app, "shop/web"); // the profile's
	assert_string_equal(sources[3].options.algorithm->name, "HS512");
	assert_int_equal(sources[3].options.state, KEY_PENDING);
}

static void sessions_have_the_defaults_of_their_library(void **state)
{
	static const char ini[] = "[profile old]\nkind = nextauth-v4\napp = web\nkey = A\n"
				  "[profile new]\nkind = authjs-v5\napp = web\nkey = A\n"
				  "leeway = 0s\nlifetime = 1d\ncookie = sid\n";
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good(ini, pool);
	const struct profile_rules *rules = setup->profiles;

	(void)state;
	assert_int_equal(setup->profile_count, 2);
	assert_int_equal(rules[0].cookies.count, 2);
	assert_string_equal(rules[0].cookies.items[0], "__Secure-next-auth.session-token");
	assert_int_equal(rules[0].leeway_ms, 15000);
	assert_int_equal(rules[0].lifetime_ms, UINT64_C(30) * 24 * 3600 * 1000);
	assert_int_equal(rules[1].cookies.count, 1);
	assert_string_equal(rules[1].cookies.items[0], "sid");
	assert_int_equal(rules[1].leeway_ms, 0);
	assert_int_equal(rules[1].lifetime_ms, 24 * 3600 * 1000);
}

static void profiles_have_a_cap(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *diag = diag_new();
	char ini[65 * 64];
	size_t used = 0;

	(void)state;
	for (int i = 0; i < 65; i++)
		used += (size_t)snprintf(
			ini + used, sizeof(ini) - used, "[profile p%d]\nkey_file = /k\n", i);
	assert_int_equal(setup_read(setup_new(pool), ini, used, "d.ini", pool, diag), -EINVAL);
	assert_int_equal(diag_size(diag), 1);
	assert_string_equal(diag_at(diag, 0)->origin, "d.ini:129");
	assert_string_equal(diag_at(diag, 0)->text, "over 64 [profile] sections");
}

static void what_was_meant_is_suggested(void **state)
{
	static const struct {
		const char *ini, *hint;
	} cases[] = {
		{ONE "kind = nextauth\n", "did you mean nextauth-v4?"},
		{ONE "state = actve\n", "did you mean active?"},
		{ONE "state = x\n", "samekeyd --help lists the settings"},
		{ONE "lifetime = 15 minutes\n", "samekeyd --help lists the settings"},
		{"key = x\n", "begin with one, such as [profile session]"},
		{ONE "algorithm = HS265\n", "did you mean HS256?"},
		{"[profil s]\n", "did you mean [profile]?"},
		{ONE "previus = B\n", "did you mean 'previous'?"},
		{"[profile session]\nkey_file = /k\n[key sesion]\nkey_file = /l\n",
			"did you mean [key session]?"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own(pool_release) struct pool *pool = pool_new();
		own(diag_release) struct diag *diag = diag_new();

		assert_int_equal(setup_read(setup_new(pool), cases[i].ini, strlen(cases[i].ini),
					 "d.ini", pool, diag),
			-EINVAL);
		assert_string_equal(diag_at(diag, 0)->hint, cases[i].hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_with_its_line),
		cmocka_unit_test(the_defaults_hold),
		cmocka_unit_test(a_whole_file_becomes_rules),
		cmocka_unit_test(none_means_none),
		cmocka_unit_test(profiles_become_rules),
		cmocka_unit_test(sessions_have_the_defaults_of_their_library),
		cmocka_unit_test(profiles_have_a_cap),
		cmocka_unit_test(what_was_meant_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
