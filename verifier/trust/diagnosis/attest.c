// Candidates are tried in a fixed order: what was given, then what is met most. A value that the
// next instance of the app holds as well is tried once. The work is bounded; what it leaves out is
// said.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/attest.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/record/registry.h"
#include "verifier/trust/diagnosis/attest_words.h"
#include "verifier/trust/diagnosis/nearmiss.h"
#include "verifier/trust/diagnosis/proof.h"
#include "verifier/trust/diagnosis/publictext.h"
#include "verifier/trust/vault.h"

#include <errno.h>

static const char *const states[ATTEST_STATES] = {
	[ATTEST_SAME] = "same",
	[ATTEST_SHADOWED] = "shadowed",
	[ATTEST_READING] = "reading",
	[ATTEST_OTHER_KEY] = "other-key",
	[ATTEST_PLACEHOLDER] = "placeholder",
	[ATTEST_EMPTY] = "empty",
	[ATTEST_NEAR_MISS] = "near-miss",
	[ATTEST_UNKNOWN] = "unknown",
};

const char *attest_state_text(enum attest_state state)
{
	return states[state];
}

struct judging {
	const struct attest_question *question;
	struct secret_arena *arena;
	struct attest_answer *answer;
	struct proof proof;
	size_t work; // what is left
	bool no_memory;
	struct attest_words found;
};

// ---- one try

// Whether there is work left, which then is done.
static bool pay(struct judging *judging, size_t work)
{
	if (judging->work < work) {
		judging->found.cut = true;
		return false;
	}
	judging->work -= work;
	return true;
}

// Whether the proof is one of this value.
static bool proves(struct judging *judging, struct secret value)
{
	return pay(judging, 1 + value.length / ATTEST_WORK_BYTES) &&
	       proof_is_of(&judging->proof, value);
}

// ---- whose bundles

static const struct bundle *bundle_of(const struct attest_scope *scope, size_t index,
	enum bundle_phase phase, const struct registry_entry **ret_entry)
{
	uint64_t id;
	const struct bundle *bundle = vault_snapshot_at(scope->vault, index, &id);
	const struct registry_entry *entry;

	if (bundle->phase != phase || !text_equal(bundle->app, scope->app))
		return NULL;
	entry = registry_by_id(scope->registry, id);
	if (!entry || entry->dead || entry->uid != scope->uid)
		return NULL;
	*ret_entry = entry;
	return bundle;
}

int attest_look(const struct attest_scope *scope, const char *key)
{
	const struct registry_entry *entry;
	int result = ATTEST_E_NO_BUNDLE;

	for (size_t i = vault_snapshot_size(scope->vault); i-- > 0;) {
		const struct bundle *bundle = bundle_of(scope, i, BUNDLE_PHASE_START, &entry);

		if (bundle && bundle_find(bundle, key))
			return ATTEST_OK;
		if (bundle)
			result = ATTEST_E_NO_KEY;
	}
	return result;
}

// The bundle that the process is compared with: its own, else the newest.
static void choose(struct judging *judging)
{
	const struct attest_scope *scope = &judging->question->scope;
	const struct registry_entry *entry;

	for (size_t i = vault_snapshot_size(scope->vault); i-- > 0;) {
		const struct bundle *bundle = bundle_of(scope, i, BUNDLE_PHASE_START, &entry);

		if (!bundle || !bundle_find(bundle, judging->question->key))
			continue;
		if (!judging->answer->bundle || entry->pid == judging->question->pid)
			judging->answer->bundle = entry->id;
		if (entry->pid == judging->question->pid)
			return;
	}
}

// ---- the passes

typedef bool visit(struct judging *judging, const struct candidate *candidate);

struct pass {
	enum bundle_phase phase;
	enum candidate_kind kind;
	enum attest_state state;
	visit *visit;
};

static bool try_candidate(struct judging *judging, const struct candidate *candidate)
{
	return proves(judging, candidate->value);
}

struct forming {
	struct judging *judging;
	const struct nearmiss *match;
};

static bool try_form(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct forming *forming = owner;

	if (proves(forming->judging, form))
		forming->match = nearmiss;
	return !forming->match;
}

