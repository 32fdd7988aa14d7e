// Objects after the schema's names. Paths become URIs relative to the current folder.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint_sarif.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "loader/inspect/lint.h"
#include "loader/inspect/lint_report.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define MESSAGE_SIZE 4096

// The rules in use, and where each stands among them.
struct rules {
	json_t *list;
	int index[FINDINGS]; // from 1; 0: not there yet
};

static const char *level_of(enum diag_severity severity)
{
	static const char *const levels[] = {"note", "warning", "error"};

	return levels[severity];
}

static void push(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) == 0)
		return;
	json_decref(*list);
	*list = NULL;
}

static int rule_of(struct rules *rules, enum finding finding)
{
	const struct finding_kind *kind = finding_kind(finding);

	if (rules->index[finding])
		return rules->index[finding] - 1;
	push(&rules->list, json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s+}, s:{s:s}}", "id", kind->code,
				   "shortDescription", "text", kind->title, "fullDescription",
				   "text", kind->why, "help", "text", "fix: ", kind->fix,
				   "defaultConfiguration", "level", level_of(kind->severity)));
	rules->index[finding] = (int)json_array_size(rules->list);
	return rules->index[finding] - 1;
}

// A path as a URI reference (RFC 3986).
static json_t *uri_json(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	char uri[MESSAGE_SIZE * 3 + 1];
	size_t used = 0;

	if (text_starts(path, "./"))
		path += 2;
	for (; *path && used + 4 < sizeof(uri); path++)
		used += (size_t)(strchr(plain, *path)
					 ? snprintf(uri + used, 2, "%c", *path)
					 : snprintf(uri + used, 4, "%%%02X", (unsigned char)*path));
	uri[used] = '\0';
	return json_string(uri);
}

static json_t *location_json(const struct lint_finding *finding)
{
	return json_pack("{s:{s:{s:o}, s:{s:i, s:i}}}", "physicalLocation", "artifactLocation",
		"uri", uri_json(finding->place), "region", "startLine",
		finding->line ? (int)finding->line : 1, "startColumn",
		finding->column ? (int)finding->column : 1);
}

// What is wrong, who reads what, and the hint, in one text.
static json_t *message_json(const struct lint_report *report, const struct lint_finding *finding)
{
	const struct lint *lint = report->lint;
	char text[MESSAGE_SIZE], shown[MESSAGE_SIZE];
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

static json_t *result_json(
	const struct lint_report *report, const struct lint_finding *finding, struct rules *rules)
{
	int rule = rule_of(rules, finding->finding);
	json_t *result = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[o]}", "ruleId",
		finding_kind(finding->finding)->code, "ruleIndex", rule, "level",
		level_of(finding->severity), "message", "text", message_json(report, finding),
		"locations", location_json(finding));

	if (result && lint_report_allows(report, finding) &&
		json_object_set_new(
			result, "suppressions", json_pack("[{s:s}]", "kind", "external")) < 0) {
		json_decref(result);
		return NULL;
	}
	return result;
}

// Takes the rules and what the run holds besides its tool.
static json_t *log_json(json_t *rules, const char *name, json_t *list)
{
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema", SCHEMA,
		"version", "2.1.0", "runs", "tool", "driver", "name", "samekey", "version",
		SAMEKEY_VERSION, "rules", rules, "columnKind", "unicodeCodePoints", name, list);
}

json_t *lint_sarif_json(const struct lint_report *report)
{
	own_free const struct lint_finding **sorted = lint_report_sort(report->lint);
	struct rules rules = {.list = json_array()};
	json_t *results = sorted ? json_array() : NULL;

	for (size_t i = 0; sorted && sorted[i]; i++)
		push(&results, result_json(report, sorted[i], &rules));
	return log_json(rules.list, "results", results);
}

json_t *lint_sarif_failure(const struct err *err, int exit)
{
	char text[MESSAGE_SIZE], shown[MESSAGE_SIZE];
	json_t *invocations, *log, *run;

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", err->where, *err->where ? ": " : "",
		err->what, *err->hint ? ". Fix: " : "", err->hint);
	invocations = json_pack("[{s:b, s:i, s:[{s:s, s:{s:s}}]}]", "executionSuccessful", 0,
		"exitCode", exit, "toolExecutionNotifications", "level", "error", "message", "text",
		text_printable(shown, sizeof(shown), text));
	log = log_json(json_array(), "invocations", invocations);
	run = json_array_get(json_object_get(log, "runs"), 0);
	if (log && json_object_set_new(run, "results", json_array()) == 0)
		return log;
	json_decref(log);
	return NULL;
}
