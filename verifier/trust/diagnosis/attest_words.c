// A sentence a state.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/attest_words.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/record/compare.h"
#include "verifier/trust/diagnosis/nearmiss.h"
#include "verifier/trust/outcome.h"

#include <errno.h>

// What an answer is written of.
struct writing {
	const struct attest_words *found;
	struct pool *pool;
	struct attest_answer *answer;
};

// ---- the sentences; each returns the text, or NULL when memory is short

#define REBUILD \
	"it was inlined by a build or loaded in the process itself: build again with samekey run " \
	"(phases = start under [key %s] keeps it out of builds), take " \
	"dotenv.config({ override: true }) out of the code, and restart"
#define GIVE \
	"start it with samekey run; whatever starts it in between must pass the environment on " \
	"(samekey ps), and a build without the value inlines nothing"

static const char *tell_same(struct writing *writing)
{
	if (!writing->found->candidate)
		return "no value, and it was given none";
	return pool_format(
		writing->pool, "the value of %s, as it was given", writing->answer->origin);
}

static const char *tell_shadowed(struct writing *writing)
{
	const struct candidate *winner = bundle_winner(writing->found->key);
	const char *origin = writing->answer->origin, *beats;

	if (writing->found->bundle->phase == BUNDLE_PHASE_BUILD)
		return pool_format(writing->pool, "the value that the build had, from %s", origin);
	beats = winner ? outcome_origin(writing->found->bundle, winner, writing->pool) : "nothing";
	return beats ? pool_format(writing->pool, "the value of %s, which %s beats", origin, beats)
		     : NULL;
}

static const char *tell_reading(struct writing *writing)
{
	const char *dialects = writing->answer->dialects;
	bool many = strchr(dialects, ',') != NULL;

	writing->answer->fix =
		"read by itself: let samekey run start the process, take dotenv.config({ override: "
		"true }) out of the code, or spell the value so that every loader reads it alike "
		"(samekey lint)";
	return pool_format(writing->pool, "what %s %s of %s", dialects, many ? "make" : "makes",
		writing->answer->origin);
}

static const char *tell_other_key(struct writing *writing)
{
	const char *name = writing->found->key->name;
	size_t length = strlen(writing->found->asked);
	bool is_previous = text_starts(name, writing->found->asked) &&
			   text_equal(name + length, COMPARE_PREVIOUS);

	if (is_previous)
		return pool_format(
			writing->pool, "the value before the last rotation, which %s keeps", name);
	writing->answer->fix = pool_format(writing->pool,
		"read %s in the code where %s is read now", writing->found->asked, name);
	return writing->answer->fix ? pool_format(writing->pool, "the value of %s", name) : NULL;
}

static const char *tell_placeholder(struct writing *writing)
{
	const char *text = writing->found->placeholder;

	if (writing->found->is_reference) {
		writing->answer->fix = "put the value in its place: single quotes, docker "
				       "--env-file and plain texts in code resolve no variable";
		return pool_format(
			writing->pool, "the text %s: the variable was not resolved", text);
	}
	if (placeholder_is_undefined_text(secret_view(text, strlen(text))))
		return pool_format(
			writing->pool, "the text %s: there was no value where it was made", text);
	writing->answer->fix = pool_format(writing->pool,
		"take the fallback out of the code, build again with samekey run and "
		"restart: %s was missing where the code was built or runs, and everybody "
		"knows that text",
		writing->found->asked);
	return writing->answer->fix
		       ? pool_format(writing->pool,
				 "the public text %s: a fallback or an example, not a secret", text)
		       : NULL;
}

static const char *tell_empty(struct writing *writing)
{
	writing->answer->fix = GIVE;
	return "no value";
}

static const char *tell_near_miss(struct writing *writing)
{
	writing->answer->spelling = writing->found->mistake->code;
	writing->answer->fix = writing->found->mistake->fix;
	return pool_format(writing->pool, "the value of %s, but %s", writing->answer->origin,
		writing->found->mistake->what);
}

static const char *tell_unknown(struct writing *writing)
{
	if (writing->found->cut)
		return "a value that was not found, but not every value of the app was tried: "
		       "there are too many for one question, or too many guesses were wrong";
	return "a value that no source of the app offers, in no known spelling";
}

static const char *(*const sentences[ATTEST_STATES])(struct writing *writing) = {
	[ATTEST_SAME] = tell_same,
	[ATTEST_SHADOWED] = tell_shadowed,
	[ATTEST_READING] = tell_reading,
	[ATTEST_OTHER_KEY] = tell_other_key,
	[ATTEST_PLACEHOLDER] = tell_placeholder,
	[ATTEST_EMPTY] = tell_empty,
	[ATTEST_NEAR_MISS] = tell_near_miss,
	[ATTEST_UNKNOWN] = tell_unknown,
};

int attest_words_write(
	const struct attest_words *found, struct pool *pool, struct attest_answer *answer)
{
	struct writing writing = {found, pool, answer};
	const struct candidate *candidate = found->candidate;

	if (candidate) {
		answer->origin = outcome_origin(found->bundle, candidate, pool);
		if (candidate->kind == CANDIDATE_READING)
			answer->dialects = pool_copy(pool, candidate->dialects);
		if (!answer->origin || !answer->dialects)
			return -ENOMEM;
	}
	if (answer->state != ATTEST_SAME)
		answer->fix = pool_format(pool, REBUILD, found->asked);
	answer->text = answer->fix ? sentences[answer->state](&writing) : NULL;
	return answer->text ? 0 : -ENOMEM;
}
