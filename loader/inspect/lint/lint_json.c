// Everything that programs are told: each reading with all who have it, each rewritten line with
// what it was and is.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_json.h"

#include "lib/value/dump.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_report.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

// How an outcome's effect is called in JSON.
static const char *effect_word(const struct lint_outcome *outcome)
{
	static const char *const words[] = {[LINT_VALUE] = "value",
		[LINT_ABSENT] = "unset",
		[LINT_RENAMED] = "renamed",
		[LINT_RUNS] = "runs",
		[LINT_CODE] = "code",
		[LINT_REFUSED] = "refused"};

	return words[outcome->effect];
}

static json_t *names_json(const struct lint *lint, uint64_t loaders)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lint->options.loader_count; i++)
		if (loaders & (UINT64_C(1) << i))
			dump_append(&list, json_string(lint->options.loaders[i]->name));
	return list;
}

static json_t *outcome_json(const struct lint_report *report, const struct lint_finding *finding,
	const struct lint_outcome *outcome)
{
	struct lint_report_facts facts;

	lint_report_facts(report, finding, outcome, &facts);
	return json_pack("{s:o, s:s, s:o, s:o, s:s}", "loaders",
		names_json(report->lint, outcome->loaders), "outcome", effect_word(outcome),
		"length", facts.has_length ? json_integer((json_int_t)facts.length) : json_null(),
		"fingerprint", *facts.fingerprint ? json_string(facts.fingerprint) : json_null(),
		"text", facts.text);
}

static json_t *outcomes_json(const struct lint_report *report, const struct lint_finding *finding)
{
	json_t *list = json_array();

	for (const struct lint_outcome *at = finding->outcomes; at; at = at->next)
		if (at->loaders & report->lint->mask)
			dump_append(&list, outcome_json(report, finding, at));
	return list;
}

static json_t *finding_json(const struct lint_report *report, const struct lint_finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:i, s:o, s:o, s:b, s:o}", "severity",
		diag_severity_text(finding->severity), "code", finding_kind(finding->finding)->code,
		"key", dump_shown(finding->key), "origin", dump_shown(finding->origin), "file",
		dump_shown(finding->place), "line", (int)finding->line, "column",
		(int)finding->column, "text", dump_shown(finding->text), "hint",
		dump_shown(finding->hint), "allowed", lint_report_allows(report, finding),
		"readings", outcomes_json(report, finding));
}

// What the loaders made of a line before, and what they make of it now.
static json_t *rewrite_json(const struct lint_report *report, const struct lint_finding *rewrite)
{
	const struct lint_outcome *now = lint_report_now(report, rewrite);
	struct lint_outcome everybody = now ? *now : (struct lint_outcome){0};
	uint64_t changes = 0;

	for (const struct lint_outcome *at = rewrite->outcomes; at; at = at->next)
		if (!now || !lint_alike(at, now))
			changes |= at->loaders & report->lint->mask;
	everybody.loaders = report->lint->mask;
	return json_pack("{s:o, s:o, s:o, s:i, s:i, s:o, s:o, s:o}", "key",
		dump_shown(rewrite->key), "origin", dump_shown(rewrite->origin), "file",
		dump_shown(rewrite->place), "line", (int)rewrite->line, "column",
		(int)rewrite->column, "before", outcomes_json(report, rewrite), "now",
		now ? outcome_json(report, rewrite, &everybody) : json_null(), "changes",
		names_json(report->lint, changes));
}

static json_t *loaders_json(const struct lint_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->lint->options.loader_count; i++)
		dump_append(&list,
			json_pack("{s:s, s:o}", "name", report->lint->options.loaders[i]->name,
				"why", dump_shown(report->why[i])));
	return list;
}

json_t *lint_json(const struct lint_report *report)
{
	own_free const struct lint_finding **sorted = lint_report_sort(report->lint);
	struct lint_file *const *files = report->lint->files.items;
	json_t *findings = sorted ? json_array() : NULL, *shown = json_array();
	json_t *rewritten = json_array();

	for (size_t i = 0; sorted && sorted[i]; i++)
		dump_append(&findings, finding_json(report, sorted[i]));
	for (size_t i = 0; report->rewrites && i < report->rewrites->findings.count; i++)
		dump_append(&rewritten, rewrite_json(report, lint_at(report->rewrites, i)));
	for (size_t i = 0; i < report->lint->files.count; i++)
		dump_append(&shown, dump_shown(files[i]->shown));
	return json_pack("{s:i, s:o, s:s, s:o, s:o, s:o, s:i, s:I, s:b}", "v", 1, "loaders",
		loaders_json(report), "reference", report->lint->options.reference->name, "files",
		shown, "findings", findings, "rewritten", rewritten, "fixed", (int)report->fixed,
		"omitted", (json_int_t)lint_report_omitted(report), "ok",
		lint_report_objections(report) == 0);
}
