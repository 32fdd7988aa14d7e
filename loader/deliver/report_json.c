// A resolution as JSON, as `explain --json` prints it.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/deliver/facts.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>

// Length and fingerprint, or null and "weak".
static int add_facts(json_t *object, const struct report *report, const struct bundle_key *key,
	const struct candidate *candidate)
{
	struct facts facts;
	json_t *length = json_null();

	facts_of(report, key, candidate, &facts);
	if (candidate && !facts.weak)
		length = json_integer((json_int_t)candidate->value.length);
	return json_object_set_new(object, "length", length) |
	       json_object_set_new(object, "fingerprint",
		       *facts.fingerprint ? json_string(facts.fingerprint) : json_null());
}

static json_t *origin_json(struct origin origin)
{
	char text[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	return json_string(
		text_printable(shown, sizeof(shown), origin_text(origin, text, sizeof(text))));
}

static json_t *shadowed_json(const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);
	json_t *list = json_array();

	for (size_t i = winner ? 1 : 0; i < key->count; i++) {
		const struct candidate *other = &key->candidates[i];

		dump_append(&list,
			json_pack("{s:s, s:o, s:b}", "source", source_text(other->origin.source),
				"origin", origin_json(other->origin), "differs",
				!winner || !secret_equal(winner->value, other->value)));
	}
	return list;
}

static json_t *key_json(const struct report *report, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);
	json_t *object = json_pack("{s:s, s:b, s:s, s:o, s:b, s:o}", "key", key->name, "secret",
		(key->flags & BUNDLE_KEY_SECRET) != 0, "source",
		winner ? source_text(winner->origin.source) : "none", "origin",
		winner ? origin_json(winner->origin) : json_null(), "inherited",
		(key->flags & BUNDLE_KEY_INHERITED) != 0, "shadowed", shadowed_json(key));

	if (object && add_facts(object, report, key, winner)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *keys_json(const struct report *report, const struct bundle_key *only)
{
	const struct bundle *bundle = &report->resolution->bundle;
	json_t *list = json_array();

	for (size_t i = 0; i < bundle->key_count; i++)
		if (!only || only == &bundle->keys[i])
			dump_append(&list, key_json(report, &bundle->keys[i]));
	return list;
}

json_t *report_json_findings(const struct diag *diag)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);

		dump_append(&list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "severity",
					   diag_severity_text(item->severity), "code", item->code,
					   "key", item->key, "origin", dump_shown(item->origin),
					   "text", dump_shown(item->text), "hint",
					   dump_shown(item->hint), "allowed", item->allowed));
	}
	return list;
}

int report_json(const struct report *report, const struct bundle_key *key, bool with_keys)
{
	const struct resolution *resolution = report->resolution;
	const struct diag *diag = resolution->diag;
	const char *ini = resolution->place.ini;
	json_t *object = json_pack("{s:i, s:s, s:s, s:s}", "v", 1, "app", resolution->bundle.app,
		"mode", resolution->mode, "phase", bundle_phase_text(resolution->phase));
	own_free char *text = NULL;
	size_t length;

	if (ini)
		dump_set(&object, "ini", dump_shown(ini));
	if (with_keys)
		dump_set(&object, "keys", keys_json(report, key));
	dump_set(&object, "findings", report_json_findings(diag));
	dump_set(&object, "ok", json_boolean(diag_objections(diag, report->strict) == 0));
	text = object ? dump_json(object, &length) : NULL;
	json_decref(object);
	if (!text)
		return -ENOMEM;
	(void)puts(text); // main looks whether stdout took it all
	return 0;
}
