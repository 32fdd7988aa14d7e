// A result a finding, with who reads what in its message.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_sarif.h"

#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_report.h"
#include "loader/inspect/sarif.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

static json_t *location_json(const struct lint_finding *finding)
{
	return json_pack("{s:{s:{s:o}, s:{s:i, s:i}}}", "physicalLocation", "artifactLocation",
		"uri", sarif_uri(finding->place), "region", "startLine",
		finding->line ? (int)finding->line : 1, "startColumn",
		finding->column ? (int)finding->column : 1);
}

// What is wrong, who reads what, and the hint, in one text.
static json_t *message_json(const struct lint_report *report, const struct lint_finding *finding)
{
	const struct lint *lint = report->lint;
	char text[SARIF_TEXT_SIZE], shown[SARIF_TEXT_SIZE];
	size_t weak = 0;
	size_t used = (size_t)snprintf(text, sizeof(text), "%s%s%s", finding->key,
		*finding->key ? ": " : "", finding->text);

	for (const struct lint_outcome *at = finding->outcomes; at; at = at->next) {
		struct lint_report_facts facts;
		const char *separator = "; ";

		if (!(at->loaders & lint->mask))
			continue;
		lint_report_facts(report, finding, at, &facts);
		for (size_t i = 0; i < lint->options.loader_count && used < sizeof(text); i++) {
			if (!(at->loaders & (UINT64_C(1) << i)))
				continue;
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
				separator, lint->options.loaders[i]->name);
			separator = ", ";
		}
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, ": %s%s",
				facts.text, lint_report_again(&facts, &weak));
	}
	if (used < sizeof(text))
		(void)snprintf(text + used, sizeof(text) - used, ". Fix: %s", finding->hint);
	return json_string(text_printable(shown, sizeof(shown), text));
}

static json_t *result_json(const struct lint_report *report, const struct lint_finding *finding,
	struct sarif_rules *rules)
{
	int rule = sarif_rule(rules, finding->finding);
	json_t *result = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[o]}", "ruleId",
		finding_kind(finding->finding)->code, "ruleIndex", rule, "level",
		sarif_level(finding->severity), "message", "text", message_json(report, finding),
		"locations", location_json(finding));

	if (result && lint_report_allows(report, finding) &&
		json_object_set_new(
			result, "suppressions", json_pack("[{s:s}]", "kind", "external")) < 0) {
		json_decref(result);
		return NULL;
	}
	return result;
}

json_t *lint_sarif_json(const struct lint_report *report)
{
	own_free const struct lint_finding **sorted = lint_report_sort(report->lint);
	struct sarif_rules rules = {.list = json_array()};
	json_t *results = sorted ? json_array() : NULL;

	for (size_t i = 0; sorted && sorted[i]; i++)
		dump_append(&results, result_json(report, sorted[i], &rules));
	return sarif_log(rules.list, results);
}
