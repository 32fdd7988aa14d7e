// The table of frameworks.
// SPDX-License-Identifier: MIT
#include "loader/resolve/framework.h"

#include "lib/base/text.h"
#include "loader/resolve/appcommand.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/framework_row.h"
#include "loader/resolve/place.h"

#include <errno.h>

// package.json of the app's folder. It is read once, for the first framework that asks.
struct framework_package {
	bool asked;
	json_t *json; // NULL: none
};

// The first that knows an app has it: Nuxt and much of what uses Next bring Vite along.
static const struct framework_row *const rows[] = {
	&framework_next, &framework_nuxt, &framework_vite, &framework_node};

static const struct framework_row *row_of(const struct framework *framework)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(rows[i]->name, framework->name))
			return rows[i];
	return NULL;
}

static void name_it(struct framework *framework, const struct framework_row *row)
{
	framework->name = row->name;
	framework->kind = row->kind;
	framework->flag = row->flag;
	framework->dialect = row->dialect;
	framework->secrets = row->secrets;
	framework->server_code = row->server_code;
	framework->outputs = row->outputs;
	framework->thaw = row->thaw;
}

int framework_read_command(char *const *program, struct pool *pool, struct framework *ret_framework)
{
	struct framework framework = {0};

	for (size_t i = 0; program && i < ARRAY_SIZE(rows) && !framework.name; i++) {
		int code = rows[i]->read_command ? rows[i]->read_command(program, pool, &framework)
						 : 0;

		if (code < 0)
			return code;
		if (code > 0)
			name_it(&framework, rows[i]);
	}
	*ret_framework = framework;
	return 0;
}

int framework_recognise(const struct framework_scene *scene, struct framework *framework)
{
	struct framework_package package = {0};
	struct framework_scene looked_at = *scene;
	const struct framework_row *row;
	int code = 0;

	looked_at.package = &package;
	for (size_t i = 0;
		i < ARRAY_SIZE(rows) && !framework->name && !framework->elsewhere && code == 0;
		i++) {
		code = rows[i]->recognise(&looked_at, framework);
		if (code > 0)
			name_it(framework, rows[i]);
	}
	appfile_release(&package.json);
	row = row_of(framework);
	if (code < 0)
		return code;
	return row && row->complete ? row->complete(scene, framework) : 0;
}

const char *framework_flag(size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i]->flag && index-- == 0)
			return rows[i]->flag;
	return NULL;
}

bool framework_rewrites(const struct framework *framework, struct secret raw,
	const struct framework_reading *reading, size_t *ret_length)
{
	const struct framework_row *row = row_of(framework);

	return row && row->rewrites && row->rewrites(raw, reading, ret_length);
}

int framework_read(char *const *program, const struct appcommand_grammar *grammar,
	const char *const *reasons, struct pool *pool, struct framework *framework)
{
	struct appcommand command;
	int code = appcommand_read(program, grammar, pool, &command);

	if (code < 0)
		return code;
	framework->elsewhere |= command.elsewhere;
	if (!command.verb || command.elsewhere)
		return 0;
	framework->recognised = reasons[command.verb];
	framework->develops = command.verb == APPCOMMAND_DEV;
	framework->mode = command.mode          ? command.mode
			  : framework->develops ? "development"
						: "production";
	framework->files_mode = framework->mode;
	framework->phase_implied = true;
	framework->phase =
		command.verb == APPCOMMAND_BUILD ? BUNDLE_PHASE_BUILD : BUNDLE_PHASE_START;
	framework->folder = command.folder;
	framework->copy_folder = command.output;
	framework->direct = command.direct;
	return 1;
}

int framework_depends(const struct framework_scene *scene, const char *package)
{
	static const char *const lists[] = {"dependencies", "devDependencies"};
	struct framework_package *of_app = scene->package;
	int code = of_app->asked ? 0
				 : appfile_json(scene->place->handle, "package.json", &of_app->json,
					   NULL);

	of_app->asked = true;
	if (code < 0)
		return code;
	for (size_t i = 0; of_app->json && i < ARRAY_SIZE(lists); i++)
		if (json_object_get(json_object_get(of_app->json, lists[i]), package))
			return 1;
	return 0;
}
