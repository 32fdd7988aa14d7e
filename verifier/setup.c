// The table of samekeyd.ini and the reader that is driven by it.
// SPDX-License-Identifier: MIT
#include "verifier/setup.h"

#include "lib/base/conf.h"
#include "lib/base/fs.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "lib/wire/pack.h"
#include "lib/wire/peer.h"
#include "verifier/door/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>

#define AT(field) offsetof(struct setup, field)
#define ADMIT_AT(field) offsetof(struct setup_admit, field)
#define APP_AT(field) offsetof(struct setup_app, field)

// clang-format off
const struct setting setup_rows[] = {
	{"listen", "handoff", SETTING_TEXT, AT(handoff), NULL, NULL, "PATH",
		"the socket where bundles are handed over; default: /run/samekey/handoff.sock, for others than root $XDG_RUNTIME_DIR/samekey/handoff.sock"},
	{"listen", "api", SETTING_TEXT, AT(api), NULL, NULL, "PATH",
		"the socket of the HTTP API; default: api.sock in the folder of handoff"},
	{"listen", "http", SETTING_TEXT, AT(http), NULL, NULL, "HOST:PORT",
		"a loopback address for health checks and metrics over TCP; default: off"},
	{"listen", "tcp_verbs", SETTING_WORDS, AT(tcp_verbs), NULL, "none", "VERB",
		"what a bearer of the token may do over TCP beyond reasons and key names: status, verify, introspect, issue, or none"},
	{"listen", "token_file", SETTING_TEXT, AT(token_file), NULL, NULL, "FILE",
		"holds the token for TCP, not readable by others; without it nobody has one"},

	{"admit", "uid", SETTING_TEXT, ADMIT_AT(uid), NULL, NULL, "USER",
		"the user this rule is for, a name or number"},
	{"admit", "gid", SETTING_TEXT, ADMIT_AT(gid), NULL, NULL, "GROUP",
		"the primary group this rule is for, a name or number; with uid, both must fit"},
	{"admit", "verbs", SETTING_WORDS, ADMIT_AT(verbs), NULL, NULL, "VERB",
		"what it allows: offer (hand over and withdraw bundles), status (read what is held), verify (have tokens judged), introspect (RFC 7662), issue (have tokens minted), diagnose (learn which key signed)"},

	{"app", "uid", SETTING_TEXT, APP_AT(uid), NULL, NULL, "USER",
		"the user that the app's name belongs to; default: whoever offers it first"},
	{"app", "gid", SETTING_TEXT, APP_AT(gid), NULL, NULL, "GROUP",
		"the primary group that the app's name belongs to"},
	{"app", "expected", SETTING_FLAG, APP_AT(expected), NULL, "yes", NULL,
		"/readyz is red while the app has no live bundle"},

	{"drift", "fail", SETTING_WORDS, AT(drift_fail), NULL,
		"drift-shared, rotation-late, build-drift-fail", "CODE[:KEY]",
		"what makes /readyz red while it lasts: drift-shared, drift-app, rotation-late, build-drift, build-drift-fail, or none"},

	{"limits", "connections", SETTING_COUNT, AT(connections), NULL, "64", "COUNT",
		"open connections of one user, on each socket"},
	{"limits", "deadline", SETTING_DURATION, AT(deadline_ms), NULL, "5s", NULL,
		"how long a request may take, from its first byte to the end of the answer"},
	{"limits", "body", SETTING_SIZE, AT(body), NULL, "64K", NULL,
		"a larger body of an HTTP request is refused"},
	{"limits", "bundles", SETTING_COUNT, AT(bundles), NULL, "256", "COUNT",
		"live bundles; one more is refused"},
	{"limits", "dead", SETTING_COUNT, AT(dead), NULL, "64", "COUNT",
		"bundles of ended processes that are still shown"},
	{"limits", "memory", SETTING_SIZE, AT(memory), NULL, "256M", NULL,
		"guarded memory for all values and messages; an offer that does not fit is refused"},

	{"fingerprint", "key", SETTING_TEXT, AT(fingerprint_key), NULL, NULL, "FILE",
		"32 bytes that key the fingerprints; default: credential samekey.fingerprint, /etc/samekey/fingerprint.key, the user's own"},
};
// clang-format on
const size_t setup_row_count = ARRAY_SIZE(setup_rows);

// What [drift] fail may name.
static const enum finding drift_findings[] = {FINDING_DRIFT_SHARED, FINDING_DRIFT_APP,
	FINDING_ROTATION_LATE, FINDING_BUILD_DRIFT, FINDING_BUILD_DRIFT_FAIL};

