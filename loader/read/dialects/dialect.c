// The table of dialects: the families, one after the other.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dialect.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "loader/read/dialects/families.h"

static const struct dialect *const families[] = {
	own_rows,
	npmdotenv_rows,
	dotenvx_rows,
	next_rows,
	node_rows,
	bun_rows,
	deno_rows,
	python_rows,
	ruby_rows,
	godotenv_rows,
	compose_rows,
	lines_rows,
	dotenvy_rows,
	phpdotenv_rows,
	symfony_rows,
	direnv_rows,
	foreman_rows,
	sh_rows,
	systemd_rows,
};

const struct dialect *dialect_at(size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const struct dialect *row = families[i]; row->name; row++)
			if (!row->unlisted && index-- == 0)
				return row;
	return NULL;
}

const struct dialect *dialect_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const struct dialect *row = families[i]; row->name; row++)
			if (text_equal(row->name, name))
				return row;
	return NULL;
}

void dialect_suggest(const char *name, struct err *err)
{
	const char *nearest = NULL;
	unsigned best = 3;
	const struct dialect *row;

	for (size_t i = 0; (row = dialect_at(i)); i++) {
		unsigned distance = text_distance(name, row->name);

		if (distance >= best)
			continue;
		best = distance;
		nearest = row->name;
	}
	if (nearest)
		(void)err_hint(err, "did you mean %s?", nearest);
	else
		(void)err_hint(err, "samekey dialects lists them");
}
