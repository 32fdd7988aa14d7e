// One place decides what may be shown of a value; every view is made from it, the one for people
// here.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_report.h"

#include "lib/base/setting.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "lib/value/shape.h"
#include "lib/value/strength.h"
#include "loader/inspect/lint/lint.h"
#include "loader/read/dialects/dialect.h"
#include "loader/resolve/settings.h"

#include <errno.h>

#define NAMES_SIZE 1200 // of all dialects, with commas
#define SHOWN_SIZE 4096

static struct secret secret_of(const struct lint_outcome *outcome)
{
	return secret_view(outcome->value.at, outcome->value.length);
}

// samekey.ini says whether a key is a secret, else its name or any of the readings.
static bool is_secret(const struct lint_report *report, const struct lint_finding *finding)
{
	const struct settings *settings = report->settings;

	for (size_t i = 0; settings && i < settings->key_count; i++)
		if (text_equal(settings->keys[i]->name, finding->key) &&
			settings->keys[i]->secret != SETTING_UNSET)
			return settings->keys[i]->secret == SETTING_YES;
	for (const struct lint_outcome *at = finding->outcomes; at; at = at->next)
		if (at->effect == LINT_VALUE && shape_looks_secret(finding->key, secret_of(at)))
			return true;
	return !*finding->key;
}

static void value_facts(const struct lint_report *report, const struct lint_finding *finding,
	const struct lint_outcome *outcome, struct lint_report_facts *facts)
{
	struct secret value = secret_of(outcome);
	bool weak = strength_is_weak(value);

	if (value.length && weak && is_secret(report, finding)) {
		(void)snprintf(facts->fingerprint, sizeof(facts->fingerprint), "weak");
		(void)snprintf(facts->text, sizeof(facts->text), "a weak value");
		return;
	}
	facts->has_length = true;
	facts->length = value.length;
	if (!weak)
		fingerprint_text(report->fingerprints, value, facts->fingerprint);
	if (value.length)
		(void)snprintf(facts->text, sizeof(facts->text), "%zu byte%s%s%s", value.length,
			text_plural(value.length), weak ? "" : " ", facts->fingerprint);
	else
		(void)snprintf(facts->text, sizeof(facts->text), "empty");
}

void lint_report_facts(const struct lint_report *report, const struct lint_finding *finding,
	const struct lint_outcome *outcome, struct lint_report_facts *ret_facts)
{
	static const char *const texts[] = {
		[LINT_ABSENT] = "not set",
		[LINT_RENAMED] = "sets another name",
		[LINT_RUNS] = "runs it as a command",
		[LINT_CODE] = "runs a command for the value",
		[LINT_REFUSED] = "refuses the file",
	};
	struct lint_report_facts facts = {0};

	if (outcome->effect == LINT_VALUE)
		value_facts(report, finding, outcome, &facts);
	else
		(void)snprintf(facts.text, sizeof(facts.text), "%s%s%s%s", texts[outcome->effect],
			outcome->text ? " (" : "", outcome->text ? outcome->text : "",
			outcome->text ? ")" : "");
	*ret_facts = facts;
}

bool lint_report_allows(const struct lint_report *report, const struct lint_finding *finding)
{
	return bundle_allows(report->allowed, report->allowed_count,
		finding_kind(finding->finding)->code, finding->key);
}

size_t lint_report_objections(const struct lint_report *report)
{
	const struct lint *lint = report->lint;
	size_t objections =
		lint->counts[DIAG_ERROR] + (report->strict ? lint->counts[DIAG_WARNING] : 0);
	const struct lint_finding *finding;

	for (size_t i = 0; (finding = lint_at(lint, i)); i++) {
		bool counts = finding->severity == DIAG_ERROR ||
			      (report->strict && finding->severity == DIAG_WARNING);

		objections -= counts && lint_report_allows(report, finding);
	}
	return objections;
}

