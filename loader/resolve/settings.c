// The tables of samekey.ini and the reader that is driven by them.
// SPDX-License-Identifier: MIT
#include "loader/resolve/settings.h"

#include "lib/base/conf.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "lib/value/shape_type.h"
#include "loader/read/dialects/dialect.h"

#include <errno.h>

static const char *const reach_words[] = {"", "off", "warn", "fail", NULL};
static const char *const captured_words[] = {"demote", "keep", NULL};
static const char *const cascade_words[] = {"next", "vite", "single", NULL};
static const char *const from_words[] = {"", "env", "credentials", "secrets", "dotenv", NULL};
static const char *const conflict_words[] = {"ignore", "warn", "fail", NULL};
static const char *const phases_words[] = {"both", "start", "build", NULL};
static const char *const empty_words[] = {"", "skip", "keep", "fail", NULL};
static const char *const quotes_words[] = {"", "strip", "keep", NULL};

#define AT(field) offsetof(struct settings, field)
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define KEY_AT(field) offsetof(struct settings_key, field)

// clang-format off
const struct setting settings_rows[] = {
	{"app", "name", SETTING_TEXT, AT(name), NULL, NULL, "NAME",
		"the app's name; default: folder/program"},
	{"app", "group", SETTING_TEXT, AT(group), NULL, "default", "NAME",
		"apps of one group are compared with each other"},
	{"app", "mode", SETTING_TEXT, AT(mode), NULL, NULL, "MODE",
		"which .env.MODE files count; default: $SAMEKEY_MODE, the framework's, $NODE_ENV, production"},
	{"app", "loaders", SETTING_WORDS, AT(loaders), NULL, NULL, "DIALECT",
		"who else reads these files, of samekey dialects; lint compares with them"},
	{"app", "rotation", SETTING_DURATION, AT(rotation_ms), NULL, "5m", NULL,
		"how long live apps may hold the older value of a shared key from the same origin"},
	{"app", "log", SETTING_CHOICE, AT(log), log_format_words, "auto", "auto|logfmt|json|journal",
		"how samekey run tells what it does where stderr is no terminal; journal: logfmt behind the priorities of sd-daemon(3); auto: journal where stderr is the journal, else logfmt"},
	{"app", "reach", SETTING_CHOICE, AT(reach), reach_words, NULL, "off|warn|fail",
		"looks for 10 s whether the server below npm, sh or a start script holds the secrets; fail stops it"},

	{"sources", "order", SETTING_WORDS, AT(order), NULL, "env, credentials, secrets, dotenv", "SOURCE",
		"which source wins, highest first"},
	{"sources", "captured", SETTING_CHOICE, AT(captured), captured_words, "demote", "demote|keep",
		"an environment that PM2 replays ranks last for keys that another source holds"},
	{"sources", "secrets", SETTING_LIST, AT(secrets), NULL, "/run/secrets", "DIR",
		"folders with one file a secret, paths from samekey.ini, as an option from the current folder"},
	{"sources", "files", SETTING_LIST, AT(files), NULL, NULL, "FILE",
		"env files above the cascade, paths from samekey.ini"},
	{"sources", "cascade", SETTING_CHOICE, AT(cascade), cascade_words, "next", "next|vite|single",
		"the order of .env.MODE.local, .env.local, .env.MODE, .env"},
	{"sources", "dialect", SETTING_TEXT, AT(dialect), NULL, "portable", "DIALECT",
		"the rules by which env files are read, one of samekey dialects"},
	{"sources", "interpolate", SETTING_FLAG, AT(interpolate), NULL, "no", NULL,
		"fill in ${NAME}, ${NAME:-default} and ${NAME:?message} in env files"},
	{"sources", "example", SETTING_TEXT, AT(example), NULL, ".env.example", "FILE",
		"a key there that no source gives is a warning"},
	{"sources", "max_file", SETTING_SIZE, AT(max_file), NULL, "1M", NULL,
		"a larger file is refused"},

	{"verifier", "socket", SETTING_TEXT, AT(socket), NULL, NULL, "PATH",
		"the verifier's socket, a path from samekey.ini, as an option from the current folder; default: $SAMEKEY_SOCKET, $XDG_RUNTIME_DIR/samekey/handoff.sock, /run/samekey/handoff.sock"},
	{"verifier", "user", SETTING_TEXT, AT(user), NULL, "samekey", "NAME",
		"who may own the other end, beside root and this user"},
	{"verifier", "required", SETTING_FLAG, AT(verifier_required), NULL, "no", NULL,
		"without a verdict, do not start"},
	{"verifier", "timeout", SETTING_DURATION, AT(timeout_ms), NULL, "2s", NULL,
		"how long a verdict may take"},

	{"fingerprint", "key", SETTING_TEXT, AT(fingerprint_key), NULL, NULL, "FILE",
		"32 bytes that key the fingerprints"},
};
const size_t settings_row_count = ARRAY_SIZE(settings_rows);
_Static_assert(ARRAY_SIZE(settings_rows) <= SETTINGS_ROWS_MAX, "raise SETTINGS_ROWS_MAX");

