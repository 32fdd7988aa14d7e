// Candidates are tried in a fixed order: what was given, then what is met most. A value that the
// next instance of the app holds as well is tried once. The work is bounded; what it leaves out is
// said.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/attest.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/record/compare.h"
#include "verifier/record/registry.h"
#include "verifier/trust/diagnosis/nearmiss.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/outcome.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <sodium.h>

#define LENGTH_BYTES 4
#define MESSAGE_MAX (ATTEST_NONCE_SIZE + 2 * (LENGTH_BYTES + BUNDLE_NAME_MAX))

_Static_assert(crypto_hash_sha256_BYTES == ATTEST_PROOF_SIZE, "one hash for both");

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
	struct pool *pool;
	struct attest_answer *answer;
	uint8_t message[MESSAGE_MAX];
	size_t length, work; // work: what is left

	// what was found
	const struct bundle *bundle;
	const struct bundle_key *key;
	const struct candidate *candidate;
	const struct nearmiss *mistake;
	char placeholder[PLACEHOLDER_MAX + 1];
	bool is_reference, no_memory;
	bool cut; // not everything was tried
};

// ---- one try

static size_t put(uint8_t *out, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < LENGTH_BYTES; i++)
		out[i] = (uint8_t)(length >> (8 * (LENGTH_BYTES - 1 - i)));
	memcpy(out + LENGTH_BYTES, text, length);
	return LENGTH_BYTES + length;
}

static void compose(struct judging *judging)
{
	const struct attest_question *question = judging->question;

	memcpy(judging->message, question->nonce, ATTEST_NONCE_SIZE);
	judging->length = ATTEST_NONCE_SIZE;
	judging->length += put(judging->message + judging->length, question->scope.app);
	judging->length += put(judging->message + judging->length, question->key);
}

// Whether there is work left, which then is done.
static bool pay(struct judging *judging, size_t work)
{
	if (judging->work < work) {
		judging->cut = true;
		return false;
	}
	judging->work -= work;
	return true;
}

// Whether the proof is one of this value.
static bool proves(struct judging *judging, struct secret value)
{
	crypto_hash_sha256_state state;
	uint8_t key[crypto_hash_sha256_BYTES];
	struct hmac hmac;
	bool is;

	if (!pay(judging, 1 + value.length / ATTEST_WORK_BYTES))
		return false;
	(void)crypto_hash_sha256_init(&state); // none of these can fail
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)ATTEST_LABEL, sizeof(ATTEST_LABEL));
	(void)crypto_hash_sha256_update(&state, secret_bytes(value), value.length);
	(void)crypto_hash_sha256_final(&state, key);
	hmac_init(&hmac, 256, secret_view(key, sizeof(key)));
	is = hmac_is(&hmac, judging->message, judging->length, judging->question->proof,
		ATTEST_PROOF_SIZE);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(&hmac, sizeof(hmac));
	return is;
}

