// The table of causes and their predicates. A predicate looks at bytes and shows none.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_cause.h"

#include "lib/base/text.h"
#include "loader/inspect/lint/lint.h"

#define BLANKS " \t"
#define QUOTES "'\""
#define SHELL_BYTES ";&|()<>~*?[]{}!"

static bool has(struct span text, uint8_t byte)
{
	return span_find(text, byte) != NULL;
}

static bool has_one_of(struct span text, const char *bytes)
{
	for (; *bytes; bytes++)
		if (has(text, (uint8_t)*bytes))
			return true;
	return false;
}

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

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

// A backslash and then one of these bytes.
static const uint8_t *find_escape(struct span text, const char *bytes)
{
	const uint8_t *at = text.at, *end = span_end(text);

	for (; (at = span_find(span_between(at, end), '\\')) && at + 1 < end; at += 2)
		if (at[1] && strchr(bytes, at[1]))
			return at;
	return NULL;
}

static bool is_value(const struct lint_outcome *outcome)
{
	return outcome->effect == LINT_VALUE;
}

static bool is_closed(const struct written *item)
{
	return item->quote && !item->unterminated;
}

static bool is_plain(const struct written *item)
{
	return item->kind == WRITTEN_ASSIGNMENT && !item->quote;
}

// ---- what outcomes show

static bool shows_no_value(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return !is_value(outcome) && outcome->effect != LINT_CODE;
}

static bool shows_quote(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && outcome->value.length && *outcome->value.at == item->quote;
}

static bool shows_cut_hash(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && !has(outcome->value, '#');
}

static bool shows_fewer_dollars(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count(outcome->value, '$') < count(item->value, '$');
}

static bool shows_command(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return outcome->effect == LINT_CODE || outcome->effect == LINT_RUNS;
}

static bool shows_comment(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && memmem(outcome->value.at, outcome->value.length,
					    item->comment.at, item->comment.length);
}

static bool shows_fewer_backslashes(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count(outcome->value, '\\') < count(item->value, '\\');
}

static bool shows_more_breaks(const struct written *item, const struct lint_outcome *outcome)
{
	return is_value(outcome) && count_breaks(outcome->value) > count_breaks(item->value);
}

// Ends with the backslash of the first \".
static bool shows_end_at_escape(const struct written *item, const struct lint_outcome *outcome)
{
	const uint8_t *escape = find_escape(item->value, "\"");

	return is_value(outcome) && outcome->value.length &&
	       outcome->value.length == (size_t)(escape - item->value.at) + 1;
}

static bool shows_next_line(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && has(outcome->value, '=');
}

static bool shows_cr(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return is_value(outcome) && has(outcome->value, '\r');
}

static bool shows_earlier(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return outcome->earlier || outcome->effect == LINT_REFUSED;
}

static bool shows_one_line(const struct written *item, const struct lint_outcome *outcome)
{
	(void)item;
	return !is_value(outcome) || !has(outcome->value, '\n');
}

static bool shows_outer_blanks(const struct written *item, const struct lint_outcome *outcome)
{
	struct span value = outcome->value;

	(void)item;
	return is_value(outcome) && value.length &&
	       (is_blank(*value.at) || is_blank(value.at[value.length - 1]));
}

static bool shows_outer_blanks_or_none(
	const struct written *item, const struct lint_outcome *outcome)
{
	return shows_no_value(item, outcome) || shows_outer_blanks(item, outcome);
}

// The value up to a # in it.
static bool is_cut_at_hash(const struct written *item, const struct lint_outcome *outcome)
{
	const uint8_t *hash = span_find(item->value, '#'), *end = hash;

	while (end && end > item->value.at && is_blank(end[-1]))
		end--;
	return hash && (span_equal(outcome->value, span_between(item->value.at, end)) ||
			       span_equal(outcome->value, span_between(item->value.at, hash)));
}

// Has fewer of these bytes than the line, or no value; what a $ or # made of it does not count.
static bool shows_fewer(
	const struct written *item, const struct lint_outcome *outcome, const char *bytes)
{
	size_t written = 0, left = 0;

	if (!is_value(outcome))
		return true;
	if (is_cut_at_hash(item, outcome) || shows_fewer_dollars(item, outcome))
		return false;
	for (; *bytes; bytes++) {
		written += count(item->value, (uint8_t)*bytes);
		left += count(outcome->value, (uint8_t)*bytes);
	}
	return left < written;
}

