// [session], [upstream] and [store] of samekeyd.ini: defaults, what every mistake says and at which
// line, and the rules that are made of them.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "tests/unit/setupread.h"
#include "verifier/setup/setup_upstream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY (UINT64_C(24) * 3600 * 1000)

// Eleven lines; what a case adds begins at line 12.
#define ACCESS "[profile access]\napp = web\nkey = A\n"
#define REFRESH "[profile refresh]\napp = web\nkey = R\n"
#define BARE "[session]\nsocket = /r/s\naccess = access\nrefresh = refresh\nsubject = id\n"
#define GOOD ACCESS REFRESH BARE
#define NEXTAUTH "[profile session]\nkind = nextauth-v4\napp = web\nkey = N\n"
#define EVERY_ORIGIN \
	"origin = https://a,https://b,https://c,https://d,https://e,https://f,https://g," \
	"https://h\norigin = https://i,https://j,https://k,https://l,https://m,https://n," \
	"https://o,https://p,https://q\n"

static const struct {
	const char *name, *ini, *origin, *text;
} mistakes[] = {
	// the listener
	{"a relative socket", ACCESS REFRESH "[session]\nsocket = s\n", "d.ini:8",
		"a socket needs an absolute path"},
	{"a folder for a socket", ACCESS REFRESH "[session]\nsocket = /r/\n", "d.ini:8",
		"a socket needs an absolute path, and this is a folder's"},
	{"the port of the API by another name",
		GOOD "http = 127.0.0.1:1\n[listen]\nhttp = localhost:01\n", "d.ini:12",
		"sessions need a port of their own"},
	{"the socket of the API", GOOD "[listen]\napi = /r/s\n", "d.ini:8",
		"sessions need a socket of their own"},
	{"the port of the API", GOOD "http = 127.0.0.1:1\n[listen]\nhttp = 127.0.0.1:1\n",
		"d.ini:12", "sessions need a port of their own"},
	{"an address that others can reach", GOOD "http = 0.0.0.0:80\n", "d.ini:12",
		"'http' must be a loopback address and a port"},
	{"no profile of access tokens",
		REFRESH "[session]\nhttp = [::1]:1\nrefresh = refresh\nsubject = id\n", "d.ini:5",
		"sessions need a profile of access tokens"},
	{"no profile of refresh tokens",
		ACCESS "[session]\nsocket = /r/s\naccess = access\nsubject = id\n", "d.ini:5",
		"sessions need a profile of refresh tokens"},
	{"a profile that there is not", ACCESS "[session]\naccess = acces\n", "d.ini:5",
		"there is no profile 'acces'"},
	{"nobody whose session it is",
		ACCESS REFRESH "[session]\nsocket = /r/s\naccess = access\nrefresh = refresh\n",
		"d.ini:8", "sessions need a subject"},
	{"a token of a library as access token", NEXTAUTH "[session]\naccess = session\n",
		"d.ini:6", "access = session is a profile of kind nextauth-v4"},
	{"a token of a library as refresh token", NEXTAUTH "[session]\nrefresh = session\n",
		"d.ini:6", "refresh = session is a profile of kind nextauth-v4"},

	// what tells the tokens apart
	{"one profile for both", ACCESS "[session]\naccess = access\nrefresh = access\n", "d.ini:6",
		"access and refresh are the same profile"},
	{"one key for both",
		ACCESS "[profile refresh]\napp = web\nkey = A\n[session]\naccess = access\nrefresh "
		       "= refresh\n",
		"d.ini:9",
		"profiles access and refresh have the same key, and a refresh token would pass as "
		"an access token"},
	{"one file for both, and a type that access does not ask for",
		"[profile a]\nkey_file = /k\n[profile r]\nkey_file = /k\ntyp = "
		"rt\n[session]\naccess = a\nrefresh = r\n",
		"d.ini:8",
		"profiles a and r have the same key, and a refresh token would pass as an access "
		"token"},
	{"a previous key that is the other's key",
		"[profile a]\napp = web\nkey = A\nprevious = R\n" REFRESH
		"[session]\naccess = a\nrefresh = refresh\n",
		"d.ini:10",
		"profiles a and refresh have the same key, and a refresh token would pass as an "
		"access token"},
	{"audiences that meet",
		"[profile a]\nkey_file = /k\naudience = x, y\n[profile r]\nkey_file = "
		"/k\naudience = y\n[session]\naccess = a\nrefresh = r\n",
		"d.ini:9",
		"profiles a and r have the same key, and a refresh token would pass as an access "
		"token"},
	{"a signature that differs each time",
		"[profile r]\nkey_file = /k\nencoding = pem\nalgorithm = "
		"ES256\n[session]\nrefresh = r\n",
		"d.ini:4", "ES256 signs differently each time, so it makes no refresh tokens"},
	{"another one",
		"[profile r]\nkey_file = /k\nencoding = pem\nalgorithm = "
		"PS512\n[session]\nrefresh = r\n",
		"d.ini:4", "PS512 signs differently each time, so it makes no refresh tokens"},
	{"the same of opaque ones",
		"[profile r]\nkey_file = /k\nencoding = pem\nalgorithm = ES256\nformat = "
		"opaque\n[session]\nrefresh = r\n",
		"d.ini:4", "ES256 signs differently each time, so it makes no refresh tokens"},
	{"opaque access tokens", ACCESS "format = opaque\n[session]\naccess = access\n", "d.ini:4",
		"access tokens are JWTs, not opaque"},
	{"a format that there is not", ACCESS "format = jwe\n", "d.ini:4",
		"'format' must be one of: jwt, opaque"},

	// cookies
	{"a __Host- cookie without secure", GOOD "secure = no\n", "d.ini:12",
		"the cookie __Host-session needs secure = yes"},
	{"a __Host- cookie below a path", GOOD "path = /auth\n", "d.ini:12",
		"the cookie __Host-session needs path = /"},
	{"a __Host- cookie with a domain", GOOD "domain = shop.example\n", "d.ini:12",
		"the cookie __Host-session can have no domain"},
	{"a __Secure- cookie without secure",
		ACCESS "cookie = __Secure-a\n[session]\naccess = access\nsecure = no\n", "d.ini:7",
		"the cookie __Secure-a needs secure = yes"},
	{"the prefix in another case",
		ACCESS "cookie = __hOST-a\n[session]\naccess = access\nsecure = no\n", "d.ini:7",
		"the cookie __hOST-a needs secure = yes"},
	{"a passed cookie with the prefix", GOOD "pass = __Host-t:token\npath = /a\n", "d.ini:13",
		"the cookie __Host-session needs path = /"},
	{"same_site = none without secure",
		ACCESS "cookie = a\n[session]\naccess = access\nsame_site = none\nsecure = no\n",
		"d.ini:7", "browsers refuse cookies with same_site = none and secure = no"},
	{"a same_site that there is not", GOOD "same_site = Lax\n", "d.ini:12",
		"'same_site' must be one of: strict, lax, none"},
	{"one cookie for both tokens", ACCESS "cookie = t\n" REFRESH "cookie = t\n" BARE, "d.ini:8",
		"two cookies have the name 't'"},
	{"one cookie for both tokens, in the second place",
		ACCESS "cookie = a, t\n" REFRESH "cookie = T\n" BARE, "d.ini:8",
		"two cookies have the name 'T'"},
	{"a passed cookie of the name of another", GOOD "pass = __Host-session:token\n", "d.ini:12",
		"two cookies have the name '__Host-session'"},
	{"two passed cookies of one name", GOOD "pass = t, t:u\n", "d.ini:12",
		"two cookies have the name 't'"},
	{"a passed cookie that browsers do not take", GOOD "pass = a(b\n", "d.ini:12",
		"no name of a cookie: 'a(b'"},
	{"five passed cookies", GOOD "pass = a, b, c, d, e\n", "d.ini:12",
		"'pass' has at most 4 items"},
	{"a path that ends the attribute", GOOD "path = /;HttpOnly\n", "d.ini:12",
		"no path of a cookie: '/;HttpOnly'"},
	{"a domain that ends the attribute", GOOD "domain = a.example;x\n", "d.ini:12",
		"no domain: 'a.example;x'"},

	// what login takes
	{"a claim without a path", GOOD "claims = role\n", "d.ini:12",
		"'claims' has no CLAIM:PATH: 'role'"},
	{"a claim with an empty path", GOOD "claims = role:\n", "d.ini:12",
		"'claims' has no CLAIM:PATH: 'role:'"},
	{"a claim without a name", GOOD "refresh_claims = :role\n", "d.ini:12",
		"'refresh_claims' has no CLAIM:PATH: ':role'"},
	{"a path with a hole", GOOD "claims = role:a..b\n", "d.ini:12",
		"'claims' has no CLAIM:PATH: 'role:a..b'"},
	{"a claim that is ours", GOOD "claims = exp:expires\n", "d.ini:12",
		"'claims' cannot set the claim exp"},
	{"an id that is ours", GOOD "refresh_claims = jti:id\n", "d.ini:12",
		"'refresh_claims' cannot set the claim jti"},
	{"a claim twice", GOOD "claims = a:b, a:c\n", "d.ini:12",
		"'claims' sets a claim twice: 'a:c'"},
	{"seventeen claims",
		GOOD "claims = a:a,b:b,c:c,d:d,e:e,f:f,g:g,h:h,i:i,j:j,k:k,l:l,m:m,n:n,o:o,p:p,q:"
		     "q\n",
		"d.ini:12", "'claims' has at most 16 items"},
	{"a subject that is no path", GOOD "user_data = .userData\n", "d.ini:12",
		"'user_data' is no path: '.userData'"},

	// times
	{"a grace of minutes", GOOD "grace = 61s\n", "d.ini:12", "grace is over 60s"},
	{"sessions without a life", GOOD "absolute = 0s\n", "d.ini:12", "absolute is under 1s"},
	{"sessions that end before their tokens",
		ACCESS REFRESH "lifetime = 8d\n" BARE "absolute = 7d\n", "d.ini:13",
		"absolute is shorter than the lifetime of profile refresh"},
	{"passed cookies without a life", GOOD "pass_lifetime = 0s\n", "d.ini:12",
		"pass_lifetime is under 1s"},

	// pages and origins
	{"a login page on another host", GOOD "login_page = //evil.example\n", "d.ini:12",
		"no path of a page: '//evil.example'"},
	{"the same, as browsers read it", GOOD "login_page = /\\evil.example\n", "d.ini:12",
		"no path of a page: '/\\evil.example'"},
	{"a login page with its scheme", GOOD "login_page = https://shop.example/\n", "d.ini:12",
		"no path of a page: 'https://shop.example/'"},
	{"an origin with a path", GOOD "origin = https://shop.example/\n", "d.ini:12",
		"no origin: 'https://shop.example/'"},
	{"an origin without a scheme", GOOD "origin = shop.example\n", "d.ini:12",
		"no origin: 'shop.example'"},
	{"an origin of nobody", GOOD "origin = null\n", "d.ini:12", "no origin: 'null'"},
	{"an origin for all", GOOD "origin = https://*.example\n", "d.ini:12",
		"no origin: 'https://*.example'"},
	{"an origin with a port that is none", GOOD "origin = http://a:0\n", "d.ini:12",
		"no origin: 'http://a:0'"},
	{"seventeen origins", GOOD EVERY_ORIGIN, "d.ini:13", "'origin' has at most 16 items"},

	// the upstream
	{"a URL of another scheme", "[upstream]\nurl = ftp://a/b\n", "d.ini:2",
		"the URL is neither https: nor http:"},
	{"a URL with a password", "[upstream]\nurl = https://u:p@a/b\n", "d.ini:2",
		"the URL has a user or a password"},
	{"a URL with a fragment", "[upstream]\nurl = https://a/b#c\n", "d.ini:2",
		"the URL has a fragment, which no server sees"},
	{"a URL without a host", "[upstream]\nurl = https:///b\n", "d.ini:2",
		"the URL has no host"},
	{"a URL with a port alone", "[upstream]\nurl = https://:1/b\n", "d.ini:2",
		"the URL has no host"},
	{"a URL with a port that is none", "[upstream]\nurl = http://[::1]:70000/\n", "d.ini:2",
		"the URL has a bad port"},
	{"a URL with a blank", "[upstream]\nurl = https://a/b c\n", "d.ini:2",
		"the URL has blanks or signs that need percent-encoding"},
	{"two URLs", "[upstream]\nurl = https://a/\napp = web\nkey = U\n", "d.ini:4",
		"url and key are two URLs"},
	{"a path behind a URL", "[upstream]\nurl = https://a/\npath = /login\n", "d.ini:3",
		"path goes with app and key"},
	{"a URL of no app", "[upstream]\nkey = U\n", "d.ini:2", "key needs app"},
	{"an app without a URL", "[upstream]\napp = web\n", "d.ini:2", "app needs key"},
	{"what is no name of a key", "[upstream]\napp = web\nkey = A=B\n", "d.ini:3",
		"no name of a key: 'A=B'"},
	{"a path that is none", "[upstream]\napp = web\nkey = U\npath = login\n", "d.ini:4",
		"no path of a URL: 'login'"},
	{"a relative ca_file", "[upstream]\nca_file = ca.pem\n", "d.ini:2",
		"ca_file needs an absolute path"},
	{"no time at all", "[upstream]\ntimeout = 0s\n", "d.ini:2",
		"timeout is not between 100ms and 2m"},
	{"a connection for an hour", "[upstream]\nconnect_timeout = 1h\n", "d.ini:2",
		"connect_timeout is not between 100ms and 2m"},
	{"a body that does not fit", "[upstream]\nbody = 65K\n", "d.ini:2",
		"body is not between 1 byte and 64K"},
	{"success as a refusal", "[upstream]\nrefused = 200\n", "d.ini:2",
		"no status between 400 and 499: '200'"},
	{"nine refusals", "[upstream]\nrefused = 400,401,402,403,404,405,406,407,408\n", "d.ini:2",
		"'refused' has at most 8 items"},

	// what belongs together
	{"sessions without a place",
		"[profile a]\nkey_file = /k\n[profile b]\nkey_file = /l\n[session]\naccess = "
		"a\nrefresh = b\n",
		"d.ini:6", "sessions are asked for, and there is no socket and no port for them"},
	{"a claim that no token has",
		"[profile a]\nkey_file = /k\nrequire = exp, userId\n[profile b]\nkey_file = /l\n"
		"[session]\nsocket = /s\naccess = a\nrefresh = b\nsubject = id\nclaims = user:id\n",
		"d.ini:3", "access tokens have no claim userId, which profile a requires"},

	// the store
	{"a store of another kind", "[store]\nurl = postgres://a/b\n", "d.ini:2", NULL},
	{"a store at a relative path", "[store]\nurl = sqlite:sessions.db\n", "d.ini:2", NULL},
	{"a prefix with a blank", "[store]\nprefix = a b\n", "d.ini:2",
		"no prefix of at most 32 letters, digits, '-', '_', '.' and ':': 'a b'"},
	{"a user without a password", "[store]\nuser = u\n", "d.ini:2", "user needs password_file"},
	{"a relative password_file", "[store]\npassword_file = p\n", "d.ini:2",
		"password_file needs an absolute path"},
	{"a store that has an hour", "[store]\ntimeout = 1h\n", "d.ini:2",
		"timeout is not between 10ms and 1m"},
	{"a day without the store", "[store]\naway_check = 1d\n", "d.ini:2",
		"away_check is over 1h"},
};