static bool try_forms(struct judging *judging, const struct candidate *candidate)
{
	struct forming forming = {.judging = judging};
	struct nearmiss_room *room;

	if (!candidate->value.length || candidate->value.length > NEARMISS_SECRET_MAX)
		return false;
	room = (struct nearmiss_room *)(void *)secret_arena_take(judging->arena, sizeof(*room));
	if (!room) {
		judging->no_memory = true;
		return false;
	}
	(void)nearmiss_walk(candidate->value, judging->question->key, room, try_form, &forming);
	secret_arena_give(judging->arena, (uint8_t *)room, sizeof(*room));
	judging->found.mistake = forming.match;
	return forming.match != NULL;
}

static const struct pass exact_passes[] = {
	{BUNDLE_PHASE_START, CANDIDATE_SHADOWED, ATTEST_SHADOWED, try_candidate},
	{BUNDLE_PHASE_BUILD, CANDIDATE_WINNER, ATTEST_SHADOWED, try_candidate},
	{BUNDLE_PHASE_BUILD, CANDIDATE_SHADOWED, ATTEST_SHADOWED, try_candidate},
	{BUNDLE_PHASE_START, CANDIDATE_READING, ATTEST_READING, try_candidate},
	{BUNDLE_PHASE_BUILD, CANDIDATE_READING, ATTEST_READING, try_candidate},
};
static const struct pass winner_pass = {
	BUNDLE_PHASE_START, CANDIDATE_WINNER, ATTEST_SAME, try_candidate};
static const struct pass form_passes[] = {
	{BUNDLE_PHASE_START, CANDIDATE_WINNER, ATTEST_NEAR_MISS, try_forms},
	{BUNDLE_PHASE_BUILD, CANDIDATE_WINNER, ATTEST_NEAR_MISS, try_forms},
	{BUNDLE_PHASE_START, CANDIDATE_SHADOWED, ATTEST_NEAR_MISS, try_forms},
};

static bool found(struct judging *judging, const struct bundle *bundle,
	const struct bundle_key *key, const struct candidate *candidate, enum attest_state state)
{
	judging->found.bundle = bundle;
	judging->found.key = key;
	judging->found.candidate = candidate;
	judging->answer->state = state;
	return true;
}

// Whether a candidate is that of the key in another bundle: instances of an app mostly share it.
static bool is_there(struct judging *judging, const struct bundle_key *key, size_t index,
	const struct candidate *candidate)
{
	size_t length = candidate->value.length;

	return key && index < key->count && key->candidates[index].kind == candidate->kind &&
	       key->candidates[index].value.length == length &&
	       pay(judging, length / ATTEST_COMPARE_BYTES) &&
	       secret_equal(key->candidates[index].value, candidate->value);
}

static bool try_pass(struct judging *judging, const struct pass *pass)
{
	const struct attest_scope *scope = &judging->question->scope;
	const struct bundle_key *newer = NULL; // of the bundle before, which was tried
	const struct registry_entry *entry;

	for (size_t i = vault_snapshot_size(scope->vault); i-- > 0;) {
		const struct bundle *bundle = bundle_of(scope, i, pass->phase, &entry);
		const struct bundle_key *key =
			bundle ? bundle_find(bundle, judging->question->key) : NULL;

		for (size_t c = 0; key && c < key->count; c++) {
			const struct candidate *candidate = &key->candidates[c];

			if (candidate->kind == pass->kind &&
				!is_there(judging, newer, c, candidate) &&
				pass->visit(judging, candidate))
				return found(judging, bundle, key, candidate, pass->state);
		}
		newer = key ? key : newer;
	}
	return false;
}

static bool try_passes(struct judging *judging, const struct pass *passes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (try_pass(judging, &passes[i]))
			return true;
	return false;
}

