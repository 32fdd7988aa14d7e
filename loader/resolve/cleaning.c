// A byte order mark, one newline, one carriage return, one pair of quotes; what is left of them in
// a secret is told.
// SPDX-License-Identifier: MIT
#include "loader/resolve/cleaning.h"

#include "lib/base/ascii.h"
#include "lib/base/diag.h"
#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/finding.h"
#include "lib/value/shape_type.h"
#include "lib/value/trim.h"
#include "loader/read/source.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/settings.h"

static void report_cleaned(struct diag *diag, const struct contest *contest,
	const struct contestant *contestant, struct trim_taken cleaned)
{
	char origin[ORIGIN_TEXT_SIZE];
	const struct finding_about about = {.key = contest->name,
		.origin = origin_text(contestant->found->origin, origin, sizeof(origin))};

	if (cleaned.bom)
		finding_add(
			diag, FINDING_BOM, &about, "a byte order mark at the start was removed");
	if (cleaned.newline)
		finding_add(diag, FINDING_NEWLINE_STRIPPED, &about,
			"one newline at the end was removed");
	if (cleaned.carriage_return)
		finding_add(diag, FINDING_CR_STRIPPED, &about,
			"a carriage return at the end was removed");
	if (cleaned.quotes)
		finding_add(diag, FINDING_QUOTES_STRIPPED, &about,
			"a literal pair of quotes around the value was removed");
}

// A secret that a pair of quotes or an empty line became part of.
static void report_left(struct diag *diag, const struct contest *contest,
	const struct contestant *contestant, bool keep_quotes)
{
	const struct found *found = contestant->found;
	const uint8_t *bytes = secret_bytes(contestant->value);
	size_t length = contestant->value.length;
	char origin[ORIGIN_TEXT_SIZE];
	const struct finding_about about = {
		.key = contest->name, .origin = origin_text(found->origin, origin, sizeof(origin))};

	if (!contest->secret || length < 2)
		return;
	if (found->origin.source == SOURCE_DOTENV && !keep_quotes &&
		bytes[0] == bytes[length - 1] && (bytes[0] == '"' || bytes[0] == '\''))
		finding_add(diag, FINDING_QUOTES_LEFT, &about,
			"a literal pair of quotes is part of the value");
	if (found->origin.source != SOURCE_DOTENV && found->file && bytes[length - 1] == '\n' &&
		!encoding_is_pem(contestant->value))
		finding_add(
			diag, FINDING_NEWLINE_LEFT, &about, "the value still ends in a newline");
}

// Quotes that no loader takes for such, around any value.
static void report_curly(struct diag *diag, const struct contest *contest,
	const struct contestant *contestant, bool keep_quotes)
{
	static const char *const pairs[][2] = {
		{"\u201C", "\u201D"}, // "..."
		{"\u2018", "\u2019"}, // '...'
	};
	const size_t size = strlen(pairs[0][0]);
	const uint8_t *bytes = secret_bytes(contestant->value);
	size_t length = contestant->value.length;
	char origin[ORIGIN_TEXT_SIZE];

	if (keep_quotes || length < 2 * size)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (memcmp(bytes, pairs[i][0], size) == 0 &&
			memcmp(bytes + length - size, pairs[i][1], size) == 0)
			finding_add(diag, FINDING_CURLY_QUOTES,
				&(struct finding_about){.key = contest->name,
					.origin = origin_text(
						contestant->found->origin, origin, sizeof(origin))},
				"a pair of typographic quotes is part of the value");
}

// What a program that decodes text leaves of bytes that are none.
static void report_replaced(
	struct diag *diag, const struct contest *contest, const struct contestant *contestant)
{
	static const char replaced[] = "\uFFFD";
	struct secret value = contestant->value;
	char origin[ORIGIN_TEXT_SIZE];

	if (value.length &&
		memmem(secret_bytes(value), value.length, replaced, sizeof(replaced) - 1))
		finding_add(diag, FINDING_REPLACED_BYTES,
			&(struct finding_about){.key = contest->name,
				.origin = origin_text(
					contestant->found->origin, origin, sizeof(origin))},
			"the value holds U+FFFD in the place of bytes that somebody could not "
			"read");
}

// Whether one character that is white space or is not seen stands in these bytes alone.
static bool is_blank(const uint8_t *bytes, size_t size)
{
	static const char *const wide[] = {
		"\u00A0", "\u00AD", "\u1680", "\u205F", "\u2060", "\u3000", "\uFEFF"};

	if (size == 1)
		return ascii_is_space(*bytes);
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (strlen(wide[i]) == size && memcmp(bytes, wide[i], size) == 0)
			return true;
	// U+2000 to U+200F, U+2028 to U+202F
	return size == 3 && bytes[0] == 0xE2 && bytes[1] == 0x80 &&
	       (bytes[2] <= 0x8F || (bytes[2] >= 0xA8 && bytes[2] <= 0xAF));
}