static void every_mistake_is_told_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		own(pool_release) struct pool *pool = pool_new();
		own(diag_release) struct diag *diag = diag_new();
		struct setup *setup = setup_new(pool);
		const struct diag_item *item;

		if (!setup || setup_read(setup, mistakes[i].ini, strlen(mistakes[i].ini), "d.ini",
				      pool, diag) != -EINVAL)
			fail_msg("%s: was taken", mistakes[i].name);
		item = diag_at(diag, 0);
		if ((mistakes[i].text && !text_equal(item->text, mistakes[i].text)) ||
			!text_equal(item->origin, mistakes[i].origin))
			fail_msg("%s: %s: %s", mistakes[i].name, item->origin, item->text);
		if (!*item->hint)
			fail_msg("%s: has no hint", mistakes[i].name);
	}
}

static void without_a_listener_there_are_no_sessions(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good("", pool);

	(void)state;
	assert_false(setup->session.is_on || setup->upstream.is_on || setup->store.is_on);
	assert_false(setup->session.is_insecure);
}

static void the_defaults_hold(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good(GOOD, pool);
	const struct sessionrules *rules = &setup->session.rules;

	(void)state;
	assert_true(setup->session.is_on && setup->store.is_on);
	assert_false(setup->upstream.is_on || setup->session.is_insecure);
	assert_null(setup->session.http);
	assert_string_equal(rules->access_cookie, "__Host-session");
	assert_string_equal(rules->refresh_cookie, "__Host-refresh");
	assert_string_equal(setup->profiles[0].cookies.items[0], "__Host-session");
	assert_int_equal(setup->profiles[0].lifetime_ms, 15 * 60000);
	assert_int_equal(setup->profiles[1].lifetime_ms, 7 * DAY);
	assert_int_equal(setup->profiles[1].format, PROFILE_JWT);
	assert_false(setup->profiles[0].redirect);
	assert_int_equal(rules->absolute_ms, 30 * DAY);
	assert_int_equal(rules->grace_ms, 10000);
	assert_int_equal(rules->pass_ms, 7 * DAY);
	assert_int_equal(rules->same_site, SESSIONRULES_LAX);
	assert_true(rules->secure);
	assert_string_equal(rules->path, "/");
	assert_null(rules->domain);
	assert_string_equal(rules->login_page, "/login");
	assert_int_equal(rules->refused.count, 4);
	assert_int_equal(rules->refused.items[3], 422);
	assert_int_equal(rules->access_claims.count + rules->pass.count, 0);
	assert_string_equal(setup->store.options.url, "sqlite:/var/lib/samekey/sessions.db");
	assert_int_equal(setup->store.options.timeout_ms, 1000);
	assert_int_equal(setup->upstream.settings.timeout_ms, 10000);
	assert_int_equal(setup->upstream.settings.connect_ms, 3000);
	assert_int_equal(setup->upstream.settings.body_max, RELAY_BODY_MAX);
}

