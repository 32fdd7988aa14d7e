// Why nothing is started: each error with what disagrees and what mends it, and how to start now.
// SPDX-License-Identifier: MIT
#include "loader/deliver/report.h"

#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/deliver/facts.h"
#include "loader/deliver/reportlog.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <time.h>

#define ORIGIN_COLUMN_MAX 40

static const char no_way[] = "the verifier refused it, and no --allow changes that";

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

static void print_candidate(const struct report *report, const struct bundle_key *key, size_t index,
	int width, FILE *out)
{
	const struct candidate *candidate = &key->candidates[index];
	const struct resolution *resolution = report->resolution;
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE], age[32];
	char size[FACTS_SIZE_TEXT];
	uint64_t changed = resolution_changed_at(resolution, candidate->origin.place);
	struct facts facts;

	facts_of(report, key, candidate, &facts);
	(void)fprintf(out, "    %s %-*s  %-10s  %s",
		candidate->kind == CANDIDATE_WINNER ? "wins  " : "loses ", width,
		text_printable(shown, sizeof(shown),
			origin_text(candidate->origin, origin, sizeof(origin))),
		facts_size(&facts, size), facts.fingerprint);
	if (candidate->origin.source == SOURCE_ENV && resolution_variable(resolution, "pm_id"))
		(void)fprintf(out, "  kept by PM2 (pm_id %s)",
			text_printable(age, sizeof(age), resolution_variable(resolution, "pm_id")));
	else if (changed)
		age_text(changed, age, sizeof(age)), (void)fprintf(out, "  changed %s ago", age);
	(void)fputc('\n', out);
}

// Both sides of a disagreement.
static void print_candidates(const struct report *report, const struct diag_item *item, FILE *out)
{
	const struct bundle_key *key =
		*item->key ? bundle_find(&report->resolution->bundle, item->key) : NULL;
	int width = 8;

	for (size_t i = 0; key && i < key->count; i++) {
		char origin[ORIGIN_TEXT_SIZE];
		size_t length =
			strlen(origin_text(key->candidates[i].origin, origin, sizeof(origin)));

		if (length > (size_t)width && length <= ORIGIN_COLUMN_MAX)
			width = (int)length;
	}
	for (size_t i = 0; key && i < key->count; i++)
		print_candidate(report, key, i, width, out);
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

// Whether from = may name the candidate's source, and there is a value then.
static bool can_give(const struct resolution *resolution, const struct candidate *candidate)
{
	const struct setting_list *order = &resolution->settings->order;

	for (size_t i = 0; candidate->value.length && i < order->count; i++)
		if (text_equal(order->items[i], source_text(candidate->origin.source)))
			return true;
	return false;
}

// The best source that is not the environment: that is the one which goes stale unseen.
static enum source_kind steadiest_source(
	const struct resolution *resolution, const struct bundle_key *key)
{
	for (size_t i = 0; i < key->count; i++)
		if (key->candidates[i].origin.source != SOURCE_ENV &&
			can_give(resolution, &key->candidates[i]))
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
		(void)fprintf(out, "  fix  %s\n", text_printable(hint, sizeof(hint), item->hint));
		return;
	}
	(void)fprintf(out, "  fix  from = %s under [key %s] in samekey.ini\n",
		source_text(steadiest_source(report->resolution, key)), item->key);
	if (pm_id && holds_environment(key))
		(void)fprintf(out, "  or   pm2 delete %s && pm2 start ecosystem.config.js\n",
			text_printable(name, sizeof(name), pm2_name ? pm2_name : pm_id));
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

		if (diag_objects(diag_at(diag, i), report->strict) &&
			(!kind || kind->exit || !finding_may_pass(kind)))
			return false;
	}
	return !diag_omitted(diag);
}

// Each error once, as --allow takes it; fewer do not help.
static void print_allowed(
	const struct report *report, const char *before, const char *between, FILE *out)
{
	const struct diag *diag = report->resolution->diag;
	char key[BUNDLE_NAME_MAX * 4];

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		bool seen = !diag_objects(item, report->strict);

		for (size_t j = 0; j < i && !seen; j++)
			seen = diag_objects(diag_at(diag, j), report->strict) &&
			       is_same(diag_at(diag, j), item);
		if (seen)
			continue;
		(void)fprintf(out, "%s%s%s%s", before, item->code, *item->key ? ":" : "",
			text_printable(key, sizeof(key), item->key));
		before = between;
	}
}