const struct setting settings_key_rows[] = {
	{"key", "apps", SETTING_WORDS, KEY_AT(apps), NULL, NULL, "NAME",
		"the apps that these rules are for; default: all that this file serves"},
	{"key", "required", SETTING_FLAG, KEY_AT(required), NULL, "no", NULL,
		"without a value, do not start"},
	{"key", "secret", SETTING_FLAG, KEY_AT(secret), NULL, NULL, NULL,
		"whether it is a secret; default: guessed from name and shape, and said"},
	{"key", "from", SETTING_CHOICE, KEY_AT(from), from_words, NULL, "env|credentials|secrets|dotenv",
		"only this source may give it"},
	{"key", "file", SETTING_FLAG, KEY_AT(file), NULL, NULL, NULL,
		"whether KEY_FILE in the environment names a file; default: yes for secrets"},
	{"key", "type", SETTING_CHOICE, KEY_AT(type), shape_type_names, "string", "TYPE",
		"string, integer, boolean, port, url, base64, base64url, hex, pem, jwk, json or enum"},
	{"key", "values", SETTING_WORDS, KEY_AT(values), NULL, NULL, "WORD",
		"the words that type = enum allows"},
	{"key", "min_length", SETTING_COUNT, KEY_AT(min_length), NULL, "0", "BYTES",
		"a shorter value is an error"},
	{"key", "deny", SETTING_LIST, KEY_AT(deny), NULL, NULL, "TEXT",
		"values that are errors"},
	{"key", "same_as", SETTING_TEXT, KEY_AT(same_as), NULL, NULL, "KEY",
		"an alias: both must be equal"},
	{"key", "differs_from", SETTING_TEXT, KEY_AT(differs_from), NULL, NULL, "KEY",
		"both must differ"},
	{"key", "conflict", SETTING_CHOICE, KEY_AT(conflict), conflict_words, "warn", "ignore|warn|fail",
		"two kinds of source hold different values"},
	{"key", "shared", SETTING_FLAG, KEY_AT(shared), NULL, NULL, NULL,
		"yes: every app of the group must hold the same value; no: not compared; default: a difference is a warning"},
	{"key", "phases", SETTING_CHOICE, KEY_AT(phases), phases_words, "both", "both|start|build",
		"start: the build gets a random stand-in, so the value cannot be baked in; build: the app does not get it"},
	{"key", "build_drift", SETTING_CHOICE, KEY_AT(build_drift), conflict_words, "warn", "ignore|warn|fail",
		"the build used another value"},
	{"key", "empty", SETTING_CHOICE, KEY_AT(empty), empty_words, NULL, "skip|keep|fail",
		"what an empty value means; default: skip for secrets, keep for others"},
	{"key", "quotes", SETTING_CHOICE, KEY_AT(quotes), quotes_words, NULL, "strip|keep",
		"a literal pair of quotes around a value from env or a file; default: strip, keep for type json"},
	{"key", "inject", SETTING_FLAG, KEY_AT(inject), NULL, "yes", NULL,
		"no: only the verifier gets it"},
	{"key", "default", SETTING_TEXT, KEY_AT(fallback), NULL, NULL, "TEXT",
		"the value when no source gives one; never for a secret"},
};
const size_t settings_key_row_count = ARRAY_SIZE(settings_key_rows);
// clang-format on

