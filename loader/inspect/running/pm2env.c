// jansson builds a tree of copies, so it works on memory that is wiped when it is freed, for as
// long as a tree of ours lives.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/pm2env.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/jsonload.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>

// ---- memory that is wiped

// In front of each block: its size, in a place that keeps the block aligned.
union head {
	size_t size;
	max_align_t align;
};

static void *wiped_malloc(size_t size)
{
	union head *head = size <= SIZE_MAX - sizeof(*head) ? malloc(sizeof(*head) + size) : NULL;

	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

static void wiped_free(void *block)
{
	union head *head = block;

	if (!block)
		return;
	head--;
	sodium_memzero(block, head->size);
	free(head);
}

// ---- from JSON to variables

struct reading {
	struct secret_arena *arena;
	struct pool *pool;
};

// What String() of JavaScript makes of a value, for those that an environment is given.
// Returns: the text, or NULL for an array or object.
static const char *text_of(const json_t *value, char *buffer, size_t size, size_t *ret_length)
{
	const char *text = buffer;

	if (json_is_string(value)) {
		*ret_length = json_string_length(value);
		return json_string_value(value);
	}
	if (json_is_integer(value))
		(void)snprintf(buffer, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(buffer, size, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		text = json_is_true(value) ? "true" : "false";
	else if (json_is_null(value))
		text = "null";
	else
		return NULL;
	*ret_length = strlen(text);
	return text;
}

static int add(
	struct reading *reading, struct pool_list *list, const char *name, const json_t *value)
{
	struct pm2env_variable *variable;
	char buffer[64];
	size_t length;
	const char *text = text_of(value, buffer, sizeof(buffer), &length);
	int code = 0;

	if (!text)
		return 0;
	variable = pool_push(reading->pool, list, sizeof(*variable));
	if (!variable || !(variable->name = pool_copy(reading->pool, name)))
		return -ENOMEM;
	variable->value = secret_view("", 0);
	if (length)
		code = secret_copy(reading->arena, text, length, &variable->value);
	sodium_memzero(buffer, sizeof(buffer));
	return code;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct pm2env_variable *)a)->name,
		((const struct pm2env_variable *)b)->name);
}

static const char *shown(struct reading *reading, const json_t *app, const char *member)
{
	char text[4 * PM2ENV_NAME_MAX], number[32];
	const json_t *value = json_object_get(app, member);

	if (json_is_integer(value)) {
		(void)snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return pool_copy(reading->pool, number);
	}
	if (!json_is_string(value))
		return "";
	return pool_copy(
		reading->pool, text_printable(text, sizeof(text), json_string_value(value)));
}

static int read_app(struct reading *reading, json_t *app, struct pm2env *ret_app)
{
	json_t *inner = json_object_get(app, "env"), *value;
	struct pool_list list = {0};
	const char *name;
	int code = 0;

	json_object_foreach(inner, name, value)
	{
		if (code == 0)
			code = add(reading, &list, name, value);
	}
	json_object_foreach(app, name, value)
	{
		if (code == 0 && !json_object_get(inner, name))
			code = add(reading, &list, name, value);
	}
	if (code < 0)
		return code;
	if (list.count)
		qsort(list.items, list.count, sizeof(struct pm2env_variable), compare_names);
	*ret_app = (struct pm2env){shown(reading, app, "name"), shown(reading, app, "pm_id"),
		shown(reading, app, "exec_mode"), shown(reading, app, "pm_exec_path"), list.items,
		list.count};
	return ret_app->name && ret_app->id && ret_app->mode && ret_app->script ? 0 : -ENOMEM;
}

static int read_apps(
	struct reading *reading, json_t *root, const struct pm2env **ret_apps, size_t *ret_count)
{
	size_t count = json_is_array(root) ? json_array_size(root) : 1;
	struct pm2env *apps;

	if (count > PM2ENV_APPS_MAX)
		count = PM2ENV_APPS_MAX;
	apps = pool_array(reading->pool, count + 1, sizeof(*apps));
	if (!apps)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		json_t *app = json_is_array(root) ? json_array_get(root, i) : root;
		int code;

		if (!json_is_object(app))
			return PM2ENV_E_OTHER;
		code = read_app(reading, app, &apps[i]);
		if (code < 0)
			return code;
	}
	*ret_apps = apps;
	*ret_count = count;
	return 0;
}

int pm2env_read(struct secret text, struct secret_arena *arena, struct pool *pool,
	const struct pm2env **ret_apps, size_t *ret_count)
{
	struct reading reading = {arena, pool};
	json_malloc_t old_malloc;
	json_free_t old_free;
	json_error_t error;
	json_t *root = NULL;
	int code;

	if (!text.length || text.length > PM2ENV_SIZE_MAX)
		return PM2ENV_E_OTHER;
	json_get_alloc_funcs(&old_malloc, &old_free);
	json_set_alloc_funcs(wiped_malloc, wiped_free);
	code = jsonload_text((const char *)secret_bytes(text), text.length, 0, &root, &error);
	if (code == 0)
		code = read_apps(&reading, root, ret_apps, ret_count);
	else if (code != -ENOMEM)
		code = PM2ENV_E_OTHER;
	sodium_memzero(&error, sizeof(error)); // it quotes the text
	json_decref(root);
	json_set_alloc_funcs(old_malloc, old_free);
	return code;
}

bool pm2env_find(const struct pm2env *app, const char *name, struct secret *ret_value)
{
	const struct pm2env_variable wanted = {.name = name};
	const struct pm2env_variable *found = app->count
						      ? bsearch(&wanted, app->variables, app->count,
								sizeof(wanted), compare_names)
						      : NULL;

	if (found)
		*ret_value = found->value;
	return found != NULL;
}