// What the app was given; nothing, where it was given nothing.
static bool try_given(struct judging *judging)
{
	const struct attest_scope *scope = &judging->question->scope;
	const struct registry_entry *entry;

	if (try_pass(judging, &winner_pass))
		return true;
	if (!proves(judging, SECRET_NONE))
		return false;
	for (size_t i = vault_snapshot_size(scope->vault); i-- > 0;) {
		const struct bundle *bundle = bundle_of(scope, i, BUNDLE_PHASE_START, &entry);
		const struct bundle_key *key =
			bundle ? bundle_find(bundle, judging->question->key) : NULL;

		if (key && !bundle_winner(key))
			return found(judging, bundle, key, NULL, ATTEST_SAME);
	}
	judging->answer->state = ATTEST_EMPTY;
	return true;
}

static bool is_other_secret(const struct judging *judging, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);

	return winner && winner->value.length && (key->flags & BUNDLE_KEY_SECRET) &&
	       !text_equal(key->name, judging->question->key);
}

static bool try_others_of(struct judging *judging, const struct bundle *bundle)
{
	for (size_t k = 0; k < bundle->key_count; k++) {
		const struct bundle_key *key = &bundle->keys[k];

		if (is_other_secret(judging, key) && proves(judging, bundle_winner(key)->value))
			return found(judging, bundle, key, bundle_winner(key), ATTEST_OTHER_KEY);
	}
	return false;
}

// The secrets of the bundle under other names; KEY_PREVIOUS is one of them. There may be thousands:
// half of the work is left for what is tried after them.
static bool try_other_keys(struct judging *judging)
{
	const struct attest_scope *scope = &judging->question->scope;
	const struct registry_entry *entry;
	size_t kept = judging->work / 2;
	bool is = false;

	if (judging->question->is_alone) {
		judging->found.cut = true;
		return false;
	}
	judging->work -= kept;
	for (size_t i = vault_snapshot_size(scope->vault); !is && i-- > 0;) {
		const struct bundle *bundle = bundle_of(scope, i, BUNDLE_PHASE_START, &entry);

		is = bundle && entry->id == judging->answer->bundle &&
		     try_others_of(judging, bundle);
	}
	judging->work += kept;
	return is;
}

// ---- what everybody can read

// Tries what publictext wrote, `length` bytes.
static bool try_written(struct judging *judging, size_t length)
{
	if (!length || !proves(judging, secret_view(judging->found.placeholder, length)))
		return false;
	judging->answer->state = ATTEST_PLACEHOLDER;
	return true;
}

static bool try_text(struct judging *judging, const char *text, char dash)
{
	return try_written(judging, publictext_spell(text, dash, judging->found.placeholder));
}

static bool try_public(struct judging *judging)
{
	const char *text, *key = judging->question->key;

	for (size_t i = 0; i < PUBLICTEXT_REFERENCES; i++)
		if (try_written(judging, publictext_refer(i, key, judging->found.placeholder))) {
			judging->found.is_reference = true;
			return true;
		}
	// as it is spelt, then as one would spell it from its folded form
	for (size_t i = 0; (text = placeholder_text(i)); i++)
		if (try_text(judging, text, '-') ||
			(strchr(text, '-') && try_text(judging, text, '_')))
			return true;
	return false;
}

int attest_judge(const struct attest_question *question, struct secret_arena *arena,
	struct pool *pool, struct attest_answer *ret_answer)
{
	struct attest_answer answer = {ATTEST_UNKNOWN, 0, "", "", "", "", ""};
	struct judging judging = {.question = question,
		.arena = arena,
		.answer = &answer,
		.work = question->work ? question->work : ATTEST_WORK_MAX,
		.found = {.asked = question->key}};
	int result = attest_look(&question->scope, question->key);

	if (result != ATTEST_OK)
		return result;
	choose(&judging);
	proof_init(&judging.proof, question);
	(void)(try_given(&judging) ||
		try_passes(&judging, exact_passes, ARRAY_SIZE(exact_passes)) ||
		try_public(&judging) || try_other_keys(&judging) ||
		try_passes(&judging, form_passes, ARRAY_SIZE(form_passes)));
	if (judging.no_memory || attest_words_write(&judging.found, pool, &answer) < 0)
		return -ENOMEM;
	*ret_answer = answer;
	return ATTEST_OK;
}
