// Reads samekey.ini by the tables of settings_rows.c, and judges what one line alone cannot show.
// SPDX-License-Identifier: MIT
#include "loader/resolve/settings.h"

#include "lib/base/ascii.h"
#include "lib/base/conf.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "lib/value/shape_type.h"
#include "loader/resolve/settings_check.h"
#include "loader/resolve/settings_rows.h"

#include <errno.h>

#define AT(field) offsetof(struct settings, field)
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

struct settings *settings_new(struct pool *pool)
{
	struct settings *settings = pool_take(pool, sizeof(*settings));

	if (!settings ||
		setting_defaults(settings_rows, settings_rows_count, NULL, settings, pool) < 0)
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
	bool seen[SETTINGS_ROWS_MAX];
	bool seen_key[SETTINGS_ROWS_OF_KEY_MAX]; // in this section
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
	return *name && !ascii_is_digit(*name) && strlen(name) <= BUNDLE_NAME_MAX &&
	       strspn(name, NAME_BYTES ".-") == strlen(name);
}

static void begin_key(struct reading *reading, const char *name, int line)
{
	struct settings_key *key = pool_take(reading->pool, sizeof(*key));
	struct settings_key **slot = pool_push(reading->pool, &reading->keys, sizeof(key));

	reading->key = key;
	memset(reading->seen_key, 0, sizeof(reading->seen_key));
	if (!key || !slot ||
		setting_defaults(settings_rows_of_key, settings_rows_of_key_count, NULL, key,
			reading->pool) < 0 ||
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
	const struct setting *rows = in_key ? settings_rows_of_key : settings_rows;
	size_t count = in_key ? settings_rows_of_key_count : settings_rows_count;
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
	for (size_t i = 0; i < settings_rows_count; i++) {
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
	return code == -ENOMEM ? err_no_memory(err) : 0;
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

bool settings_is_mode(const char *mode)
{
	return *mode && strlen(mode) <= 64 && mode[0] != '.' &&
	       strspn(mode, NAME_BYTES ".-") == strlen(mode);
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
