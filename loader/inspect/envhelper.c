// By its name alone: what a helper is for stands in it, whoever wrote it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/envhelper.h"

#include "lib/base/ascii.h"

struct word {
	const char *at;
	size_t length;
};

static bool holds(struct word word, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= word.length; i++)
		if (strncasecmp(word.at + i, part, length) == 0)
			return true;
	return false;
}

static bool is(struct word word, const char *text)
{
	return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

static bool is_word_byte(char c)
{
	return ascii_is_alphanumeric((unsigned char)c) || c == '_';
}

// The word that ends before `end`.
static struct word word_before(const char *start, const char *end)
{
	const char *at = end;

	while (at > start && is_word_byte(at[-1]))
		at--;
	return (struct word){at, (size_t)(end - at)};
}

// setenv, unsetEnv, putenv, delenv and the like write; environment names something else as a rule.
static bool writes(struct word word)
{
	static const char *const parts[] = {"set", "put", "del", "clear", "remove", "environment"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (holds(word, parts[i]))
			return true;
	return false;
}

bool envhelper_reads(const char *start, const char *bracket, bool python, bool *ret_defaults)
{
	struct word word = word_before(start, bracket), owner = {0};

	if (!word.length)
		return false;
	if (word.at > start && word.at[-1] == '.')
		owner = word_before(start, word.at - 1);
	if (writes(word) ||
		!(holds(word, "env") || is(owner, "env") || (python && is(word, "config"))))
		return false;
	*ret_defaults = !holds(word, "must") && !holds(word, "require");
	return true;
}
