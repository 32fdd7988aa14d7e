// The text views of a resolution; report_json.c has the one for programs.
// SPDX-License-Identifier: MIT
#include "loader/deliver/report.h"

#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "loader/deliver/facts.h"
#include "loader/deliver/reportlog.h"
#include "loader/resolve/resolution.h"

#include <stdarg.h>
#include <time.h>

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

// "5 s", "9 min", "3 h", "12 d".
static void age_text(uint64_t since_s, char *out, size_t size)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t now = (uint64_t)time(NULL), age = now > since_s ? now - since_s : 0;
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && age < 2 * units[i].seconds)
		i++;
	(void)snprintf(
		out, size, "%llu %s", (unsigned long long)(age / units[i].seconds), units[i].unit);
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
	if (winner && *facts.length)
		log_number(&line, "length", winner->value.length);
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
	char others[SHADOWED_MAX];
	struct facts facts;

	facts_of(report, key, winner, &facts);
	shadowed_text(key, shadowed, sizeof(shadowed));
	(void)fprintf(out, "  %-*s  %-*s  %-12s  %s%s%s\n", (int)key_width, key->name,
		(int)place_width,
		winner ? printable(shown, sizeof(shown),
				 origin_text(winner->origin, origin, sizeof(origin)))
		       : "-",
		facts.size, facts.fingerprint, *shadowed ? "  over " : "",
		printable(others, sizeof(others), shadowed));
}

void report_resolved(const struct report *report)
{
	const struct bundle *bundle = &report->resolution->bundle;
	struct reportlog reportlog;
	size_t key_width, place_width;

	if (report->quiet)
		return;
	if (!is_terminal()) {
		reportlog_begin(&reportlog, report->resolution);
		log_head(report, &reportlog.log);
		for (size_t i = 0; i < bundle->key_count; i++)
			log_key(report, &reportlog.log, &bundle->keys[i]);
		reportlog_end(&reportlog);
		return;
	}
	key_width = widest_key(bundle);
	place_width = widest_place(bundle);
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

static void log_finding(const struct log *log, const struct diag_item *item)
{
	static const enum log_level levels[] = {LOG_INFO, LOG_WARNING, LOG_ERROR};
	struct log_line line;

	log_begin(&line, log, levels[item->severity], item->allowed ? "allowed" : "finding");
	log_text(&line, "code", item->code);
	log_text(&line, "key", item->key);
	log_text(&line, "origin", item->origin);
	log_text(&line, "text", item->text);
	log_text(&line, "hint", item->severity == DIAG_NOTE ? NULL : item->hint);
	log_end(&line);
}

static bool refuses(const struct report *report, const struct diag_item *item)
{
	return item->severity == DIAG_ERROR ||
	       (report->strict && item->severity == DIAG_WARNING && !item->allowed);
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
	if (refuses(report, item))
		return !report->refused;
	return !report->quiet || item->allowed || is_loud(item);
}

void report_findings(const struct report *report)
{
	const struct diag *diag = report->diag ? report->diag : report->resolution->diag;
	struct reportlog reportlog;
	bool terminal = is_terminal();

	reportlog_begin(&reportlog, report->resolution);
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);

		if (!is_shown(report, item))
			continue;
		if (terminal)
			print_finding(stderr, item);
		else
			log_finding(&reportlog.log, item);
	}
	reportlog_end(&reportlog);
	if (diag_omitted(diag))
		(void)fprintf(stderr, "samekey: %zu more finding%s not shown\n", diag_omitted(diag),
			text_plural(diag_omitted(diag)));
}

// ---- a refusal

static void print_candidate(
	const struct report *report, const struct bundle_key *key, size_t index, int width)
{
	const struct candidate *candidate = &key->candidates[index];
	const struct resolution *resolution = report->resolution;
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE], age[32];
	uint64_t changed = resolution_changed_at(resolution, candidate->origin.place);
	struct facts facts;

	facts_of(report, key, candidate, &facts);
	(void)fprintf(stderr, "    %s %-*s  %-10s  %s",
		candidate->kind == CANDIDATE_WINNER ? "wins  " : "loses ", width,
		printable(shown, sizeof(shown),
			origin_text(candidate->origin, origin, sizeof(origin))),
		facts.size, facts.fingerprint);
	if (candidate->origin.source == SOURCE_ENV && resolution_variable(resolution, "pm_id"))
		(void)fprintf(stderr, "  kept by PM2 (pm_id %s)",
			printable(age, sizeof(age), resolution_variable(resolution, "pm_id")));
	else if (changed)
		age_text(changed, age, sizeof(age)), (void)fprintf(stderr, "  changed %s ago", age);
	(void)fputc('\n', stderr);
}

