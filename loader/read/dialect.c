// The table of dialects.
// SPDX-License-Identifier: MIT
#include "loader/read/dialect.h"

#include "lib/base/text.h"

static const struct dialect dialects[] = {
	{"portable",
		DIALECT_QUOTES | DIALECT_ESCAPES | DIALECT_COMMENTS | DIALECT_TRIM |
			DIALECT_EXPORT | DIALECT_TEXT,
		"what most loaders share; refuses what has no common meaning"},
	{"literal", 0, "the bytes after the first '=' as they are, for files that a machine wrote"},
};

const struct dialect *dialect_at(size_t index)
{
	return index < ARRAY_SIZE(dialects) ? &dialects[index] : NULL;
}

const struct dialect *dialect_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(dialects); i++)
		if (text_equal(dialects[i].name, name))
			return &dialects[i];
	return NULL;
}
