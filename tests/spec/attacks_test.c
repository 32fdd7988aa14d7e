// Attack tokens and keys, and controls beside them: tests/spec/attacks.jsonl, made by make-attacks;
// one test an item of the checklist that they belong to.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/token.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1800000000000) // 2027-01-15T08:00:00Z
#define ITEMS_MAX 64
#define PROFILES_MAX 64

// A profile as a line of the file has it; texts belong to the line.
struct loaded {
	struct profile_rules rules;
	const char *lists[4][PROFILE_LIST_MAX];
	struct profile profile;
};

static json_t *lines;
static struct secret_arena *arena;
static struct loaded loaded[PROFILES_MAX];
static size_t loaded_count;
static struct token_scratch scratch;
static struct token_verdict verdict;

static const char *const results[] = {
	[KEY_OK] = "ok",
	[KEY_E_EMPTY] = "empty",
	[KEY_E_PLACEHOLDER] = "placeholder",
	[KEY_E_SHORT] = "short",
	[KEY_E_ENCODING] = "encoding",
	[KEY_E_TYPE] = "type",
	[KEY_E_WEAK] = "weak",
	[KEY_E_USE] = "use",
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

// Where a word stands in a list that ends with NULL; the first when there is none.
static unsigned index_of(const char *const *words, const char *word)
{
	for (unsigned i = 0; word && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

// ---- loading

static struct secret bytes_of(const json_t *key)
{
	const json_t *bytes = json_object_get(key, "bytes");

	return secret_view(json_string_value(bytes), json_string_length(bytes));
}

static int load_key(
	const json_t *key, struct key *keys[static KEY_SET_MAX], size_t *ret_count, struct err *err)
{
	const char *algorithm = text_of(key, "algorithm");
	const struct key_options options = {
		.encoding = (enum key_encoding)index_of(key_encodings, text_of(key, "encoding")),
		.algorithm = algorithm ? algorithm_find(algorithm, strlen(algorithm)) : NULL,
		.kid = text_of(key, "kid"),
		.label = "KEY",
	};

	return key_load(bytes_of(key), &options, arena, keys, ret_count, err);
}

static struct profile_list load_list(const json_t *line, const char *name, const char **items)
{
	const json_t *list = json_object_get(line, name);

	for (size_t i = 0; i < json_array_size(list); i++)
		items[i] = json_string_value(json_array_get(list, i));
	return (struct profile_list){items, json_array_size(list)};
}

static uint64_t number_of(const json_t *line, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(line, name));
}

static void load_sessions(struct loaded *to, const json_t *key, struct profile_key *slot)
{
	bool is_v4 = to->rules.kind == PROFILE_NEXTAUTH_V4;
	size_t count = is_v4 ? 1 : to->rules.cookies.count;

	for (size_t i = 0; i < count; i++) {
		slot->sessions[i] = jwe_key_new(is_v4 ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5,
			bytes_of(key), is_v4 ? "" : to->rules.cookies.items[i], arena);
		assert_non_null(slot->sessions[i]);
	}
	to->profile.key_count++;
}

static void load_keys(struct loaded *to, const json_t *key)
{
	struct profile_key *slot = &to->profile.keys[to->profile.key_count];
	enum key_state state = (enum key_state)index_of(key_states, text_of(key, "state"));
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	size_t count;

	slot->state = state;
	slot->label = "KEY";
	if (to->rules.kind != PROFILE_JWS) {
		load_sessions(to, key, slot);
		return;
	}
	if (load_key(key, keys, &count, &err) != KEY_OK)
		fail_msg("%s: %s", to->rules.name, err.what);
	for (size_t i = 0; i < count; i++)
		to->profile.keys[to->profile.key_count++] =
			(struct profile_key){.key = keys[i], .state = state, .label = "KEY"};
}

static void load_profile(const json_t *line)
{
	struct loaded *to = &loaded[loaded_count++];
	const json_t *keys = json_object_get(line, "keys");

	assert_true(loaded_count <= PROFILES_MAX);
	to->rules = (struct profile_rules){
		.name = text_of(line, "profile"),
		.kind = (enum profile_kind)index_of(profile_kinds, text_of(line, "kind")),
		.issuer = text_of(line, "issuer"),
		.typ = text_of(line, "typ"),
		.audience = load_list(line, "audience", to->lists[0]),
		.require = load_list(line, "require", to->lists[1]),
		.forward = load_list(line, "forward", to->lists[2]),
		.cookies = load_list(line, "cookies", to->lists[3]),
		.leeway_ms = number_of(line, "leeway_ms"),
		.max_age_ms = number_of(line, "max_age_ms"),
	};
	to->profile.rules = &to->rules;
	to->profile.usable = true;
	for (size_t i = 0; i < json_array_size(keys); i++)
		load_keys(to, json_array_get(keys, i));
}

// ---- judging

// A word, or a list of words of which one is right.
static bool is_expected(const json_t *line, const char *word)
{
	const json_t *expected = json_object_get(line, "expect");

	if (json_is_string(expected))
		return strcmp(json_string_value(expected), word) == 0;
	for (size_t i = 0; i < json_array_size(expected); i++)
		if (strcmp(json_string_value(json_array_get(expected, i)), word) == 0)
			return true;
	return false;
}

static bool complain(const json_t *line, const char *word, const char *detail)
{
	own_free char *expected = json_dumps(json_object_get(line, "expect"), JSON_ENCODE_ANY);

	print_message("# %s (profile %s): %s, not %s: %s\n", text_of(line, "name"),
		text_of(line, "profile"), word, expected, detail);
	return false;
}

static bool judge_key(const json_t *line)
{
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	size_t count = 0;
	int result = load_key(json_object_get(line, "key"), keys, &count, &err);

	for (size_t i = 0; i < count; i++)
		key_free(keys[i]);
	assert_in_range(result, 0, KEY_E_USE);
	return is_expected(line, results[result]) || complain(line, results[result], err.what);
}

static bool judge_token(const json_t *line)
{
	const json_t *token = json_object_get(line, "token");
	const struct token_options options = {.now_ms = NOW_MS};
	const char *name = text_of(line, "profile"), *word;
	size_t i = 0;

	while (i < loaded_count && strcmp(loaded[i].rules.name, name) != 0)
		i++;
	assert_true(i < loaded_count);
	token_verify(&loaded[i].profile, json_string_value(token), json_string_length(token),
		&options, &scratch, &verdict);
	word = token_code_text(verdict.code);
	if (!is_expected(line, word))
		return complain(line, word, verdict.detail);
	assert_true((verdict.code == TOKEN_OK) == (verdict.detail[0] == '\0'));
	assert_true(verdict.stage != TOKEN_CLAIMS || verdict.key);
	return true;
}

static void judges(void **state)
{
	const char *item = *state;
	size_t right = 0, count = 0, i;
	json_t *line;

	json_array_foreach(lines, i, line)
	{
		const char *of = text_of(line, "item");

		if (!of || strcmp(of, item) != 0)
			continue;
		count++;
		right += json_object_get(line, "key") ? judge_key(line) : judge_token(line);
	}
	assert_true(count > 0);
	assert_int_equal(right, count);
}

// ---- the file

static int load(void **state)
{
	size_t i;
	json_t *line;

	(void)state;
	if (secret_arena_open(NULL, &arena, NULL) < 0)
		return -1;
	json_array_foreach(lines, i, line)
	{
		if (json_object_get(line, "keys"))
			load_profile(line);
	}
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < loaded_count; i++) {
		struct profile *profile = &loaded[i].profile;

		for (size_t j = 0; j < profile->key_count; j++) {
			key_free(profile->keys[j].key);
			for (size_t k = 0; k < PROFILE_COOKIES_MAX; k++)
				jwe_key_free(profile->keys[j].sessions[k]);
		}
	}
	arena = secret_arena_free(arena);
	return 0;
}

static bool read_lines(void)
{
	FILE *file = fopen("tests/spec/attacks.jsonl", "re");
	json_t *line;
	bool whole;

	lines = json_array();
	if (!file)
		return false;
	while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL)))
		(void)json_array_append_new(lines, line);
	whole = feof(file);
	(void)fclose(file); // only read
	return whole;
}

int main(void)
{
	struct CMUnitTest tests[ITEMS_MAX] = {0};
	size_t count = 0, i;
	int failed;
	json_t *line;

	if (!read_lines())
		return 1;
	json_array_foreach(lines, i, line)
	{
		const char *item = text_of(line, "item");

		if (!item || (count && strcmp(tests[count - 1].name, item) == 0))
			continue;
		if (count == ITEMS_MAX)
			return 1;
		tests[count++] = (struct CMUnitTest){.name = item,
			.test_func = judges,
			.initial_state = (void *)(uintptr_t)item};
	}
	failed = _cmocka_run_group_tests("attacks", tests, count, load, unload);
	json_decref(lines);
	return failed;
}