// Both sides of a disagreement.
static void print_candidates(const struct report *report, const struct diag_item *item)
{
	const struct bundle_key *key =
		*item->key ? bundle_find(&report->resolution->bundle, item->key) : NULL;
	int width = 8;

	for (size_t i = 0; key && i < key->count; i++) {
		char origin[ORIGIN_TEXT_SIZE];
		size_t length =
			strlen(origin_text(key->candidates[i].origin, origin, sizeof(origin)));

		if (length > (size_t)width && length <= PLACE_COLUMN_MAX)
			width = (int)length;
	}
	for (size_t i = 0; key && i < key->count; i++)
		print_candidate(report, key, i, width);
}

static bool is_conflict(const struct diag_item *item)
{
	return text_equal(item->code, finding_kind(FINDING_CONFLICT)->code);
}

static bool holds_environment(const struct bundle_key *key)
{
	for (size_t i = 0; i < key->count; i++)
		if (key->candidates[i].origin.source == SOURCE_ENV)
			return true;
	return false;
}

// The best source that is not the environment: that is the one which goes stale unseen.
static enum source_kind steadiest_source(const struct bundle_key *key)
{
	for (size_t i = 0; i < key->count; i++)
		if (key->candidates[i].origin.source != SOURCE_ENV)
			return key->candidates[i].origin.source;
	return SOURCE_ENV;
}

static void print_fixes(const struct report *report, const struct diag_item *item, FILE *out)
{
	const struct bundle_key *key =
		*item->key ? bundle_find(&report->resolution->bundle, item->key) : NULL;
	const char *pm_id = resolution_variable(report->resolution, "pm_id");
	const char *pm2_name = resolution_variable(report->resolution, "name");
	char hint[2048], name[2048];

	if (!is_conflict(item) || !key || key->count < 2) {
		(void)fprintf(out, "  fix  %s\n", printable(hint, sizeof(hint), item->hint));
		return;
	}
	(void)fprintf(out, "  fix  from = %s under [key %s] in samekey.ini\n",
		source_text(steadiest_source(key)), item->key);
	if (pm_id && holds_environment(key))
		(void)fprintf(out, "  or   pm2 delete %s && pm2 start ecosystem.config.js\n",
			printable(name, sizeof(name), pm2_name ? pm2_name : pm_id));
}

// What no shell takes for anything else.
#define PLAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

static void print_word(char *const *word, char *const *before, FILE *out)
{
	char shown[256];
	size_t plain;

	(void)shape_show_argument(shown, sizeof(shown), before ? *before : NULL, *word);
	plain = strspn(shown, PLAIN_CHARACTERS);
	(void)fputc(' ', out);
	if (plain && !shown[plain]) {
		(void)fputs(shown, out);
		return;
	}
	(void)fputc('\'', out);
	for (const char *at = shown; *at; at++)
		(void)fputs(*at == '\'' ? "'\\''" : (const char[]){*at, '\0'}, out);
	(void)fputc('\'', out);
}

static bool is_same(const struct diag_item *a, const struct diag_item *b)
{
	return text_equal(a->code, b->code) && text_equal(a->key, b->key);
}

// Whether --allow is a way to start: not with input that cannot be used, and not when findings
// were left out, since nothing is known of what they would take.
static bool can_be_allowed(const struct report *report)
{
	const struct diag *diag = report->resolution->diag;

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct finding_kind *kind = finding_by_code(diag_at(diag, i)->code);

		if (refuses(report, diag_at(diag, i)) &&
			(!kind || kind->exit || !finding_may_pass(kind)))
			return false;
	}
	return !diag_omitted(diag);
}

