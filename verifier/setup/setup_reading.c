// Sections are rows, and so are settings: nothing here knows one by name.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_reading.h"

#include "lib/base/conf.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_rows.h"
#include "verifier/trust/keyring.h"

#include <errno.h>
#include <stdarg.h>

// A kind of section.
struct section {
	const char *kind;
	// Of those that have a name:
	size_t size; // of their struct, which begins with a setup_head
	size_t list; // offset in setup_reading
	size_t most; // sections
	bool (*is_name)(const char *name);
	const char *need, *example;
};

static bool is_any_name(const char *name)
{
	return *name != '\0';
}

// It stands in paths of the API and in labels of metrics.
static bool is_profile_name(const char *name)
{
	static const char may[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t length = strlen(name);

	return length && length <= PROFILE_NAME_MAX && strspn(name, may) == length &&
	       strspn(name, ".") != length;
}

// clang-format off
static const struct section sections[] = {
	{.kind = "listen"},
	{"admit", sizeof(struct setup_admit), offsetof(struct setup_reading, admits), ADMIT_RULES_MAX,
		is_any_name, "an [admit] section needs a name", "[admit web]"},
	{"app", sizeof(struct setup_app), offsetof(struct setup_reading, apps), REGISTRY_APPS_MAX,
		bundle_is_app_name, "an [app] section needs the app's name", "[app web]"},
	{"profile", sizeof(struct setup_profile), offsetof(struct setup_reading, profiles), KEYRING_PROFILES_MAX,
		is_profile_name, "a [profile] section needs a name of at most 64 letters, digits, '-', '_' and '.'", "[profile session]"},
	{"key", sizeof(struct setup_further_key), offsetof(struct setup_reading, keys), SETUP_READING_FURTHER_MAX,
		is_profile_name, "a [key] section needs the name of its profile", "[key session]"},
	{.kind = "session"},
	{.kind = "upstream"},
	{.kind = "store"},
	{.kind = "drift"},
	{.kind = "limits"},
	{.kind = "fingerprint"},
	{.kind = "log"},
	{.kind = "sandbox"},
};
// clang-format on

void setup_reading_complain(
	struct setup_reading *reading, int line, const char *hint, const char *format, ...)
{
	char origin[ERR_WHERE_SIZE], text[ERR_WHAT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)snprintf(origin, sizeof(origin), line ? "%s:%d" : "%s", reading->shown, line);
	finding_add(reading->diag, FINDING_SETTINGS,
		&(struct finding_about){.origin = origin,
			.hint = hint ? hint : "samekeyd --help lists the settings"},
		"%s", text);
	if (reading->code == 0)
		reading->code = -EINVAL;
}

int setup_reading_line(const int *lines, const char *section, const char *key)
{
	const struct setting *row = setting_find(setup_rows, setup_rows_count, section, key);

	return row && lines ? lines[row - setup_rows] : 0;
}

static void on_trouble(void *user, int line, const char *text, const char *hint)
{
	setup_reading_complain(user, line, hint, "%s", text);
}

// ---- sections

static const struct section *find_section(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (text_equal(sections[i].kind, kind))
			return &sections[i];
	return NULL;
}

// A struct of its own for a section with a name, which `list` then ends with.
static struct setup_head *add_object(
	struct setup_reading *reading, const struct section *section, const char *name, int line)
{
	struct pool_list *list = (struct pool_list *)(void *)((char *)reading + section->list);
	struct setup_head *head = pool_take(reading->pool, section->size), **slot;
	int *lines = pool_array(reading->pool, setup_rows_count, sizeof(*lines));

	if (!head || !lines || !(head->name = pool_copy(reading->pool, name)) ||
		setting_defaults(setup_rows, setup_rows_count, section->kind, head, reading->pool) <
			0 ||
		!(slot = pool_push(reading->pool, list, sizeof(head)))) {
		reading->code = -ENOMEM;
		return NULL;
	}
	head->line = line;
	head->lines = reading->current_lines = lines;
	*slot = head;
	return head;
}

static void begin_named(
	struct setup_reading *reading, const struct section *section, const char *name, int line)
{
	const struct pool_list *list =
		(const struct pool_list *)(void *)((char *)reading + section->list);

	reading->object = NULL;
	if (list->count >= section->most)
		setup_reading_complain(reading, line, NULL, "over %zu [%s] sections", section->most,
			section->kind);
	else if (!section->is_name(name))
		setup_reading_complain(reading, line, section->example, "%s", section->need);
	else
		reading->object = add_object(reading, section, name, line);
}

static void complain_section(struct setup_reading *reading, const char *kind, int line)
{
	const char *kinds[ARRAY_SIZE(sections) + 1] = {NULL};
	char shown[96], hint[96];
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		kinds[i] = sections[i].kind;
	near = text_nearest(kind, kinds);
	(void)snprintf(hint, sizeof(hint), near ? "did you mean [%s]?" : "%s",
		near ? near : "samekeyd --help lists the sections");
	setup_reading_complain(reading, line, hint, "unknown section [%s]",
		shape_show(shown, sizeof(shown), kind));
}

static void on_section(void *user, const char *kind, const char *argument, int line)
{
	struct setup_reading *reading = user;
	const struct section *section = find_section(kind);

	reading->kind = section ? section->kind : NULL;
	reading->object = reading->setup;
	reading->current_lines = reading->plain_lines;
	if (!section)
		complain_section(reading, kind, line);
	else if (section->size)
		begin_named(reading, section, argument, line);
	else if (*argument)
		setup_reading_complain(reading, line,
			"only [admit NAME], [app NAME], [profile NAME] and [key PROFILE] have one",
			"section [%s] takes no name", kind);
}

// ---- settings

static void complain_unknown(struct setup_reading *reading, const char *key, int line)
{
	char shown[96], hint[96];
	const char *near = setting_suggest(setup_rows, setup_rows_count, reading->kind, key);

	(void)snprintf(hint, sizeof(hint), near ? "did you mean '%s'?" : "%s",
		near ? near : "samekeyd --help lists the settings");
	setup_reading_complain(reading, line, hint, "unknown setting '%s' in [%s]",
		shape_show(shown, sizeof(shown), key), reading->kind);
}

static void on_setting(void *user, const char *key, const char *value, int line)
{
	struct setup_reading *reading = user;
	const struct setting *row;
	struct err err = ERR_NONE;

	if (!reading->kind || !reading->object)
		return;
	row = setting_find(setup_rows, setup_rows_count, reading->kind, key);
	if (!row) {
		complain_unknown(reading, key, line);
		return;
	}
	if (reading->current_lines[row - setup_rows] && !setting_is_list(row)) {
		setup_reading_complain(
			reading, line, "delete one of the lines", "'%s' stands twice", key);
		return;
	}
	reading->current_lines[row - setup_rows] = line;
	if (!*value)
		(void)err_set(&err, -EINVAL, NULL, "'%s' has no value", key);
	else if (setting_is_quoted(value))
		(void)err_set(
			&err, -EINVAL, NULL, "'%s' has quotes, which would be part of it", key);
	else if (setting_apply(row, reading->object, value, reading->pool, &err) == 0)
		return;
	reading->current_lines[row - setup_rows] = 0; // it says nothing: what is said is enough
	if (err.code == -ENOMEM)
		reading->code = -ENOMEM;
	else
		setup_reading_complain(reading, line, *err.hint ? err.hint : NULL, "%s", err.what);
}

void setup_reading_all(struct setup_reading *reading, const char *bytes, size_t length)
{
	const struct conf_reader reader = {
		reading, "[profile session]", on_section, on_setting, on_trouble};

	reading->plain_lines = pool_array(reading->pool, setup_rows_count, sizeof(int));
	reading->lines = reading->plain_lines;
	if (!reading->plain_lines || conf_parse(bytes, length, &reader) == -ENOMEM)
		reading->code = -ENOMEM;
}
