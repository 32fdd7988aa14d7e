// The order of a resolution: place, settings, framework, mode, sources, contests, rules, bundle.
// SPDX-License-Identifier: MIT
#include "loader/resolve/resolution.h"

#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "loader/resolve/allowance.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/bundling.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/gather.h"
#include "loader/resolve/identity.h"
#include "loader/resolve/interpolate.h"
#include "loader/resolve/rules.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/standin.h"
#include "loader/resolve/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>

const char *resolution_variable(const struct resolution *resolution, const char *name)
{
	size_t length = strlen(name);

	for (char *const *at = resolution->environment; *at; at++)
		if (**at == *name && strncmp(*at, name, length) == 0 && (*at)[length] == '=')
			return *at + length + 1;
	return NULL;
}

const struct found_file *resolution_file(
	const struct resolution *resolution, const struct stat *facts)
{
	for (size_t i = 0; i < resolution->file_count; i++)
		if (resolution->files[i]->device == facts->st_dev &&
			resolution->files[i]->inode == facts->st_ino)
			return resolution->files[i];
	return NULL;
}

uint64_t resolution_changed_at(const struct resolution *resolution, const char *place)
{
	for (size_t i = 0; i < resolution->file_count; i++)
		if (text_equal(resolution->files[i]->shown, place))
			return resolution->files[i]->changed_at_s;
	return 0;
}

int resolution_allow(const struct resolution *resolution, struct diag *diag)
{
	return allowance_apply(resolution->bundle.allowed, resolution->bundle.allowed_count, diag);
}

static int allow_all(
	struct resolution *resolution, const struct resolution_request *request, struct err *err)
{
	const char *inherited = resolution_variable(resolution, "SAMEKEY_ALLOW");
	struct pool_list allowed;
	int code = allowance_read_all(
		request->allow, request->allow_count, inherited, resolution->pool, &allowed, err);

	if (code < 0)
		return code;
	resolution->bundle.allowed = allowed.items;
	resolution->bundle.allowed_count = allowed.count;
	return resolution_allow(resolution, resolution->diag) < 0 ? err_no_memory(err) : 0;
}

// Reads samekey.ini, when there is one. What is wrong in it becomes findings.
static int read_ini(struct resolution *resolution, const char *named, struct err *err)
{
	const struct place *place = &resolution->place;
	const struct settings_room room = {resolution->arena, resolution->pool, resolution->diag};
	struct settings *settings = resolution->settings;
	int code;

	if (!place->ini)
		return 0;
	code = settings_load(settings, named ? AT_FDCWD : place->handle, place->ini, &room, err);
	if (code == 0 &&
		(place_base_path(place, resolution->pool, &settings->socket) < 0 ||
			place_base_path(place, resolution->pool, &settings->fingerprint_key) < 0))
		return err_no_memory(err);
	return code;
}

static int apply_overrides(
	struct resolution *resolution, const struct resolution_request *request, struct err *err)
{
	for (size_t i = 0; i < request->override_count; i++) {
		const struct resolution_override *override = &request->overrides[i];
		int code = settings_override(
			resolution->settings, override->row, override->text, resolution->pool, err);

		if (code < 0)
			return code;
	}
	return 0;
}

// Keeps the framework from reading the files again, and its flag from leaking in.
static int guard_framework(
	struct resolution *resolution, char *const *program, struct pool_list *removed)
{
	struct framework *framework = &resolution->framework;

