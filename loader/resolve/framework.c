// The table of frameworks.
// SPDX-License-Identifier: MIT
#include "loader/resolve/framework.h"

#include "lib/base/text.h"
#include "loader/resolve/framework_row.h"

static const struct framework_row *const rows[] = {&framework_next};

static const struct framework_row *row_of(const struct framework *framework)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(rows[i]->name, framework->name))
			return rows[i];
	return NULL;
}

static void name_it(struct framework *framework, const struct framework_row *row)
{
	framework->name = row->name;
	framework->flag = row->flag;
	framework->dialect = row->dialect;
	framework->secrets = row->secrets;
	framework->server_code = row->server_code;
}

int framework_read_command(char *const *program, struct pool *pool, struct framework *ret_framework)
{
	struct framework framework = {0};

	for (size_t i = 0; program && i < ARRAY_SIZE(rows) && !framework.name; i++) {
		int code = rows[i]->read_command(program, pool, &framework);

		if (code < 0)
			return code;
		if (code > 0)
			name_it(&framework, rows[i]);
	}
	*ret_framework = framework;
	return 0;
}

int framework_recognise(const struct framework_scene *scene, struct framework *framework)
{
	const struct framework_row *row;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !framework->name && !framework->elsewhere; i++)
		if (rows[i]->recognise(scene, framework))
			name_it(framework, rows[i]);
	row = row_of(framework);
	return row ? row->complete(scene, framework) : 0;
}

const char *framework_flag(size_t index)
{
	return index < ARRAY_SIZE(rows) ? rows[index]->flag : NULL;
}

bool framework_rewrites(const struct framework *framework, struct secret raw,
	const struct framework_reading *reading, size_t *ret_length)
{
	const struct framework_row *row = row_of(framework);

	return row && row->rewrites(raw, reading, ret_length);
}