size_t lint_report_omitted(const struct lint_report *report)
{
	size_t all = 0;

	for (size_t i = 0; i < DIAG_SEVERITIES; i++)
		all += report->lint->counts[i];
	return all - report->lint->findings.count;
}

// ---- order

static size_t rank_of(const struct lint *lint, const struct lint_file *file)
{
	struct lint_file *const *files = lint->files.items;
	size_t i = 0;

	while (i < lint->files.count && files[i] != file)
		i++;
	return i;
}

static int by_place(const void *a, const void *b, void *user)
{
	const struct lint_finding *x = *(const struct lint_finding *const *)a;
	const struct lint_finding *y = *(const struct lint_finding *const *)b;
	size_t rank_x = rank_of(user, x->file), rank_y = rank_of(user, y->file);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x < y ? -1 : x > y; // they lie in the order they were made
}

const struct lint_finding **lint_report_sort(const struct lint *lint)
{
	size_t count = lint->findings.count;
	const struct lint_finding **sorted = calloc(count + 1, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sorted[i] = lint_at(lint, i);
	if (count)
		qsort_r(sorted, count, sizeof(*sorted), by_place, (void *)(uintptr_t)lint);
	return sorted;
}

// ---- text

// "next, vite": the loaders in question.
static const char *names_of(const struct lint *lint, uint64_t loaders, char out[static NAMES_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < lint->options.loader_count && used < NAMES_SIZE; i++)
		if (loaders & (UINT64_C(1) << i))
			used += (size_t)snprintf(out + used, NAMES_SIZE - used, "%s%s",
				used ? ", " : "", lint->options.loaders[i]->name);
	return out;
}

// Weak values look alike, so one behind another is marked.
const char *lint_report_again(const struct lint_report_facts *facts, size_t *weak)
{
	return text_equal(facts->fingerprint, "weak") && (*weak)++ ? " (another one)" : "";
}

// Each outcome and those who have it: "5 bytes: docker, podman".
static void print_outcomes(const struct lint_report *report, const struct lint_finding *finding)
{
	char names[NAMES_SIZE];
	size_t weak = 0;

	for (const struct lint_outcome *at = finding->outcomes; at; at = at->next) {
		struct lint_report_facts facts;

		if (!(at->loaders & report->lint->mask))
			continue;
		lint_report_facts(report, finding, at, &facts);
		(void)printf("    %s%s: %s\n", facts.text, lint_report_again(&facts, &weak),
			names_of(report->lint, at->loaders, names));
	}
}

static void print_head(const struct lint_report *report, const struct lint_finding *finding)
{
	char origin[SHOWN_SIZE], key[1024], text[1024];
	bool allowed = lint_report_allows(report, finding);

	(void)printf("%s: %s: %s%s%s [%s]\n",
		text_printable(origin, sizeof(origin), finding->origin),
		allowed ? "allowed" : diag_severity_text(finding->severity),
		text_printable(key, sizeof(key), finding->key), *finding->key ? ": " : "",
		text_printable(text, sizeof(text), finding->text),
		finding_kind(finding->finding)->code);
}

static bool is_shown(const struct lint_report *report, const struct lint_finding *finding)
{
	return !report->quiet || finding->severity == DIAG_ERROR ||
	       (report->strict && finding->severity == DIAG_WARNING);
}

// Findings with the same readings stand together; readings and equal hints are shown once.
static size_t print_together(
	const struct lint_report *report, const struct lint_finding *const *findings)
{
	const char *hint = NULL;
	char shown[1024];
	size_t count = 1;

	while (findings[0]->outcomes && findings[count] &&
		findings[count]->outcomes == findings[0]->outcomes)
		count++;
	for (size_t i = 0; i < count; i++)
		if (is_shown(report, findings[i]))
			print_head(report, findings[i]);
	if (is_shown(report, findings[0]))
		print_outcomes(report, findings[0]);
	for (size_t i = 0; i < count; i++) {
		if (!is_shown(report, findings[i]) || text_equal(hint, findings[i]->hint))
			continue;
		hint = findings[i]->hint;
		(void)printf("  hint: %s\n", text_printable(shown, sizeof(shown), hint));
	}
	return count;
}

const struct lint_outcome *lint_report_now(
	const struct lint_report *report, const struct lint_finding *rewrite)
{
	return lint_outcome_of(rewrite->outcomes, report->rewrites->reference);
}

// One line that was rewritten, and whose value that changes.
static void print_rewrite(const struct lint_report *report, const struct lint_finding *rewrite)
{
	const struct lint_outcome *now = lint_report_now(report, rewrite);
	char origin[SHOWN_SIZE], key[1024], names[NAMES_SIZE];
	struct lint_report_facts facts = {.text = "the line is gone, a later one counts"};
	size_t weak = 0;

	if (now)
		lint_report_facts(report, rewrite, now, &facts);
	(void)printf("%s: rewritten: %s%s%s%s\n",
		text_printable(origin, sizeof(origin), rewrite->origin),
		text_printable(key, sizeof(key), rewrite->key), *rewrite->key ? ": " : "",
		facts.text, now ? ": everybody, from now on" : "");
	for (const struct lint_outcome *at = rewrite->outcomes; at; at = at->next) {
		if (!(at->loaders & report->rewrites->mask))
			continue;
		lint_report_facts(report, rewrite, at, &facts);
		(void)printf("    %s%s: %s, %s\n", facts.text, lint_report_again(&facts, &weak),
			names_of(report->rewrites, at->loaders, names),
			now && lint_alike(at, now) ? "as before" : "until now");
	}
}

// The findings by severity, without those that --allow lets pass.
// Returns: how many it lets pass.
static size_t count_findings(
	const struct lint_report *report, size_t ret_counts[static DIAG_SEVERITIES])
{
	const struct lint_finding *finding;
	size_t allowed = 0;

	memcpy(ret_counts, report->lint->counts, sizeof(report->lint->counts));
	for (size_t i = 0; (finding = lint_at(report->lint, i)); i++) {
		if (!lint_report_allows(report, finding))
			continue;
		ret_counts[finding->severity]--;
		allowed++;
	}
	return allowed;
}

static void print_sum(const struct lint_report *report)
{
	const struct lint *lint = report->lint;
	size_t counts[DIAG_SEVERITIES], allowed = count_findings(report, counts);
	size_t errors = counts[DIAG_ERROR], warnings = counts[DIAG_WARNING],
	       notes = counts[DIAG_NOTE], files = lint->files.count;
	size_t omitted = lint_report_omitted(report);

	if (omitted)
		(void)printf("%zu more findings not shown\n", omitted);
	(void)printf("%zu file%s, %zu loader%s: ", files, text_plural(files),
		lint->options.loader_count, text_plural(lint->options.loader_count));
	if (report->fixed)
		(void)printf(
			"%zu assignment%s rewritten, ", report->fixed, text_plural(report->fixed));
	(void)printf("%zu error%s, %zu warning%s, %zu note%s", errors, text_plural(errors),
		warnings, text_plural(warnings), notes, text_plural(notes));
	if (allowed)
		(void)printf(", %zu allowed", allowed);
	(void)putchar('\n');
}

int lint_report_text(const struct lint_report *report)
{
	own_free const struct lint_finding **sorted = lint_report_sort(report->lint);

	for (size_t i = 0; sorted && report->rewrites && !report->quiet &&
			   i < report->rewrites->findings.count;
		i++)
		print_rewrite(report, lint_at(report->rewrites, i));
	for (size_t i = 0; sorted && sorted[i];)
		i += print_together(report, sorted + i);
	if (sorted && !report->quiet)
		print_sum(report);
	return sorted ? 0 : -ENOMEM;
}
