// Objects after the schema's names. Paths become URIs relative to the current folder.
// SPDX-License-Identifier: MIT
#include "loader/inspect/sarif.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"

#include <jansson.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *level_of(enum diag_severity severity)
{
	static const char *const levels[] = {"note", "warning", "error"};

	return levels[severity];
}

// Where a finding's rule stands among the rules; it is added where it is not there.
static int rule_of(struct sarif *sarif, enum finding finding)
{
	const struct finding_kind *kind = finding_kind(finding);

	if (sarif->index[finding])
		return sarif->index[finding] - 1;
	dump_append(&sarif->rules,
		json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s+}, s:{s:s}}", "id", kind->code,
			"shortDescription", "text", kind->title, "fullDescription", "text",
			kind->why, "help", "text", "fix: ", kind->fix, "defaultConfiguration",
			"level", level_of(kind->severity)));
	sarif->index[finding] = (int)json_array_size(sarif->rules);
	return sarif->index[finding] - 1;
}

// A path as a URI reference (RFC 3986).
static json_t *uri_of(const char *path)
{
	char uri[SARIF_TEXT_SIZE * 3 + 1];

	if (text_starts(path, "./"))
		path += 2;
	return json_string(text_encode(uri, sizeof(uri), "/", path));
}

// Takes the rules and what the run holds besides its tool.
static json_t *log_json(json_t *rules, const char *name, json_t *list)
{
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema", SCHEMA,
		"version", "2.1.0", "runs", "tool", "driver", "name", "samekey", "version",
		SAMEKEY_VERSION, "rules", rules, "columnKind", "unicodeCodePoints", name, list);
}

static json_t *shown(const char *text)
{
	char out[SARIF_TEXT_SIZE];

	return json_string(text_printable(out, sizeof(out), text));
}

void sarif_add(struct sarif *sarif, const struct sarif_result *result)
{
	int rule = rule_of(sarif, result->finding), code = 0;
	json_t *object = json_pack("{s:s, s:i, s:s, s:{s:o}, s:[{s:{s:{s:o}, s:o}}]}", "ruleId",
		finding_kind(result->finding)->code, "ruleIndex", rule, "level",
		level_of(result->severity), "message", "text", shown(result->text), "locations",
		"physicalLocation", "artifactLocation", "uri", uri_of(result->path), "region",
		result->region);

	// one by one: json_pack leaves out an optional member that there was no memory for
	if (result->identity)
		code |= json_object_set_new(object, "partialFingerprints",
			json_pack("{s:s}", "samekey/v1", result->identity));
	if (result->accepted)
		code |= json_object_set_new(
			object, "suppressions", json_pack("[{s:s}]", "kind", "external"));
	if (code) {
		json_decref(object);
		object = NULL;
	}
	dump_append(&sarif->results, object);
}

json_t *sarif_log(const struct sarif *sarif)
{
	return log_json(sarif->rules, "results", sarif->results);
}

json_t *sarif_failure(const struct err *err, int exit)
{
	char text[SARIF_TEXT_SIZE];
	json_t *invocations, *log, *run;

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", err->where, *err->where ? ": " : "",
		err->what, *err->hint ? ". Fix: " : "", err->hint);
	invocations = json_pack("[{s:b, s:i, s:[{s:s, s:{s:o}}]}]", "executionSuccessful", 0,
		"exitCode", exit, "toolExecutionNotifications", "level", "error", "message", "text",
		shown(text));
	log = log_json(json_array(), "invocations", invocations);
	run = json_array_get(json_object_get(log, "runs"), 0);
	if (log && json_object_set_new(run, "results", json_array()) == 0)
		return log;
	json_decref(log);
	return NULL;
}
