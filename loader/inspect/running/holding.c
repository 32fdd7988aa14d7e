// One value after the other: who holds it is known from the bundle's candidates, else from what it
// looks like. Values are compared in constant time.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/holding.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "lib/value/strength.h"
#include "loader/inspect/running/pm2env.h"
#include "loader/inspect/running/process.h"
#include "loader/resolve/given.h"

#include <errno.h>

// A process's variables: PM2's own account of them comes before its environment.
struct variables {
	struct secret environment;
	const struct pm2env *pm2; // NULL: none
	const struct given *given;
};

const char *holding_state_text(enum holding_state state)
{
	static const char *const texts[HOLDING_STATES] = {
		"same", "stale", "missing", "empty", "quoted", "placeholder", "other"};

	return texts[state];
}

// Whether the value without line ends, and then without a pair of quotes, is the wanted one.
static bool is_quoted(struct secret value, struct secret wanted)
{
	const uint8_t *at = secret_bytes(value);
	size_t length = value.length;

	while (length && (at[length - 1] == '\r' || at[length - 1] == '\n'))
		length--;
	if (length < value.length && secret_equal(secret_view(at, length), wanted))
		return true;
	if (length < 2 || at[0] != at[length - 1] || !strchr("\"'`", at[0]) || !at[0])
		return false;
	at++;
	length -= 2;
	if (length && at[length - 1] == '\r') // the file had Windows line ends inside the quotes
		length--;
	return secret_equal(secret_view(at, length), wanted);
}

static const struct candidate *find_candidate(const struct bundle_key *key, struct secret value)
{
	const struct candidate *found = NULL;

	for (size_t i = 0; i < key->count; i++)
		if (key->candidates[i].value.length &&
			secret_equal(key->candidates[i].value, value) && !found)
			found = &key->candidates[i];
	return found;
}

// A setting may be called `test` or `default` on purpose.
static bool is_placeholder(const struct bundle_key *key, struct secret value)
{
	const char *kind;

	if (placeholder_is_undefined_text(value))
		return true;
	return key->flags & BUNDLE_KEY_SECRET &&
	       (placeholder_is_known(value) || placeholder_is_unresolved(value, &kind));
}

enum holding_state holding_judge(
	const struct bundle_key *key, struct secret value, const struct candidate **ret_candidate)
{
	const struct candidate *winner = bundle_winner(key);
	const struct candidate *found;

	if (winner && secret_equal(winner->value, value))
		return HOLDING_SAME;
	if (!value.length)
		return HOLDING_EMPTY;
	if (winner && winner->value.length && is_quoted(value, winner->value))
		return HOLDING_QUOTED;
	found = find_candidate(key, value);
	*ret_candidate = found;
	if (is_placeholder(key, value))
		return HOLDING_PLACEHOLDER;
	return found ? HOLDING_STALE : HOLDING_OTHER;
}

static void show(const struct bundle_key *key, const struct fingerprint_key *fingerprints,
	struct secret value, struct holding *holding)
{
	bool weak;

	if (!value.length)
		return;
	// with quotes around it a value is not harder to guess
	weak = (holding->state == HOLDING_SAME || holding->state == HOLDING_QUOTED) &&
	       key->flags & BUNDLE_KEY_WEAK;
	if (!weak && holding->state != HOLDING_SAME)
		weak = strength_is_weak(value);
	if (!weak)
		fingerprint_text(fingerprints, value, holding->fingerprint);
	else if (key->flags & BUNDLE_KEY_SECRET)
		(void)snprintf(holding->fingerprint, sizeof(holding->fingerprint), "weak");
}

// Returns: whether there is something to say about the key.
static bool compare(const struct bundle_key *key, const struct fingerprint_key *fingerprints,
	const struct variables *variables, struct holding *ret_holding)
{
	struct holding holding = {.key = key, .state = HOLDING_MISSING};
	struct secret value;

	if (!(key->flags & BUNDLE_KEY_INJECT) || key->flags & BUNDLE_KEY_INHERITED)
		return false;
	if (variables->pm2 && pm2env_find(variables->pm2, key->name, &value))
		holding.from_pm2 = true;
	else if (process_variable(variables->environment, key->name, &value))
		holding.given = given_has(variables->given, fingerprints, key->name, value);
	else
		value = SECRET_NONE;
	if (value.bytes) {
		holding.state = holding_judge(key, value, &holding.candidate);
		show(key, fingerprints, value, &holding);
	}
	*ret_holding = holding;
	return value.bytes || bundle_winner(key);
}

static const char *shown(struct secret environment, const char *name, struct pool *pool)
{
	char raw[PM2ENV_NAME_MAX + 1], text[4 * PM2ENV_NAME_MAX];
	struct secret value;

	if (!process_variable(environment, name, &value) || value.length >= sizeof(raw))
		return "";
	memcpy(raw, secret_bytes(value), value.length);
	raw[value.length] = '\0';
	return pool_copy(pool, text_printable(text, sizeof(text), raw));
}

// In fork mode PM2's fields are variables themselves, and what an app starts inherits them.
static int name_app(const struct variables *variables, struct pool *pool, struct holding_list *list)
{
	struct secret id;

	list->pm2_name = list->pm2_id = "";
	if (variables->pm2) {
		list->pm2_name = variables->pm2->name;
		list->pm2_id = variables->pm2->id;
	} else if (process_variable(variables->environment, "pm_id", &id)) {
		list->pm2_name = shown(variables->environment, "name", pool);
		list->pm2_id = shown(variables->environment, "pm_id", pool);
	}
	return list->pm2_name && list->pm2_id ? 0 : -ENOMEM;
}

static int read_pm2(struct variables *variables, struct secret_arena *arena, struct pool *pool)
{
	const struct pm2env *apps;
	struct secret text;
	size_t count;
	int code;

	if (!process_variable(variables->environment, "pm2_env", &text))
		return 0;
	code = pm2env_read(text, arena, pool, &apps, &count);
	if (code == 0 && count)
		variables->pm2 = apps;
	return code < 0 ? code : 0; // what is no JSON is nobody's but the process's
}

int holding_given(struct secret environment, const struct fingerprint_key *fingerprints,
	struct pool *pool, const struct given **ret_given)
{
	struct secret value;
	const char *text;

	*ret_given = NULL;
	if (!process_variable(environment, GIVEN_VARIABLE, &value))
		return 0;
	text = pool_text(pool, (const char *)secret_bytes(value), value.length);
	return text ? given_read(text, fingerprints, pool, ret_given) : -ENOMEM;
}

int holding_compare(const struct bundle *bundle, const struct fingerprint_key *fingerprints,
	const struct process *process, struct secret_arena *arena, struct pool *pool,
	struct holding_list *ret_list)
{
	struct variables variables = {.environment = process->environment};
	struct holding *holdings = pool_array(pool, bundle->key_count + 1, sizeof(*holdings));
	struct holding_list list = {.items = holdings};

	if (!holdings || read_pm2(&variables, arena, pool) < 0 ||
		holding_given(process->environment, fingerprints, pool, &variables.given) < 0 ||
		name_app(&variables, pool, &list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->key_count; i++)
		list.count +=
			compare(&bundle->keys[i], fingerprints, &variables, &holdings[list.count]);
	list.below_run = variables.given != NULL;
	*ret_list = list;
	return 0;
}