struct settings *settings_new(struct pool *pool)
{
	struct settings *settings = pool_take(pool, sizeof(*settings));

	if (!settings ||
		setting_defaults(settings_rows, settings_row_count, NULL, settings, pool) < 0)
		return NULL;
	return settings;
}

static const char *const section_kinds[] = {
	"app", "sources", "key", "verifier", "fingerprint", NULL};

struct reading {
	struct settings *settings;
	struct pool *pool;
	struct diag *diag;
	const char *shown;
	const char *kind;         // of the section that is being read; NULL: unknown, skipped
	struct settings_key *key; // while kind is "key"
	struct pool_list keys;    // struct settings_key *
	const char *sections[ARRAY_SIZE(section_kinds)]; // that were begun, but for [key]
	size_t section_count;
	bool seen[ARRAY_SIZE(settings_rows)];
	bool seen_key[ARRAY_SIZE(settings_key_rows)]; // in this section
	int code;
};

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

// As env files may spell it.
static bool is_key_name(const char *name)
{
	return *name && !(*name >= '0' && *name <= '9') && strlen(name) <= BUNDLE_NAME_MAX &&
	       strspn(name, NAME_BYTES ".-") == strlen(name);
}

static void begin_key(struct reading *reading, const char *name, int line)
{
	struct settings_key *key = pool_take(reading->pool, sizeof(*key));
	struct settings_key **slot = pool_push(reading->pool, &reading->keys, sizeof(key));

	reading->key = key;
	memset(reading->seen_key, 0, sizeof(reading->seen_key));
	if (!key || !slot ||
		setting_defaults(
			settings_key_rows, settings_key_row_count, NULL, key, reading->pool) < 0 ||
		!(key->name = pool_copy(reading->pool, name))) {
		reading->code = -ENOMEM;
		reading->kind = NULL;
		reading->keys.count -= slot != NULL;
		return;
	}
	key->line = line;
	*slot = key;
	if (!is_key_name(name))
		complain(reading, line, "a key's name has letters, digits, '_', '.' and '-' only",
			"such as [key NEXTAUTH_SECRET]");
}

// [key] may repeat, a section of another kind may not: two halves are easily overlooked.
static bool is_first(struct reading *reading, const char *kind)
{
	for (size_t i = 0; i < reading->section_count; i++)
		if (text_equal(reading->sections[i], kind))
			return false;
	reading->sections[reading->section_count++] = kind;
	return true;
}

static void on_section(void *user, const char *kind, const char *argument, int line)
{
	struct reading *reading = user;
	char text[ERR_WHAT_SIZE], shown[96], hint[64];
	const char *near;

	reading->kind = NULL;
	for (size_t i = 0; section_kinds[i]; i++)
		if (text_equal(section_kinds[i], kind))
			reading->kind = section_kinds[i];
	if (!reading->kind) {
		near = text_nearest(kind, section_kinds);
		(void)snprintf(text, sizeof(text), "unknown section [%s]",
			shape_show(shown, sizeof(shown), kind));
		(void)snprintf(hint, sizeof(hint), near ? "did you mean [%s]?" : "%s",
			near ? near : "sections: app, sources, key NAME, verifier, fingerprint");
		complain(reading, line, text, hint);
		return;
	}
	if (text_equal(kind, "key")) {
		begin_key(reading, argument, line);
	} else if (*argument) {
		(void)snprintf(text, sizeof(text), "section [%s] takes no name", kind);
		complain(reading, line, text, "only [key NAME] has one");
	} else if (!is_first(reading, reading->kind)) {
		(void)snprintf(text, sizeof(text), "section [%s] stands twice", kind);
		complain(reading, line, text, "write its settings in one place");
	}
}

