// One function for each section.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_judge.h"

#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "lib/wire/peer.h"
#include "verifier/door/listen.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

// What [drift] fail may name.
static const enum finding drift_findings[] = {FINDING_DRIFT_SHARED, FINDING_DRIFT_APP,
	FINDING_ROTATION_LATE, FINDING_BUILD_DRIFT, FINDING_BUILD_DRIFT_FAIL, FINDING_ATTESTED};

// The line of a setting in a section without a name.
static int line_of(const struct setup_reading *reading, const char *section, const char *key)
{
	return setup_reading_line(reading->lines, section, key);
}

// The line of a setting in a section with a name, or of the section.
static int line_in(const struct setup_head *head, const char *section, const char *key)
{
	int line = setup_reading_line(head->lines, section, key);

	return line ? line : head->line;
}

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
	struct setup_reading *reading, int line, const char *what, const char *name)
{
	char shown[96];

	setup_reading_complain(reading, line,
		"a name that this host knows, or a number; at a reload names come from "
		"/etc/passwd and /etc/group alone: restart samekeyd for those of a directory",
		"there is no %s '%s'", what, shape_show(shown, sizeof(shown), name));
}

// What a kernel calls a user whom it cannot name: anybody could be it.
static void judge_nobody(struct setup_reading *reading, int line, uid_t uid)
{
	if (uid == PEER_NOBODY)
		setup_reading_complain(reading, line, "give the app a user of its own",
			"uid 65534 is nobody, and is never admitted");
}

// The bits of a list of verbs; "none" stands for no bit.
static unsigned judge_verbs(
	struct setup_reading *reading, const struct setting_list *list, int line)
{
	unsigned verbs = 0;
	char shown[96], known[128], hint[192];

	(void)snprintf(hint, sizeof(hint), "verbs: %s (commas between them), or none",
		admit_verbs_text(known, sizeof(known)));
	for (size_t i = 0; i < list->count; i++) {
		unsigned verb = admit_verb(list->items[i]);

		verbs |= verb;
		if (verb || (list->count == 1 && text_equal(list->items[i], "none")))
			continue;
		setup_reading_complain(reading, line, hint, "no verb: '%s'",
			shape_show(shown, sizeof(shown), list->items[i]));
	}
	return verbs;
}

static void judge_admit(
	struct setup_reading *reading, const struct setup_admit *admit, struct admit_rule *rule)
{
	const struct setup_head *head = &admit->head;
	int uid_line = line_in(head, "admit", "uid");

	*rule = (struct admit_rule){.has_uid = admit->uid != NULL, .has_gid = admit->gid != NULL};
	if (admit->uid && !find_uid(admit->uid, &rule->uid))
		complain_unknown_name(reading, uid_line, "user", admit->uid);
	else if (admit->uid)
		judge_nobody(reading, uid_line, rule->uid);
	if (admit->gid && !find_gid(admit->gid, &rule->gid))
		complain_unknown_name(reading, line_in(head, "admit", "gid"), "group", admit->gid);
	if (!admit->uid && !admit->gid)
		setup_reading_complain(reading, head->line, "uid = www-data",
			"an [admit] section needs uid or gid");
	if (!admit->verbs.given)
		setup_reading_complain(reading, head->line, "verbs = offer, status",
			"an [admit] section needs verbs");
	rule->verbs = judge_verbs(reading, &admit->verbs, line_in(head, "admit", "verbs"));
}

static void judge_app(
	struct setup_reading *reading, const struct setup_app *app, struct registry_app *owner)
{
	int uid_line = line_in(&app->head, "app", "uid");
	int gid_line = line_in(&app->head, "app", "gid");

	*owner = (struct registry_app){.name = app->head.name,
		.has_uid = app->uid != NULL,
		.has_gid = app->gid != NULL,
		.where = pool_format(
			reading->pool, "%s:%d", reading->shown, app->uid ? uid_line : gid_line),
		.expected = app->expected == SETTING_YES};
	if (!owner->where)
		reading->code = -ENOMEM;
	if (app->uid && !find_uid(app->uid, &owner->uid))
		complain_unknown_name(reading, uid_line, "user", app->uid);
	else if (app->uid)
		judge_nobody(reading, uid_line, owner->uid);
	if (app->gid && !find_gid(app->gid, &owner->gid))
		complain_unknown_name(reading, gid_line, "group", app->gid);
	for (size_t i = 0; i < reading->apps.count; i++) {
		const struct setup_app *other =
			((const struct setup_app *const *)reading->apps.items)[i];

		if (other == app)
			break; // the later one is told
		if (!text_equal(other->head.name, app->head.name))
			continue;
		setup_reading_complain(
			reading, app->head.line, "delete one of them", "the app has two sections");
		break;
	}
}

// ---- drift

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