static bool proves_text(struct judging *judging, const char *text)
{
	return proves(judging, secret_view(text, strlen(text)));
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
	judging->mistake = forming.match;
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
	judging->bundle = bundle;
	judging->key = key;
	judging->candidate = candidate;
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
		judging->cut = true;
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

static bool try_reference(struct judging *judging, const char *before, const char *after)
{
	char *text = judging->placeholder;
	const size_t size = sizeof(judging->placeholder);
	int length = snprintf(text, size, "%s%s%s", before, judging->question->key, after);

	if (length < 0 || (size_t)length >= size || !proves_text(judging, text))
		return false;
	judging->is_reference = true;
	judging->answer->state = ATTEST_PLACEHOLDER;
	return true;
}

// A known text as it is spelt, then as one would spell it from its folded form.
static bool try_text(struct judging *judging, const char *text, char dash)
{
	char *spelt = judging->placeholder;
	size_t length = strlen(text);

	if (length >= sizeof(judging->placeholder) || (dash != '-' && !strchr(text, '-')))
		return false;
	for (size_t i = 0; i <= length; i++)
		spelt[i] = text[i] == '-' ? dash : text[i];
	if (!proves_text(judging, spelt))
		return false;
	judging->answer->state = ATTEST_PLACEHOLDER;
	return true;
}

static bool try_public(struct judging *judging)
{
	const char *text;

	if (try_reference(judging, "$", "") || try_reference(judging, "${", "}") ||
		try_reference(judging, "process.env.", "") || try_reference(judging, "", ""))
		return true;
	for (size_t i = 0; (text = placeholder_text(i)); i++)
		if (try_text(judging, text, '-') || try_text(judging, text, '_'))
			return true;
	return false;
}

// ---- the sentences; each returns the text, or NULL when memory is short

#define REBUILD \
	"it was inlined by a build or loaded in the process itself: build again with samekey run " \
	"(phases = start under [key %s] keeps it out of builds), take " \
	"dotenv.config({ override: true }) out of the code, and restart"
#define GIVE \
	"start it with samekey run; whatever starts it in between must pass the environment on " \
	"(samekey ps), and a build without the value inlines nothing"

static const char *tell_same(struct judging *judging)
{
	if (!judging->candidate)
		return "no value, and it was given none";
	return pool_format(
		judging->pool, "the value of %s, as it was given", judging->answer->origin);
}

static const char *tell_shadowed(struct judging *judging)
{
	const struct candidate *winner = bundle_winner(judging->key);
	const char *origin = judging->answer->origin, *beats;

	if (judging->bundle->phase == BUNDLE_PHASE_BUILD)
		return pool_format(judging->pool, "the value that the build had, from %s", origin);
	beats = winner ? outcome_origin(judging->bundle, winner, judging->pool) : "nothing";
	return beats ? pool_format(judging->pool, "the value of %s, which %s beats", origin, beats)
		     : NULL;
}

static const char *tell_reading(struct judging *judging)
{
	const char *dialects = judging->answer->dialects;
	bool many = strchr(dialects, ',') != NULL;

	judging->answer->fix =
		"read by itself: let samekey run start the process, take dotenv.config({ override: "
		"true }) out of the code, or spell the value so that every loader reads it alike "
		"(samekey lint)";
	return pool_format(judging->pool, "what %s %s of %s", dialects, many ? "make" : "makes",
		judging->answer->origin);
}

static const char *tell_other_key(struct judging *judging)
{
	const char *name = judging->key->name;
	size_t length = strlen(judging->question->key);
	bool is_previous = text_starts(name, judging->question->key) &&
			   text_equal(name + length, COMPARE_PREVIOUS);

	if (is_previous)
		return pool_format(
			judging->pool, "the value before the last rotation, which %s keeps", name);
	judging->answer->fix = pool_format(judging->pool,
		"read %s in the code where %s is read now", judging->question->key, name);
	return judging->answer->fix ? pool_format(judging->pool, "the value of %s", name) : NULL;
}

static const char *tell_placeholder(struct judging *judging)
{
	const char *text = judging->placeholder;

	if (judging->is_reference) {
		judging->answer->fix = "put the value in its place: single quotes, docker "
				       "--env-file and plain texts in code resolve no variable";
		return pool_format(
			judging->pool, "the text %s: the variable was not resolved", text);
	}
	if (placeholder_is_undefined_text(secret_view(text, strlen(text))))
		return pool_format(
			judging->pool, "the text %s: there was no value where it was made", text);
	judging->answer->fix = pool_format(judging->pool,
		"take the fallback out of the code, build again with samekey run and "
		"restart: %s was missing where the code was built or runs, and everybody "
		"knows that text",
		judging->question->key);
	return judging->answer->fix
		       ? pool_format(judging->pool,
				 "the public text %s: a fallback or an example, not a secret", text)
		       : NULL;
}

static const char *tell_empty(struct judging *judging)
{
	judging->answer->fix = GIVE;
	return "no value";
}

static const char *tell_near_miss(struct judging *judging)
{
	judging->answer->spelling = judging->mistake->code;
	judging->answer->fix = judging->mistake->fix;
	return pool_format(judging->pool, "the value of %s, but %s", judging->answer->origin,
		judging->mistake->what);
}

static const char *tell_unknown(struct judging *judging)
{
	if (judging->cut)
		return "a value that was not found, but not every value of the app was tried: "
		       "there "
		       "are too many for one question, or too many guesses were wrong";
	return "a value that no source of the app offers, in no known spelling";
}

static const char *(*const sentences[ATTEST_STATES])(struct judging *judging) = {
	[ATTEST_SAME] = tell_same,
	[ATTEST_SHADOWED] = tell_shadowed,
	[ATTEST_READING] = tell_reading,
	[ATTEST_OTHER_KEY] = tell_other_key,
	[ATTEST_PLACEHOLDER] = tell_placeholder,
	[ATTEST_EMPTY] = tell_empty,
	[ATTEST_NEAR_MISS] = tell_near_miss,
	[ATTEST_UNKNOWN] = tell_unknown,
};

static int describe(struct judging *judging)
{
	const struct candidate *candidate = judging->candidate;
	struct attest_answer *answer = judging->answer;

	if (candidate) {
		answer->origin = outcome_origin(judging->bundle, candidate, judging->pool);
		if (candidate->kind == CANDIDATE_READING)
			answer->dialects = pool_copy(judging->pool, candidate->dialects);
		if (!answer->origin || !answer->dialects)
			return -ENOMEM;
	}
	if (answer->state != ATTEST_SAME)
		answer->fix = pool_format(judging->pool, REBUILD, judging->question->key);
	answer->text = answer->fix ? sentences[answer->state](judging) : NULL;
	return answer->text ? ATTEST_OK : -ENOMEM;
}

int attest_judge(const struct attest_question *question, struct secret_arena *arena,
	struct pool *pool, struct attest_answer *ret_answer)
{
	struct attest_answer answer = {ATTEST_UNKNOWN, 0, "", "", "", "", ""};
	struct judging judging = {.question = question,
		.arena = arena,
		.pool = pool,
		.answer = &answer,
		.work = question->work ? question->work : ATTEST_WORK_MAX};
	int result = attest_look(&question->scope, question->key);

	if (result != ATTEST_OK)
		return result;
	choose(&judging);
	compose(&judging);
	(void)(try_given(&judging) ||
		try_passes(&judging, exact_passes, ARRAY_SIZE(exact_passes)) ||
		try_public(&judging) || try_other_keys(&judging) ||
		try_passes(&judging, form_passes, ARRAY_SIZE(form_passes)));
	if (judging.no_memory || describe(&judging) < 0)
		return -ENOMEM;
	*ret_answer = answer;
	return ATTEST_OK;
}