static void a_whole_file_becomes_rules(void **state)
{
	static const char ini[] =
		ACCESS "cookie = accessTokenEtls, old\nredirect = yes\n" REFRESH
		       "cookie = refreshTokenEtls\nlifetime = 3d\nformat = opaque\n" BARE
		       "http = 127.0.0.1:9465\ngrace = 0s\n"
		       "claims = userId:userData.id, https://shop.example/role:userData.role\n"
		       "refresh_claims = sub:id\nuser_data = userData\n"
		       "pass = accessToken, theirs:tokens.refresh\npass_lifetime = 1h\n"
		       "same_site = strict\nsecure = no\npath = /app\ndomain = shop.example\n"
		       "origin = HTTPS://Shop.example:443, http://[::1]:3000\n"
		       "login_page = /en/login?next=1\n"
		       "[upstream]\napp = web\nkey = EXTERNAL_API_URL\nrefused = 401\n"
		       "[store]\nurl = redis:///run/redis.sock?db=2\naway_check = 30s\n";
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good(ini, pool);
	const struct sessionrules *rules = &setup->session.rules;

	(void)state;
	assert_true(setup->session.is_insecure && setup->profiles[0].redirect);
	assert_int_equal(setup->profiles[1].format, PROFILE_OPAQUE);
	assert_string_equal(rules->access_cookie, "accessTokenEtls");
	assert_string_equal(rules->refresh_cookie, "refreshTokenEtls");
	assert_int_equal(rules->access_claims.count, 2);
	assert_string_equal(rules->access_claims.items[1].name, "https://shop.example/role");
	assert_string_equal(rules->access_claims.items[1].from, "userData.role");
	assert_string_equal(rules->refresh_claims.items[0].name, "sub");
	assert_int_equal(rules->pass.count, 2);
	assert_string_equal(rules->pass.items[0].name, "accessToken");
	assert_string_equal(rules->pass.items[0].from, "accessToken");
	assert_string_equal(rules->pass.items[1].name, "theirs");
	assert_string_equal(rules->pass.items[1].from, "tokens.refresh");
	assert_int_equal(rules->pass_ms, 3600000);
	assert_int_equal(rules->same_site, SESSIONRULES_STRICT);
	assert_int_equal(rules->origins.count, 2);
	assert_string_equal(rules->origins.items[0], "https://shop.example");
	assert_string_equal(rules->origins.items[1], "http://[::1]:3000");
	assert_int_equal(rules->refused.count, 1);
	assert_int_equal(rules->away_ms[SESSIONRULES_CHECK], 30000);
	assert_int_equal(rules->away_ms[SESSIONRULES_LOGIN], 0);
	assert_true(setup->upstream.is_on);
	assert_null(setup->upstream.settings.url);
	assert_string_equal(setup->upstream.path, "/login");
}

