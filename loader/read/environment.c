// A map from names to places in the list.
// SPDX-License-Identifier: MIT
#include "loader/read/environment.h"

#include "lib/base/map.h"

struct environment {
	char *const *variables;
	struct map *map;
};

struct environment *environment_new(char *const *variables)
{
	struct environment *environment = calloc(1, sizeof(*environment));

	if (!environment)
		return NULL;
	environment->variables = variables;
	environment->map = map_new();
	if (!environment->map)
		return environment_free(environment);
	for (size_t i = 0; variables[i]; i++) {
		const char *equals = strchr(variables[i], '=');
		size_t length = equals ? (size_t)(equals - variables[i]) : 0;

		if (!length || map_find(environment->map, variables[i], length) != MAP_ABSENT)
			continue;
		if (map_put(environment->map, variables[i], length, i) < 0)
			return environment_free(environment);
	}
	return environment;
}

struct environment *environment_free(struct environment *environment)
{
	if (environment)
		map_free(environment->map);
	free(environment);
	return NULL;
}

void environment_release(struct environment **environment)
{
	*environment = environment_free(*environment);
}

static const char *find(const struct environment *environment, const char *name, size_t length)
{
	size_t index = map_find(environment->map, name, length);

	return index == MAP_ABSENT ? NULL : environment->variables[index] + length + 1;
}

const char *environment_value(const struct environment *environment, const char *name)
{
	return find(environment, name, strlen(name));
}

bool environment_find(void *user, struct span name, struct span *ret_value)
{
	const char *value = find(user, (const char *)name.at, name.length);

	if (!value)
		return false;
	*ret_value = span_of(value);
	return true;
}

bool environment_at(void *user, size_t index, struct span *ret_name, struct span *ret_value)
{
	const struct environment *environment = user;
	const char *variable = environment->variables[index];
	size_t length = variable ? strcspn(variable, "=") : 0;

	if (!variable)
		return false;
	if (map_find(environment->map, variable, length) != index)
		length = 0; // a later one of the same name, or no variable
	*ret_name = (struct span){(const uint8_t *)variable, length};
	*ret_value = length ? span_of(variable + length + 1) : (struct span){0};
	return true;
}