// How to start all the same: what was typed, and an --allow for each error; fewer do not help.
static void print_now(const struct report *report, FILE *out)
{
	const struct diag *diag = report->resolution->diag;
	char key[BUNDLE_NAME_MAX * 4];

	if (!report->words || !can_be_allowed(report))
		return;
	(void)fprintf(out, "  now  samekey %s", report->command ? report->command : "run");
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		bool seen = !refuses(report, item);

		for (size_t j = 0; j < i && !seen; j++)
			seen = refuses(report, diag_at(diag, j)) && is_same(diag_at(diag, j), item);
		if (!seen)
			(void)fprintf(out, " --allow %s%s%s", item->code, *item->key ? ":" : "",
				printable(key, sizeof(key), item->key));
	}
	for (char *const *word = report->words; *word; word++)
		print_word(word, word == report->words || word == report->program ? NULL : word - 1,
			out);
	(void)fputc('\n', out);
}

static void print_codes(const struct report *report, FILE *out)
{
	const struct diag *diag = report->resolution->diag;
	const char *separator = "";

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		bool seen = !refuses(report, item);

		for (size_t j = 0; j < i && !seen; j++)
			seen = refuses(report, diag_at(diag, j)) &&
			       text_equal(diag_at(diag, j)->code, item->code);
		if (seen)
			continue;
		(void)fprintf(out, "%s%s", separator, item->code);
		separator = ", ";
	}
}

// Whether the text says the origin by itself, as that of a drift does.
static bool tells_origin(const struct diag_item *item)
{
	size_t length = strlen(item->origin);
	const char *at = item->text;

	for (; length && (at = strstr(at, item->origin)); at += length)
		if (at > item->text && at[-1] == ' ' && (!at[length] || strchr(" ;", at[length])))
			return true;
	return false;
}

static void print_error(const struct report *report, const struct diag_item *item, FILE *out)
{
	char shown[ORIGIN_TEXT_SIZE], text[2048], key[BUNDLE_NAME_MAX * 4];
	bool conflict = is_conflict(item);

	(void)fprintf(out, "  %s%s%s", printable(key, sizeof(key), item->key),
		*item->key ? "  " : "",
		conflict ? "two sources disagree" : printable(text, sizeof(text), item->text));
	if (*item->origin && !conflict && !tells_origin(item))
		(void)fprintf(out, "  (%s)", printable(shown, sizeof(shown), item->origin));
	(void)fputc('\n', out);
	if (conflict)
		print_candidates(report, item);
	print_fixes(report, item, out);
}

void report_refusal(const struct report *report)
{
	const struct resolution *resolution = report->resolution;
	const struct diag *diag = resolution->diag;
	size_t errors = diag_objections(diag, report->strict);
	char app[512], program[512];

	(void)fprintf(stderr, "samekey: %s%s %s", report->stopped ? "stopped" : "refused to ",
		report->stopped   ? ""
		: report->command ? report->command
				  : "start",
		printable(app, sizeof(app), resolution->bundle.app));
	if (report->program)
		(void)fprintf(stderr, " (%s)",
			printable(program, sizeof(program), resolution->bundle.program));
	(void)fprintf(stderr, ", %zu error%s [", errors, text_plural(errors));
	print_codes(report, stderr);
	(void)fputs("]\n", stderr);
	if (!errors)
		(void)fputs("  the verifier refused it, and no --allow changes that\n", stderr);
	for (size_t i = 0; i < diag_size(diag); i++)
		if (refuses(report, diag_at(diag, i)))
			print_error(report, diag_at(diag, i), stderr);
	print_now(report, stderr);
}

// ---- explain

static void explain_key(const struct report *report, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);

	(void)printf("%s%s%s%s\n", key->name, key->flags & BUNDLE_KEY_SECRET ? "  secret" : "",
		key->flags & BUNDLE_KEY_REQUIRED ? "  required" : "",
		key->flags & BUNDLE_KEY_INHERITED ? "  inherited only" : "");
	if (!key->count)
		(void)puts("    no source gives it");
	for (size_t i = 0; i < key->count; i++) {
		char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];
		const struct candidate *candidate = &key->candidates[i];
		const char *relation;
		struct facts facts;

		facts_of(report, key, candidate, &facts);
		relation = candidate == winner ? "" : facts_relation(winner, candidate);
		(void)printf("    %-6s %-11s %-32s %-*s%s%s%s%s\n",
			candidate == winner ? "wins" : "loses",
			source_text(candidate->origin.source),
			candidate->origin.place && *candidate->origin.place
				? printable(shown, sizeof(shown),
					  origin_text(candidate->origin, origin, sizeof(origin)))
				: "",
			*facts.fingerprint || *relation ? 12 : 0, facts.size,
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
