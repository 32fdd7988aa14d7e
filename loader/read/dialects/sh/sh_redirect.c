// Redirections of a shell. Nothing is opened; whether one would work is judged as in an empty
// folder, and where that is not known, what hangs on it is refused.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "loader/read/dialects/sh/sh_expand.h"

static enum sh_redirected from_file(struct span name)
{
	size_t dots = 0;

	while (dots < name.length && (name.at[dots] == '.' || name.at[dots] == '/'))
		dots++;
	if (!name.length)
		return SH_FAILS;
	if (span_is(name, "/dev/null") || (name.at[0] == '.' && dots == name.length))
		return SH_WORKS;
	return name.at[0] == '/' || span_starts(name, "../") ? SH_MAY_WORK : SH_FAILS;
}

static enum sh_redirected to_file(struct span name)
{
	if (span_is(name, "/dev/null"))
		return SH_WORKS;
	while (span_starts(name, "./"))
		name = span_after(name, 2);
	if (!name.length || span_is(name, ".") || span_is(name, ".."))
		return SH_FAILS;
	if (name.at[0] == '/' || span_starts(name, "../"))
		return SH_MAY_WORK;
	return span_find(name, '/') ? SH_FAILS : SH_WORKS;
}

static enum sh_redirected to_descriptor(struct span number)
{
	if (span_is(number, "-") || span_is(number, "0") || span_is(number, "1") ||
		span_is(number, "2"))
		return SH_WORKS;
	for (size_t i = 0; i < number.length; i++)
		if (!ascii_is_digit(number.at[i]))
			return SH_FAILS;
	return SH_MAY_WORK;
}

// Judges one by its word.
static enum sh_redirected judge(struct sh *sh, const struct sh_word *word)
{
	size_t count = sh->field_count;
	enum sh_redirected redirected = SH_FAILS; // as more or less than one field does
	struct sh_field field;

	sh_word_fields(sh, word->text, false);
	field = sh->field_count > count ? sh->fields[count]
					: (struct sh_field){.text = span_of("")};
	if (word->direction == SH_FROM_TEXT)
		redirected = SH_WORKS;
	else if (field.tainted)
		redirected = SH_MAY_WORK;
	else if (sh->field_count != count + 1)
		redirected = SH_FAILS;
	else if (word->direction == SH_FROM_FILE)
		redirected = from_file(field.text);
	else if (word->direction == SH_TO_FILE)
		redirected = to_file(field.text);
	else
		redirected = to_descriptor(field.text);
	sh->field_count = count;
	return redirected;
}

enum sh_redirected sh_redirect(struct sh *sh, const struct sh_word *words, size_t count, bool forks)
{
	enum sh_redirected all = SH_WORKS, one;
	bool input = false, hidden = false;

	for (size_t i = 0; i < count; i++) {
		input |= words[i].direction == SH_FROM_FILE || words[i].direction == SH_FROM_TEXT;
		hidden |= words[i].direction && span_find(words[i].text, '$');
	}
	// with one of standard input the shell forks, and what the words do is lost
	if (forks && input && hidden)
		return SH_MAY_WORK;
	for (size_t i = 0; i < count && !sh->abandoned && all != SH_FAILS; i++) {
		if (!words[i].direction)
			continue;
		if (words[i].named && !forks)
			sh_refuse(sh, "a redirection would set a variable");
		one = judge(sh, &words[i]);
		if (one != SH_WORKS)
			all = one;
	}
	return all;
}