static void complain_unknown(struct reading *reading, const struct setting *rows, size_t count,
	const char *key, int line)
{
	char text[ERR_WHAT_SIZE], shown[96], hint[ERR_HINT_SIZE];
	const char *near = setting_suggest(rows, count, reading->kind, key);

	(void)snprintf(text, sizeof(text), "unknown setting '%s' in [%s]",
		shape_show(shown, sizeof(shown), key), reading->kind);
	if (near)
		(void)snprintf(hint, sizeof(hint), "did you mean '%s'?", near);
	else
		(void)snprintf(hint, sizeof(hint), "samekey help samekey.ini lists the settings");
	complain(reading, line, text, hint);
}

static void on_setting(void *user, const char *key, const char *value, int line)
{
	struct reading *reading = user;
	bool in_key = reading->kind && text_equal(reading->kind, "key");
	const struct setting *rows = in_key ? settings_key_rows : settings_rows;
	size_t count = in_key ? settings_key_row_count : settings_row_count;
	void *object = in_key ? (void *)reading->key : (void *)reading->settings;
	bool *seen = in_key ? reading->seen_key : reading->seen;
	const struct setting *row;
	struct err err = ERR_NONE;

	if (!reading->kind)
		return;
	row = setting_find(rows, count, reading->kind, key);
	if (!row) {
		complain_unknown(reading, rows, count, key, line);
		return;
	}
	if (seen[row - rows] && !setting_is_list(row)) {
		char text[ERR_WHAT_SIZE];

		(void)snprintf(text, sizeof(text), "'%s' stands twice", key);
		complain(reading, line, text, "delete one of the lines");
		return;
	}
	seen[row - rows] = true;
	if (!*value)
		(void)err_set(&err, -EINVAL, NULL, "'%s' has no value", key);
	else if (setting_is_quoted(value))
		(void)err_set(
			&err, -EINVAL, NULL, "'%s' has quotes, which would be part of it", key);
	else if (setting_apply(row, object, value, reading->pool, &err) == 0 && !in_key &&
		 settings_check(reading->settings, row, &err) < 0 &&
		 setting_defaults(row, 1, NULL, object, reading->pool) < 0)
		err.code = -ENOMEM;
	if (err.code == -ENOMEM)
		reading->code = -ENOMEM;
	else if (err.code < 0)
		complain(reading, line, err.what, *err.hint ? err.hint : NULL);
}

// Two sections for one key are fine as long as no app is meant by both.
static void judge_twins(struct reading *reading)
{
	struct settings_key **keys = reading->keys.items;

	for (size_t i = 0; i < reading->keys.count; i++) {
		for (size_t j = 0; j < i; j++) {
			char hint[64];

			if (!text_equal(keys[i]->name, keys[j]->name) ||
				(keys[i]->apps.given && keys[j]->apps.given))
				continue;
			(void)snprintf(
				hint, sizeof(hint), "the other one is at line %d", keys[j]->line);
			complain(reading, keys[i]->line, "the key has two sections", hint);
			break;
		}
	}
}

int settings_read(struct settings *settings, const char *bytes, size_t length, const char *shown,
	struct pool *pool, struct diag *diag)
{
	struct reading reading = {.settings = settings, .pool = pool, .diag = diag, .shown = shown};
	const struct conf_reader reader = {&reading, "[app]", on_section, on_setting, complain};
	int code = conf_parse(bytes, length, &reader);

