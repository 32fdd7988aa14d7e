// A value is compared where it stands; of what is not told nothing is kept.
// SPDX-License-Identifier: MIT
#include "loader/scan/mention.h"

#include "lib/base/map.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/deployment.h"
#include "loader/scan/yamltext.h"
#include "loader/scan/yamltree.h"

#include <errno.h>

// ---- telling

int mention_report(struct mention_look *look, const struct scanreport *report)
{
	const struct deployment_listener *listener = look->reading->listener;

	if (look->records == DEPLOYMENT_RECORDS_MAX || look->reading->gathers)
		return 0;
	look->records++;
	return listener->tell(listener->user, report);
}

bool mention_text(struct secret text, char *out, size_t size)
{
	if (text.length == 0 || text.length >= size ||
		memchr(secret_bytes(text), '\0', text.length))
		return false;
	memcpy(out, secret_bytes(text), text.length);
	out[text.length] = '\0';
	return true;
}

const char *mention_name(const struct yamltree_node *node, char *out)
{
	char name[MENTION_NAME_SIZE];

	if (!node || node->kind != YAMLTREE_TEXT || !mention_text(node->text, name, sizeof(name)))
		(void)snprintf(out, MENTION_NAME_SIZE, "?");
	else
		(void)text_printable(out, MENTION_NAME_SIZE, name);
	return out;
}

// ---- comparing

static const struct scanjob_value *find_value(
	const struct mention_look *look, const char *key, struct secret value)
{
	const struct scanjob *job = look->reading->job;
	size_t first = map_find(look->reading->keys, key, strlen(key));

	for (size_t i = first; i < job->value_count; i++)
		if (text_equal(job->values[i].key, key) &&
			secret_equal(job->values[i].value, value))
			return &job->values[i];
	return NULL;
}

static const char *const kind_texts[SCANJOB_KINDS] = {
	[SCANJOB_CURRENT] = "current",
	[SCANJOB_SHADOWED] = "shadowed",
	[SCANJOB_READING] = "reading",
	[SCANJOB_SENTINEL] = "sentinel",
};

static void take_value(struct scanreport *report, const struct scanjob_value *value)
{
	report->state = value->kind == SCANJOB_CURRENT ? "same" : "shadowed";
	report->kind = kind_texts[value->kind];
	report->origin = value->origin;
}

// Fills state, kind and origin, and says what is peculiar.
static void judge_literal(const struct mention_look *look, const struct mention *mention,
	struct secret value, struct scanreport *report, const char **ret_note)
{
	const struct scanjob_value *found = find_value(look, mention->key, value);
	const char *what = NULL;

	if (value.length == 0) {
		report->state = "empty";
		return;
	}
	if (found) {
		take_value(report, found);
		return;
	}
	report->state = placeholder_is_known(value) || placeholder_is_undefined_text(value)
				? "placeholder"
				: "other";
	found = find_value(look, mention->key, yamltext_strip(value, &what));
	if (!what || !found)
		return;
	take_value(report, found);
	report->state = "quoted";
	*ret_note = what;
}

static void judge_reference(const struct mention_look *look, const struct mention *mention,
	struct scanreport *report, const char **ret_note)
{
	struct secret fallback = yamltext_default(mention->value);
	const struct scanjob_value *found = find_value(look, mention->key, mention->value);

	report->state = "reference";
	if (found) {
		report->state = "other";
		report->kind = kind_texts[found->kind];
		report->origin = found->origin;
		*ret_note =
			"its $ is taken for a variable, so that another value arrives: write $$";
	} else if (fallback.length && placeholder_is_known(fallback)) {
		report->state = "placeholder";
		*ret_note = "stands in when the variable is missing";
	} else if (fallback.length) {
		*ret_note = "a default stands in when the variable is missing";
	}
}

