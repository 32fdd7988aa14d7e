// By the ending of the name; the text is not looked at.
// SPDX-License-Identifier: MIT
#include "loader/inspect/mention.h"

#include "lib/base/text.h"

static const struct {
	const char *ending;
	enum mention_language language;
} endings[] = {
	{".js", MENTION_SCRIPT},
	{".jsx", MENTION_SCRIPT},
	{".mjs", MENTION_SCRIPT},
	{".cjs", MENTION_SCRIPT},
	{".ts", MENTION_SCRIPT},
	{".tsx", MENTION_SCRIPT},
	{".mts", MENTION_SCRIPT},
	{".cts", MENTION_SCRIPT},
	{".vue", MENTION_SCRIPT},
	{".svelte", MENTION_SCRIPT},
	{".astro", MENTION_SCRIPT},
	{".py", MENTION_PYTHON},
	{".go", MENTION_GO},
	{".rb", MENTION_RUBY},
	{".rs", MENTION_RUST},
	{".php", MENTION_PHP},
	{".java", MENTION_JAVA},
	{".kt", MENTION_JAVA},
	{".cs", MENTION_CSHARP},
};

enum mention_language mention_language_of(const char *file_name)
{
	static const char *const others[] = {".test.", ".spec.", ".stories.", ".min.", ".d.ts",
		"_test.go", "_test.py", "_spec.rb", "_test.rb"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strstr(file_name, others[i]))
			return MENTION_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (text_ends(file_name, endings[i].ending))
			return endings[i].language;
	return MENTION_NONE;
}
