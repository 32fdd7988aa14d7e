// A result a finding, with who reads what in its message.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_sarif.h"

#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_report.h"
#include "loader/inspect/sarif.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

// What is wrong, who reads what, and the hint, in one text.
static void compose(const struct lint_report *report, const struct lint_finding *finding,
	char text[static SARIF_TEXT_SIZE])
{
	const struct lint *lint = report->lint;
	size_t weak = 0;
	size_t used = (size_t)snprintf(text, SARIF_TEXT_SIZE, "%s%s%s", finding->key,
		*finding->key ? ": " : "", finding->text);

	for (const struct lint_outcome *at = finding->outcomes; at; at = at->next) {
		struct lint_report_facts facts;
		const char *separator = "; ";

		if (!(at->loaders & lint->mask))
			continue;
		lint_report_facts(report, finding, at, &facts);
		for (size_t i = 0; i < lint->options.loader_count && used < SARIF_TEXT_SIZE; i++) {
			if (!(at->loaders & (UINT64_C(1) << i)))
				continue;
			used += (size_t)snprintf(text + used, SARIF_TEXT_SIZE - used, "%s%s",
				separator, lint->options.loaders[i]->name);
			separator = ", ";
		}
		if (used < SARIF_TEXT_SIZE)
			used += (size_t)snprintf(text + used, SARIF_TEXT_SIZE - used, ": %s%s",
				facts.text, lint_report_again(&facts, &weak));
	}
	if (used < SARIF_TEXT_SIZE)
		(void)snprintf(text + used, SARIF_TEXT_SIZE - used, ". Fix: %s", finding->hint);
}

static void add(
	struct sarif *sarif, const struct lint_report *report, const struct lint_finding *finding)
{
	char text[SARIF_TEXT_SIZE];

	compose(report, finding, text);
	sarif_add(sarif, &(struct sarif_result){.finding = finding->finding,
				 .severity = finding->severity,
				 .text = text,
				 .path = finding->place,
				 .region = json_pack("{s:i, s:i}", "startLine",
					 finding->line ? (int)finding->line : 1, "startColumn",
					 finding->column ? (int)finding->column : 1),
				 .accepted = lint_report_allows(report, finding)});
}

json_t *lint_sarif_json(const struct lint_report *report)
{
	own_free const struct lint_finding **sorted = lint_report_sort(report->lint);
	struct sarif sarif = {.rules = json_array(), .results = sorted ? json_array() : NULL};

	for (size_t i = 0; sorted && sorted[i]; i++)
		add(&sarif, report, sorted[i]);
	return sarif_log(&sarif);
}