int mention_value(struct mention_look *look, const struct mention *mention)
{
	struct scanreport report = {.type = SCANREPORT_VARIABLE,
		.place = {.path = look->file->path, .line = mention->line},
		.key = mention->key,
		.form = mention->form};
	char text[DEPLOYMENT_TEXT_SIZE];
	const char *note = mention->note;
	bool expands = (mention->dollar || mention->parens) && mention->value.length;
	size_t room = mention->value.length + 1;
	uint8_t *block;

	if (look->records == DEPLOYMENT_RECORDS_MAX ||
		map_find(look->reading->keys, mention->key, strlen(mention->key)) == MAP_ABSENT)
		return 0;
	block = secret_arena_take(look->reading->arena, room);
	if (!block)
		return -ENOMEM;
	if (expands && yamltext_has_reference(mention->value, mention->parens))
		judge_reference(look, mention, &report, &note);
	else
		judge_literal(look, mention,
			expands ? yamltext_undollar(mention->value, block) : mention->value,
			&report, &note);
	secret_arena_give(look->reading->arena, block, room);
	(void)snprintf(text, sizeof(text), "%s%s%s", look->who, note ? "; " : "", note ? note : "");
	report.text = text;
	return mention_report(look, &report);
}

int mention_entry(struct mention_look *look, const struct mention *mention)
{
	const struct kuberefs *refs = &look->reading->refs;
	char name[MENTION_KEY_SIZE], note[DEPLOYMENT_TEXT_SIZE];
	int code = mention_value(look, mention);

	for (size_t i = 0; look->kind && i < refs->count && code == 0; i++) {
		struct mention renamed = *mention;

		renamed.key = kuberef_name(&refs->items[i], look->kind, look->object, mention->key,
			name, sizeof(name));
		if (!renamed.key)
			continue;
		(void)snprintf(note, sizeof(note), "for %s%s%s", refs->items[i].who,
			mention->note ? "; " : "", mention->note ? mention->note : "");
		renamed.note = note;
		code = mention_value(look, &renamed);
	}
	return code;
}

int mention_reference(struct mention_look *look, const struct mention *mention, const char *state,
	const char *origin)
{
	char text[DEPLOYMENT_TEXT_SIZE];

	if (mention->key &&
		map_find(look->reading->keys, mention->key, strlen(mention->key)) == MAP_ABSENT)
		return 0;
	(void)snprintf(text, sizeof(text), "%s%s%s", look->who, mention->note ? "; " : "",
		mention->note ? mention->note : "");
	return mention_report(
		look, &(struct scanreport){.type = SCANREPORT_VARIABLE,
			      .place = {.path = look->file->path, .line = mention->line},
			      .key = mention->key,
			      .form = mention->form,
			      .state = state,
			      .origin = origin,
			      .text = text});
}

// ---- pairs: mappings of names to values, and lists of NAME=VALUE

static int take_pair(struct mention_pairs *pairs, struct secret name,
	const struct yamltree_node *at, const struct secret *value)
{
	char key[MENTION_KEY_SIZE];
	struct mention mention = {
		.key = key, .form = pairs->form, .line = at->line, .dollar = pairs->dollar};

	if (!mention_text(name, key, sizeof(key)))
		return 0;
	if (value) {
		mention.value = *value;
		return mention_entry(pairs->look, &mention);
	}
	mention.note = pairs->passed;
	return mention_reference(pairs->look, &mention, "reference", NULL);
}

int mention_pair(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_pairs *pairs = user;
	const uint8_t *bytes, *equals;
	struct secret rest;

	if (key && key->kind == YAMLTREE_TEXT && value->kind == YAMLTREE_TEXT)
		return take_pair(
			pairs, key->text, value, yamltree_is_null(value) ? NULL : &value->text);
	if (key || value->kind != YAMLTREE_TEXT)
		return 0;
	bytes = secret_bytes(value->text);
	equals = value->text.length ? memchr(bytes, '=', value->text.length) : NULL;
	if (!equals)
		return take_pair(pairs, value->text, value, NULL);
	rest = secret_view(equals + 1, value->text.length - (size_t)(equals + 1 - bytes));
	return take_pair(pairs, secret_view(bytes, (size_t)(equals - bytes)), value, &rest);
}
