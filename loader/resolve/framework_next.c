// Next.js. Facts measured on 14, 15 and 16: its loader (@next/env) reads .env files by NODE_ENV,
// expands $NAME in every quote kind and writes the expansion over the process environment; with
// __NEXT_PROCESSED_ENV it reads none. `config.env` is frozen into the build.
// SPDX-License-Identifier: MIT
#include "lib/base/fs.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/framework_row.h"
#include "loader/resolve/place.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>

#define STANDALONE "/.next/standalone"
#define FROZEN_FILE ".next/required-server-files.json"
#define SCRIPT_DEPTH_MAX 4 // npm scripts that call npm scripts
#define OLDEST_TESTED 14
#define NEWEST_TESTED 16

enum verb { VERB_NONE, VERB_BUILD, VERB_START, VERB_DEV };

static const char *const secrets[] = {"NEXTAUTH_SECRET", "AUTH_SECRET",
	"NEXT_SERVER_ACTIONS_ENCRYPTION_KEY", "NEXT_PREVIEW_MODE_ENCRYPTION_KEY", NULL};

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (text_equal(word, *words))
			return true;
	return false;
}

static enum verb verb_of(const char *word, size_t length)
{
	static const char *const words[] = {
		[VERB_BUILD] = "build", [VERB_START] = "start", [VERB_DEV] = "dev"};

	for (enum verb verb = VERB_BUILD; verb <= VERB_DEV; verb++)
		if (strlen(words[verb]) == length && memcmp(words[verb], word, length) == 0)
			return verb;
	return VERB_NONE;
}

// "next build" inside a shell text such as an npm script.
static enum verb verb_in_text(const char *text)
{
	for (const char *at = text; (at = strstr(at, "next ")); at += 5) {
		const char *word = at + 5 + strspn(at + 5, " ");
		enum verb verb = verb_of(word, strcspn(word, " &|;\"'"));

		if (verb && (at == text || strchr(" /&|;\"'", at[-1])))
			return verb;
	}
	return VERB_NONE;
}

// Reads and parses a JSON file; NULL when it is not there or not JSON.
static json_t *load_json(
	const struct framework_scene *scene, const char *path, uint64_t *ret_changed_at_s)
{
	const struct fs_rules rules = {.max_size = FRAMEWORK_JSON_MAX, .links = FS_LINKS_ANYWHERE};
	int handle = scene->place->handle;
	struct fs_file file;
	json_t *json;

	if (faccessat(handle, path, R_OK, 0) < 0 ||
		fs_read(handle, path, &rules, scene->arena, &file, NULL) < 0)
		return NULL;
	json = json_loadb((const char *)file.bytes, file.size, 0, NULL);
	*ret_changed_at_s = (uint64_t)file.facts.st_mtim.tv_sec;
	fs_file_done(&file, scene->arena);
	return json;
}

// The verb of an npm script, through scripts that call others.
static enum verb verb_of_script(const json_t *package, const char *name)
{
	const char *text = NULL;
	enum verb verb = VERB_NONE;

	for (int i = 0; i < SCRIPT_DEPTH_MAX && name && !verb; i++) {
		text = json_string_value(
			json_object_get(json_object_get(package, "scripts"), name));
		if (!text)
			break;
		verb = verb_in_text(text);
		name = strstr(text, "npm run ");
		name = name ? name + strlen("npm run ") : NULL;
	}
	return verb;
}

// The verb that the words of a command imply.
static enum verb verb_of_program(char *const *program, const json_t *package)
{
	static const char *const launchers[] = {"npx", "npm", "pnpm", "yarn", "bun", "bunx", "node",
		"exec", "run", "dlx", "x", "cross-env", "env", NULL};
	static const char *const runners[] = {"npm", "pnpm", "yarn", "bun", NULL};
	bool runs_scripts = is_one_of(text_basename(program[0]), runners);

	for (size_t i = 0; program[i]; i++) {
		const char *word = text_basename(program[i]);

		if (strchr(program[i], ' ')) // sh -c "next start"
			return verb_in_text(program[i]);
		if (text_equal(word, "next")) {
			for (i++; program[i] && program[i][0] == '-'; i++)
				;
			return program[i] ? verb_of(program[i], strlen(program[i])) : VERB_DEV;
		}
		if (word[0] == '-' || strchr(word, '=') || is_one_of(word, launchers) ||
			text_equal(word, "run-script"))
			continue;
		return runs_scripts ? verb_of_script(package, word) : VERB_NONE;
	}
	return VERB_NONE;
}

// The folder of a standalone server: the script's, when the build's files lie beside it.
static char *standalone_folder(const struct framework_scene *scene)
{
	char path[PATH_MAX], absolute[PATH_MAX], *slash;

	for (size_t i = 0; scene->program && scene->program[i]; i++) {
		if (!text_equal(text_basename(scene->program[i]), "server.js"))
			continue;
		if (!realpath(scene->program[i], absolute))
			return NULL;
		slash = strrchr(absolute, '/');
		*slash = '\0';
		if (snprintf(path, sizeof(path), "%s/" FROZEN_FILE, absolute) >= PATH_MAX ||
			access(path, R_OK) < 0)
			return NULL;
		return pool_copy(scene->pool, absolute);
	}
	return NULL;
}

