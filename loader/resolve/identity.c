// Which app, mode and phase it is: what was said, else what the command shows.
// SPDX-License-Identifier: MIT
#include "loader/resolve/identity.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_rows.h"

#include <errno.h>
#include <limits.h>

// Options that take the next word: what `-r` loads and `-u` takes away is not what runs.
static const char *const node_options[] = {"-r", "--require", "--import", "--loader",
	"--experimental-loader", "--env-file", "--env-file-if-exists", "-C", "--conditions",
	"--title", "--watch-path", "--tsconfig", "--preload", NULL};
static const char *const python_options[] = {"-W", "-X", NULL};
static const char *const ruby_options[] = {"-r", "-I", "-C", NULL};
static const char *const php_options[] = {"-c", "-d", NULL};
static const char *const shell_options[] = {"-o", "-O", NULL};
static const char *const env_options[] = {"-u", "--unset", "-C", "--chdir", NULL};
static const char *const nice_options[] = {"-n", "--adjustment", NULL};
static const char *const no_options[] = {NULL};

// Words in front of the command's own.
static const struct {
	const char *word;
	const char *const *options;
} launchers[] = {
	{"node", node_options},
	{"nodejs", node_options},
	{"tsx", node_options},
	{"ts-node", node_options},
	{"bun", node_options},
	{"deno", no_options},
	{"python", python_options},
	{"python3", python_options},
	{"ruby", ruby_options},
	{"php", php_options},
	{"sh", shell_options},
	{"bash", shell_options},
	{"env", env_options},
	{"cross-env", no_options},
	{"nice", nice_options},
	{"nohup", no_options},
	{"setsid", no_options},
	{"tini", no_options},
	{"dumb-init", no_options},
	{"npx", no_options},
	{"npm", no_options},
	{"pnpm", no_options},
	{"yarn", no_options},
	{"bunx", no_options},
	{"workspace", no_options},
	{"exec", no_options},
	{"run", no_options},
	{"watch", no_options},
};

// The options of a word in front, or NULL when it is the command's own.
static const char *const *launcher_options(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(launchers); i++)
		if (text_equal(word, launchers[i].word))
			return launchers[i].options;
	return NULL;
}

// The command's own word: "node ws-server.js" is ws-server, "npx next start" is next.
static const char *program_name(const struct resolution *resolution, char *const *program)
{
	const char *const *options = no_options;
	const char *name = NULL, *before = NULL;
	char shown[PATH_MAX];

	if (resolution->framework.name && resolution->framework.mode)
		return resolution->framework.name;
	for (; program && *program && options; before = *program++) {
		if ((before && text_is_among(before, options)) || (*program)[0] == '-' ||
			strchr(*program, '=') || strchr(*program, ' ') ||
			!text_equal(shape_show_argument(shown, sizeof(shown), before, *program),
				*program))
			continue; // an option, its value, or what must not be seen
		name = path_basename(*program);
		options = launcher_options(name);
	}
	return name;
}

int identity_name_app(struct resolution *resolution, char *const *program)
{
	struct settings *settings = resolution->settings;
	const char *folder = path_basename(resolution->place.start);
	const char *name = program_name(resolution, program);
	const char *dot = name ? strrchr(name, '.') : NULL;
	char whole[2 * PATH_MAX], shown[BUNDLE_NAME_MAX + 1];

	if (settings->name)
		return 0;
	if (name)
		(void)snprintf(whole, sizeof(whole), "%s/%.*s", folder,
			(int)(dot && dot != name ? dot - name : (ptrdiff_t)strlen(name)), name);
	else
		(void)snprintf(whole, sizeof(whole), "%s", folder);
	settings->name = pool_copy(resolution->pool, text_printable(shown, sizeof(shown), whole));
	return settings->name ? 0 : -ENOMEM;
}

int identity_choose_mode(
	struct resolution *resolution, const struct resolution_request *request, struct err *err)
{
	const char *variable = resolution_variable(resolution, "SAMEKEY_MODE");
	const char *node_env = resolution_variable(resolution, "NODE_ENV");
	const struct framework *framework = &resolution->framework;
	const struct setting *row = setting_find(settings_rows, settings_rows_count, "app", "mode");
	bool by_option = false;

	for (size_t i = 0; i < request->override_count; i++)
		by_option |= request->overrides[i].row == row;
	if (by_option) {
		resolution->mode_reason = "--mode";
	} else if (variable && *variable) {
		resolution->mode_reason = "SAMEKEY_MODE";
		if (settings_override(resolution->settings, row, variable, resolution->pool, err) <
			0)
			return err->code;
	} else if (resolution->settings->mode && settings_is_mode(resolution->settings->mode)) {
		resolution->mode_reason = resolution->place.ini;
	} else if (framework->mode) {
		resolution->settings->mode = framework->mode;
		resolution->mode_reason = framework->recognised;
	} else if (node_env && *node_env) {
		resolution->settings->mode = node_env;
		resolution->mode_reason = "NODE_ENV";
	} else {
		resolution->settings->mode = "production";
		resolution->mode_reason = "default";
	}
	resolution->mode = resolution->settings->mode;
	if (!settings_is_mode(resolution->mode)) {
		finding_add(resolution->diag, FINDING_SETTINGS,
			&(struct finding_about){.origin = resolution->mode_reason,
				.hint = "write it as in .env.production: production"},
			"a mode has letters, digits, '_', '-' and '.' only");
		resolution->mode = resolution->settings->mode = "production";
	}
	if (framework->mode && node_env && *node_env && !text_equal(node_env, framework->mode))
		finding_add(resolution->diag, FINDING_MODE_DIFFERS,
			&(struct finding_about){.origin = "env"}, "NODE_ENV says %s, %s means %s",
			node_env, framework->recognised, framework->mode);
	return 0;
}

void identity_choose_phase(struct resolution *resolution, const struct resolution_request *request)
{
	if (request->phase_given)
		resolution->phase = request->phase;
	else if (resolution->framework.phase_implied)
		resolution->phase = resolution->framework.phase;
}