static void a_session_that_is_shorter_than_a_week_has_shorter_tokens(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good(GOOD "absolute = 1d\n", pool);

	(void)state;
	assert_int_equal(setup->profiles[1].lifetime_ms, DAY);
	assert_int_equal(setup->session.rules.pass_ms, DAY);
}

static void a_store_alone_keeps_revocations(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct setup *setup = setupread_good("[store]\nurl = sqlite:/v/s.db\n", pool);

	(void)state;
	assert_true(setup->store.is_on);
	assert_false(setup->session.is_on);
}

// One key for both is fine where something else tells the tokens apart.
static void one_key_may_do(void **state)
{
	static const char *const more[][2] = {{"typ = at\n", ""}, {"typ = at\n", "typ = rt\n"},
		{"issuer = a\n", "issuer = b\n"}, {"audience = a\n", ""},
		{"audience = a, b\n", "audience = c\n"}, {"", "format = opaque\n"},
		{"algorithm = HS512\n", "algorithm = HS256\n"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		own(pool_release) struct pool *pool = pool_new();
		char ini[512];

		(void)snprintf(ini, sizeof(ini),
			"[profile access]\nkey_file = /k\n%s[profile refresh]\nkey_file = /k\n%s"
			"%s",
			more[i][0], more[i][1], BARE);
		(void)setupread_good(ini, pool);
	}
}

static void urls_are_judged_the_same_wherever_they_come_from(void **state)
{
	static const char *const good[] = {"https://api.example/login", "http://127.0.0.1:8080",
		"https://[2001:db8::1]:8443/a?b=c", "https://api.example?x=y", "http://a/b@c"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (setup_upstream_complaint(good[i]))
			fail_msg("%s: %s", good[i], setup_upstream_complaint(good[i]));
	assert_non_null(setup_upstream_complaint(""));
	assert_non_null(setup_upstream_complaint("HTTPS:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_is_told_with_its_line),
		cmocka_unit_test(without_a_listener_there_are_no_sessions),
		cmocka_unit_test(the_defaults_hold),
		cmocka_unit_test(a_whole_file_becomes_rules),
		cmocka_unit_test(a_session_that_is_shorter_than_a_week_has_shorter_tokens),
		cmocka_unit_test(a_store_alone_keeps_revocations),
		cmocka_unit_test(one_key_may_do),
		cmocka_unit_test(urls_are_judged_the_same_wherever_they_come_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