static bool shows_fewer_blanks(const struct written *item, const struct lint_outcome *outcome)
{
	return shows_fewer(item, outcome, BLANKS);
}

static bool shows_fewer_quotes(const struct written *item, const struct lint_outcome *outcome)
{
	return shows_fewer(item, outcome, QUOTES);
}

static bool shows_fewer_shell_bytes(const struct written *item, const struct lint_outcome *outcome)
{
	return shows_fewer(item, outcome, SHELL_BYTES);
}

// ---- how lines are written

static bool is_quoted(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_closed(item) && item->quote != '`' && !item->trailed;
}

static bool has_bare_hash(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has(item->value, '#');
}

static bool has_dollar(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && item->quote != '\'' && has(item->value, '$');
}

static bool has_quoted_dollar(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->quote == '\'' && has(item->value, '$');
}

static bool has_comment(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->comment.length != 0;
}

static bool has_backslash(const struct lint_file *file, const struct written *item)
{
	const uint8_t *at = item->value.at, *end = span_end(item->value);

	(void)file;
	if (item->quote != '"')
		return has(item->value, '\\');
	for (; (at = span_find(span_between(at, end), '\\')); at += 2)
		if (at + 1 >= end || !strchr("nrt$", at[1]))
			return true;
	return false;
}

static bool has_break_escape(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->quote == '"' && find_escape(item->value, "nrt");
}

static bool has_quote_escape(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->quote == '"' && find_escape(item->value, "\"");
}

static bool is_blank_value(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && !item->value.length && !item->comment.length && item->right.length;
}

static bool follows_blank_value(const struct lint_file *file, const struct written *item)
{
	return item > file->written.items && is_blank_value(file, item - 1);
}

// The line above is a comment that ends in a backslash.
static bool follows_open_comment(const struct lint_file *file, const struct written *item)
{
	const struct written *above = item - 1;
	struct span text;

	if (item == file->written.items || above->kind != WRITTEN_COMMENT ||
		above->line + 1 != item->line)
		return false;
	text = above->whole;
	if (text.length && span_end(text)[-1] == '\r')
		text.length--;
	return text.length && span_end(text)[-1] == '\\';
}

static bool is_exported(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->exported;
}

static bool has_colon(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->separator == ':';
}

static bool follows_bom(const struct lint_file *file, const struct written *item)
{
	return file->written.bom && item == file->written.items;
}

static bool has_cr(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->cr;
}

static bool is_unterminated(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->unterminated;
}

static bool is_duplicate(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->earlier != WRITTEN_NONE;
}

static bool has_lines(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_closed(item) && has(item->value, '\n');
}

static bool is_long(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->whole.length > LINT_LINE_MAX;
}

static bool is_spaced(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->spaced && item->separator == '=';
}

static bool has_tail(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->trailed;
}

static bool has_backtick(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && (item->quote == '`' || has(item->value, '`'));
}

// Letters, digits and underscores, the first no digit; with `others` some more bytes.
static bool is_name(struct span name, const char *others)
{
	for (size_t i = 0; i < name.length; i++) {
		uint8_t c = name.at[i];
		bool digit = c >= '0' && c <= '9';

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_' &&
			!(digit && i) && (!c || !strchr(others, c)))
			return false;
	}
	return name.length != 0;
}

static bool has_odd_name(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && !is_name(item->name, "") &&
	       is_name(item->name, ".-");
}

static bool has_bad_name(const struct lint_file *file, const struct written *item)
{
	const uint8_t *quote = item->name.at - 1;

	(void)file;
	if (item->kind != WRITTEN_ASSIGNMENT)
		return false;
	return !is_name(item->name, ".-") ||
	       (quote >= item->whole.at && (*quote == '\'' || *quote == '"'));
}

// An assignment to a shell too, so that it is the value that runs something.
static bool has_value(const struct lint_file *file, const struct written *item)
{
	return item->kind == WRITTEN_ASSIGNMENT && item->separator == '=' && !item->spaced &&
	       !follows_bom(file, item) && is_name(item->name, "");
}

static bool has_inner_blank(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has_one_of(item->value, BLANKS);
}

