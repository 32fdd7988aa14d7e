// Fixtures in, outcomes out. Runs no loader.
// SPDX-License-Identifier: MIT
#include "tests/spec/fixture.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <sodium.h>

// What an emulation is asked about and tells.
struct asking {
	const json_t *process_env;
	const char *code, *text; // of the first error
	uint32_t line, column;
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const struct asking *asking = user;
	char text[256];
	json_t *value;

	if (name.length >= sizeof(text) || span_find(name, '\0'))
		return false;
	memcpy(text, name.at, name.length);
	text[name.length] = '\0';
	value = json_object_get(asking->process_env, text);
	if (!value && strcmp(text, "HOME") == 0) // the loaders were run with this one
		*ret_value = span_of("/home/u");
	if (!value)
		return strcmp(text, "HOME") == 0;
	*ret_value =
		(struct span){(const uint8_t *)json_string_value(value), json_string_length(value)};
	return true;
}

static bool variable_at(void *user, size_t index, struct span *ret_name, struct span *ret_value)
{
	const struct asking *asking = user;
	json_t *env = (json_t *)(uintptr_t)asking->process_env;
	void *variable = json_object_iter(env);

	while (variable && index--)
		variable = json_object_iter_next(env, variable);
	if (!variable)
		return false;
	*ret_name = span_of(json_object_iter_key(variable));
	return look_up(user, *ret_name, ret_value);
}

static void note_error(void *user, const struct emulation_trouble *trouble)
{
	struct asking *asking = user;
	const struct finding_kind *kind = finding_kind(trouble->finding);

	if (asking->code || kind->severity != DIAG_ERROR)
		return;
	asking->code = kind->code;
	asking->text = trouble->text;
	asking->line = trouble->line;
	asking->column = trouble->column;
}

// A test without memory has no result.
static void *take_memory(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

static json_t *value_json(struct span value)
{
	json_t *text = json_stringn((const char *)value.at, value.length);
	size_t size = sodium_base64_encoded_len(value.length, sodium_base64_VARIANT_ORIGINAL);
	own_free char *encoded = NULL;

	if (text)
		return text;
	encoded = take_memory(1, size);
	(void)sodium_bin2base64(
		encoded, size, value.at, value.length, sodium_base64_VARIANT_ORIGINAL);
	return json_pack("{s:s}", "base64", encoded);
}

static json_t *results_json(const struct emulation *emulation)
{
	json_t *env = json_object();

	for (size_t i = 0; i < emulation_count(emulation); i++) {
		struct emulation_item item = emulation_at(emulation, i);
		own_free char *name = take_memory(1, item.name.length + 1);

		memcpy(name, item.name.at, item.name.length);
		if (json_object_set_new(env, name, value_json(item.value)) < 0)
			(void)json_object_set_new(env, "a name that is not UTF-8", json_null());
	}
	return json_pack("{s:o}", "env", env);
}

// The bytes of one file; the caller frees them.
static struct span decode(const json_t *file)
{
	size_t room = json_string_length(file) + 1, length = 0;
	uint8_t *bytes = take_memory(1, room);

	if (sodium_base642bin(bytes, room, json_string_value(file), json_string_length(file), NULL,
		    &length, NULL, sodium_base64_VARIANT_ORIGINAL) < 0)
		length = 0;
	return (struct span){bytes, length};
}

json_t *fixture_outcome(
	const struct dialect *dialect, const json_t *fixture, struct secret_arena *arena)
{
	struct asking asking = {.process_env = json_object_get(fixture, "process_env")};
	const struct emulation_options options = {.dialect = dialect,
		.arena = arena,
		.environment = look_up,
		.environment_at = variable_at,
		.trouble = note_error,
		.user = &asking};
	struct emulation *emulation = emulation_new(&options);
	const json_t *file = json_object_get(fixture, "file");
	size_t count = json_is_array(file) ? json_array_size(file) : 1;
	struct span *files = take_memory(count + 1, sizeof(*files));
	json_t *outcome;
	int code = 0;

	for (size_t i = 0; i < count; i++)
		files[i] = decode(json_is_array(file) ? json_array_get(file, i) : file);
	for (size_t i = 0; i < count && code == 0; i++)
		code = emulation_read(emulation, files[i]);
	if (code == 0)
		code = emulation_finish(emulation);
	outcome = code == 0 ? results_json(emulation)
			    : json_pack("{s:s, s:o, s:s}", "error",
				      asking.code ? asking.code : "no memory", "place",
				      json_sprintf("%u:%u", asking.line, asking.column), "text",
				      asking.text ? asking.text : "");
	emulation_free(emulation);
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)files[i].at);
	free(files);
	return outcome;
}

bool fixture_agrees(const json_t *fixture, const json_t *real, const json_t *ours)
{
	json_t *process_env = json_object_get(fixture, "process_env");
	json_t *theirs = json_object_get(real, "env"), *env = json_object_get(ours, "env"), *value;
	const char *name, *code = json_string_value(json_object_get(ours, "error"));

	if (json_object_get(real, "code"))
		return code && strcmp(code, "executes-code") == 0;
	if (!theirs || !env)
		return !theirs && !env;
	json_object_foreach(theirs, name, value)
	{
		json_t *mine = json_object_get(env, name);

		if (!json_equal(mine ? mine : json_object_get(process_env, name), value))
			return false;
	}
	json_object_foreach(env, name, value)
	{
		if (!json_object_get(theirs, name) && !json_object_get(process_env, name))
			return false;
	}
	return true;
}