struct reading {
	struct setup *setup;
	struct pool *pool;
	struct diag *diag;
	const char *shown;
	const char *kind; // of the section that is being read; NULL: unknown, skipped
	void *object;     // what its settings go into
	struct pool_list admits, apps;
	bool seen[ARRAY_SIZE(setup_rows)]; // in this section, or anywhere for those without a name
	int http_line, verbs_line, token_line, fail_line, handoff_line, api_line, limits_line;
	int code;
};

struct setup *setup_new(struct pool *pool)
{
	static const char *const kinds[] = {"listen", "drift", "limits", "fingerprint"};
	struct setup *setup = pool_take(pool, sizeof(*setup));

	for (size_t i = 0; setup && i < ARRAY_SIZE(kinds); i++)
		if (setting_defaults(setup_rows, setup_row_count, kinds[i], setup, pool) < 0)
			return NULL;
	return setup;
}

static void complain(void *user, int line, const char *text, const char *hint)
{
	struct reading *reading = user;
	char origin[ERR_WHERE_SIZE];

	(void)snprintf(origin, sizeof(origin), line ? "%s:%d" : "%s", reading->shown, line);
	finding_add(reading->diag, FINDING_SETTINGS,
		&(struct finding_about){.origin = origin, .hint = hint}, "%s", text);
	if (reading->code == 0)
		reading->code = -EINVAL;
}

// ---- sections

static void forget_seen(struct reading *reading, const char *kind)
{
	for (size_t i = 0; i < setup_row_count; i++)
		if (text_equal(setup_rows[i].section, kind))
			reading->seen[i] = false;
}

// A struct of its own for [admit NAME] or [app NAME].
static void *add_object(
	struct reading *reading, struct pool_list *list, size_t size, const char *kind, size_t most)
{
	void *object = pool_take(reading->pool, size);
	void **slot;

	if (list->count == most) {
		complain(reading, 0, "too many sections of one kind", NULL);
		return NULL;
	}
	slot = pool_push(reading->pool, list, sizeof(object));
	if (!object || !slot ||
		setting_defaults(setup_rows, setup_row_count, kind, object, reading->pool) < 0) {
		list->count -= slot != NULL;
		reading->code = -ENOMEM;
		return NULL;
	}
	*slot = object;
	forget_seen(reading, kind);
	return object;
}

static void begin_admit(struct reading *reading, const char *name, int line)
{
	struct setup_admit *admit =
		add_object(reading, &reading->admits, sizeof(*admit), "admit", ADMIT_RULES_MAX);

	reading->object = admit;
	if (!admit)
		return;
	admit->line = line;
	admit->name = pool_copy(reading->pool, name);
	if (!admit->name)
		reading->code = -ENOMEM;
	else if (!*name)
		complain(reading, line, "an [admit] section needs a name", "[admit web]");
}

static void begin_app(struct reading *reading, const char *name, int line)
{
	struct setup_app *app =
		add_object(reading, &reading->apps, sizeof(*app), "app", REGISTRY_APPS_MAX);

	reading->object = app;
	if (!app)
		return;
	app->line = line;
	app->name = pool_copy(reading->pool, name);
	if (!app->name)
		reading->code = -ENOMEM;
	else if (!bundle_is_app_name(name))
		complain(reading, line, "an [app] section needs the app's name", "[app web]");
}

static void on_section(void *user, const char *kind, const char *argument, int line)
{
	static const char *const kinds[] = {
		"listen", "admit", "app", "drift", "limits", "fingerprint", NULL};
	struct reading *reading = user;
	char text[ERR_WHAT_SIZE], shown[96], hint[96];
	const char *near;

	reading->kind = NULL;
	reading->object = reading->setup;
	for (size_t i = 0; kinds[i]; i++)
		if (text_equal(kinds[i], kind))
			reading->kind = kinds[i];
	if (!reading->kind) {
		near = text_nearest(kind, kinds);
		(void)snprintf(text, sizeof(text), "unknown section [%s]",
			shape_show(shown, sizeof(shown), kind));
		(void)snprintf(hint, sizeof(hint), near ? "did you mean [%s]?" : "%s",
			near ? near
			     : "sections: listen, admit NAME, app NAME, drift, limits, "
			       "fingerprint");
		complain(reading, line, text, hint);
	} else if (text_equal(kind, "admit")) {
		begin_admit(reading, argument, line);
	} else if (text_equal(kind, "app")) {
		begin_app(reading, argument, line);
	} else if (*argument) {
		(void)snprintf(text, sizeof(text), "section [%s] takes no name", kind);
		complain(reading, line, text, "only [admit NAME] and [app NAME] have one");
	}
}

