// The table of frameworks.
// SPDX-License-Identifier: MIT
#include "loader/resolve/framework.h"

#include "lib/base/text.h"
#include "loader/resolve/framework_row.h"

static const struct framework_row *const rows[] = {&framework_next};

int framework_recognise(const struct framework_scene *scene, struct framework *ret_framework)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct framework framework = {
			.name = rows[i]->name, .flag = rows[i]->flag, .secrets = rows[i]->secrets};
		int code = rows[i]->recognise(scene, &framework);

		if (code < 0)
			return code;
		if (code > 0) {
			*ret_framework = framework;
			return 0;
		}
	}
	*ret_framework = (struct framework){0};
	return 0;
}

const char *framework_flag(size_t index)
{
	return index < ARRAY_SIZE(rows) ? rows[index]->flag : NULL;
}

bool framework_rewrites(const struct framework *framework, struct secret raw,
	const struct framework_reading *reading, size_t *ret_length)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(rows[i]->name, framework->name))
			return rows[i]->rewrites(raw, reading, ret_length);
	return false;
}