static void apply_verb(struct framework *framework, enum verb verb)
{
	static const char *const reasons[] = {
		[VERB_BUILD] = "next build", [VERB_START] = "next start", [VERB_DEV] = "next dev"};

	framework->recognised = reasons[verb];
	framework->mode = verb == VERB_DEV ? "development" : "production";
	framework->develops = verb == VERB_DEV;
	framework->phase_implied = true;
	framework->phase = verb == VERB_BUILD ? BUNDLE_PHASE_BUILD : BUNDLE_PHASE_START;
	framework->files_mode = framework->mode;
}

static void apply_standalone(
	const struct framework_scene *scene, struct framework *framework, char *folder)
{
	const char *inside = strstr(folder, STANDALONE);

	framework->recognised = "a standalone server.js";
	framework->mode = framework->files_mode = "production";
	framework->phase_implied = true;
	framework->phase = BUNDLE_PHASE_START;
	framework->copy_folder = folder;
	if (inside)
		framework->app_folder = pool_text(scene->pool, folder, (size_t)(inside - folder));
}

// The installed version, from the nearest node_modules.
static void find_version(const struct framework_scene *scene, struct framework *framework)
{
	const struct place *place = scene->place;

	for (size_t i = 0; i < place->folder_count + place->above_count; i++) {
		char path[PATH_MAX], major[8];
		uint64_t changed, number = 0;
		json_t *package;
		const char *version;

		(void)snprintf(path, sizeof(path), "%snode_modules/next/package.json",
			i < place->folder_count ? place->folders[i]
						: place->above[i - place->folder_count]);
		package = load_json(scene, path, &changed);
		version = json_string_value(json_object_get(package, "version"));
		if (version) {
			framework->version = pool_copy(scene->pool, version);
			(void)snprintf(
				major, sizeof(major), "%.*s", (int)strcspn(version, "."), version);
			framework->tested = num_parse(major, 1000, &number) == 0 &&
					    number >= OLDEST_TESTED && number <= NEWEST_TESTED;
		}
		json_decref(package);
		if (version)
			return;
	}
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
	char path[PATH_MAX];
	json_t *json, *environment;
	int code = 0;

	if (framework->develops || framework->phase == BUNDLE_PHASE_BUILD)
		return 0;
	(void)snprintf(path, sizeof(path), "%s%s" FROZEN_FILE,
		framework->copy_folder ? framework->copy_folder : "",
		framework->copy_folder ? "/" : "");
	json = load_json(scene, path, &framework->frozen_at_s);
	environment = json_object_get(json_object_get(json, "config"), "env");
	if (json_object_size(environment)) {
		framework->frozen_file = pool_copy(scene->pool, path);
		code = framework->frozen_file ? copy_frozen(scene, framework, environment)
					      : -ENOMEM;
	}
	json_decref(json);
	return code;
}

static bool depends_on_next(const json_t *package)
{
	return json_object_get(json_object_get(package, "dependencies"), "next") ||
	       json_object_get(json_object_get(package, "devDependencies"), "next");
}

static int recognise(const struct framework_scene *scene, struct framework *framework)
{
	uint64_t changed;
	json_t *package = load_json(scene, "package.json", &changed);
	enum verb verb = scene->program ? verb_of_program(scene->program, package) : VERB_NONE;
	char *standalone = verb ? NULL : standalone_folder(scene);
	bool here = depends_on_next(package);

	json_decref(package);
	if (verb)
		apply_verb(framework, verb);
	else if (standalone)
		apply_standalone(scene, framework, standalone);
	else if (here)
		framework->recognised = "package.json";
	else if (faccessat(scene->place->handle, ".next", F_OK, 0) == 0)
		framework->recognised = ".next";
	else
		return 0;
	find_version(scene, framework);
	return find_frozen(scene, framework) < 0 ? -ENOMEM : 1;
}

static bool is_name_byte(uint8_t byte)
{
	return byte == '_' || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= '0' && byte <= '9');
}

// One $NAME or ${NAME...}: how many bytes it takes and how many it becomes.
static size_t step_over_name(const uint8_t *at, size_t left,
	const struct framework_reading *reading, size_t *length, bool *rewritten)
{
	bool braced = left > 1 && at[1] == '{';
	const char *name = (const char *)at + 1 + braced;
	size_t used = 0, step;

	while (1 + braced + used < left && is_name_byte((uint8_t)name[used]))
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
			rewritten = true;
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
	.flag = "__NEXT_PROCESSED_ENV",
	.secrets = secrets,
	.recognise = recognise,
	.rewrites = rewrites,
};
