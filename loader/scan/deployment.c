// From trees to records. A document is told by its shape: `services` is compose's, `kind` and
// `apiVersion` are Kubernetes'. In the latter containers are found wherever they stand, since every
// kind of workload has them elsewhere.
// SPDX-License-Identifier: MIT
#include "loader/scan/deployment.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/kuberef.h"
#include "loader/scan/yamltext.h"
#include "loader/scan/yamltree.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

#define NAME_MAX_SHOWN 80 // bytes of a service's or object's name
#define SEARCH_DEPTH_MAX 24

// All files of a job. They are read twice: for what containers refer to, and for what there is.
struct reading {
	const struct scanjob *job;
	const struct deployment_listener *listener;
	struct secret_arena *arena;
	struct map *keys; // name to the first value of it in the job
	struct kuberefs refs;
	bool gathers; // the first time: nothing is told
};

struct look {
	const struct scanjob *job;
	const struct deployment_file *file;
	struct reading *reading;
	struct secret_arena *arena;
	struct map *keys;
	struct yamltree *tree;
	size_t records;
	unsigned depth;
	char who[256];               // "service web", "container app of Deployment shop"
	const char *kind;            // of Kubernetes: "Secret" or "ConfigMap"; NULL: none of them
	char object[NAME_MAX_SHOWN]; // its name
};

// ---- telling

static int tell(struct look *look, const struct scanreport *report)
{
	const struct deployment_listener *listener = look->reading->listener;

	if (look->records == DEPLOYMENT_RECORDS_MAX || look->reading->gathers)
		return 0;
	look->records++;
	return listener->tell(listener->user, report);
}

static int skip(struct look *look, uint64_t line, const char *why)
{
	return tell(look, &(struct scanreport){.type = SCANREPORT_SKIPPED,
				  .place = {.path = look->file->path, .line = line},
				  .text = why});
}

// A key's text for people and lookups; keys of strange bytes or lengths are none of ours.
static bool key_text(struct secret text, char *out, size_t size)
{
	if (text.length == 0 || text.length >= size ||
		memchr(secret_bytes(text), '\0', text.length))
		return false;
	memcpy(out, secret_bytes(text), text.length);
	out[text.length] = '\0';
	return true;
}

static const char *name_of(const struct yamltree_node *node, char *out)
{
	char name[NAME_MAX_SHOWN];

	if (!node || node->kind != YAMLTREE_TEXT || !key_text(node->text, name, sizeof(name)))
		(void)snprintf(out, NAME_MAX_SHOWN, "?");
	else
		(void)text_printable(out, NAME_MAX_SHOWN, name);
	return out;
}

// ---- comparing

// A way in which a value is given, and what is done to it before it is used.
struct given {
	const char *key, *form;
	uint32_t line;
	struct secret value;
	const char *note; // for people, or NULL
	bool dollar;      // compose takes a $ for a variable
	bool parens;      // Kubernetes takes $(NAME) for one
};