static bool has_shell_bytes(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has_one_of(item->value, SHELL_BYTES);
}

static bool has_inner_quote(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has_one_of(item->value, QUOTES);
}

static bool has_outer_blanks(const struct lint_file *file, const struct written *item)
{
	struct span right = item->right;

	(void)file;
	return right.length && (is_blank(*right.at) || is_blank(right.at[right.length - 1]));
}

static bool is_indented(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && is_blank(*item->whole.at);
}

static bool is_empty(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && !item->value.length;
}

static bool has_bad_bytes(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return text_utf8_error(item->whole.at, item->whole.length) < item->whole.length;
}

static bool has_nul(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return has(item->whole, 0);
}

static bool is_bare(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_BARE;
}

static bool is_junk(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_JUNK;
}

const struct lint_cause lint_cause_rows[] = {
	{FINDING_BOM_KEY, follows_bom, shows_no_value, NULL},
	{FINDING_NUL, has_nul, NULL, NULL},
	{FINDING_BAD_UTF8, has_bad_bytes, NULL, NULL},
	{FINDING_LINE_OVER_64K, is_long, shows_no_value, NULL},
	{FINDING_BARE_KEY, is_bare, NULL, NULL},
	{FINDING_MALFORMED, is_junk, NULL, NULL},
	{FINDING_EXPORT_REJECTED, is_exported, shows_no_value, NULL},
	{FINDING_COLON_DROPPED, has_colon, shows_no_value, NULL},
	{FINDING_ODD_NAME, has_odd_name, shows_no_value, NULL},
	{FINDING_BAD_NAME, has_bad_name, shows_no_value, NULL},
	{FINDING_UNTERMINATED, is_unterminated, NULL, NULL},
	{FINDING_DUPLICATE_FIRST_WINS, is_duplicate, shows_earlier, NULL},
	{FINDING_CMD_EXECUTES, has_value, shows_command, NULL},
	{FINDING_MULTI_LINE_UNSUPPORTED, has_lines, shows_one_line, NULL},
	{FINDING_QUOTES_KEPT, is_quoted, shows_quote, NULL},
	{FINDING_BACKTICK, has_backtick, NULL, NULL},
	{FINDING_TEXT_AFTER_QUOTE, has_tail, NULL, NULL},
	{FINDING_COMMENT_KEPT, has_comment, shows_comment, NULL},
	{FINDING_HASH_TRUNCATES, has_bare_hash, shows_cut_hash, NULL},
	{FINDING_DOLLAR_EXPANDS, has_dollar, shows_fewer_dollars, NULL},
	{FINDING_SINGLE_QUOTE_EXPANDS, has_quoted_dollar, shows_fewer_dollars, NULL},
	{FINDING_JSON_ESCAPE, has_quote_escape, shows_end_at_escape, NULL},
	{FINDING_NEWLINE_ESCAPE, has_break_escape, shows_more_breaks, NULL},
	{FINDING_BACKSLASH_EATEN, has_backslash, shows_fewer_backslashes, NULL},
	{FINDING_EMPTY_SWALLOWS_NEXT, is_blank_value, shows_next_line, NULL},
	{FINDING_EMPTY_SWALLOWS_NEXT, follows_blank_value, shows_no_value,
		"delete the blanks behind the = of the line above"},
	{FINDING_COMMENT_SWALLOWS_NEXT, follows_open_comment, shows_no_value,
		"delete the backslash at the end of the comment above"},
	{FINDING_CR_KEPT, has_cr, shows_cr, NULL},
	{FINDING_SPACED_EQUALS, is_spaced, shows_outer_blanks_or_none, NULL},
	{FINDING_OUTER_BLANKS, has_outer_blanks, shows_outer_blanks, NULL},
	{FINDING_OUTER_BLANKS, is_indented, shows_no_value, NULL},
	{FINDING_EMPTY_DROPPED, is_empty, shows_no_value, NULL},
	{FINDING_UNQUOTED_SPACE, has_inner_blank, shows_fewer_blanks, NULL},
	{FINDING_INNER_QUOTE, has_inner_quote, shows_fewer_quotes, NULL},
	{FINDING_SHELL_BYTES, has_shell_bytes, shows_fewer_shell_bytes, NULL},
	{0},
};