	if (code == -ENOMEM || reading.code == -ENOMEM)
		return -ENOMEM;
	judge_twins(&reading);
	settings->keys = reading.keys.items;
	settings->key_count = reading.keys.count;
	for (size_t i = 0; i < settings_row_count; i++) {
		settings->dialect_given |=
			reading.seen[i] && settings_rows[i].offset == AT(dialect);
		settings->interpolate_given |=
			reading.seen[i] && settings_rows[i].offset == AT(interpolate);
		settings->example_given |=
			reading.seen[i] && settings_rows[i].offset == AT(example);
	}
	return reading.code;
}

int settings_load(struct settings *settings, int folder, const char *path,
	const struct settings_room *room, struct err *err)
{
	const struct fs_rules rules = {.max_size = SETTINGS_SIZE_MAX, .links = FS_LINKS_ANYWHERE};
	struct fs_file file;
	int code = fs_read(folder, path, &rules, room->arena, &file, err);

	if (code < 0)
		return code;
	code = settings_read(
		settings, (const char *)file.bytes, file.size, path, room->pool, room->diag);
	fs_file_done(&file, room->arena);
	return code == -ENOMEM ? err_set(err, code, NULL, "out of memory") : 0;
}

int settings_override(struct settings *settings, const struct setting *row, const char *text,
	struct pool *pool, struct err *err)
{
	struct setting_list *list = (struct setting_list *)((char *)settings + row->offset);

	// the first option replaces what the file says, the next ones add to it
	if (setting_is_list(row) && !settings->overridden[row - settings_rows])
		list->given = false;
	settings->overridden[row - settings_rows] = true;
	settings->secrets_typed |= row->offset == AT(secrets);
	settings->dialect_given |= row->offset == AT(dialect);
	settings->interpolate_given |= row->offset == AT(interpolate);
	settings->example_given |= row->offset == AT(example);
	return setting_apply(row, settings, text, pool, err);
}

static bool is_source(const char *word)
{
	for (size_t i = 1; from_words[i]; i++)
		if (text_equal(from_words[i], word))
			return true;
	return false;
}

bool settings_is_mode(const char *mode)
{
	return *mode && strlen(mode) <= 64 && mode[0] != '.' &&
	       strspn(mode, NAME_BYTES ".-") == strlen(mode);
}

static int check_order(const struct settings *settings, struct err *err)
{
	const struct setting_list *order = &settings->order;
	char shown[96];

	if (!order->count)
		return err_set(err, -EINVAL, NULL, "'order' names no source");
	for (size_t i = 0; i < order->count; i++) {
		(void)shape_show(shown, sizeof(shown), order->items[i]);
		if (!is_source(order->items[i])) {
			(void)err_set(err, -EINVAL, NULL, "'order' names no source: %s", shown);
			return err_hint(err, "env, credentials, secrets, dotenv");
		}
		for (size_t j = 0; j < i; j++)
			if (text_equal(order->items[i], order->items[j]))
				return err_set(err, -EINVAL, NULL, "'order' names %s twice", shown);
	}
	return 0;
}

static int check_dialect(const struct settings *settings, struct err *err)
{
	char shown[80];

	if (dialect_find(settings->dialect))
		return 0;
	(void)err_set(err, -EINVAL, NULL, "unknown dialect '%s'",
		shape_show(shown, sizeof(shown), settings->dialect));
	dialect_suggest(settings->dialect, err);
	return err->code;
}

static int check_loaders(const struct settings *settings, struct err *err)
{
	const struct setting_list *loaders = &settings->loaders;
	char shown[80];

	for (size_t i = 0; i < loaders->count; i++) {
		if (dialect_find(loaders->items[i]))
			continue;
		(void)err_set(err, -EINVAL, NULL, "unknown loader '%s'",
			shape_show(shown, sizeof(shown), loaders->items[i]));
		dialect_suggest(loaders->items[i], err);
		return err->code;
	}
	return 0;
}