static void judge_drift(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	struct setting_list *list = &setup->drift_fail;
	char shown[96];

	if (list->count == 1 && text_equal(list->items[0], "none"))
		list->count = 0;
	setup->fails = pool_array(reading->pool, list->count + 1, sizeof(*setup->fails));
	for (size_t i = 0; setup->fails && i < list->count; i++) {
		if (judge_fail(list->items[i], reading->pool, &setup->fails[i]))
			continue;
		setup_reading_complain(reading, line_of(reading, "drift", "fail"),
			"drift-shared, drift-app, rotation-late, build-drift, build-drift-fail, "
			"attested; "
			"each may have :KEY",
			"'fail' names no drift: '%s'",
			shape_show(shown, sizeof(shown), list->items[i]));
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

// Returns: whether it is well.
static bool judge_socket(struct setup_reading *reading, const char *path, const char *key)
{
	int line = line_of(reading, "listen", key);

	if (path && (path[0] != '/' || text_ends(path, "/")))
		setup_reading_complain(reading, line,
			text_equal(key, "api") ? "api = /run/samekey/api.sock"
					       : "handoff = /run/samekey/handoff.sock",
			"a socket needs an absolute path%s",
			path[0] == '/' ? ", and this is a folder's" : "");
	else if (path && strlen(path) > SETUP_PATH_MAX)
		setup_reading_complain(
			reading, line, NULL, "the path of a socket has at most 107 bytes");
	else
		return true;
	return false;
}

static void set_sockets(struct setup *setup, struct pool *pool)
{
	const char *slash;

	if (!setup->handoff)
		setup->handoff = pool_format(pool, "%s/handoff.sock", run_folder(pool));
	if (!setup->handoff || setup->api)
		return;
	slash = strrchr(setup->handoff, '/');
	setup->api = pool_format(
		pool, "%.*s/api.sock", slash ? (int)(slash - setup->handoff) : 0, setup->handoff);
}

static void judge_tcp(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	struct sockaddr_storage address;
	struct err err = ERR_NONE;
	socklen_t size;
	int line = line_of(reading, "listen", "tcp_verbs");

	if (setup->token_file && setup->token_file[0] != '/')
		setup_reading_complain(reading, line_of(reading, "listen", "token_file"), NULL,
			"token_file needs an absolute path");
	if (setup->http && listen_address(setup->http, &address, &size, &err) < 0)
		setup_reading_complain(
			reading, line_of(reading, "listen", "http"), err.hint, "%s", err.what);
	setup->open_verbs = judge_verbs(reading, &setup->tcp_verbs, line);
	if (setup->open_verbs & ~(unsigned)ADMIT_OVER_TCP)
		setup_reading_complain(reading, line, "tcp_verbs = status",
			"over TCP only status, verify, introspect, issue and revoke can be opened");
}

static void judge_listen(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;

	set_sockets(setup, reading->pool);
	if (!setup->handoff || !setup->api) {
		reading->code = -ENOMEM;
		return;
	}
	// what is wrong with the folder of both is said once
	if (judge_socket(reading, setup->handoff, "handoff") || line_of(reading, "listen", "api"))
		(void)judge_socket(reading, setup->api, "api");
	if (text_equal(setup->handoff, setup->api))
		setup_reading_complain(reading, line_of(reading, "listen", "api"), NULL,
			"handoff and api are the same socket");
	judge_tcp(reading);
}

static void judge_fingerprint(struct setup_reading *reading)
{
	const char *key = reading->setup->fingerprint_key;

	if (key && key[0] != '/')
		setup_reading_complain(reading, line_of(reading, "fingerprint", "key"),
			"key = /etc/samekey/fingerprint.key", "key needs an absolute path");
}

static void judge_limits(struct setup_reading *reading)
{
	const struct setup *setup = reading->setup;
	const struct {
		const char *key;
		uint64_t value;
	} whole[] = {{"connections", setup->connections}, {"bundles", setup->bundles},
		{"deadline", setup->deadline_ms}, {"body", setup->body}};

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (!whole[i].value)
			setup_reading_complain(reading, line_of(reading, "limits", whole[i].key),
				NULL, "%s cannot be 0", whole[i].key);
	if (setup->memory < 16u * 1024 * 1024)
		setup_reading_complain(reading, line_of(reading, "limits", "memory"),
			"one bundle alone may have 8M", "memory is under 16M");
}

void setup_judge(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	struct setup_admit *const *admits = reading->admits.items;
	struct setup_app *const *apps = reading->apps.items;

	setup->admit_count = reading->admits.count;
	setup->app_count = reading->apps.count;
	setup->rules = pool_array(reading->pool, setup->admit_count + 1, sizeof(*setup->rules));
	setup->owners = pool_array(reading->pool, setup->app_count + 1, sizeof(*setup->owners));
	if (!setup->rules || !setup->owners) {
		reading->code = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < setup->admit_count; i++)
		judge_admit(reading, admits[i], &setup->rules[i]);
	for (size_t i = 0; i < setup->app_count; i++)
		judge_app(reading, apps[i], &setup->owners[i]);
	judge_listen(reading);
	judge_fingerprint(reading);
	judge_drift(reading);
	judge_limits(reading);
	if (!setup->fails)
		reading->code = -ENOMEM;
}
