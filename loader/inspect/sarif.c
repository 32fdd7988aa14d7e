// Objects after the schema's names. Paths become URIs relative to the current folder.
// SPDX-License-Identifier: MIT
#include "loader/inspect/sarif.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"

#include <jansson.h>

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

const char *sarif_level(enum diag_severity severity)
{
	static const char *const levels[] = {"note", "warning", "error"};

	return levels[severity];
}

int sarif_rule(struct sarif_rules *rules, enum finding finding)
{
	const struct finding_kind *kind = finding_kind(finding);

	if (rules->index[finding])
		return rules->index[finding] - 1;
	dump_append(&rules->list,
		json_pack("{s:s, s:{s:s}, s:{s:s}, s:{s:s+}, s:{s:s}}", "id", kind->code,
			"shortDescription", "text", kind->title, "fullDescription", "text",
			kind->why, "help", "text", "fix: ", kind->fix, "defaultConfiguration",
			"level", sarif_level(kind->severity)));
	rules->index[finding] = (int)json_array_size(rules->list);
	return rules->index[finding] - 1;
}

json_t *sarif_uri(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";
	char uri[SARIF_TEXT_SIZE * 3 + 1];
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

// Takes the rules and what the run holds besides its tool.
static json_t *log_json(json_t *rules, const char *name, json_t *list)
{
	return json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:s, s:o}]}", "$schema", SCHEMA,
		"version", "2.1.0", "runs", "tool", "driver", "name", "samekey", "version",
		SAMEKEY_VERSION, "rules", rules, "columnKind", "unicodeCodePoints", name, list);
}

json_t *sarif_log(json_t *rules, json_t *results)
{
	return log_json(rules, "results", results);
}

json_t *sarif_failure(const struct err *err, int exit)
{
	char text[SARIF_TEXT_SIZE], shown[SARIF_TEXT_SIZE];
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