static const struct scanjob_value *find_value(
	const struct look *look, const char *key, struct secret value)
{
	const struct scanjob *job = look->job;
	size_t first = map_find(look->keys, key, strlen(key));

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
static void judge_literal(const struct look *look, const struct given *given, struct secret value,
	struct scanreport *report, const char **ret_note)
{
	const struct scanjob_value *found = find_value(look, given->key, value);
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
	found = find_value(look, given->key, yamltext_strip(value, &what));
	if (!what || !found)
		return;
	take_value(report, found);
	report->state = "quoted";
	*ret_note = what;
}

static void judge_reference(const struct look *look, const struct given *given,
	struct scanreport *report, const char **ret_note)
{
	struct secret fallback = yamltext_default(given->value);
	const struct scanjob_value *found = find_value(look, given->key, given->value);

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

static int tell_given(struct look *look, const struct given *given)
{
	struct scanreport report = {.type = SCANREPORT_VARIABLE,
		.place = {.path = look->file->path, .line = given->line},
		.key = given->key,
		.form = given->form};
	char text[DEPLOYMENT_TEXT_SIZE];
	const char *note = given->note;
	bool expands = (given->dollar || given->parens) && given->value.length;
	size_t room = given->value.length + 1;
	uint8_t *block;

	if (look->records == DEPLOYMENT_RECORDS_MAX ||
		map_find(look->keys, given->key, strlen(given->key)) == MAP_ABSENT)
		return 0;
	block = secret_arena_take(look->arena, room);
	if (!block)
		return -ENOMEM;
	if (expands && yamltext_has_reference(given->value, given->parens))
		judge_reference(look, given, &report, &note);
	else
		judge_literal(look, given,
			expands ? yamltext_undollar(given->value, block) : given->value, &report,
			&note);
	secret_arena_give(look->arena, block, room);
	(void)snprintf(text, sizeof(text), "%s%s%s", look->who, note ? "; " : "", note ? note : "");
	report.text = text;
	return tell(look, &report);
}

// An entry of a Secret or ConfigMap, under the names that containers have for it as well.
static int tell_entry(struct look *look, const struct given *given)
{
	const struct kuberefs *refs = &look->reading->refs;
	char name[256], note[DEPLOYMENT_TEXT_SIZE];
	int code = tell_given(look, given);

	for (size_t i = 0; look->kind && i < refs->count && code == 0; i++) {
		struct given renamed = *given;

		renamed.key = kuberef_name(
			&refs->items[i], look->kind, look->object, given->key, name, sizeof(name));
		if (!renamed.key)
			continue;
		(void)snprintf(note, sizeof(note), "for %s%s%s", refs->items[i].who,
			given->note ? "; " : "", given->note ? given->note : "");
		renamed.note = note;
		code = tell_given(look, &renamed);
	}
	return code;
}

// A key that is there without a value of its own.
static int tell_reference(
	struct look *look, const struct given *given, const char *state, const char *origin)
{
	char text[DEPLOYMENT_TEXT_SIZE];

	if (given->key && map_find(look->keys, given->key, strlen(given->key)) == MAP_ABSENT)
		return 0;
	(void)snprintf(text, sizeof(text), "%s%s%s", look->who, given->note ? "; " : "",
		given->note ? given->note : "");
	return tell(look, &(struct scanreport){.type = SCANREPORT_VARIABLE,
				  .place = {.path = look->file->path, .line = given->line},
				  .key = given->key,
				  .form = given->form,
				  .state = state,
				  .origin = origin,
				  .text = text});
}

// ---- pairs: mappings of names to values, and lists of NAME=VALUE

struct pairs {
	struct look *look;
	const char *form;
	bool dollar;
	const char *passed; // what a name without a value means, for people
};

static int take_pair(struct pairs *pairs, struct secret name, const struct yamltree_node *at,
	const struct secret *value)
{
	char key[256];
	struct given given = {
		.key = key, .form = pairs->form, .line = at->line, .dollar = pairs->dollar};

	if (!key_text(name, key, sizeof(key)))
		return 0;
	if (value) {
		given.value = *value;
		return tell_entry(pairs->look, &given);
	}
	given.note = pairs->passed;
	return tell_reference(pairs->look, &given, "reference", NULL);
}

static int take_entry(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct pairs *pairs = user;
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

// ---- compose

// A path that a file names, for the record's origin.
static int tell_path(struct look *look, const struct yamltree_node *path, const char *key,
	const char *form, const char *note)
{
	char text[SCANJOB_PATH_MAX + 1];
	struct given given = {.key = key, .form = form, .line = path->line, .note = note};

	if (path->kind != YAMLTREE_TEXT || !key_text(path->text, text, sizeof(text)))
		return 0;
	return tell_reference(look, &given, "file", text);
}

static int take_env_file(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	const struct yamltree_node *path = yamltree_get(look->tree, value, "path");

	(void)key;
	if (value->kind == YAMLTREE_TEXT)
		return tell_path(look, value, NULL, SCANREPORT_BY_ENV_FILE, NULL);
	if (!path)
		return 0;
	return tell_path(look, path, NULL,
		yamltree_is(yamltree_get(look->tree, value, "format"), "raw")
			? SCANREPORT_BY_RAW_FILE
			: SCANREPORT_BY_ENV_FILE,
		yamltree_is(yamltree_get(look->tree, value, "required"), "false") ? "may be missing"
										  : NULL);
}

static int take_include(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	const struct yamltree_node *path = yamltree_get(look->tree, value, "path");

	(void)key;
	if (value->kind == YAMLTREE_TEXT)
		return tell_path(look, value, NULL, SCANREPORT_BY_COMPOSE_FILE, NULL);
	if (path && path->kind == YAMLTREE_TEXT)
		return tell_path(look, path, NULL, SCANREPORT_BY_COMPOSE_FILE, NULL);
	return path && path->kind == YAMLTREE_LIST
		       ? yamltree_each(look->tree, path, take_include, look)
		       : 0;
}

static int take_extends(struct look *look, const struct yamltree_node *service)
{
	const struct yamltree_node *file =
		yamltree_get(look->tree, yamltree_get(look->tree, service, "extends"), "file");

	return file ? tell_path(look, file, NULL, SCANREPORT_BY_COMPOSE_FILE, NULL) : 0;
}

static int take_service(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	struct pairs environment = {
		look, SCANREPORT_BY_ENVIRONMENT, true, "passed on from where docker compose runs"};
	struct pairs arguments = {
		look, SCANREPORT_BY_ARGUMENT, true, "passed on from where docker compose runs"};
	const struct yamltree_node *files = yamltree_get(look->tree, value, "env_file");
	char name[NAME_MAX_SHOWN];
	int code;

	(void)snprintf(look->who, sizeof(look->who), "service %s", name_of(key, name));
	code = yamltree_each(look->tree, yamltree_get(look->tree, value, "environment"), take_entry,
		&environment);
	if (code == 0 && files && files->kind == YAMLTREE_TEXT)
		code = take_env_file(look, NULL, files);
	else if (code == 0)
		code = yamltree_each(look->tree, files, take_env_file, look);
	if (code == 0)
		code = yamltree_each(look->tree,
			yamltree_get(look->tree, yamltree_get(look->tree, value, "build"), "args"),
			take_entry, &arguments);
	return code ? code : take_extends(look, value);
}

// A secret that is called as a key, in either case, is its value.
static int take_secret(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	const struct yamltree_node *file = yamltree_get(look->tree, value, "file"),
				   *variable = yamltree_get(look->tree, value, "environment");
	char name[256];

	if (!key || key->kind != YAMLTREE_TEXT || !key_text(key->text, name, sizeof(name)))
		return 0;
	for (char *at = name; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-')
			*at = '_';
	(void)snprintf(look->who, sizeof(look->who), "a secret of compose");
	if (file)
		return tell_path(look, file, name, SCANREPORT_BY_SECRET_FILE, NULL);
	if (!variable)
		return 0;
	return tell_reference(look,
		&(struct given){.key = name,
			.form = SCANREPORT_BY_SECRET_FILE,
			.line = variable->line,
			.note = "passed on from where docker compose runs"},
		"reference", NULL);
}

static int read_compose(struct look *look, const struct yamltree_node *root)
{
	const struct yamltree_node *include = yamltree_get(look->tree, root, "include");
	int code = yamltree_each(
		look->tree, yamltree_get(look->tree, root, "services"), take_service, look);

	(void)snprintf(look->who, sizeof(look->who), "include");
	if (code == 0 && include)
		code = include->kind == YAMLTREE_LIST
			       ? yamltree_each(look->tree, include, take_include, look)
			       : take_include(look, NULL, include);
	if (code == 0)
		code = yamltree_each(
			look->tree, yamltree_get(look->tree, root, "secrets"), take_secret, look);
	if (code == 0)
		code = yamltree_each(
			look->tree, yamltree_get(look->tree, root, "configs"), take_secret, look);
	return code;
}

// ---- Kubernetes

// One of `data` of a Secret: base64, which may be wrapped.
static int take_data(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	char name[256];
	struct given given = {.key = name, .form = SCANREPORT_BY_SECRET, .line = value->line};
	size_t room = value->text.length + 1, length = 0;
	uint8_t *block;
	int code;

	if (!key || key->kind != YAMLTREE_TEXT || value->kind != YAMLTREE_TEXT ||
		!key_text(key->text, name, sizeof(name)))
		return 0;
	block = secret_arena_take(look->arena, room);
	if (!block)
		return -ENOMEM;
	if (sodium_base642bin(block, room, (const char *)secret_bytes(value->text),
		    value->text.length, " \t\r\n", &length, NULL,
		    sodium_base64_VARIANT_ORIGINAL) == 0) {
		given.value = secret_view(block, length);
	} else {
		given.value = value->text;
		given.note = "it is no base64, though data must be";
	}
	code = tell_entry(look, &given);
	secret_arena_give(look->arena, block, room);
	return code;
}

// Notes what a container takes by name: `node` has a `name`, and a `key` where only one is taken.
static int gather(
	struct look *look, const char *kind, const struct yamltree_node *node, const char *variable)
{
	const struct yamltree_node *name = yamltree_get(look->tree, node, "name"),
				   *key = yamltree_get(look->tree, node, "key");
	char item[256], object[NAME_MAX_SHOWN];

	if (!look->reading->gathers || !name || name->kind != YAMLTREE_TEXT ||
		(key && (key->kind != YAMLTREE_TEXT || !key_text(key->text, item, sizeof(item)))))
		return 0;
	return kuberef_add(&look->reading->refs,
		&(struct kuberef){.kind = kind,
			.object = name_of(name, object),
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
	struct look *look = user;
	const struct yamltree_node *before = yamltree_get(look->tree, value, "prefix");
	char prefix[256] = "";
	int code;

	(void)key;
	if (before &&
		(before->kind != YAMLTREE_TEXT ||
			(before->text.length && !key_text(before->text, prefix, sizeof(prefix)))))
		return 0;
	code = gather(look, "Secret", yamltree_get(look->tree, value, "secretRef"), prefix);
	return code ? code
		    : gather(look, "ConfigMap", yamltree_get(look->tree, value, "configMapRef"),
			      prefix);
}

static int take_value_from(struct look *look, const struct yamltree_node *from, struct given *given)
{
	int code =
		gather(look, "Secret", yamltree_get(look->tree, from, "secretKeyRef"), given->key);

	if (code == 0)
		code = gather(look, "ConfigMap", yamltree_get(look->tree, from, "configMapKeyRef"),
			given->key);
	given->note = "its value comes from elsewhere in the cluster";
	return code ? code : tell_reference(look, given, "reference", NULL);
}

static int take_variable(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	const struct yamltree_node *name = yamltree_get(look->tree, value, "name"),
				   *text = yamltree_get(look->tree, value, "value"),
				   *from = yamltree_get(look->tree, value, "valueFrom");
	char named[256];
	struct given given = {.key = named, .form = SCANREPORT_BY_ENVIRONMENT, .parens = true};

	(void)key;
	if (!name || name->kind != YAMLTREE_TEXT || !key_text(name->text, named, sizeof(named)))
		return 0;
	given.line = text ? text->line : name->line;
	if (from)
		return take_value_from(look, from, &given);
	if (text && text->kind == YAMLTREE_TEXT && !yamltree_is_null(text))
		given.value = text->text;
	return tell_given(look, &given);
}

static int take_container(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct look *look = user;
	char outer[sizeof(look->who)], name[NAME_MAX_SHOWN];
	int code;

	(void)key;
	memcpy(outer, look->who, sizeof(outer));
	(void)snprintf(look->who, sizeof(look->who), "container %s of %.150s",
		name_of(yamltree_get(look->tree, value, "name"), name), outer);
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
	struct look *look = user;
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

static int read_object(
	void *user, const struct yamltree_node *key, const struct yamltree_node *object)
{
	struct look *look = user;
	struct yamltree *tree = look->tree;
	const struct yamltree_node *kind = yamltree_get(tree, object, "kind"),
				   *data = yamltree_get(tree, object, "data"),
				   *meta = yamltree_get(tree, object, "metadata");
	struct pairs config = {look, SCANREPORT_BY_CONFIG_MAP, false, NULL};
	struct pairs strings = {look, SCANREPORT_BY_SECRET, false, NULL};
	char kind_name[NAME_MAX_SHOWN];
	int code;

	(void)key;
	(void)snprintf(look->who, sizeof(look->who), "%s %s", name_of(kind, kind_name),
		name_of(yamltree_get(tree, meta, "name"), look->object));
	if (!yamltree_is(kind, "ConfigMap") && !yamltree_is(kind, "Secret"))
		return search(look, NULL, object);
	look->kind = yamltree_is(kind, "Secret") ? "Secret" : "ConfigMap";
	kuberef_meet(&look->reading->refs, look->kind, look->object);
	if (yamltree_is(kind, "ConfigMap")) {
		code = yamltree_each(tree, data, take_entry, &config);
	} else {
		code = yamltree_each(tree, data, take_data, look);
		if (code == 0)
			code = yamltree_each(tree, yamltree_get(tree, object, "stringData"),
				take_entry, &strings);
	}
	look->kind = NULL;
	return code;
}

// ---- files

static int read_document(struct look *look, const struct yamltree_node *root, bool *ret_known)
{
	struct yamltree *tree = look->tree;
	const struct yamltree_node *items = yamltree_get(tree, root, "items");

	look->who[0] = '\0';
	if (yamltree_get(tree, root, "services") || yamltree_get(tree, root, "include")) {
		*ret_known = true;
		return read_compose(look, root);
	}
	if (!yamltree_get(tree, root, "kind") || !yamltree_get(tree, root, "apiVersion"))
		return 0;
	*ret_known = true;
	if (items && items->kind == YAMLTREE_LIST)
		return yamltree_each(tree, items, read_object, look);
	return read_object(look, NULL, root);
}

static int read_tree(struct look *look)
{
	const struct yamltree_node *root;
	bool known = false;
	int code = 0;

	for (size_t i = 0; code == 0 && (root = yamltree_document(look->tree, i)); i++)
		code = read_document(look, root, &known);
	if (code == 0 && !known)
		code = tell(look, &(struct scanreport){.type = SCANREPORT_SKIPPED,
					  .place = {.path = look->file->path},
					  .state = "foreign",
					  .text = "neither a compose file nor one of Kubernetes"});
	if (code == 0 && yamltree_is_cut(look->tree))
		code = skip(look, 0, "its aliases stand for more than is walked through");
	return code;
}

// Templates of Helm and others are no YAML before they are filled in.
static bool is_template(const struct deployment_file *file)
{
	return file->size && memmem(file->bytes, file->size, "{{", 2);
}

static int index_keys(const struct scanjob *job, struct map *keys)
{
	int code = 0;

	for (size_t i = job->value_count; i > 0 && code == 0; i--)
		code = map_put(keys, job->values[i - 1].key, strlen(job->values[i - 1].key), i - 1);
	return code;
}

// Once through one file.
static int read_file(struct reading *reading, const struct deployment_file *file)
{
	struct look look = {.job = reading->job,
		.file = file,
		.reading = reading,
		.arena = reading->arena,
		.keys = reading->keys};
	struct err err = ERR_NONE;
	int code = yamltree_read(file->bytes, file->size, reading->arena, &look.tree, &err);

	if (code == -ENOMEM)
		return code;
	if (code < 0)
		return skip(&look, 0,
			is_template(file) ? "a template, no YAML before it is filled in"
					  : err.what);
	code = read_tree(&look);
	look.tree = yamltree_free(look.tree);
	return code;
}

static bool was_told(const struct kuberefs *refs, size_t index)
{
	const struct kuberef *ref = &refs->items[index];

	for (size_t i = 0; i < index; i++)
		if (text_equal(refs->items[i].kind, ref->kind) &&
			text_equal(refs->items[i].object, ref->object))
			return true;
	return false;
}

// Says which objects are in no file.
static int tell_unmet(const struct reading *reading)
{
	const struct kuberefs *refs = &reading->refs;
	char text[DEPLOYMENT_TEXT_SIZE];
	int code = 0;

	for (size_t i = 0; i < refs->count && code == 0; i++) {
		const struct kuberef *ref = &refs->items[i];
		struct scanreport report = {.type = SCANREPORT_SKIPPED,
			.place = {.path = ref->path, .line = ref->line},
			.state = SCANREPORT_UNMET,
			.text = text};

		if (ref->met || ref->optional || was_told(refs, i) ||
			(ref->item && map_find(reading->keys, ref->variable,
					      strlen(ref->variable)) == MAP_ABSENT))
			continue;
		(void)snprintf(text, sizeof(text),
			"%s takes variables from %s %s, which no file here holds: not followed",
			ref->who, ref->kind, ref->object);
		code = reading->listener->tell(reading->listener->user, &report);
	}
	return code;
}

// Begins a reading.
// Returns: 0 or -ENOMEM; either way the caller ends it.
static int begin(struct reading *reading)
{
	reading->keys = map_new();
	reading->refs.pool = pool_new();
	reading->gathers = true;
	return reading->keys && reading->refs.pool ? index_keys(reading->job, reading->keys)
						   : -ENOMEM;
}

static void end(const struct reading *reading)
{
	map_free(reading->keys);
	pool_free(reading->refs.pool);
}

int deployment_read(const struct scanjob *job, const struct deployment_file *file,
	const struct deployment_listener *listener, struct secret_arena *arena)
{
	struct reading reading = {.job = job, .listener = listener, .arena = arena};
	int code = begin(&reading);

	if (code == 0)
		code = read_file(&reading, file);
	reading.gathers = false;
	if (code == 0)
		code = read_file(&reading, file);
	if (code == 0)
		code = tell_unmet(&reading);
	end(&reading);
	return code;
}

static int read_path(struct reading *reading, const char *path, uint64_t *files, uint64_t *bytes)
{
	const struct fs_rules rules = {.max_size = YAMLTREE_SIZE_MAX};
	struct deployment_file file = {.path = path};
	struct err err = ERR_NONE;
	struct fs_file read;
	int code = fs_read(AT_FDCWD, path, &rules, reading->arena, &read, &err);

	if (code == -ENOMEM || (code < 0 && reading->gathers))
		return code == -ENOMEM ? code : 0;
	if (code < 0)
		return reading->listener->tell(
			reading->listener->user, &(struct scanreport){.type = SCANREPORT_SKIPPED,
							 .place = {.path = path},
							 .text = err.what});
	file.bytes = read.bytes;
	file.size = read.size;
	code = read_file(reading, &file);
	if (!reading->gathers) {
		++*files;
		*bytes += file.size;
	}
	fs_file_done(&read, reading->arena);
	return code;
}

int deployment_look(const struct scanjob *job, const struct deployment_listener *listener,
	struct secret_arena *arena, uint64_t *ret_files, uint64_t *ret_bytes)
{
	struct reading reading = {.job = job, .listener = listener, .arena = arena};
	uint64_t files = 0, bytes = 0;
	int code = begin(&reading);

	for (size_t i = 0; i < job->path_count && code == 0; i++)
		code = read_path(&reading, job->paths[i], &files, &bytes);
	reading.gathers = false;
	for (size_t i = 0; i < job->path_count && code == 0; i++)
		code = read_path(&reading, job->paths[i], &files, &bytes);
	if (code == 0)
		code = tell_unmet(&reading);
	end(&reading);
	*ret_files = files;
	*ret_bytes = bytes;
	return code;
}