static int check_mode(const struct settings *settings, struct err *err)
{
	if (settings_is_mode(settings->mode))
		return 0;
	(void)err_set(err, -EINVAL, NULL, "a mode has letters, digits, '_', '-' and '.' only");
	return err_hint(err, "write it as in .env.production: production");
}

static int check_name(const char *name, const char *what, struct err *err)
{
	if (bundle_is_app_name(name))
		return 0;
	return err_set(err, -EINVAL, NULL, "'%s' is UTF-8 of up to %d bytes on one line", what,
		BUNDLE_NAME_MAX);
}

static int check_app(const struct settings *settings, struct err *err)
{
	return check_name(settings->name, "name", err);
}

static int check_group(const struct settings *settings, struct err *err)
{
	return check_name(settings->group, "group", err);
}

static int check_max_file(const struct settings *settings, struct err *err)
{
	return settings->max_file ? 0 : err_set(err, -EINVAL, NULL, "'max_file' cannot be 0");
}

static int check_timeout(const struct settings *settings, struct err *err)
{
	return settings->timeout_ms ? 0 : err_set(err, -EINVAL, NULL, "'timeout' cannot be 0");
}

int settings_check(const struct settings *settings, const struct setting *row, struct err *err)
{
	static const struct {
		size_t offset;
		int (*check)(const struct settings *settings, struct err *err);
	} checks[] = {
		{AT(name), check_app},
		{AT(group), check_group},
		{AT(order), check_order},
		{AT(dialect), check_dialect},
		{AT(loaders), check_loaders},
		{AT(mode), check_mode},
		{AT(max_file), check_max_file},
		{AT(timeout_ms), check_timeout},
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].offset == row->offset)
			return checks[i].check(settings, err);
	return 0;
}

static void judge_key(const struct settings_key *key, struct reading *reading)
{
	bool is_enum = key->type == SHAPE_ENUM;

	if (key->fallback && key->secret == SETTING_YES)
		complain(reading, key->line, "a secret has no default",
			"give it in a source; secret values never stand in an ini");
	else if (key->fallback && key->secret == SETTING_UNSET &&
		 shape_looks_secret(key->name, secret_view(key->fallback, strlen(key->fallback))))
		complain(reading, key->line, "a secret has no default, and this key looks like one",
			"give it in a source; if it is none, say secret = no");
	if (is_enum != key->values.given)
		complain(reading, key->line,
			is_enum ? "type = enum needs 'values'" : "'values' needs type = enum",
			"values = debug, info, warning");
	if (text_equal(key->same_as, key->name) || text_equal(key->differs_from, key->name))
		complain(reading, key->line, "a key cannot be compared with itself", NULL);
	if ((key->same_as && !is_key_name(key->same_as)) ||
		(key->differs_from && !is_key_name(key->differs_from)))
		complain(reading, key->line, "'same_as' and 'differs_from' name a key", NULL);
	if (key->min_length > 64 * 1024)
		complain(reading, key->line, "'min_length' is over the largest value, 65536", NULL);
}

int settings_judge(struct settings *settings, const char *shown, struct diag *diag)
{
	struct reading reading = {.settings = settings, .diag = diag, .shown = shown};

	for (size_t i = 0; i < settings->key_count; i++) {
		struct settings_key *key = settings->keys[i];

		key->applies = !key->apps.given;
		for (size_t j = 0; j < key->apps.count; j++)
			key->applies |= text_equal(key->apps.items[j], settings->name);
		judge_key(key, &reading);
		for (size_t j = 0; j < i && key->applies; j++)
			if (settings->keys[j]->applies && key->apps.given &&
				settings->keys[j]->apps.given &&
				text_equal(key->name, settings->keys[j]->name))
				complain(&reading, key->line,
					"the key has two sections for this app",
					"name each app in one of them");
	}
	return reading.code;
}
