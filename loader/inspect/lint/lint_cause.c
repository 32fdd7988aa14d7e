// The table of causes and their predicates. A predicate looks at bytes and shows none.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_cause.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_shows.h"
#include "loader/read/dialects/dotenv.h"

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

static bool is_closed(const struct written *item)
{
	return item->quote && !item->unterminated;
}

static bool is_plain(const struct written *item)
{
	return item->kind == WRITTEN_ASSIGNMENT && !item->quote;
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
	return item->quote == '"' && written_escape(item, "nrt");
}

static bool has_quote_escape(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->quote == '"' && written_escape(item, "\"");
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
		bool fits = ascii_is_name(c, i == 0);

		if (!fits && (!c || !strchr(others, c)))
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

static bool is_merge_mark(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return dotenv_text_is_merge_mark(item->whole.at, span_end(item->whole));
}

static bool has_bad_name(const struct lint_file *file, const struct written *item)
{
	const uint8_t *quote = item->name.at - 1;

	if (item->kind != WRITTEN_ASSIGNMENT || is_merge_mark(file, item))
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
	return is_plain(item) && has_one_of(item->value, LINT_SHOWS_BLANKS);
}

static bool has_shell_bytes(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has_one_of(item->value, LINT_SHOWS_SHELL_BYTES);
}

static bool has_inner_quote(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return is_plain(item) && has_one_of(item->value, LINT_SHOWS_QUOTES);
}

static bool has_outer_blanks(const struct lint_file *file, const struct written *item)
{
	struct span right = item->right;

	(void)file;
	return right.length &&
	       (written_is_blank(*right.at) || written_is_blank(right.at[right.length - 1]));
}

static bool is_indented(const struct lint_file *file, const struct written *item)
{
	(void)file;
	return item->kind == WRITTEN_ASSIGNMENT && written_is_blank(*item->whole.at);
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
	return item->kind == WRITTEN_JUNK && !is_merge_mark(file, item);
}

const struct lint_cause lint_cause_rows[] = {
	{FINDING_BOM_KEY, follows_bom, lint_shows_no_value, NULL},
	{FINDING_NUL, has_nul, NULL, NULL},
	{FINDING_BAD_UTF8, has_bad_bytes, NULL, NULL},
	{FINDING_LINE_OVER_64K, is_long, lint_shows_no_value, NULL},
	{FINDING_MERGE_MARK, is_merge_mark, NULL, NULL},
	{FINDING_BARE_KEY, is_bare, NULL, NULL},
	{FINDING_MALFORMED, is_junk, NULL, NULL},
	{FINDING_EXPORT_REJECTED, is_exported, lint_shows_no_value, NULL},
	{FINDING_COLON_DROPPED, has_colon, lint_shows_no_value, NULL},
	{FINDING_ODD_NAME, has_odd_name, lint_shows_no_value, NULL},
	{FINDING_BAD_NAME, has_bad_name, lint_shows_no_value, NULL},
	{FINDING_UNTERMINATED, is_unterminated, NULL, NULL},
	{FINDING_DUPLICATE_FIRST_WINS, is_duplicate, lint_shows_earlier, NULL},
	{FINDING_CMD_EXECUTES, has_value, lint_shows_command, NULL},
	{FINDING_MULTI_LINE_UNSUPPORTED, has_lines, lint_shows_one_line, NULL},
	{FINDING_QUOTES_KEPT, is_quoted, lint_shows_quote, NULL},
	{FINDING_BACKTICK, has_backtick, NULL, NULL},
	{FINDING_TEXT_AFTER_QUOTE, has_tail, NULL, NULL},
	{FINDING_COMMENT_KEPT, has_comment, lint_shows_comment, NULL},
	{FINDING_HASH_TRUNCATES, has_bare_hash, lint_shows_cut_hash, NULL},
	{FINDING_DOLLAR_EXPANDS, has_dollar, lint_shows_fewer_dollars, NULL},
	{FINDING_SINGLE_QUOTE_EXPANDS, has_quoted_dollar, lint_shows_fewer_dollars, NULL},
	{FINDING_JSON_ESCAPE, has_quote_escape, lint_shows_end_at_escape, NULL},
	{FINDING_NEWLINE_ESCAPE, has_break_escape, lint_shows_more_breaks, NULL},
	{FINDING_BACKSLASH_EATEN, has_backslash, lint_shows_fewer_backslashes, NULL},
	{FINDING_EMPTY_SWALLOWS_NEXT, is_blank_value, lint_shows_next_line, NULL},
	{FINDING_EMPTY_SWALLOWS_NEXT, follows_blank_value, lint_shows_no_value,
		"delete the blanks behind the = of the line above"},
	{FINDING_COMMENT_SWALLOWS_NEXT, follows_open_comment, lint_shows_no_value,
		"delete the backslash at the end of the comment above"},
	{FINDING_CR_KEPT, has_cr, lint_shows_cr, NULL},
	{FINDING_SPACED_EQUALS, is_spaced, lint_shows_outer_blanks_or_none, NULL},
	{FINDING_OUTER_BLANKS, has_outer_blanks, lint_shows_outer_blanks, NULL},
	{FINDING_OUTER_BLANKS, is_indented, lint_shows_no_value, NULL},
	{FINDING_EMPTY_DROPPED, is_empty, lint_shows_no_value, NULL},
	{FINDING_UNQUOTED_SPACE, has_inner_blank, lint_shows_fewer_blanks, NULL},
	{FINDING_INNER_QUOTE, has_inner_quote, lint_shows_fewer_quotes, NULL},
	{FINDING_SHELL_BYTES, has_shell_bytes, lint_shows_fewer_shell_bytes, NULL},
	{0},
};
