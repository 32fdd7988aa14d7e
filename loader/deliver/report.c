// The text views of a resolution; report_refusal.c has that of one that is refused, report_json.c
// the one for programs.
// SPDX-License-Identifier: MIT
#include "loader/deliver/report.h"

#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/deliver/facts.h"
#include "loader/deliver/reportlog.h"
#include "loader/resolve/resolution.h"

#define KEY_COLUMN_MAX 32
#define PLACE_COLUMN_MAX 40
#define SHADOWED_MAX 1000

static bool is_terminal(void)
{
	return isatty(STDERR_FILENO);
}

// A colour's escape sequence, or nothing (https://no-color.org).
static const char *colour(FILE *out, enum diag_severity severity)
{
	static const char *const codes[] = {"\033[36m", "\033[33m", "\033[31m"};
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no_color && *no_color) ? codes[severity] : "";
}

static const char *plain(FILE *out)
{
	return *colour(out, DIAG_NOTE) ? "\033[0m" : "";
}

static const char *printable(char *out, size_t size, const char *text)
{
	return text_printable(out, size, text ? text : "");
}

static const char *ini_of(const struct resolution *resolution)
{
	return resolution->place.ini ? resolution->place.ini : "none";
}

// ---- who won

static void log_head(const struct report *report, const struct log *log)
{
	const struct resolution *resolution = report->resolution;
	struct log_line line;

	log_begin(&line, log, LOG_INFO, "resolving");
	log_text(&line, "app", resolution->bundle.app);
	log_text(&line, "root", resolution->place.root);
	log_text(&line, "ini", ini_of(resolution));
	log_text(&line, "mode", resolution->mode);
	log_text(&line, "why", resolution->mode_reason);
	log_text(&line, "phase", bundle_phase_text(resolution->phase));
	log_text(&line, "framework", resolution->framework.name);
	log_end(&line);
}

// ".env:7:1 differs, .env.local:2:1 same"
static void shadowed_text(const struct bundle_key *key, char *out, size_t size)
{
	const struct candidate *winner = bundle_winner(key);
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = winner ? 1 : 0; i < key->count && used < size; i++) {
		char origin[ORIGIN_TEXT_SIZE];

		used += (size_t)snprintf(out + used, size - used, "%s%s %s", used ? ", " : "",
			origin_text(key->candidates[i].origin, origin, sizeof(origin)),
			facts_relation(winner, &key->candidates[i]));
	}
}

static void log_key(
	const struct report *report, const struct log *log, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);
	char origin[ORIGIN_TEXT_SIZE], shadowed[SHADOWED_MAX];
	struct facts facts;
	struct log_line line;

	facts_of(report, key, winner, &facts);
	shadowed_text(key, shadowed, sizeof(shadowed));
	log_begin(
		&line, log, LOG_INFO, key->flags & BUNDLE_KEY_INHERITED ? "inherited" : "resolved");
	log_text(&line, "key", key->name);
	log_text(&line, "source", winner ? source_text(winner->origin.source) : "none");
	if (winner)
		log_text(&line, "origin", origin_text(winner->origin, origin, sizeof(origin)));
	if (facts.measured)
		log_number(&line, "length", facts.length);
	log_text(&line, "fingerprint", facts.fingerprint);
	log_text(&line, "shadowed", shadowed);
	log_end(&line);
}

static size_t widen(size_t width, size_t length, size_t most)
{
	return length > width && length <= most ? length : width;
}

size_t report_key_width(size_t width, const char *name)
{
	return widen(width, strlen(name), KEY_COLUMN_MAX);
}

static size_t widest_key(const struct bundle *bundle)
{
	size_t widest = REPORT_KEY_WIDTH;

	for (size_t i = 0; i < bundle->key_count; i++)
		widest = report_key_width(widest, bundle->keys[i].name);
	return widest;
}

static size_t widest_place(const struct bundle *bundle)
{
	size_t widest = 4;
	char origin[ORIGIN_TEXT_SIZE];

	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct candidate *winner = bundle_winner(&bundle->keys[i]);

		if (winner)
			widest = widen(widest,
				strlen(origin_text(winner->origin, origin, sizeof(origin))),
				PLACE_COLUMN_MAX);
	}
	return widest;
}

static void print_head(const struct report *report, FILE *out)
{
	const struct resolution *resolution = report->resolution;
	char why[ORIGIN_TEXT_SIZE], ini[ORIGIN_TEXT_SIZE], root[ORIGIN_TEXT_SIZE];

	(void)fprintf(out, "samekey: %s  mode %s (%s)  phase %s  ini %s  root %s\n",
		resolution->bundle.app, resolution->mode,
		printable(why, sizeof(why), resolution->mode_reason),
		bundle_phase_text(resolution->phase),
		printable(ini, sizeof(ini), ini_of(resolution)),
		printable(root, sizeof(root), resolution->place.root));
}

static void print_row(const struct report *report, FILE *out, const struct bundle_key *key,
	size_t key_width, size_t place_width)
{
	const struct candidate *winner = bundle_winner(key);
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE], shadowed[SHADOWED_MAX];
	char others[SHADOWED_MAX], bytes[FACTS_SIZE_TEXT];
	struct facts facts;

	facts_of(report, key, winner, &facts);
	shadowed_text(key, shadowed, sizeof(shadowed));
	(void)fprintf(out, "  %-*s  %-*s  %-12s  %s%s%s\n", (int)key_width, key->name,
		(int)place_width,
		winner ? printable(shown, sizeof(shown),
				 origin_text(winner->origin, origin, sizeof(origin)))
		       : "-",
		facts_size(&facts, bytes), facts.fingerprint, *shadowed ? "  over " : "",
		printable(others, sizeof(others), shadowed));
}

