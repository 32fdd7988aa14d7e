// Units of systemd that run something below the root, or that give a secret of the bundle: what
// the environment becomes in systemd's order (PassEnvironment=, Environment=, EnvironmentFile=,
// then UnsetEnvironment=), and which credentials are loaded. systemd itself is not asked.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/unitfile.h"
#include "loader/inspect/doctor/unitset.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>

#define ENV_FILES_MAX 64 // of one unit

enum way { WAY_ENVIRONMENT, WAY_FILE, WAY_PASSED, WAY_CREDENTIAL };

// A key that the unit gives, or a name that it takes away.
struct given {
	enum way way;
	const char *name;
	struct secret value;
	const char *origin;
	bool dropped;   // by an empty setting, or by UnsetEnvironment=
	bool specifier; // holds %X, which only systemd resolves
};

// A file that is named, or a setting that is kept as it is.
struct named {
	const char *text, *origin;
	bool may_be_missing, dropped;
};

struct unit {
	struct doctor *doctor;
	const char *name;
	const char *path; // of the file that is read, for people
	uint8_t *room;    // for words, as large as the file
	bool of_root, through_samekey, gives_secret;
	struct pool_list given, files, unset;
};

// ---- settings

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

static bool is_secret(const struct doctor *doctor, const char *name)
{
	const struct bundle_key *key = bundle_find(&doctor->resolution->bundle, name);

	return key &&
	       (key->flags & (BUNDLE_KEY_SECRET | BUNDLE_KEY_INHERITED)) == BUNDLE_KEY_SECRET;
}

static int add_given(
	struct unit *unit, enum way way, struct span name, struct span value, const char *origin)
{
	struct doctor *doctor = unit->doctor;
	char text[BUNDLE_NAME_MAX + 1];
	struct given *given;

	if (name.length > BUNDLE_NAME_MAX)
		return 0;
	memcpy(text, name.at, name.length);
	text[name.length] = '\0';
	if (!is_wanted(doctor, text))
		return 0;
	given = pool_push(doctor->pool, &unit->given, sizeof(*given));
	if (!given)
		return -ENOMEM;
	*given =
		(struct given){.way = way, .name = pool_copy(doctor->pool, text), .origin = origin};
	unit->gives_secret |= is_secret(doctor, text);
	return given->name && secret_copy(doctor->resolution->arena, value.at, value.length,
				      &given->value) == 0
		       ? 0
		       : -ENOMEM;
}

// An empty setting forgets all that came before.
static void forget(struct unit *unit, enum way way)
{
	struct given *given = unit->given.items;

	for (size_t i = 0; i < unit->given.count; i++)
		given[i].dropped |= given[i].way == way;
}

static void forget_named(struct pool_list *list)
{
	struct named *named = list->items;

	for (size_t i = 0; i < list->count; i++)
		named[i].dropped = true;
}

static int add_words(struct unit *unit, struct span value, enum way way, const char *origin)
{
	struct span word, name, text;
	int code = 0;

	while (code == 0 && unitfile_word(&value, unit->room, &word) == 1) {
		size_t before = unit->given.count;
		bool plain = unitfile_specifiers(word, unit->room, &word);

		if (way == WAY_PASSED)
			code = add_given(unit, way, word, (struct span){0}, origin);
		else if (unitfile_assignment(word, &name, &text))
			code = add_given(unit, way, name, text, origin);
		if (unit->given.count > before)
			((struct given *)unit->given.items)[before].specifier = !plain;
	}
	return code;
}

static int add_named(
	struct unit *unit, struct pool_list *list, struct span value, const char *origin)
{
	struct named *named = pool_push(unit->doctor->pool, list, sizeof(*named));
	bool may = value.length && value.at[0] == '-';

	if (!named)
		return -ENOMEM;
	if (may)
		value = span_after(value, 1);
	*named = (struct named){
		.text = pool_text(unit->doctor->pool, (const char *)value.at, value.length),
		.origin = origin,
		.may_be_missing = may};
	return named->text ? 0 : -ENOMEM;
}

