// Vite. It reads .env, .env.local, .env.MODE and .env.MODE.local by its own loader, in which the
// environment wins, and freezes the names that begin with VITE_ into what it builds; it gives none
// to the environment. The mode is --mode, else production for `build` and `preview`, development
// for its server; not NODE_ENV.
// SPDX-License-Identifier: MIT
#include "loader/resolve/appcommand.h"
#include "loader/resolve/framework_row.h"

static int is_server(const char *path, struct appcommand_server *ret_server)
{
	(void)path, (void)ret_server;
	return 0; // it builds files, not a server
}

static const char *const programs[] = {"vite", NULL};
static const char *const mode_options[] = {"-m", "--mode", NULL};
static const char *const options[] = {"-m", "--mode", "-c", "--config", "--base", "-l",
	"--logLevel", "--configLoader", "-f", "--filter", "--port", "--outDir", "--assetsDir",
	"--target", NULL};

static const struct appcommand_grammar grammar = {
	.programs = programs,
	.verbs = {{"build", APPCOMMAND_BUILD, false}, {"preview", APPCOMMAND_START, false},
		{"dev", APPCOMMAND_DEV, false}, {"serve", APPCOMMAND_DEV, false}},
	.alone = APPCOMMAND_DEV,
	.options = options,
	.mode_options = mode_options,
	.is_server = is_server,
};

static int read_command(char *const *program, struct pool *pool, struct framework *framework)
{
	static const char *const reasons[APPCOMMAND_VERBS] = {
		[APPCOMMAND_BUILD] = "vite build",
		[APPCOMMAND_START] = "vite preview",
		[APPCOMMAND_DEV] = "vite dev",
	};

	return framework_read(program, &grammar, reasons, pool, framework);
}

static int recognise(const struct framework_scene *scene, struct framework *framework)
{
	int code = framework_depends(scene, "vite");

	if (code > 0)
		framework->recognised = "package.json";
	return code;
}

static const char *const outputs[] = {"dist", NULL};

const struct framework_row framework_vite = {
	.name = "vite",
	.kind = FRAMEWORK_BUILDER,
	.dialect = "vite",
	.outputs = outputs,
	.thaw = "Vite writes import.meta.env and define into what it builds: read the value on a "
		"server, and keep it out of define and VITE_ names",
	.read_command = read_command,
	.recognise = recognise,
};
