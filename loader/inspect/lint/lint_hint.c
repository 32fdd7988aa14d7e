// Asks for a spelling and describes it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_hint.h"

#include "loader/inspect/lint/lint.h"
#include "loader/read/dialects/spelling.h"

#include <errno.h>

#define LONGEST 4096 // a longer value gets the row's fix: the search is not worth its time

static const char *describe(struct span text)
{
	static const struct {
		const char *start, *words;
	} rows[] = {
		{"'", "in single quotes"},
		{"\"", "in double quotes"},
		{"`", "in backticks"},
		{"", "without quotes"},
	};
	size_t i = 0;

	while (!span_starts(text, rows[i].start))
		i++;
	return text.length ? rows[i].words : "with nothing behind the =";
}

// What a spelling does without that the line has.
static const char *omission(const struct written *item, struct span text)
{
	if (item->exported)
		return ", without export";
	if (item->comment.length)
		return ", the comment on a line of its own";
	if (span_find(text, '\\'))
		return " and with escapes";
	return "";
}

static const char *no_spelling(struct pool *pool, const struct spelling_answer *answer)
{
	const char *excuse = spelling_excuse(answer, pool);

	return excuse ? pool_format(pool,
				"no spelling of this value is read alike by all of them (%s); "
				"samekey export --for writes a file for one loader",
				excuse)
		      : NULL;
}

int lint_hint_for(struct lint *lint, const struct written *item,
	const struct lint_outcome *outcomes, const char **ret_hint)
{
	const struct lint_outcome *meant = lint_outcome_of(outcomes, lint->reference);
	struct spelling_request request = {
		.dialects = lint->options.loaders, .count = lint->options.loader_count};
	struct spelling_answer answer;
	int code;

	*ret_hint = NULL;
	if (!meant || meant->effect != LINT_VALUE || item->kind != WRITTEN_ASSIGNMENT ||
		meant->value.length > LONGEST)
		return 0;
	request.pair = (struct spelling_pair){item->name, meant->value};
	code = spelling_find(lint->spelling, &request, &answer);
	if (code < 0)
		return code;
	if (code == SPELLING_E_NONE)
		*ret_hint = no_spelling(lint->options.pool, &answer);
	else if (span_equal(answer.text, item->right) && !item->exported && !item->cr)
		return 0;
	else
		*ret_hint = pool_format(lint->options.pool,
			"write the value %s%s: all of them read that alike; --fix does so "
			"once every key has such a spelling",
			describe(answer.text), omission(item, answer.text));
	return *ret_hint ? 0 : -ENOMEM;
}