static int add_unset(struct unit *unit, struct span value, const char *origin)
{
	struct span word;
	int code = 0;

	while (code == 0 && unitfile_word(&value, unit->room, &word) == 1)
		code = add_named(unit, &unit->unset, word, origin);
	return code;
}

// ID:PATH of LoadCredential=, ID:TEXT of SetCredential=.
static int add_credential(
	struct unit *unit, struct span value, const char *origin, bool inline_text)
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
		return add_given(unit, WAY_CREDENTIAL, id, rest, origin);
	(void)snprintf(path, sizeof(path), "%s%.*s", unit->doctor->host, (int)rest.length,
		(const char *)rest.at);
	code = rest.length && rest.at[0] == '/' ? doctor_load(unit->doctor, AT_FDCWD, path, &file)
						: -ENOENT;
	if (code < 0)
		return code == -ENOMEM ? code : 0; // root's, mostly
	rest = (struct span){(const uint8_t *)file.bytes, file.size};
	if (rest.length && rest.at[rest.length - 1] == '\n')
		rest.length--;
	code = add_given(unit, WAY_CREDENTIAL, id, rest, pool_copy(unit->doctor->pool, path));
	doctor_done(unit->doctor, &file);
	return code;
}

static bool holds(struct span text, const char *word)
{
	const uint8_t *at = text.length ? memmem(text.at, text.length, word, strlen(word)) : NULL;

	return at && (at + strlen(word) == span_end(text) || strchr("/ \t\"';", at[strlen(word)]));
}

static void look_at_command(struct unit *unit, struct span value)
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

