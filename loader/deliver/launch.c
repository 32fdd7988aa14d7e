// The child's environment and the exec. Prints nothing.
// SPDX-License-Identifier: MIT
#include "loader/deliver/launch.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/given.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

// The environment in the making.
struct outfit {
	const struct resolution *resolution;
	const struct launch_own *own; // ended by a name of NULL
	struct map *replaced;         // names that do not come from the inherited environment
	char **strings;
	size_t count;
	char *given, *given_end; // SAMEKEY_RUN
};

bool launch_gives(const struct bundle_key *key)
{
	return (key->flags & BUNDLE_KEY_INJECT) && !(key->flags & BUNDLE_KEY_INHERITED) &&
	       bundle_winner(key);
}

static int replace(struct outfit *outfit, const char *name)
{
	return map_put(outfit->replaced, name, strlen(name), 0);
}

// A key that only the verifier gets must not slip in by inheritance either.
static bool hides_inherited(const struct bundle_key *key)
{
	return !(key->flags & (BUNDLE_KEY_INJECT | BUNDLE_KEY_INHERITED));
}

static int list_replaced(struct outfit *outfit)
{
	const struct resolution *resolution = outfit->resolution;

	if (replace(outfit, GIVEN_VARIABLE) < 0)
		return -ENOMEM;
	for (const struct launch_own *at = outfit->own; at->name; at++)
		if (replace(outfit, at->name) < 0)
			return -ENOMEM;
	if (resolution->guard_flag && replace(outfit, resolution->guard_flag) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < resolution->removed_count; i++)
		if (replace(outfit, resolution->removed[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < resolution->bundle.key_count; i++) {
		const struct bundle_key *key = &resolution->bundle.keys[i];

		if ((launch_gives(key) || hides_inherited(key)) && replace(outfit, key->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_value(struct outfit *outfit, const struct bundle_key *key)
{
	const struct resolution *resolution = outfit->resolution;
	struct secret value = bundle_winner(key)->value;
	size_t length = strlen(key->name);
	uint8_t *string = secret_arena_take(resolution->arena, length + value.length + 2);

	if (!string)
		return -ENOMEM;
	memcpy(string, key->name, length);
	string[length] = '=';
	if (value.length)
		memcpy(string + length + 1, value.bytes, value.length);
	outfit->strings[outfit->count++] = (char *)string;
	outfit->given_end =
		given_append(outfit->given_end, resolution->fingerprints, key->name, value);
	return 0;
}

// NAME=VALUE of what samekey itself gives.
static int add_own(struct outfit *outfit, const char *name, const char *value)
{
	char *string = pool_format(outfit->resolution->pool, "%s=%s", name, value);

	if (!string)
		return -ENOMEM;
	outfit->strings[outfit->count++] = string;
	return 0;
}

// A file may name another verifier's socket.
static bool is_own(const struct outfit *outfit, const struct bundle_key *key)
{
	for (const struct launch_own *at = outfit->own; at->name; at++)
		if (text_equal(key->name, at->name))
			return true;
	return false;
}

static int fill(struct outfit *outfit)
{
	const struct resolution *resolution = outfit->resolution;
	const struct bundle *bundle = &resolution->bundle;

	for (char *const *at = resolution->environment; *at; at++)
		if (map_find(outfit->replaced, *at, strcspn(*at, "=")) == MAP_ABSENT)
			outfit->strings[outfit->count++] = *at;
	outfit->given = given_begin(resolution->fingerprints, bundle->key_count, resolution->pool);
	if (!outfit->given)
		return -ENOMEM;
	outfit->given_end = outfit->given + strlen(outfit->given);
	for (size_t i = 0; i < bundle->key_count; i++)
		if (launch_gives(&bundle->keys[i]) && !is_own(outfit, &bundle->keys[i]) &&
			add_value(outfit, &bundle->keys[i]) < 0)
			return -ENOMEM;
	outfit->strings[outfit->count++] = outfit->given;
	for (const struct launch_own *at = outfit->own; at->name; at++)
		if (add_own(outfit, at->name, at->value) < 0)
			return -ENOMEM;
	return resolution->guard_flag ? add_own(outfit, resolution->guard_flag, "true") : 0;
}

int launch_environment(
	const struct resolution *resolution, const struct launch_own *own, char ***ret_environment)
{
	static const struct launch_own none = {NULL, NULL};
	own(map_release) struct map *replaced = map_new();
	struct outfit outfit = {
		.resolution = resolution, .own = own ? own : &none, .replaced = replaced};
	size_t inherited = 0;

	while (resolution->environment[inherited])
		inherited++;
	outfit.strings = pool_array(resolution->pool,
		inherited + resolution->bundle.key_count + LAUNCH_OWN_MAX + 3, sizeof(char *));
	if (!replaced || !outfit.strings || list_replaced(&outfit) < 0 || fill(&outfit) < 0)
		return -ENOMEM;
	*ret_environment = outfit.strings;
	return 0;
}

static size_t total_size(char *const *strings, size_t *count)
{
	size_t size = 0;

	for (; *strings; strings++) {
		size += strlen(*strings) + 1 + sizeof(char *);
		++*count;
	}
	return size;
}

int launch_exec(char *const *program, char **environment)
{
	environ = environment; // execvp looks the program up by the child's own PATH
	(void)execvp(program[0], program);
	return -errno;
}

static int complain_absent(const char *program, struct err *err)
{
	(void)err_set(err, -ENOENT, program, "cannot run it: %s", strerror(ENOENT));
	if (access(program, F_OK) == 0 && strchr(program, '/'))
		return err_hint(
			err, "it is there; what its first line names, or its loader, is not");
	if (strpbrk(program, " \t"))
		return err_hint(err, "a command and its arguments are words of their own: -- node "
				     "server.js, without quotes around both");
	if (strchr(program, '/'))
		return -ENOENT;
	return err_hint(err, "no folder of the PATH that it is started with holds it, or its "
			     "interpreter is absent");
}

int launch_failed(char *const *program, char *const *environment, int code, struct err *err)
{
	size_t count = 0, size;

	if (code == -ENOENT)
		return complain_absent(program[0], err);
	if (code != -E2BIG)
		return err_set(err, code, program[0], "cannot run it: %s", strerror(-code));
	size = total_size(environment, &count) + total_size(program, &count);
	(void)err_set(err, code, program[0],
		"arguments and environment have %zu bytes in %zu strings, over the kernel's limit",
		size, count);
	return err_hint(
		err, "inject = no keeps a key out of the environment; ulimit -s raises the limit");
}
