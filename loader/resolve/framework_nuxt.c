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
static bool is_of_nuxt(int folder, const char *path)
{
	own(appfile_release) json_t *build = appfile_json(folder, path, NULL);
	const char *name;

	if (!build)
		return false;
	name = json_string_value(json_object_get(json_object_get(build, "framework"), "name"));
	return !name || text_equal(name, "nuxt");
}

// OUTPUT/server/index.mjs. Its app's folder is the one above .output; where the output was copied
// elsewhere, its own.
static bool is_server(const char *path, struct appcommand_server *ret_server)
{
	static const char tail[] = "/server/index.mjs";
	size_t length = strlen(path);
	char build[PATH_MAX];

	if (length < sizeof(tail) || !text_equal(path + length - (sizeof(tail) - 1), tail))
		return false;
	length -= sizeof(tail) - 1;
	(void)snprintf(ret_server->output, PATH_MAX, "%.*s", (int)length, path);
	if (snprintf(build, sizeof(build), "%s/nitro.json", ret_server->output) >= PATH_MAX ||
		!is_of_nuxt(AT_FDCWD, build))
		return false;
	if (length > strlen(OUTPUT) &&
		text_equal(ret_server->output + length - strlen(OUTPUT), OUTPUT))
		length -= strlen(OUTPUT);
	(void)snprintf(ret_server->folder, PATH_MAX, "%.*s", (int)length, path);
	return true;
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

static bool recognise(const struct framework_scene *scene, struct framework *framework)
{
	if (framework_depends(scene, "nuxt"))
		framework->recognised = "package.json";
	else if (is_of_nuxt(scene->place->handle, ".output/nitro.json"))
		framework->recognised = ".output/nitro.json";
	return framework->recognised != NULL;
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