// ---- settings

static void complain_unknown(struct reading *reading, const char *key, int line)
{
	char text[ERR_WHAT_SIZE], shown[96], hint[96];
	const char *near = setting_suggest(setup_rows, setup_row_count, reading->kind, key);

	(void)snprintf(text, sizeof(text), "unknown setting '%s' in [%s]",
		shape_show(shown, sizeof(shown), key), reading->kind);
	(void)snprintf(hint, sizeof(hint), near ? "did you mean '%s'?" : "%s",
		near ? near : "samekeyd --help lists the settings");
	complain(reading, line, text, hint);
}

// Remembers the line of what is judged only when the whole file is read.
static void note_line(struct reading *reading, const char *key, int line)
{
	const struct {
		const char *key;
		int *at;
	} notes[] = {{"http", &reading->http_line}, {"tcp_verbs", &reading->verbs_line},
		{"token_file", &reading->token_line}, {"fail", &reading->fail_line},
		{"handoff", &reading->handoff_line}, {"api", &reading->api_line}};

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (text_equal(notes[i].key, key))
			*notes[i].at = line;
	if (text_equal(reading->kind, "limits"))
		reading->limits_line = line;
}

static void on_setting(void *user, const char *key, const char *value, int line)
{
	struct reading *reading = user;
	const struct setting *row;
	struct err err = ERR_NONE;

	if (!reading->kind || !reading->object)
		return;
	row = setting_find(setup_rows, setup_row_count, reading->kind, key);
	if (!row) {
		complain_unknown(reading, key, line);
		return;
	}
	if (reading->seen[row - setup_rows] && !setting_is_list(row)) {
		char text[ERR_WHAT_SIZE];

		(void)snprintf(text, sizeof(text), "'%s' stands twice", key);
		complain(reading, line, text, "delete one of the lines");
		return;
	}
	reading->seen[row - setup_rows] = true;
	note_line(reading, key, line);
	if (!*value)
		(void)err_set(&err, -EINVAL, NULL, "'%s' has no value", key);
	else if (setting_apply(row, reading->object, value, reading->pool, &err) == 0)
		return;
	if (err.code == -ENOMEM)
		reading->code = -ENOMEM;
	else
		complain(reading, line, err.what, NULL);
}

// ---- what one setting alone cannot show

static bool find_uid(const char *text, uid_t *ret_uid)
{
	const struct passwd *user;
	uint64_t number;

	if (num_parse(text, UINT32_MAX - 1, &number) == 0) {
		*ret_uid = (uid_t)number;
		return true;
	}
	user = getpwnam(text);
	if (user)
		*ret_uid = user->pw_uid;
	return user != NULL;
}

static bool find_gid(const char *text, gid_t *ret_gid)
{
	const struct group *group;
	uint64_t number;

	if (num_parse(text, UINT32_MAX - 1, &number) == 0) {
		*ret_gid = (gid_t)number;
		return true;
	}
	group = getgrnam(text);
	if (group)
		*ret_gid = group->gr_gid;
	return group != NULL;
}

static void complain_unknown_name(
	struct reading *reading, int line, const char *what, const char *name)
{
	char text[ERR_WHAT_SIZE], shown[96];

	(void)snprintf(text, sizeof(text), "there is no %s '%s'", what,
		shape_show(shown, sizeof(shown), name));
	complain(reading, line, text, "a name that this host knows, or a number");
}

// What a kernel calls a user whom it cannot name: anybody could be it.
static void judge_nobody(struct reading *reading, int line, uid_t uid)
{
	if (uid == PEER_NOBODY)
		complain(reading, line, "uid 65534 is nobody, and is never admitted",
			"give the app a user of its own");
}

// The bits of a list of verbs; "none" stands for no bit.
static unsigned judge_verbs(struct reading *reading, const struct setting_list *list, int line)
{
	unsigned verbs = 0;

	for (size_t i = 0; i < list->count; i++) {
		unsigned verb = admit_verb(list->items[i]);
		char text[ERR_WHAT_SIZE], shown[96];

		verbs |= verb;
		if (verb || (list->count == 1 && text_equal(list->items[i], "none")))
			continue;
		(void)snprintf(text, sizeof(text), "no verb: '%s'",
			shape_show(shown, sizeof(shown), list->items[i]));
		complain(reading, line, text,
			"verbs: offer, status, verify, introspect, issue, diagnose (commas between "
			"them)");
	}
	return verbs;
}

