// Outcomes are compared with what is written by counting: no predicate knows a loader.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_shows.h"

#include "loader/inspect/lint/lint.h"

static size_t count(struct span text, uint8_t byte)
{
	const uint8_t *at = text.at;
	size_t found = 0;

	while ((at = span_find(span_between(at, span_end(text)), byte))) {
		found++;
		at++;
	}
	return found;
}

// Bytes that an escape makes: line ends and tabs.
static size_t count_breaks(struct span text)
{
	return count(text, '\n') + count(text, '\r') + count(text, '\t');
}

static bool is_value(const struct lint_outcome *outcome)
{
	return outcome->effect == LINT_VALUE;
}

bool lint_shows_no_value(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return !is_value(outcome) && outcome->effect != LINT_CODE;
}

bool lint_shows_quote(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && outcome->value.length && *outcome->value.at == item->quote;
}

bool lint_shows_cut_hash(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && !span_find(outcome->value, '#');
}

bool lint_shows_fewer_dollars(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count(outcome->value, '$') < count(item->value, '$');
}

bool lint_shows_command(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return outcome->effect == LINT_CODE || outcome->effect == LINT_RUNS;
}

bool lint_shows_comment(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && memmem(outcome->value.at, outcome->value.length,
					    item->comment.at, item->comment.length);
}

bool lint_shows_fewer_backslashes(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count(outcome->value, '\\') < count(item->value, '\\');
}

bool lint_shows_more_breaks(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count_breaks(outcome->value) > count_breaks(item->value);
}

// Ends with the backslash of the first \".
bool lint_shows_end_at_escape(const struct written *item, const struct lint_outcome *outcome)
{
	const uint8_t *escape = written_escape(item, "\"");

	return is_value(outcome) && outcome->value.length &&
	       outcome->value.length == (size_t)(escape - item->value.at) + 1;
}

bool lint_shows_next_line(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && span_find(outcome->value, '=');
}

bool lint_shows_cr(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && span_find(outcome->value, '\r');
}

bool lint_shows_earlier(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return outcome->earlier || outcome->effect == LINT_REFUSED;
}

bool lint_shows_one_line(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return !is_value(outcome) || !span_find(outcome->value, '\n');
}

bool lint_shows_outer_blanks(const struct written *item, const struct lint_outcome *outcome)
{
	struct span value = outcome->value;

	(void)item;
	return is_value(outcome) && value.length &&
	       (written_is_blank(*value.at) || written_is_blank(value.at[value.length - 1]));
}

bool lint_shows_outer_blanks_or_none(const struct written *item, const struct lint_outcome *outcome)
{
	return lint_shows_no_value(item, outcome) || lint_shows_outer_blanks(item, outcome);
}

// The value up to a # in it.
static bool is_cut_at_hash(const struct written *item, const struct lint_outcome *outcome)
{
	const uint8_t *hash = span_find(item->value, '#'), *end = hash;

	while (end && end > item->value.at && written_is_blank(end[-1]))
		end--;
	return hash && (span_equal(outcome->value, span_between(item->value.at, end)) ||
			       span_equal(outcome->value, span_between(item->value.at, hash)));
}

// Has fewer of these bytes than the line, or no value; what a $ or # made of it does not count.
static bool has_fewer(
	const struct written *item, const struct lint_outcome *outcome, const char *bytes)
{
	size_t written = 0, left = 0;

	if (!is_value(outcome))
		return true;
	if (is_cut_at_hash(item, outcome) || lint_shows_fewer_dollars(item, outcome))
		return false;
	for (; *bytes; bytes++) {
		written += count(item->value, (uint8_t)*bytes);
		left += count(outcome->value, (uint8_t)*bytes);
	}
	return left < written;
}

bool lint_shows_fewer_blanks(const struct written *item, const struct lint_outcome *outcome)
{
	return has_fewer(item, outcome, LINT_SHOWS_BLANKS);
}

bool lint_shows_fewer_quotes(const struct written *item, const struct lint_outcome *outcome)
{
	return has_fewer(item, outcome, LINT_SHOWS_QUOTES);
}

bool lint_shows_fewer_shell_bytes(const struct written *item, const struct lint_outcome *outcome)
{
	return has_fewer(item, outcome, LINT_SHOWS_SHELL_BYTES);
}
