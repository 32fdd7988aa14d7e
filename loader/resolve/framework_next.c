// Next.js. Facts measured on 14, 15 and 16: its loader (@next/env) reads .env files by NODE_ENV,
// expands $NAME in every quote kind and writes the expansion over the process environment; with
// __NEXT_PROCESSED_ENV it reads none. `config.env` is frozen into the build.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/framework_row.h"
#include "loader/resolve/next_command.h"
#include "loader/resolve/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

// Below the app's folder; another distDir of next.config.js is not looked for.
#define FROZEN_FILE ".next/required-server-files.json"
#define OLDEST_TESTED 14
#define NEWEST_TESTED 16

static const char *const secrets[] = {"NEXTAUTH_SECRET", "AUTH_SECRET",
	"NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", "NEXT_PREVIEW_MODE_ENCRYPTION_KEY", NULL};

// `out` is that of `output: 'export'`; another distDir is for --scan to name.
static const char *const outputs[] = {".next", "out", NULL};

static int read_command(char *const *program, struct pool *pool, struct framework *framework)
{
	static const char *const reasons[] = {
		[APPCOMMAND_BUILD] = "next build",
		[APPCOMMAND_START] = "next start",
		[APPCOMMAND_DEV] = "next dev",
		[APPCOMMAND_SERVER] = "a standalone server.js",
	};

	return framework_read(program, &next_command_grammar, reasons, pool, framework);
}

static int recognise(const struct framework_scene *scene, struct framework *framework)
{
	int code = framework_depends(scene, "next");

	framework->recognised = code > 0 ? "package.json" : NULL;
	if (code != 0)
		return code;
	if (faccessat(scene->place->handle, ".next", F_OK, 0) < 0)
		return appfile_failure(errno);
	framework->recognised = ".next";
	return 1;
}

static int take_version(
	const struct framework_scene *scene, struct framework *framework, const char *version)
{
	char major[8];
	uint64_t number = 0;

	framework->version = pool_copy(scene->pool, version);
	(void)snprintf(major, sizeof(major), "%.*s", (int)strcspn(version, "."), version);
	framework->tested = num_parse(major, 1000, &number) == 0 && number >= OLDEST_TESTED &&
			    number <= NEWEST_TESTED;
	return framework->version ? 0 : -ENOMEM;
}

// The installed version, from the nearest node_modules.
static int find_version(const struct framework_scene *scene, struct framework *framework)
{
	const struct place *place = scene->place;

	for (size_t i = 0; i < place->folder_count + place->above_count; i++) {
		char path[PATH_MAX];
		own(appfile_release) json_t *package = NULL;
		const char *version;
		int code;

		(void)snprintf(path, sizeof(path), "%snode_modules/next/package.json",
			i < place->folder_count ? place->folders[i]
						: place->above[i - place->folder_count]);
		code = appfile_json(place->handle, path, &package, NULL);
		if (code < 0)
			return code;
		version = json_string_value(json_object_get(package, "version"));
		if (version)
			return take_version(scene, framework, version);
	}
	return 0;
}

static int copy_frozen(
	const struct framework_scene *scene, struct framework *framework, json_t *environment)
{
	struct framework_frozen *frozen;
	const char *name;
	json_t *value;

	frozen = pool_array(scene->pool, json_object_size(environment), sizeof(*frozen));
	if (!frozen)
		return -ENOMEM;
	framework->frozen = frozen;
	json_object_foreach(environment, name, value)
	{
		if (!json_is_string(value) || framework->frozen_count == FRAMEWORK_FROZEN_MAX)
			continue;
		frozen->name = pool_copy(scene->pool, name);
		if (!frozen->name || secret_copy(scene->arena, json_string_value(value),
					     json_string_length(value), &frozen->value) < 0)
			return -ENOMEM;
		framework->frozen_count++;
		frozen++;
	}
	return 0;
}

// What `env:` of next.config.js froze into the build that is about to start.
static int find_frozen(const struct framework_scene *scene, struct framework *framework)
{
	const char *output = framework->copy_folder;
	char path[PATH_MAX];
	own(appfile_release) json_t *json = NULL;
	json_t *environment;
	int code;

	if (framework->develops || framework->phase == BUNDLE_PHASE_BUILD)
		return 0;
	(void)snprintf(
		path, sizeof(path), "%s%s" FROZEN_FILE, output ? output : "", output ? "/" : "");
	code = appfile_json(scene->place->handle, path, &json, &framework->frozen_at_s);
	if (code < 0)
		return code;
	environment = json_object_get(json_object_get(json, "config"), "env");
	framework->frozen_unknown = !json && faccessat(scene->place->handle, path, F_OK, 0) == 0;
	if (!json_object_size(environment) && !framework->frozen_unknown)
		return 0;
	framework->frozen_file = pool_copy(scene->pool, path);
	return framework->frozen_file ? copy_frozen(scene, framework, environment) : -ENOMEM;
}

static int complete(const struct framework_scene *scene, struct framework *framework)
{
	int code = find_version(scene, framework);

	return code < 0 ? code : find_frozen(scene, framework);
}

// One $NAME or ${NAME...}: how many bytes it takes and how many it becomes.
static size_t step_over_name(const uint8_t *at, size_t left,
	const struct framework_reading *reading, size_t *length, bool *rewritten)
{
	bool braced = left > 1 && at[1] == '{';
	const char *name = (const char *)at + 1 + braced;
	size_t used = 0, step;

	while (1 + braced + used < left && ascii_is_name(name[used], false))
		used++;
	step = 1 + braced + used;
	if (!used || !reading->known(reading->user, name, used)) {
		*length += 1;
		return 1;
	}
	*rewritten = true;
	*length += reading->lookup(reading->user, name, used).length;
	while (braced && step < left && at[step - 1] != '}')
		step++;
	return step;
}

static bool rewrites(struct secret raw, const struct framework_reading *reading, size_t *ret_length)
{
	const uint8_t *at = secret_bytes(raw);
	size_t i = 0, length = 0;
	bool rewritten = false;

	while (i < raw.length) {
		if (at[i] == '\\' && i + 1 < raw.length && at[i + 1] == '$') {
			rewritten |= !reading->decoded;
			length++;
			i += 2;
		} else if (at[i] == '\\' && reading->decoded && i + 1 < raw.length &&
			   (at[i + 1] == 'n' || at[i + 1] == 'r')) {
			length++;
			i += 2;
		} else if (at[i] == '$') {
			i += step_over_name(at + i, raw.length - i, reading, &length, &rewritten);
		} else {
			length++;
			i++;
		}
	}
	if (rewritten)
		*ret_length = length;
	return rewritten;
}

const struct framework_row framework_next = {
	.name = "next",
	.kind = FRAMEWORK_SERVER,
	.flag = "__NEXT_PROCESSED_ENV",
	.dialect = "next",
	.secrets = secrets,
	.server_code = ".next/server",
	.outputs = outputs,
	.thaw = "what reads it must not be rendered at build: export const dynamic = "
		"'force-dynamic' there (Next 14 renders every plain GET handler), and no env: in "
		"next.config.js",
	.read_command = read_command,
	.recognise = recognise,
	.complete = complete,
	.rewrites = rewrites,
};