static void judge_admit(
	struct reading *reading, const struct setup_admit *admit, struct admit_rule *rule)
{
	*rule = (struct admit_rule){.has_uid = admit->uid != NULL, .has_gid = admit->gid != NULL};
	if (admit->uid && !find_uid(admit->uid, &rule->uid))
		complain_unknown_name(reading, admit->line, "user", admit->uid);
	else if (admit->uid)
		judge_nobody(reading, admit->line, rule->uid);
	if (admit->gid && !find_gid(admit->gid, &rule->gid))
		complain_unknown_name(reading, admit->line, "group", admit->gid);
	if (!admit->uid && !admit->gid)
		complain(reading, admit->line, "an [admit] section needs uid or gid",
			"uid = www-data");
	if (!admit->verbs.given)
		complain(reading, admit->line, "an [admit] section needs verbs",
			"verbs = offer, status");
	rule->verbs = judge_verbs(reading, &admit->verbs, admit->line);
}

static void judge_app(
	struct reading *reading, const struct setup_app *app, struct registry_app *owner)
{
	*owner = (struct registry_app){.name = app->name,
		.has_uid = app->uid != NULL,
		.has_gid = app->gid != NULL,
		.expected = app->expected == SETTING_YES};
	if (app->uid && !find_uid(app->uid, &owner->uid))
		complain_unknown_name(reading, app->line, "user", app->uid);
	else if (app->uid)
		judge_nobody(reading, app->line, owner->uid);
	if (app->gid && !find_gid(app->gid, &owner->gid))
		complain_unknown_name(reading, app->line, "group", app->gid);
	for (size_t i = 0; i < reading->setup->app_count; i++) {
		const struct setup_app *other = reading->setup->apps[i];

		if (other == app || other->line > app->line || !text_equal(other->name, app->name))
			continue;
		complain(reading, app->line, "the app has two sections", "delete one of them");
		break;
	}
}

static bool judge_fail(const char *item, struct pool *pool, struct registry_fail *fail)
{
	size_t length = strcspn(item, ":");

	fail->key = item[length] ? pool_copy(pool, item + length + 1) : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(drift_findings); i++) {
		const char *code = finding_kind(drift_findings[i])->code;

		fail->finding = drift_findings[i];
		if (strlen(code) == length && memcmp(code, item, length) == 0)
			return !item[length] || (fail->key && *fail->key);
	}
	return false;
}

static void judge_drift(struct reading *reading)
{
	struct setup *setup = reading->setup;
	struct setting_list *list = &setup->drift_fail;
	char text[ERR_WHAT_SIZE], shown[96];

	if (list->count == 1 && text_equal(list->items[0], "none"))
		list->count = 0;
	setup->fails = pool_array(reading->pool, list->count + 1, sizeof(*setup->fails));
	for (size_t i = 0; setup->fails && i < list->count; i++) {
		if (judge_fail(list->items[i], reading->pool, &setup->fails[i]))
			continue;
		(void)snprintf(text, sizeof(text), "'fail' names no drift: '%s'",
			shape_show(shown, sizeof(shown), list->items[i]));
		complain(reading, reading->fail_line, text,
			"drift-shared, drift-app, rotation-late, build-drift, build-drift-fail; "
			"each may have :KEY");
	}
}

// ---- places

static const char *run_folder(struct pool *pool)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || !runtime || runtime[0] != '/')
		return "/run/samekey";
	return pool_format(pool, "%s/samekey", runtime);
}

static void judge_socket(struct reading *reading, const char *path, int line)
{
	if (path && path[0] != '/')
		complain(reading, line, "a socket needs an absolute path",
			"handoff = /run/samekey/handoff.sock");
	else if (path && strlen(path) > SETUP_PATH_MAX)
		complain(reading, line, "the path of a socket has at most 107 bytes", NULL);
}