static void log_keys(const struct report *report, const struct log *log)
{
	const struct bundle *bundle = &report->resolution->bundle;

	log_head(report, log);
	for (size_t i = 0; i < bundle->key_count; i++)
		log_key(report, log, &bundle->keys[i]);
}

static void print_keys(const struct report *report)
{
	const struct bundle *bundle = &report->resolution->bundle;
	size_t key_width = widest_key(bundle), place_width = widest_place(bundle);

	print_head(report, stderr);
	for (size_t i = 0; i < bundle->key_count; i++)
		print_row(report, stderr, &bundle->keys[i], key_width, place_width);
}

// ---- findings

static void print_finding(FILE *out, const struct diag_item *item)
{
	char key[BUNDLE_NAME_MAX * 4], origin[ORIGIN_TEXT_SIZE], text[2048], hint[2048];

	(void)fprintf(out, "samekey: %s%s%s [%s]%s%s%s%s%s: %s\n", colour(out, item->severity),
		item->allowed ? "allowed" : diag_severity_text(item->severity), plain(out),
		item->code, *item->key ? " " : "", printable(key, sizeof(key), item->key),
		*item->origin ? " (" : "", printable(origin, sizeof(origin), item->origin),
		*item->origin ? ")" : "", printable(text, sizeof(text), item->text));
	if (*item->hint && item->severity != DIAG_NOTE)
		(void)fprintf(out, "  hint: %s\n", printable(hint, sizeof(hint), item->hint));
}

static bool is_loud(const struct diag_item *item)
{
	const struct finding_kind *kind = finding_by_code(item->code);

	return kind && kind->loud;
}

// An error that --allow let pass is shown even when quiet: a start with it must leave a trace. So
// is what was seen to be wrong behind it. A refusal tells of the errors by itself.
static bool is_shown(const struct report *report, const struct diag_item *item)
{
	if (report->key && *item->key && !text_equal(item->key, report->key))
		return false;
	if (diag_objects(item, report->strict))
		return !report->refused;
	return !report->quiet || item->allowed || is_loud(item);
}

// `reportlog` NULL: for people.
static void tell_findings(const struct report *report, struct reportlog *reportlog)
{
	const struct diag *diag = report->diag ? report->diag : report->resolution->diag;

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);

		if (!is_shown(report, item))
			continue;
		if (reportlog)
			reportlog_finding(reportlog, item);
		else
			print_finding(stderr, item);
	}
	if (diag_omitted(diag))
		(void)fprintf(stderr, "samekey: %zu more finding%s not shown\n", diag_omitted(diag),
			text_plural(diag_omitted(diag)));
	if (!diag_is_complete(diag))
		(void)fputs("samekey: out of memory, so not all findings are shown\n", stderr);
}

static void tell(const struct report *report, bool with_keys)
{
	struct reportlog reportlog;

	if (is_terminal()) {
		if (with_keys)
			print_keys(report);
		tell_findings(report, NULL);
		return;
	}
	reportlog_begin(&reportlog, report->resolution);
	if (with_keys)
		log_keys(report, &reportlog.log);
	tell_findings(report, &reportlog);
	reportlog_end(&reportlog);
}

void report_resolved(const struct report *report)
{
	tell(report, !report->quiet);
}

void report_findings(const struct report *report)
{
	tell(report, false);
}

// ---- explain

static void explain_key(const struct report *report, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);

	(void)printf("%s%s%s%s\n", key->name, key->flags & BUNDLE_KEY_SECRET ? "  secret" : "",
		key->flags & BUNDLE_KEY_REQUIRED ? "  required" : "",
		key->flags & BUNDLE_KEY_INHERITED ? "  inherited only" : "");
	if (!winner)
		(void)puts("    no source gives it");
	for (size_t i = 0; i < key->count; i++) {
		char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE], size[FACTS_SIZE_TEXT];
		const struct candidate *candidate = &key->candidates[i];
		bool wins = winner && candidate == winner;
		const char *relation = winner && !wins ? facts_relation(winner, candidate) : "";
		struct facts facts;

		facts_of(report, key, candidate, &facts);
		(void)printf("    %-6s %-11s %-32s %-*s%s%s%s%s\n", wins ? "wins" : "loses",
			source_text(candidate->origin.source),
			candidate->origin.place && *candidate->origin.place
				? printable(shown, sizeof(shown),
					  origin_text(candidate->origin, origin, sizeof(origin)))
				: "",
			*facts.fingerprint || *relation ? 12 : 0, facts_size(&facts, size),
			*facts.fingerprint || *relation ? " " : "", facts.fingerprint,
			*facts.fingerprint && *relation ? "  " : "", relation);
	}
}

void report_explain(const struct report *report, const struct bundle_key *key)
{
	const struct bundle *bundle = &report->resolution->bundle;

	if (key) {
		explain_key(report, key);
		return;
	}
	print_head(report, stdout);
	for (size_t i = 0; i < bundle->key_count; i++)
		explain_key(report, &bundle->keys[i]);
}
