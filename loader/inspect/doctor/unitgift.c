// What the environment becomes in systemd's order: PassEnvironment=, Environment=,
// EnvironmentFile=, then UnsetEnvironment=; an empty setting forgets what came before.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitgift.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/unitfile.h"
#include "loader/resolve/appfile.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

static bool is_wanted(const struct doctor *doctor, const char *name)
{
	static const char *const flags[] = {
		"NODE_ENV", "NODE_OPTIONS", "NODE_TLS_REJECT_UNAUTHORIZED"};
	const char *flag;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (text_equal(flags[i], name))
			return true;
	for (size_t i = 0; (flag = framework_flag(i)); i++)
		if (text_equal(flag, name))
			return true;
	return bundle_find(&doctor->resolution->bundle, name) != NULL;
}

bool unitgift_is_secret(const struct doctor *doctor, const char *name)
{
	const struct bundle_key *key = bundle_find(&doctor->resolution->bundle, name);

	return key &&
	       (key->flags & (BUNDLE_KEY_SECRET | BUNDLE_KEY_INHERITED)) == BUNDLE_KEY_SECRET;
}

int unitgift_add(struct unitgift_unit *unit, enum unitgift_way way, struct span name,
	struct span value, const char *origin)
{
	struct doctor *doctor = unit->doctor;
	char text[BUNDLE_NAME_MAX + 1];
	struct unitgift *given;

	if (name.length > BUNDLE_NAME_MAX)
		return 0;
	memcpy(text, name.at, name.length);
	text[name.length] = '\0';
	if (!is_wanted(doctor, text))
		return 0;
	given = pool_push(doctor->pool, &unit->given, sizeof(*given));
	if (!given)
		return -ENOMEM;
	*given = (struct unitgift){
		.way = way, .name = pool_copy(doctor->pool, text), .origin = origin};
	unit->gives_secret |= unitgift_is_secret(doctor, text);
	return given->name && secret_copy(doctor->resolution->arena, value.at, value.length,
				      &given->value) == 0
		       ? 0
		       : -ENOMEM;
}

// An empty setting forgets all that came before.
static void forget(struct unitgift_unit *unit, enum unitgift_way way)
{
	struct unitgift *given = unit->given.items;

	for (size_t i = 0; i < unit->given.count; i++)
		given[i].dropped |= given[i].way == way;
}

static void forget_named(struct pool_list *list)
{
	struct unitgift_named *named = list->items;

	for (size_t i = 0; i < list->count; i++)
		named[i].dropped = true;
}

static int add_words(
	struct unitgift_unit *unit, struct span value, enum unitgift_way way, const char *origin)
{
	struct span word, name, text;
	int code = 0;

	while (code == 0 && unitfile_word(&value, unit->room, &word) == 1) {
		size_t before = unit->given.count;
		bool plain = unitfile_specifiers(word, unit->room, &word);

		if (way == UNITGIFT_PASSED)
			code = unitgift_add(unit, way, word, (struct span){0}, origin);
		else if (unitfile_assignment(word, &name, &text))
			code = unitgift_add(unit, way, name, text, origin);
		if (unit->given.count > before)
			((struct unitgift *)unit->given.items)[before].specifier = !plain;
	}
	return code;
}

static int add_named(
	struct unitgift_unit *unit, struct pool_list *list, struct span value, const char *origin)
{
	struct unitgift_named *named = pool_push(unit->doctor->pool, list, sizeof(*named));
	bool may = value.length && value.at[0] == '-';

	if (!named)
		return -ENOMEM;
	if (may)
		value = span_after(value, 1);
	*named = (struct unitgift_named){
		.text = pool_text(unit->doctor->pool, (const char *)value.at, value.length),
		.origin = origin,
		.may_be_missing = may};
	return named->text ? 0 : -ENOMEM;
}

static int add_unset(struct unitgift_unit *unit, struct span value, const char *origin)
{
	struct span word;
	int code = 0;

	while (code == 0 && unitfile_word(&value, unit->room, &word) == 1)
		code = add_named(unit, &unit->unset, word, origin);
	return code;
}

// ID:PATH of LoadCredential=, ID:TEXT of SetCredential=.
static int add_credential(
	struct unitgift_unit *unit, struct span value, const char *origin, bool inline_text)
{
	const uint8_t *colon = span_find(value, ':');
	struct span id = {0}, rest = {0};
	struct doctor_file file;
	char path[PATH_MAX];
	int code;

	if (!colon)
		return 0;
	id = span_between(value.at, colon);
	rest = span_between(colon + 1, span_end(value));
	if (inline_text)
		return unitgift_add(unit, UNITGIFT_CREDENTIAL, id, rest, origin);
	(void)snprintf(path, sizeof(path), "%s%.*s", unit->doctor->host, (int)rest.length,
		(const char *)rest.at);
	code = rest.length && rest.at[0] == '/' ? doctor_load(unit->doctor, AT_FDCWD, path, &file)
						: -ENOENT;
	if (code < 0 && appfile_failure(-code) != 0 && code != -ENOMEM)
		doctor_could_not(
			unit->doctor, origin, "%s wants %s: %s", unit->name, path, strerror(-code));
	if (code < 0)
		return code == -ENOMEM ? code : 0; // root's, mostly
	rest = (struct span){(const uint8_t *)file.bytes, file.size};
	if (rest.length && rest.at[rest.length - 1] == '\n')
		rest.length--;
	code = unitgift_add(
		unit, UNITGIFT_CREDENTIAL, id, rest, pool_copy(unit->doctor->pool, path));
	doctor_done(unit->doctor, &file);
	return code;
}