static void judge_listen(struct reading *reading)
{
	struct setup *setup = reading->setup;
	struct pool *pool = reading->pool;
	struct sockaddr_storage address;
	struct err err = ERR_NONE;
	socklen_t size;

	if (!setup->handoff)
		setup->handoff = pool_format(pool, "%s/handoff.sock", run_folder(pool));
	if (!setup->handoff) {
		reading->code = -ENOMEM;
		return;
	}
	if (!setup->api) {
		const char *slash = strrchr(setup->handoff, '/');
		int length = slash ? (int)(slash - setup->handoff) : 0;

		setup->api = pool_format(pool, "%.*s/api.sock", length, setup->handoff);
	}
	judge_socket(reading, setup->handoff, reading->handoff_line);
	judge_socket(reading, setup->api, reading->api_line);
	if (text_equal(setup->handoff, setup->api))
		complain(reading, reading->api_line, "handoff and api are the same socket", NULL);
	if (setup->token_file && setup->token_file[0] != '/')
		complain(reading, reading->token_line, "token_file needs an absolute path", NULL);
	if (setup->http && listen_address(setup->http, &address, &size, &err) < 0)
		complain(reading, reading->http_line, err.what, err.hint);
	setup->open_verbs = judge_verbs(reading, &setup->tcp_verbs, reading->verbs_line);
	if (setup->open_verbs & ~(unsigned)ADMIT_OVER_TCP)
		complain(reading, reading->verbs_line,
			"over TCP only status, verify, introspect and issue can be opened",
			"tcp_verbs = status");
}

static void judge_limits(struct reading *reading)
{
	const struct setup *setup = reading->setup;

	if (!setup->connections || !setup->bundles || !setup->deadline_ms || !setup->body)
		complain(reading, reading->limits_line,
			"connections, bundles, deadline and body cannot be 0", NULL);
	if (setup->memory < 16u * 1024 * 1024)
		complain(reading, reading->limits_line, "memory is under 16M",
			"one bundle alone may have 8M");
}

static void judge(struct reading *reading)
{
	struct setup *setup = reading->setup;

	setup->admits = reading->admits.items;
	setup->admit_count = reading->admits.count;
	setup->apps = reading->apps.items;
	setup->app_count = reading->apps.count;
	setup->rules = pool_array(reading->pool, setup->admit_count + 1, sizeof(*setup->rules));
	setup->owners = pool_array(reading->pool, setup->app_count + 1, sizeof(*setup->owners));
	if (!setup->rules || !setup->owners) {
		reading->code = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < setup->admit_count; i++)
		judge_admit(reading, setup->admits[i], &setup->rules[i]);
	for (size_t i = 0; i < setup->app_count; i++)
		judge_app(reading, setup->apps[i], &setup->owners[i]);
	judge_listen(reading);
	judge_drift(reading);
	judge_limits(reading);
	if (!setup->fails || !setup->api)
		reading->code = -ENOMEM;
}

int setup_read(struct setup *setup, const char *bytes, size_t length, const char *shown,
	struct pool *pool, struct diag *diag)
{
	struct reading reading = {.setup = setup, .pool = pool, .diag = diag, .shown = shown};
	const struct conf_reader reader = {&reading, on_section, on_setting, complain};

	if (conf_parse(bytes, length, &reader) == -ENOMEM || reading.code == -ENOMEM)
		return -ENOMEM;
	judge(&reading);
	return reading.code;
}

// Whoever can write the ini decides who is admitted.
static int judge_file(const struct stat *facts, const char *path, struct err *err)
{
	if (fs_is_trusted(facts, 0))
		return 0;
	(void)err_set(err, -EPERM, path, "it belongs to uid %lu, who is neither root nor this user",
		(unsigned long)facts->st_uid);
	return err_hint(err, "chown root %s", path);
}

int setup_load(const char *path, struct pool *pool, struct secret_arena *arena, struct diag *diag,
	struct setup **ret_setup, struct err *err)
{
	const struct fs_rules rules = {.max_size = SETUP_FILE_MAX, .links = FS_LINKS_ANYWHERE};
	const char *shown = path ? path : SETUP_DEFAULT_INI;
	struct setup *setup = setup_new(pool);
	struct fs_file file = {0};
	int code;

	if (!setup)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	code = fs_read(AT_FDCWD, shown, &rules, arena, &file, err);
	if (code == -ENOENT && !path)
		code = setup_read(setup, "", 0, "defaults", pool, diag);
	else if (code == 0)
		code = judge_file(&file.facts, shown, err);
	if (code == 0 && file.bytes)
		code = setup_read(setup, (const char *)file.bytes, file.size, shown, pool, diag);
	if (file.bytes)
		fs_file_done(&file, arena);
	if (code == -ENOMEM)
		return err_set(err, code, shown, "out of memory");
	if (code == 0)
		*ret_setup = setup;
	return code;
}
