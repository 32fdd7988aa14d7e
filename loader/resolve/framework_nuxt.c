// Nuxt 3 and 4. Its command line (nuxt, nuxi) reads .env, or what --dotenv names, in every mode, by
// npm dotenv with references, and only for names that the environment lacks; `preview` starts the
// built server as a child with that. The server itself (.output/server/index.mjs) reads no file.
// What nuxt.config takes from the environment is frozen by the build, unless NUXT_... replaces it
// later.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "loader/resolve/appcommand.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/framework_row.h"
#include "loader/resolve/place.h"

#include <fcntl.h>

#define OUTPUT "/.output"

// nitro.json of an output says who built it; older ones do not.
// Returns: 1, 0, or a negative errno.
static int is_of_nuxt(int folder, const char *path)
{
	own(appfile_release) json_t *build = NULL;
	const char *name;
	int code = appfile_json(folder, path, &build, NULL);

	if (!build)
		return code;
	name = json_string_value(json_object_get(json_object_get(build, "framework"), "name"));
	return !name || text_equal(name, "nuxt");
}

// OUTPUT/server/index.mjs. Its app's folder is the one above .output; where the output was copied
// elsewhere, its own.
static int is_server(const char *path, struct appcommand_server *ret_server)
{
	static const char tail[] = "/server/index.mjs";
	size_t length = strlen(path);
	char build[PATH_MAX];
	int code;

	if (length < sizeof(tail) || !text_equal(path + length - (sizeof(tail) - 1), tail))
		return 0;
	length -= sizeof(tail) - 1;
	(void)snprintf(ret_server->output, PATH_MAX, "%.*s", (int)length, path);
	if (snprintf(build, sizeof(build), "%s/nitro.json", ret_server->output) >= PATH_MAX)
		return 0;
	code = is_of_nuxt(AT_FDCWD, build);
	if (code <= 0)
		return code;
	if (length > strlen(OUTPUT) &&
		text_equal(ret_server->output + length - strlen(OUTPUT), OUTPUT))
		length -= strlen(OUTPUT);
	(void)snprintf(ret_server->folder, PATH_MAX, "%.*s", (int)length, path);
	return 1;
}

static const char *const programs[] = {"nuxt", "nuxi", NULL};
static const char *const options[] = {"--cwd", "--logLevel", "--dotenv", "--envName", "-e",
	"--extends", "--preset", "-p", "--port", "-h", "--host", NULL};

static const struct appcommand_grammar grammar = {
	.programs = programs,
	.verbs = {{"build", APPCOMMAND_BUILD, false}, {"generate", APPCOMMAND_BUILD, false},
		{"preview", APPCOMMAND_START, true}, {"start", APPCOMMAND_START, true},
		{"dev", APPCOMMAND_DEV, true}},
	.options = options,
	.server = "index.mjs",
	.is_server = is_server,
};

static int read_command(char *const *program, struct pool *pool, struct framework *framework)
{
	static const char *const reasons[APPCOMMAND_VERBS] = {
		[APPCOMMAND_BUILD] = "nuxt build",
		[APPCOMMAND_START] = "nuxt preview",
		[APPCOMMAND_DEV] = "nuxt dev",
		[APPCOMMAND_SERVER] = "server/index.mjs of Nuxt",
	};

	return framework_read(program, &grammar, reasons, pool, framework);
}

static int recognise(const struct framework_scene *scene, struct framework *framework)
{
	int code = framework_depends(scene, "nuxt");

	framework->recognised = code > 0 ? "package.json" : NULL;
	if (code != 0)
		return code;
	code = is_of_nuxt(scene->place->handle, ".output/nitro.json");
	framework->recognised = code > 0 ? ".output/nitro.json" : NULL;
	return code;
}

// `dist` is what `nuxt generate` leaves.
static const char *const outputs[] = {".output", "dist", NULL};

const struct framework_row framework_nuxt = {
	.name = "nuxt",
	.kind = FRAMEWORK_SERVER,
	.outputs = outputs,
	.thaw = "leave it empty in runtimeConfig of nuxt.config and give NUXT_NAME at start, or "
		"read "
		"process.env in a server route that is not prerendered",
	.read_command = read_command,
	.recognise = recognise,
};