	if (framework->name && !framework->mode) // a command that says nothing goes by the mode
		framework->develops = text_equal(resolution->mode, "development");
	if (framework->name && !framework->files_mode)
		framework->files_mode = text_equal(resolution->mode, "test") ? "test"
					: framework->develops                ? "development"
									     : "production";
	if (framework->name && program && !framework->develops)
		resolution->guard_flag = framework->flag;
	if (framework->name && framework->version && !framework->tested)
		finding_add(resolution->diag, FINDING_UNTESTED_FRAMEWORK, NULL,
			"%s %s was not tested", framework->name, framework->version);
	for (size_t i = 0; framework_flag(i); i++) {
		const char *flag = framework_flag(i);

		if (!resolution_variable(resolution, flag) ||
			text_equal(flag, resolution->guard_flag))
			continue;
		if (pool_push_text(resolution->pool, removed, flag) < 0)
			return -ENOMEM;
		finding_add(resolution->diag, FINDING_LEAKED_FLAG,
			&(struct finding_about){.key = flag, .origin = "env"},
			"set from outside; it was removed");
	}
	return 0;
}

// The app lies elsewhere than the current folder, but --dotenv was typed in the current one.
static int base_dotenv(struct resolution *resolution, const struct resolution_request *request)
{
	char here[PATH_MAX];

	resolution->dotenv_base = "";
	if (request->root || !resolution->framework.folder || !realpath(".", here))
		return 0;
	resolution->dotenv_base = pool_format(resolution->pool, "%s/", here);
	return resolution->dotenv_base ? 0 : -ENOMEM;
}

// `npm start -w web` runs in a folder that only npm knows; the files there are not read here.
static void judge_elsewhere(struct resolution *resolution, const struct resolution_request *request)
{
	if (request->root)
		resolution->framework.elsewhere = false;
	if (resolution->framework.elsewhere)
		finding_add(resolution->diag, FINDING_UNKNOWN_FOLDER, NULL,
			"%s runs the app in a workspace; env files there are not read",
			request->program[0]);
}

// Everything up to the settings being known.
static int prepare(struct resolution *resolution, const struct resolution_request *request,
	struct pool_list *removed, struct err *err)
{
	const char *fingerprint_key;
	const struct framework_scene scene = {.place = &resolution->place,
		.program = request->program,
		.pool = resolution->pool,
		.arena = resolution->arena};
	struct framework *framework = &resolution->framework;
	int code = framework_read_command(request->program, resolution->pool, framework);

	if (code < 0)
		return appfile_complain(code, err);
	if (base_dotenv(resolution, request) < 0)
		return err_no_memory(err);
	code = place_find(request->root ? request->root : framework->folder, request->ini,
		resolution->pool, &resolution->place, err);

	if (code == 0)
		code = allow_all(resolution, request, err);
	if (code == 0)
		code = read_ini(resolution, request->ini, err);
	if (code == 0)
		code = apply_overrides(resolution, request, err);
	if (code < 0 || request->settings_only)
		return code;
	judge_elsewhere(resolution, request);
	code = framework_recognise(&scene, framework);
	if (code < 0)
		return appfile_complain(code, err);
	if (identity_name_app(resolution, request->program) < 0)
		return err_no_memory(err);
	code = identity_choose_mode(resolution, request, err);
	if (code < 0)
		return code;
	identity_choose_phase(resolution, request);
	resolution->sentinels = request->sentinels && resolution->phase == BUNDLE_PHASE_BUILD;
	ignore_result(settings_judge(resolution->settings, // its findings say it
		resolution->place.ini ? resolution->place.ini : "options", resolution->diag));
	fingerprint_key = resolution->settings->fingerprint_key;
	code = fingerprint_key_open(
		fingerprint_key, resolution->arena, &resolution->fingerprints, err);
	if (code < 0)
		return code;
	if (guard_framework(resolution, request->program, removed) < 0)
		return err_no_memory(err);
	return 0;
}

// `samekey run -- pm2 start ...`: PM2 would keep the values for good.
static void judge_program(struct resolution *resolution, char *const *program)
{
	for (; program && *program; program++) {
		const char *word = path_basename(*program);

		if (text_equal(word, "pm2") || text_equal(word, "pm2-runtime")) {
			finding_add(resolution->diag, FINDING_PM2, NULL,
				"%s captures the environment for good", word);
			return;
		}
		if (!text_equal(word, "npx") && !text_equal(word, "exec") && word[0] != '-')
			return;
	}
}

