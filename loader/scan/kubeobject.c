// Containers are found wherever they stand, since every kind of workload has them elsewhere.
// SPDX-License-Identifier: MIT
#include "loader/scan/kubeobject.h"

#include "lib/wire/scanreport.h"
#include "loader/scan/deployment.h"
#include "loader/scan/mention.h"
#include "loader/scan/yamltree.h"

#include <errno.h>
#include <sodium.h>

#define SEARCH_DEPTH_MAX 24

// One of `data` of a Secret: base64, which may be wrapped.
static int take_data(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	char name[MENTION_KEY_SIZE];
	struct mention mention = {.key = name, .form = SCANREPORT_BY_SECRET, .line = value->line};
	size_t room = value->text.length + 1, length = 0;
	uint8_t *block;
	int code;

	if (!key || key->kind != YAMLTREE_TEXT || value->kind != YAMLTREE_TEXT ||
		!mention_text(key->text, name, sizeof(name)))
		return 0;
	block = secret_arena_take(look->reading->arena, room);
	if (!block)
		return -ENOMEM;
	if (sodium_base642bin(block, room, (const char *)secret_bytes(value->text),
		    value->text.length, " \t\r\n", &length, NULL,
		    sodium_base64_VARIANT_ORIGINAL) == 0) {
		mention.value = secret_view(block, length);
	} else {
		mention.value = value->text;
		mention.note = "it is no base64, though data must be";
	}
	code = mention_entry(look, &mention);
	secret_arena_give(look->reading->arena, block, room);
	return code;
}

// Notes what a container takes by name: `node` has a `name`, and a `key` where only one is taken.
static int gather(struct mention_look *look, const char *kind, const struct yamltree_node *node,
	const char *variable)
{
	const struct yamltree_node *name = yamltree_get(look->tree, node, "name"),
				   *key = yamltree_get(look->tree, node, "key");
	char item[MENTION_KEY_SIZE], object[MENTION_NAME_SIZE];

	if (!look->reading->gathers || !name || name->kind != YAMLTREE_TEXT ||
		(key && (key->kind != YAMLTREE_TEXT ||
				!mention_text(key->text, item, sizeof(item)))))
		return 0;
	return kuberef_add(&look->reading->refs,
		&(struct kuberef){.kind = kind,
			.object = mention_name(name, object),
			.item = key ? item : NULL,
			.variable = variable,
			.who = look->who,
			.path = look->file->path,
			.line = name->line,
			.optional =
				yamltree_is(yamltree_get(look->tree, node, "optional"), "true")});
}

static int take_env_from(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	const struct yamltree_node *before = yamltree_get(look->tree, value, "prefix");
	char prefix[MENTION_KEY_SIZE] = "";
	int code;

	(void)key;
	if (before && (before->kind != YAMLTREE_TEXT ||
			      (before->text.length &&
				      !mention_text(before->text, prefix, sizeof(prefix)))))
		return 0;
	code = gather(look, "Secret", yamltree_get(look->tree, value, "secretRef"), prefix);
	return code ? code
		    : gather(look, "ConfigMap", yamltree_get(look->tree, value, "configMapRef"),
			      prefix);
}

static int take_value_from(
	struct mention_look *look, const struct yamltree_node *from, struct mention *mention)
{
	int code = gather(
		look, "Secret", yamltree_get(look->tree, from, "secretKeyRef"), mention->key);

	if (code == 0)
		code = gather(look, "ConfigMap", yamltree_get(look->tree, from, "configMapKeyRef"),
			mention->key);
	mention->note = "its value comes from elsewhere in the cluster";
	return code ? code : mention_reference(look, mention, "reference", NULL);
}

static int take_variable(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	const struct yamltree_node *name = yamltree_get(look->tree, value, "name"),
				   *text = yamltree_get(look->tree, value, "value"),
				   *from = yamltree_get(look->tree, value, "valueFrom");
	char named[MENTION_KEY_SIZE];
	struct mention mention = {.key = named, .form = SCANREPORT_BY_ENVIRONMENT, .parens = true};

	(void)key;
	if (!name || name->kind != YAMLTREE_TEXT || !mention_text(name->text, named, sizeof(named)))
		return 0;
	mention.line = text ? text->line : name->line;
	if (from)
		return take_value_from(look, from, &mention);
	if (text && text->kind == YAMLTREE_TEXT && !yamltree_is_null(text))
		mention.value = text->text;
	return mention_value(look, &mention);
}

static int take_container(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	char outer[sizeof(look->who)], name[MENTION_NAME_SIZE];
	int code;

	(void)key;
	memcpy(outer, look->who, sizeof(outer));
	(void)snprintf(look->who, sizeof(look->who), "container %s of %.150s",
		mention_name(yamltree_get(look->tree, value, "name"), name), outer);
	code = yamltree_each(
		look->tree, yamltree_get(look->tree, value, "env"), take_variable, look);
	if (code == 0)
		code = yamltree_each(look->tree, yamltree_get(look->tree, value, "envFrom"),
			take_env_from, look);
	memcpy(look->who, outer, sizeof(outer));
	return code;
}

// Looks for lists of containers in everything below; SEARCH_DEPTH_MAX deep.
static int search(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	static const char *const names[] = {"containers", "initContainers", "ephemeralContainers"};
	struct mention_look *look = user;
	int code;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (yamltree_is(key, names[i]) && value->kind == YAMLTREE_LIST)
			return yamltree_each(look->tree, value, take_container, look);
	if (value->kind == YAMLTREE_TEXT || look->depth == SEARCH_DEPTH_MAX)
		return 0;
	look->depth++;
	code = yamltree_each(look->tree, value, search, look);
	look->depth--;
	return code;
}

int kubeobject_read(void *user, const struct yamltree_node *key, const struct yamltree_node *object)
{
	struct mention_look *look = user;
	struct yamltree *tree = look->tree;
	const struct yamltree_node *kind = yamltree_get(tree, object, "kind"),
				   *data = yamltree_get(tree, object, "data"),
				   *meta = yamltree_get(tree, object, "metadata");
	struct mention_pairs config = {look, SCANREPORT_BY_CONFIG_MAP, false, NULL};
	struct mention_pairs strings = {look, SCANREPORT_BY_SECRET, false, NULL};
	char kind_name[MENTION_NAME_SIZE];
	int code;

	(void)key;
	(void)snprintf(look->who, sizeof(look->who), "%s %s", mention_name(kind, kind_name),
		mention_name(yamltree_get(tree, meta, "name"), look->object));
	if (!yamltree_is(kind, "ConfigMap") && !yamltree_is(kind, "Secret"))
		return search(look, NULL, object);
	look->kind = yamltree_is(kind, "Secret") ? "Secret" : "ConfigMap";
	kuberef_meet(&look->reading->refs, look->kind, look->object);
	if (yamltree_is(kind, "ConfigMap")) {
		code = yamltree_each(tree, data, mention_pair, &config);
	} else {
		code = yamltree_each(tree, data, take_data, look);
		if (code == 0)
			code = yamltree_each(tree, yamltree_get(tree, object, "stringData"),
				mention_pair, &strings);
	}
	look->kind = NULL;
	return code;
}