static bool is_visible(uint8_t byte)
{
	return byte > ' ' && byte < 0x7F;
}

// White space around a secret, which many take off and some do not.
static void report_blanks(
	struct diag *diag, const struct contest *contest, const struct contestant *contestant)
{
	const struct found *found = contestant->found;
	const uint8_t *bytes = secret_bytes(contestant->value);
	size_t length = contestant->value.length;
	bool begins = false, ends = false;
	char origin[ORIGIN_TEXT_SIZE];

	if (is_visible(bytes[0]) && is_visible(bytes[length - 1]))
		return; // almost all
	for (size_t size = 1; size <= 3 && size < length; size++) {
		begins |= is_blank(bytes, size);
		ends |= is_blank(bytes + length - size, size);
	}
	// told as newline-left, or as what was not taken off an inherited value
	if (found->origin.source != SOURCE_DOTENV &&
		((bytes[length - 1] == '\n' && found->file) ||
			(bytes[length - 1] == '\r' && contest->inherited)))
		ends = false;
	if (!begins && !ends)
		return;
	finding_add(diag, FINDING_BLANKS_LEFT,
		&(struct finding_about){.key = contest->name,
			.origin = origin_text(found->origin, origin, sizeof(origin))},
		"the value %s with a blank",
		begins && ends ? "begins and ends"
		: begins       ? "begins"
			       : "ends");
}

// A line of an env file where the value alone belongs.
static void report_name(
	struct diag *diag, const struct contest *contest, const struct contestant *contestant)
{
	size_t length = strlen(contest->name);
	char origin[ORIGIN_TEXT_SIZE];

	if (contestant->value.length <= length ||
		memcmp(secret_bytes(contestant->value), contest->name, length) != 0 ||
		secret_bytes(contestant->value)[length] != '=')
		return;
	finding_add(diag, FINDING_NAME_LEFT,
		&(struct finding_about){.key = contest->name,
			.origin = origin_text(contestant->found->origin, origin, sizeof(origin))},
		"the value begins with %s=", contest->name);
}

// What is part of a secret, and not to everybody. Inside JSON and PEM blanks mean nothing.
static void report_unlike_text(
	struct diag *diag, const struct contest *contest, const struct contestant *contestant)
{
	struct secret value = contestant->value;
	char origin[ORIGIN_TEXT_SIZE];

	if (!contest->secret || !value.length)
		return;
	if (!(contest->rule && contest->rule->type == SHAPE_JSON) && !encoding_is_pem(value))
		report_blanks(diag, contest, contestant);
	report_name(diag, contest, contestant);
	if (text_utf8_error(secret_bytes(value), value.length) != value.length)
		finding_add(diag, FINDING_NOT_UTF8,
			&(struct finding_about){.key = contest->name,
				.origin = origin_text(
					contestant->found->origin, origin, sizeof(origin))},
			"the value is no text in UTF-8");
}

// What a value from outside an env file brings along that is not part of it.
static void clean(struct diag *diag, const struct contest *contest, struct contestant *contestant)
{
	const struct found *found = contestant->found;
	const struct settings_key *rule = contest->rule;
	struct trim_taken cleaned;
	bool keep_quotes =
		rule &&
		(rule->quotes == SETTINGS_QUOTES_KEEP ||
			(rule->quotes == SETTINGS_QUOTES_UNSET && rule->type == SHAPE_JSON));

	contestant->value = found->value;
	report_replaced(diag, contest, contestant);
	if (found->origin.source == SOURCE_DOTENV)
		report_left(diag, contest, contestant, keep_quotes);
	if (found->origin.source == SOURCE_DOTENV || found->origin.source == SOURCE_DEFAULT) {
		report_curly(diag, contest, contestant, keep_quotes);
		return;
	}
	contestant->value = trim_value(found->value,
		(struct trim_rules){.file = found->file != NULL, .quotes = !keep_quotes}, &cleaned);
	report_curly(diag, contest, contestant, keep_quotes);
	if (!contest->inherited) {
		report_cleaned(diag, contest, contestant, cleaned);
		report_left(diag, contest, contestant, keep_quotes);
		return;
	}
	contestant->value = found->value; // the app gets it as it is
	if (cleaned.quotes || cleaned.carriage_return)
		finding_add(diag, FINDING_NOT_CLEANED,
			&(struct finding_about){.key = contest->name, .origin = "env"},
			cleaned.quotes ? "a literal pair of quotes stands around the value"
				       : "a carriage return ends the value");
}

void cleaning_do(struct diag *diag, const struct contest *contest, struct contestant *contestant)
{
	clean(diag, contest, contestant);
	report_unlike_text(diag, contest, contestant);
}