// Whether a path, or one below it, stands there: /srv/shop-node is another one than /srv/shop.
static bool holds(struct span text, const char *path)
{
	size_t length = strlen(path);
	const uint8_t *at = text.at, *end = span_end(text);

	while (at < end && (at = memmem(at, (size_t)(end - at), path, length))) {
		at += length;
		if (at == end || strchr("/ \t\"';", *at))
			return true;
	}
	return false;
}

static void look_at_command(struct unitgift_unit *unit, struct span value)
{
	struct span word;

	unit->of_root |= holds(value, unit->doctor->resolution->place.root);
	while (value.length && strchr("@-:+!", value.at[0]))
		value = span_after(value, 1);
	if (unitfile_word(&value, unit->room, &word) == 1)
		unit->through_samekey |=
			span_is(word, "samekey") ||
			(word.length > 8 && memcmp(span_end(word) - 8, "/samekey", 8) == 0);
}

static int take_folder(struct unitgift_unit *unit, struct span value)
{
	const char *folder = pool_text(unit->doctor->pool, (const char *)value.at, value.length);

	unit->of_root |= holds(value, unit->doctor->resolution->place.root);
	unit->folder = folder && *folder == '/' ? folder : NULL;
	return folder ? 0 : -ENOMEM;
}

// A setting and what it does; `way` is for those that give.
static int take_setting(void *user, const struct unitfile_setting *setting)
{
	struct unitgift_unit *unit = user;
	struct span value = setting->value;
	const char *origin;

	if (!span_is(setting->section, "Service"))
		return 0;
	origin = pool_format(unit->doctor->pool, "%s:%u", unit->path, setting->line);
	if (!origin)
		return -ENOMEM;
	if (span_is(setting->name, "WorkingDirectory"))
		return take_folder(unit, value);
	if (span_starts(setting->name, "ExecStart"))
		look_at_command(unit, value);
	else if (span_is(setting->name, "Environment") && !value.length)
		forget(unit, UNITGIFT_ENVIRONMENT);
	else if (span_is(setting->name, "Environment"))
		return add_words(unit, value, UNITGIFT_ENVIRONMENT, origin);
	else if (span_is(setting->name, "PassEnvironment") && !value.length)
		forget(unit, UNITGIFT_PASSED);
	else if (span_is(setting->name, "PassEnvironment"))
		return add_words(unit, value, UNITGIFT_PASSED, origin);
	else if (span_is(setting->name, "EnvironmentFile") && !value.length)
		forget_named(&unit->files);
	else if (span_is(setting->name, "EnvironmentFile"))
		return add_named(unit, &unit->files, value, origin);
	else if (span_is(setting->name, "UnsetEnvironment") && !value.length)
		forget_named(&unit->unset);
	else if (span_is(setting->name, "UnsetEnvironment"))
		return add_unset(unit, value, origin);
	else if (span_is(setting->name, "LoadCredential"))
		return add_credential(unit, value, origin, false);
	else if (span_is(setting->name, "SetCredential"))
		return add_credential(unit, value, origin, true);
	return 0;
}

// What a link by absolute path means below --host: the file there, not this machine's.
static const char *below_host(const struct doctor *doctor, const char *path)
{
	char target[PATH_MAX];
	ssize_t length = *doctor->host ? readlink(path, target, sizeof(target)) : -1;

	if (length <= 0 || target[0] != '/')
		return path;
	return pool_format(doctor->pool, "%s%.*s", doctor->host, (int)length, target);
}

int unitgift_read(struct unitgift_unit *unit, const char *path)
{
	struct doctor *doctor = unit->doctor;
	struct secret_arena *arena = doctor->resolution->arena;
	const char *real = below_host(doctor, path);
	struct doctor_file file;
	int code = real ? doctor_load(doctor, AT_FDCWD, real, &file) : -ENOMEM;
	uint8_t *scratch;
	size_t room;

	unit->path = doctor_show_path(doctor, path);
	if (code < 0 && code != -ENOENT && code != -ENOMEM)
		doctor_could_not(doctor, unit->path, "%s", strerror(-code));
	if (code < 0)
		return code == -ENOMEM ? code : 0;
	room = file.size + 1;
	scratch = secret_arena_take(arena, room);
	unit->room = secret_arena_take(arena, room);
	code = scratch && unit->room ? unitfile_read((const uint8_t *)file.bytes, file.size,
					       scratch, take_setting, unit)
				     : -ENOMEM;
	secret_arena_give(arena, scratch, room);
	secret_arena_give(arena, unit->room, room);
	doctor_done(doctor, &file);
	return code;
}

// ---- what counts

static bool is_unset(const struct unitgift_unit *unit, const struct unitgift *given)
{
	const struct unitgift_named *unset = unit->unset.items;
	size_t length = strlen(given->name);

	for (size_t i = 0; i < unit->unset.count; i++) {
		const char *text = unset[i].text;

		if (unset[i].dropped || strncmp(text, given->name, length) != 0)
			continue;
		if (!text[length] ||
			(text[length] == '=' && secret_is(given->value, text + length + 1)))
			return true;
	}
	return false;
}

// A credential is beside the variables.
const struct unitgift *unitgift_winner(
	const struct unitgift_unit *unit, const char *name, bool credential)
{
	static const int rank[] = {[UNITGIFT_PASSED] = 0,
		[UNITGIFT_ENVIRONMENT] = 1,
		[UNITGIFT_FILE] = 2,
		[UNITGIFT_CREDENTIAL] = 3};
	const struct unitgift *given = unit->given.items, *won = NULL;

	for (size_t i = 0; i < unit->given.count; i++)
		if (!given[i].dropped && text_equal(given[i].name, name) &&
			(given[i].way == UNITGIFT_CREDENTIAL) == credential &&
			(!won || rank[given[i].way] >= rank[won->way]))
			won = &given[i];
	return won && !credential && is_unset(unit, won) ? NULL : won;
}