// A setting and what it does; `way` is for those that give.
static int take_setting(void *user, const struct unitfile_setting *setting)
{
	struct unit *unit = user;
	struct span value = setting->value;
	const char *origin;

	if (!span_is(setting->section, "Service"))
		return 0;
	origin = pool_format(unit->doctor->pool, "%s:%u", unit->path, setting->line);
	if (!origin)
		return -ENOMEM;
	if (span_is(setting->name, "WorkingDirectory"))
		unit->of_root |= holds(value, unit->doctor->resolution->place.root);
	else if (span_starts(setting->name, "ExecStart"))
		look_at_command(unit, value);
	else if (span_is(setting->name, "Environment") && !value.length)
		forget(unit, WAY_ENVIRONMENT);
	else if (span_is(setting->name, "Environment"))
		return add_words(unit, value, WAY_ENVIRONMENT, origin);
	else if (span_is(setting->name, "PassEnvironment") && !value.length)
		forget(unit, WAY_PASSED);
	else if (span_is(setting->name, "PassEnvironment"))
		return add_words(unit, value, WAY_PASSED, origin);
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

static int read_part(struct unit *unit, const char *path)
{
	struct doctor *doctor = unit->doctor;
	struct secret_arena *arena = doctor->resolution->arena;
	struct doctor_file file;
	int code = doctor_load(doctor, AT_FDCWD, path, &file);
	uint8_t *scratch;
	size_t room;

	unit->path = doctor_show_path(doctor, path);
	if (code == -EACCES || code == -EPERM)
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

// ---- EnvironmentFile=

static int add_items(struct unit *unit, const struct emulation *emulation, const char *path)
{
	const char *shown = doctor_show_path(unit->doctor, path);
	int code = 0;

	for (size_t i = 0; i < emulation_count(emulation) && code == 0; i++) {
		struct emulation_item item = emulation_at(emulation, i);
		const char *origin = pool_format(unit->doctor->pool, "%s:%u", shown, item.line);

		code = origin ? add_given(unit, WAY_FILE, item.name, item.value, origin) : -ENOMEM;
	}
	return code;
}

static int read_env_file(struct unit *unit, const struct named *named, const char *path)
{
	struct doctor *doctor = unit->doctor;
	own(emulation_release) struct emulation *emulation =
		emulation_new(&(struct emulation_options){.dialect = dialect_find("systemd"),
			.arena = doctor->resolution->arena,
			.files_only = true});
	struct doctor_file file;
	size_t before = unit->given.count;
	int code = emulation ? doctor_load(doctor, AT_FDCWD, path, &file) : -ENOMEM;

	if (code == -ENOMEM || (code == -ENOENT && named->may_be_missing))
		return code == -ENOMEM ? code : 0;
	if (code < 0 && !unit->of_root)
		return 0;
	if (code < 0) {
		doctor_could_not(doctor, named->origin, "%s wants %s: %s", unit->name, path,
			strerror(-code));
		return 0;
	}
	code = emulation_read(emulation, (struct span){(const uint8_t *)file.bytes, file.size});
	if (code == 0)
		code = emulation_finish(emulation);
	if (code == 0)
		code = add_items(unit, emulation, path);
	for (size_t i = before; code == 0 && i < unit->given.count; i++) {
		const struct given *given = (const struct given *)unit->given.items + i;

		if (!(file.facts.st_mode & S_IROTH) || !is_secret(doctor, given->name))
			continue;
		finding_add(doctor->diag, FINDING_WORLD_READABLE,
			&(struct finding_about){.key = given->name, .origin = given->origin},
			"with mode %03o everybody on this host may read its secrets",
			(unsigned)file.facts.st_mode & 0777);
		break;
	}
	doctor_done(doctor, &file);
	return code == -ENOMEM ? code : 0;
}

// Whether only files of one folder can match: what has stars in its folders too is a walk through
// the machine, and nobody needs that for an env file.
static bool is_of_one_folder(const char *pattern)
{
	return strcspn(pattern, "*?[") > (size_t)(strrchr(pattern, '/') - pattern);
}

static int read_matches(struct unit *unit, const struct named *named, const char *pattern)
{
	glob_t found = {0};
	int code = 0;

	if (!is_of_one_folder(pattern)) {
		doctor_could_not(unit->doctor, named->origin,
			"%s names env files by a pattern of folders", unit->name);
		return 0;
	}
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && i < ENV_FILES_MAX && code == 0; i++)
			code = read_env_file(unit, named, found.gl_pathv[i]);
	if (found.gl_pathc > ENV_FILES_MAX)
		doctor_could_not(unit->doctor, named->origin,
			"%s wants %zu env files: the first %u were read", unit->name,
			found.gl_pathc, ENV_FILES_MAX);
	globfree(&found);
	return code;
}

// Patterns are allowed there.
static int read_env_files(struct unit *unit)
{
	struct named *files = unit->files.items;
	int code = 0;

	for (size_t i = 0; i < unit->files.count && i < ENV_FILES_MAX && code == 0; i++) {
		const char *path =
			pool_format(unit->doctor->pool, "%s%s", unit->doctor->host, files[i].text);

		if (!path)
			return -ENOMEM;
		if (files[i].dropped || files[i].text[0] != '/')
			continue;
		code = strpbrk(path, "*?[") ? read_matches(unit, &files[i], path)
					    : read_env_file(unit, &files[i], path);
	}
	return code;
}

// ---- judging

static bool is_unset(const struct unit *unit, const struct given *given)
{
	const struct named *unset = unit->unset.items;
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

// What stands last in systemd's order is what the service gets; a credential is beside it.
static const struct given *find_winner(const struct unit *unit, const char *name, bool credential)
{
	static const int rank[] = {
		[WAY_PASSED] = 0, [WAY_ENVIRONMENT] = 1, [WAY_FILE] = 2, [WAY_CREDENTIAL] = 3};
	const struct given *given = unit->given.items, *won = NULL;

	for (size_t i = 0; i < unit->given.count; i++)
		if (!given[i].dropped && text_equal(given[i].name, name) &&
			(given[i].way == WAY_CREDENTIAL) == credential &&
			(!won || rank[given[i].way] >= rank[won->way]))
			won = &given[i];
	return won && !credential && is_unset(unit, won) ? NULL : won;
}

static void judge_clear(const struct unit *unit, const struct given *given)
{
	if (given->way != WAY_ENVIRONMENT || !given->value.length || given->specifier ||
		!is_secret(unit->doctor, given->name))
		return;
	finding_add(unit->doctor->diag, FINDING_CLEAR_SECRET,
		&(struct finding_about){.key = given->name,
			.origin = given->origin,
			.hint = "LoadCredential= with a file that only root reads; samekey takes "
				"it "
				"from there"},
		"a secret stands in Environment= of %s, which systemctl show tells everybody",
		unit->name);
}

static void judge_given(const struct unit *unit, const struct given *given)
{
	char who[PATH_MAX];

	if (given->way == WAY_PASSED) {
		doctor_saw(unit->doctor,
			"%s is given %s as systemd itself was started with it (systemctl "
			"show-environment)",
			unit->name, given->name);
		return;
	}
	if (given->specifier)
		return;
	(void)snprintf(who, sizeof(who), "%s", unit->name);
	(void)doctor_judge(unit->doctor, &(struct doctor_given){.key = given->name,
						 .value = given->value,
						 .origin = given->origin,
						 .who = who,
						 .through_samekey = unit->through_samekey});
}

static void judge(const struct unit *unit)
{
	const struct given *given = unit->given.items;

	for (size_t i = 0; i < unit->given.count; i++) {
		bool credential = given[i].way == WAY_CREDENTIAL;

		judge_clear(unit, &given[i]);
		if (find_winner(unit, given[i].name, credential) == &given[i])
			judge_given(unit, &given[i]);
	}
	doctor_saw(unit->doctor, "%s%s", unit->name,
		unit->through_samekey ? ", which starts through samekey" : "");
}

static int look_at_unit(
	struct doctor *doctor, const struct unitset *set, const char *name, size_t *relevant)
{
	struct unit unit = {.doctor = doctor, .name = name};
	const char *const *paths;
	bool masked;
	size_t count;
	int code = unitset_files(set, name, &paths, &count, &masked);

	for (size_t i = 0; !masked && i < count && code == 0; i++)
		code = read_part(&unit, paths[i]);
	if (code == 0)
		code = read_env_files(&unit);
	if (code == 0 && !masked && (unit.of_root || unit.gives_secret)) {
		judge(&unit);
		*relevant += 1;
	}
	return code;
}

static int look_at_units(
	struct doctor *doctor, const struct unitset *set, size_t *seen, size_t *relevant)
{
	const char *const *names;
	size_t count;
	int code = unitset_list(set, &names, &count);

	for (size_t i = 0; i < count && code == 0; i++)
		code = look_at_unit(doctor, set, names[i], relevant);
	*seen += code == 0 ? count : 0;
	return code;
}

int doctor_systemd(struct doctor *doctor)
{
	static const char *const below[] = {"/etc/systemd/system", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};
	const char *folders[ARRAY_SIZE(below)];
	struct unitset set = {folders, ARRAY_SIZE(below), doctor->pool};
	size_t seen = 0, relevant = 0;
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(below) && code == 0; i++) {
		folders[i] = pool_format(doctor->pool, "%s%s", doctor->host, below[i]);
		code = folders[i] ? 0 : -ENOMEM;
	}
	if (code == 0)
		code = look_at_units(doctor, &set, &seen, &relevant);
	if (code == 0 && doctor->home && !*doctor->host) {
		folders[0] = pool_format(doctor->pool, "%s/.config/systemd/user", doctor->home);
		set.folder_count = 1;
		code = folders[0] ? look_at_units(doctor, &set, &seen, &relevant) : -ENOMEM;
	}
	doctor_saw(doctor, "%zu unit%s looked at, %zu run or feed this app", seen,
		text_plural(seen), relevant);
	return code;
}
