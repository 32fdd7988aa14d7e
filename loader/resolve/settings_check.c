// A function for each setting whose words say more than its row in settings_rows.c.
// SPDX-License-Identifier: MIT
#include "loader/resolve/settings_check.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape_show.h"
#include "loader/read/dialects/dialect.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_rows.h"

#include <errno.h>

#define AT(field) offsetof(struct settings, field)

static bool is_source(const char *word)
{
	for (size_t i = 1; settings_rows_sources[i]; i++)
		if (text_equal(settings_rows_sources[i], word))
			return true;
	return false;
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
