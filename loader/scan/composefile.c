// Services with their environment, build arguments and env files; secrets and configs that are
// called as keys; other files by name.
// SPDX-License-Identifier: MIT
#include "loader/scan/composefile.h"

#include "lib/base/ascii.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/mention.h"
#include "loader/scan/yamltree.h"

// A path that a file names, for the record's origin.
static int tell_path(struct mention_look *look, const struct yamltree_node *path, const char *key,
	const char *form, const char *note)
{
	char text[SCANJOB_PATH_MAX + 1];
	struct mention mention = {.key = key, .form = form, .line = path->line, .note = note};

	if (path->kind != YAMLTREE_TEXT || !mention_text(path->text, text, sizeof(text)))
		return 0;
	return mention_reference(look, &mention, "file", text);
}

static int take_env_file(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
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
	struct mention_look *look = user;
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

static int take_extends(struct mention_look *look, const struct yamltree_node *service)
{
	const struct yamltree_node *file =
		yamltree_get(look->tree, yamltree_get(look->tree, service, "extends"), "file");

	return file ? tell_path(look, file, NULL, SCANREPORT_BY_COMPOSE_FILE, NULL) : 0;
}

static int take_service(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	struct mention_pairs environment = {
		look, SCANREPORT_BY_ENVIRONMENT, true, "passed on from where docker compose runs"};
	struct mention_pairs arguments = {
		look, SCANREPORT_BY_ARGUMENT, true, "passed on from where docker compose runs"};
	const struct yamltree_node *files = yamltree_get(look->tree, value, "env_file");
	char name[MENTION_NAME_SIZE];
	int code;

	(void)snprintf(look->who, sizeof(look->who), "service %s", mention_name(key, name));
	code = yamltree_each(look->tree, yamltree_get(look->tree, value, "environment"),
		mention_pair, &environment);
	if (code == 0 && files && files->kind == YAMLTREE_TEXT)
		code = take_env_file(look, NULL, files);
	else if (code == 0)
		code = yamltree_each(look->tree, files, take_env_file, look);
	if (code == 0)
		code = yamltree_each(look->tree,
			yamltree_get(look->tree, yamltree_get(look->tree, value, "build"), "args"),
			mention_pair, &arguments);
	return code ? code : take_extends(look, value);
}

// A secret that is called as a key, in either case, is its value.
static int take_secret(
	void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct mention_look *look = user;
	const struct yamltree_node *file = yamltree_get(look->tree, value, "file"),
				   *variable = yamltree_get(look->tree, value, "environment");
	char name[MENTION_KEY_SIZE];

	if (!key || key->kind != YAMLTREE_TEXT || !mention_text(key->text, name, sizeof(name)))
		return 0;
	for (char *at = name; *at; at++)
		if (ascii_is_lower(*at))
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-')
			*at = '_';
	(void)snprintf(look->who, sizeof(look->who), "a secret of compose");
	if (file)
		return tell_path(look, file, name, SCANREPORT_BY_SECRET_FILE, NULL);
	if (!variable)
		return 0;
	return mention_reference(look,
		&(struct mention){.key = name,
			.form = SCANREPORT_BY_SECRET_FILE,
			.line = variable->line,
			.note = "passed on from where docker compose runs"},
		"reference", NULL);
}

int composefile_read(struct mention_look *look, const struct yamltree_node *root)
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
