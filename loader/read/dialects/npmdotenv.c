// The dialects of npm's dotenv, alone and with dotenv-expand.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/expand.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/js.h"

#include <strings.h>

static void set_variable(void *user, const struct js_assignment *assignment)
{
	struct emulation *emulation = user;

	// an assignment to this changes no property
	if (!span_is(assignment->name, "__proto__"))
		emulation_set(emulation, assignment->name, expand_held(assignment->value),
			assignment->name.at);
}

static bool is_false(struct span value)
{
	static const char *const words[] = {"false", "0", "no", "off", ""};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value.length == strlen(words[i]) &&
			strncasecmp((const char *)value.at, words[i], value.length) == 0)
			return true;
	return false;
}

// Whether the environment tells dotenv 18 to write over what it holds.
static bool overrides(const struct emulation *emulation)
{
	struct span value;

	if (emulation_given(emulation, span_of("DOTENV_OVERRIDE"), &value) ||
		emulation_given(emulation, span_of("DOTENV_CONFIG_OVERRIDE"), &value))
		return !is_false(value);
	return false;
}

static void read_dotenv(struct emulation *emulation)
{
	struct span name, value;

	js_read(emulation, set_variable, emulation);
	if (!overrides(emulation))
		return;
	for (size_t i = 0; i < emulation_set_count(emulation); i++)
		if (emulation_set_at(emulation, i, &name, &value))
			emulation_settle(emulation, name, value);
}

static void set_whole(void *user, const struct js_assignment *assignment)
{
	if (!span_is(assignment->name, "__proto__"))
		emulation_set(user, assignment->name, assignment->value, assignment->name.at);
}

static void read_for_expansion(struct emulation *emulation)
{
	js_read(emulation, set_whole, emulation);
}

const struct dialect npmdotenv_rows[] = {
	{
		.name = "dotenv",
		.loader = "npm dotenv 18.0.10",
		.doc = "an unquoted value ends at any '#', and only \\n and \\r are decoded",
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_dotenv,
	},
	{
		.name = "dotenv-expand",
		.loader = "npm dotenv 16.6.1 and dotenv-expand 12.0.3",
		.doc = "expands single quotes too, and an empty variable of the environment does "
		       "not win",
		.keeper = DIALECT_NONEMPTY_WINS,
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = EXPAND_LOADED | EXPAND_REWRITES,
		.read = read_for_expansion,
		.together = true,
		.finish = expand_all,
	},
	{0},
};
