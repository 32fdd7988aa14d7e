// Names, flags, order and caps; what a bundle means is judged elsewhere.
// SPDX-License-Identifier: MIT
#include "lib/wire/pack_rules.h"

#include "lib/base/err.h"
#include "lib/value/bundle.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack.h"

#define KNOWN_FLAGS \
	(BUNDLE_KEY_SECRET | BUNDLE_KEY_DECLARED | BUNDLE_KEY_REQUIRED | BUNDLE_KEY_SHARED | \
		BUNDLE_KEY_PRIVATE | BUNDLE_KEY_INJECT | BUNDLE_KEY_WEAK | BUNDLE_KEY_BUILD_FAIL | \
		BUNDLE_KEY_BUILD_IGNORE | BUNDLE_KEY_SENTINEL | BUNDLE_KEY_BAD | \
		BUNDLE_KEY_CONFLICT)

// Flags of which a key bears at most one.
static const uint32_t opposites[] = {
	BUNDLE_KEY_SHARED | BUNDLE_KEY_PRIVATE,
	BUNDLE_KEY_BUILD_FAIL | BUNDLE_KEY_BUILD_IGNORE,
};

static bool is_code(const char *code)
{
	size_t length = strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length <= PACK_CODE_MAX && !code[length];
}

int pack_rules_too_large(struct err *err, const char *key, const char *what, size_t has, size_t cap)
{
	(void)err_set(err, FAULT_E_TOO_LARGE, key, "%s: %zu, the cap is %zu", what, has, cap);
	return FAULT_E_TOO_LARGE;
}

int pack_rules_malformed(struct err *err, const char *key, const char *what)
{
	(void)err_set(err, FAULT_E_MALFORMED, key, "the bundle is malformed: %s", what);
	return FAULT_E_MALFORMED;
}

static int judge_candidate(const struct bundle_key *key, size_t index, struct err *err)
{
	const struct candidate *candidate = &key->candidates[index];
	bool has_dialects = candidate->dialects && *candidate->dialects;

	if (candidate->kind > CANDIDATE_READING ||
		(candidate->kind == CANDIDATE_WINNER && index > 0))
		return pack_rules_malformed(err, key->name, "a candidate's kind");
	if (candidate->origin.source == SOURCE_NONE || candidate->origin.source >= SOURCE_KINDS)
		return pack_rules_malformed(err, key->name, "a candidate's source");
	if ((candidate->kind == CANDIDATE_READING) != has_dialects)
		return pack_rules_malformed(err, key->name, "the dialects of a candidate");
	if (candidate->value.length > BUNDLE_VALUE_MAX)
		return pack_rules_too_large(err, key->name, "bytes of a value",
			candidate->value.length, BUNDLE_VALUE_MAX);
	return 0;
}

static int judge_flags(const struct bundle_key *key, struct err *err)
{
	if (key->flags & ~(uint32_t)KNOWN_FLAGS)
		return pack_rules_malformed(err, key->name, "an unknown flag");
	for (size_t i = 0; i < ARRAY_SIZE(opposites); i++)
		if ((key->flags & opposites[i]) == opposites[i])
			return pack_rules_malformed(
				err, key->name, "flags that exclude each other");
	return 0;
}

static int judge_key(const struct bundle_key *key, const char *previous, struct err *err)
{
	size_t readings = 0;
	int code;

	if (!bundle_is_key_name(key->name))
		return pack_rules_malformed(err, NULL, "a key's name");
	if (previous && strcmp(previous, key->name) >= 0)
		return pack_rules_malformed(err, key->name, "keys out of order");
	code = judge_flags(key, err);
	if (code)
		return code;
	if (key->count > BUNDLE_CANDIDATES_MAX)
		return pack_rules_too_large(
			err, key->name, "candidates", key->count, BUNDLE_CANDIDATES_MAX);
	for (size_t i = 0; i < key->count; i++) {
		readings += key->candidates[i].kind == CANDIDATE_READING;
		code = judge_candidate(key, i, err);
		if (code)
			return code;
	}
	if (readings > BUNDLE_READINGS_MAX)
		return pack_rules_too_large(
			err, key->name, "readings", readings, BUNDLE_READINGS_MAX);
	return 0;
}

static int judge_head(const struct bundle *bundle, struct err *err)
{
	if (!bundle->app || !bundle_is_app_name(bundle->app))
		return pack_rules_malformed(err, NULL, "the app's name");
	if (!bundle->group || !bundle_is_app_name(bundle->group))
		return pack_rules_malformed(err, NULL, "the group's name");
	if (!bundle->mode || !bundle_is_app_name(bundle->mode))
		return pack_rules_malformed(err, NULL, "the mode");
	if (bundle->phase > BUNDLE_PHASE_BUILD)
		return pack_rules_malformed(err, NULL, "the phase");
	if (bundle->rotation_ms > PACK_ROTATION_MAX || bundle->made_at_ms > PACK_TIME_MAX)
		return pack_rules_malformed(err, NULL, "a time");
	if (bundle->allowed_count > BUNDLE_ALLOWED_MAX)
		return pack_rules_too_large(
			err, NULL, "allowed findings", bundle->allowed_count, BUNDLE_ALLOWED_MAX);
	for (size_t i = 0; i < bundle->allowed_count; i++) {
		const struct bundle_allowed *allowed = &bundle->allowed[i];
		bool any_key = !allowed->key || !*allowed->key;

		if (!allowed->code || !is_code(allowed->code) ||
			!(any_key || bundle_is_key_name(allowed->key)))
			return pack_rules_malformed(err, NULL, "an allowed finding");
	}
	return 0;
}

int pack_rules_judge(const struct bundle *bundle, size_t *ret_count, struct err *err)
{
	const char *previous = NULL;
	size_t count = 0;
	int code = judge_head(bundle, err);

	for (size_t i = 0; code == 0 && i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];

		if (key->flags & BUNDLE_KEY_INHERITED)
			continue;
		code = judge_key(key, previous, err);
		previous = key->name;
		count++;
	}
	if (code == 0 && count > BUNDLE_KEYS_MAX)
		code = pack_rules_too_large(err, NULL, "keys", count, BUNDLE_KEYS_MAX);
	*ret_count = count;
	return code;
}