// Names that the child must not inherit: empty secrets, and KEY_FILE when KEY is given.
static int list_removed(struct resolution *resolution, struct pool_list *removed)
{
	for (size_t i = 0; i < resolution->contest_count; i++) {
		const struct contest *contest = &resolution->contests[i];
		const char *inherited = resolution_variable(resolution, contest->name);

		if (contest->file_variable &&
			pool_push_text(resolution->pool, removed, contest->file_variable) < 0)
			return -ENOMEM;
		if (inherited && !contest_winner(contest) &&
			pool_push_text(resolution->pool, removed, contest->name) < 0)
			return -ENOMEM;
	}
	resolution->removed = removed->items;
	resolution->removed_count = removed->count;
	return 0;
}

static void judge_guard(struct resolution *resolution)
{
	if (!secret_arena_guard(resolution->arena).locked)
		finding_add(resolution->diag, FINDING_NOT_LOCKED, NULL,
			"the memory that holds the values could not be locked");
	if (fingerprint_key_source(resolution->fingerprints) == FINGERPRINT_KEY_EPHEMERAL)
		finding_add(resolution->diag, FINDING_FINGERPRINT_KEY, NULL,
			"fingerprints are made with a key of this process only");
}

static int resolve(
	struct resolution *resolution, const struct resolution_request *request, struct err *err)
{
	struct pool_list removed = {0};
	int code = prepare(resolution, request, &removed, err);

	if (code < 0 || request->settings_only)
		return code;
	if (gather_sources(resolution) < 0 || contest_hold(resolution) < 0)
		return err_no_memory(err);
	if (resolution->settings->interpolate == SETTING_YES && interpolate_all(resolution) < 0)
		return err_no_memory(err);
	bundling_judge_caps(resolution);
	judge_program(resolution, request->program);
	if (rules_judge(resolution) < 0 || unread_look(resolution) < 0 ||
		standin_give(resolution) < 0 || list_removed(resolution, &removed) < 0 ||
		bundling_fill(resolution, request->program) < 0)
		return err_no_memory(err);
	judge_guard(resolution);
	return diag_is_complete(resolution->diag) ? 0 : err_no_memory(err);
}

int resolution_open(const struct resolution_request *request, struct resolution **ret_resolution,
	struct err *err)
{
	own(pool_release) struct pool *pool = pool_new();
	struct resolution *resolution =
		pool && sodium_init() >= 0 ? pool_take(pool, sizeof(*resolution)) : NULL;
	int code;

	if (!resolution)
		return err_no_memory(err);
	resolution->pool = take(&pool);
	resolution->place.handle = -1;
	resolution->environment = request->environment;
	resolution->dotenv = request->dotenv;
	resolution->dotenv_count = request->dotenv_count;
	resolution->diag = diag_new();
	resolution->settings = settings_new(resolution->pool);
	resolution->found = found_new(resolution->pool);
	code = secret_arena_open(NULL, &resolution->arena, err);
	if (code == 0 && (!resolution->diag || !resolution->settings || !resolution->found))
		code = err_no_memory(err);
	if (code == 0)
		code = resolve(resolution, request, err);
	if (code < 0) {
		resolution_free(resolution);
		return code;
	}
	*ret_resolution = resolution;
	return 0;
}

struct resolution *resolution_free(struct resolution *resolution)
{
	if (!resolution)
		return NULL;
	place_done(&resolution->place);
	found_free(resolution->found);
	diag_free(resolution->diag);
	fingerprint_key_free(resolution->fingerprints);
	secret_arena_free(resolution->arena);
	pool_free(resolution->pool);
	return NULL;
}

void resolution_release(struct resolution **resolution)
{
	*resolution = resolution_free(*resolution);
}