// How to start all the same: what was typed, or the variable that a start inherits.
static void print_now(const struct report *report, const char *before, const char *after, FILE *out)
{
	if (!report->words || !can_be_allowed(report) ||
		!diag_objections(report->resolution->diag, report->strict))
		return;
	(void)fputs(before, out);
	if (report->by_itself) {
		print_allowed(report, "SAMEKEY_ALLOW=", ",", out);
		(void)fprintf(out, " in the environment of the start%s", after);
		return;
	}
	(void)fprintf(out, "samekey %s", report->command ? report->command : "run");
	print_allowed(report, " --allow ", " --allow ", out);
	for (char *const *word = report->words; *word; word++)
		print_word(word, word == report->words || word == report->program ? NULL : word - 1,
			out);
	(void)fputs(after, out);
}

static void print_codes(const struct report *report, FILE *out)
{
	const struct diag *diag = report->resolution->diag;
	const char *separator = "";

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		bool seen = !diag_objects(item, report->strict);

		for (size_t j = 0; j < i && !seen; j++)
			seen = diag_objects(diag_at(diag, j), report->strict) &&
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

	(void)fprintf(out, "  %s%s%s", text_printable(key, sizeof(key), item->key),
		*item->key ? "  " : "",
		conflict ? "two sources disagree" : text_printable(text, sizeof(text), item->text));
	if (*item->origin && !conflict && !tells_origin(item))
		(void)fprintf(out, "  (%s)", text_printable(shown, sizeof(shown), item->origin));
	(void)fputc('\n', out);
	if (conflict)
		print_candidates(report, item, out);
	print_fixes(report, item, out);
}

static void print_head(const struct report *report, FILE *out)
{
	const struct resolution *resolution = report->resolution;
	size_t errors = diag_objections(resolution->diag, report->strict);
	char app[512], program[512];

	(void)fprintf(out, "%s%s %s", report->stopped ? "stopped" : "refused to ",
		report->stopped                         ? ""
		: report->command && !report->by_itself ? report->command
							: "start",
		text_printable(app, sizeof(app), resolution->bundle.app));
	if (report->program)
		(void)fprintf(out, " (%s)",
			text_printable(program, sizeof(program), resolution->bundle.program));
	(void)fprintf(out, ", %zu error%s [", errors, text_plural(errors));
	print_codes(report, out);
	(void)fputc(']', out);
}

static void print_refusal(const struct report *report, FILE *out)
{
	const struct diag *diag = report->resolution->diag;

	(void)fputs("samekey: ", out);
	print_head(report, out);
	(void)fputc('\n', out);
	if (!diag_objections(diag, report->strict))
		(void)fprintf(out, "  %s\n", no_way);
	for (size_t i = 0; i < diag_size(diag); i++)
		if (diag_objects(diag_at(diag, i), report->strict))
			print_error(report, diag_at(diag, i), out);
	print_now(report, "  now  ", "\n", out);
}

// ---- where no person reads it first

// Each line with its priority, so that `journalctl -p err` shows the whole.
static void print_ranked(const struct report *report)
{
	own_free char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	char *rest = NULL;

	if (out)
		print_refusal(report, out);
	if (!out || fclose(out) != 0) {
		print_refusal(report, stderr);
		return;
	}
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		(void)fprintf(stderr, "<3>%s\n", line);
}

static void log_refusal(const struct report *report, struct reportlog *reportlog)
{
	const struct diag *diag = report->resolution->diag;
	own_free char *head = NULL;
	size_t length;
	FILE *out = open_memstream(&head, &length);
	struct log_line line;

	if (out) {
		print_head(report, out);
		(void)fputc('\0', out);
		print_now(report, "", "", out);
	}
	log_begin(&line, &reportlog->log, LOG_ERROR, "refused");
	log_text(&line, "app", report->resolution->bundle.app);
	if (out && fclose(out) == 0) {
		log_text(&line, "text", head);
		log_text(&line, "hint",
			diag_objections(diag, report->strict) ? head + strlen(head) + 1 : no_way);
	}
	log_end(&line);
	for (size_t i = 0; i < diag_size(diag); i++)
		if (diag_objects(diag_at(diag, i), report->strict))
			reportlog_finding(reportlog, diag_at(diag, i));
}

void report_refusal(const struct report *report)
{
	struct reportlog reportlog;

	if (isatty(STDERR_FILENO)) {
		print_refusal(report, stderr);
		return;
	}
	reportlog_begin(&reportlog, report->resolution);
	if (reportlog.log.format == LOG_JSON)
		log_refusal(report, &reportlog);
	else if (reportlog.log.ranked)
		print_ranked(report);
	else
		print_refusal(report, stderr);
	reportlog_end(&reportlog);
}
