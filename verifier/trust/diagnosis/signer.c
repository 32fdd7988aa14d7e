// One sentence a kind of signer. A place is made absolute with its bundle's root.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/signer.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/trial.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/outcome.h"

#include <errno.h>

struct describing {
	const struct trial_question *question;
	const struct trial_match *match;
	struct pool *pool;
	struct diagnosis_signer *signer;
	const char *of; // "NEXTAUTH_SECRET of app web", or "the key of /etc/samekey/k.pem"
};

// Of a key that a profile has loaded: the bundle may be gone, then the place is not known.
static int name_profile_key(struct describing *describing)
{
	const struct trial_match *match = describing->match;
	const struct profile_source *source = match->profile_key->source;
	struct diagnosis_signer *signer = describing->signer;
	const struct key *key = match->profile_key->key;
	const struct bundle *bundle;
	const struct bundle_key *found;

	signer->state = key_states[match->profile_key->state];
	signer->key = match->profile_key->label;
	if (key && key_id(key) && !match->by_public_text)
		signer->kid = pool_copy(describing->pool, key_id(key));
	if (source && source->file)
		signer->origin = source->file;
	if (source && source->app) {
		signer->app = source->app;
		signer->key = source->key;
		bundle = trial_newest(describing->question->vault, source->app);
		found = bundle ? bundle_find(bundle, source->key) : NULL;
		if (found && bundle_winner(found))
			signer->origin =
				outcome_origin(bundle, bundle_winner(found), describing->pool);
	}
	return signer->origin && signer->kid ? 0 : -ENOMEM;
}

static int name_candidate(struct describing *describing)
{
	const struct trial_match *match = describing->match;
	struct diagnosis_signer *signer = describing->signer;

	signer->app = pool_copy(describing->pool, match->bundle->app);
	signer->key = pool_copy(describing->pool, match->key->name);
	signer->origin = outcome_origin(match->bundle, match->candidate, describing->pool);
	signer->dialects = pool_copy(describing->pool,
		match->candidate->kind == CANDIDATE_READING ? match->candidate->dialects : "");
	return signer->app && signer->key && signer->origin && signer->dialects ? 0 : -ENOMEM;
}

static int name_it(struct describing *describing)
{
	const struct trial_match *match = describing->match;
	struct diagnosis_signer *signer = describing->signer;
	int code = match->profile_key ? name_profile_key(describing)
		   : match->candidate ? name_candidate(describing)
				      : 0;

	if (code < 0)
		return code;
	if (match->profile)
		signer->profile = match->profile->rules->name;
	if (*signer->app)
		describing->of =
			pool_format(describing->pool, "%s of app %s", signer->key, signer->app);
	else if (*signer->origin)
		describing->of = pool_format(describing->pool, "the key of %s", signer->origin);
	else
		describing->of = signer->key;
	return describing->of ? 0 : -ENOMEM;
}

// ---- the sentences; each returns the text, or NULL when memory is short

static const char *tell_winner(struct describing *describing)
{
	const struct diagnosis_signer *signer = describing->signer;

	if (describing->match->by_public_text)
		return pool_format(describing->pool,
			"signed by HMAC with the text of the public key: %s", describing->of);
	if (!*signer->app || !*signer->origin)
		return pool_format(describing->pool, "signed with %s", describing->of);
	return pool_format(describing->pool, "signed with %s (%s)", describing->of, signer->origin);
}

static const char *tell_retired(struct describing *describing)
{
	describing->signer->fix =
		"restart what still signs with it; the profile's active key is another";
	return pool_format(describing->pool, "%s, which profile %s has retired",
		tell_winner(describing), describing->signer->profile);
}

static const char *tell_pending(struct describing *describing)
{
	describing->signer->fix =
		"set state = active where samekeyd.ini names it, or sign with the active key";
	return pool_format(describing->pool, "%s, which is pending in profile %s",
		tell_winner(describing), describing->signer->profile);
}

static const char *tell_shadowed(struct describing *describing)
{
	const struct trial_match *match = describing->match;
	struct diagnosis_signer *signer = describing->signer;
	const struct candidate *winner = bundle_winner(match->key);
	const char *beats;

	if (match->bundle->phase == BUNDLE_PHASE_BUILD) {
		signer->fix =
			"build again with the value of the start, or keep it out of the build";
		return pool_format(describing->pool, "signed with %s as the build had it (%s)",
			describing->of, signer->origin);
	}
	beats = winner ? outcome_origin(match->bundle, winner, describing->pool) : "nothing";
	if (!beats)
		return NULL;
	signer->fix = pool_format(describing->pool,
		"start what signs with the value of %s (samekey run), or take the other one away",
		beats);
	return signer->fix ? pool_format(describing->pool, "signed with %s from %s, which %s beats",
				     describing->of, signer->origin, beats)
			   : NULL;
}

static const char *tell_reading(struct describing *describing)
{
	const struct nearmiss *mistake = describing->match->mistake;
	struct diagnosis_signer *signer = describing->signer;
	bool many = strchr(signer->dialects, ',') != NULL;

	signer->fix =
		mistake ? mistake->fix
			: "spell the value so that every loader reads it alike (samekey lint)";
	signer->mistake = mistake ? mistake->code : "";
	return pool_format(describing->pool, "signed with %s as %s %s %s%s%s", describing->of,
		signer->dialects, many ? "read" : "reads", signer->origin, mistake ? ": " : "",
		mistake ? mistake->what : "");
}

static const char *tell_near_miss(struct describing *describing)
{
	const struct trial_match *match = describing->match;
	struct diagnosis_signer *signer = describing->signer;
	const char *with = tell_winner(describing);

	if (!with)
		return NULL;
	if (match->not_decoded) {
		signer->mistake = "not-decoded";
		signer->fix = "decode it where the token is made, or set encoding = text";
		return pool_format(describing->pool,
			"%s, but its text is the key, where profile %s decodes it as %s", with,
			signer->profile, key_encodings[match->source->options.encoding]);
	}
	signer->mistake = match->mistake->code;
	signer->fix = match->mistake->fix;
	if (match->candidate && match->candidate->kind == CANDIDATE_SHADOWED)
		return pool_format(describing->pool,
			"signed with a beaten value of %s (%s), but %s", describing->of,
			signer->origin, match->mistake->what);
	return pool_format(describing->pool, "%s, but %s", with, match->mistake->what);
}

static const char *tell_placeholder(struct describing *describing)
{
	const char *text = describing->match->placeholder;

	if (describing->match->is_reference) {
		describing->signer->fix = "put the value in its place where it is signed: single "
					  "quotes, docker --env-file and plain texts in code "
					  "resolve no variable";
		return pool_format(describing->pool,
			"signed with the text %s: the variable was not resolved", text);
	}
	if (placeholder_is_undefined_text(secret_view(text, strlen(text)))) {
		describing->signer->fix =
			"give what signs its variable; samekey run refuses to start without it";
		return pool_format(describing->pool,
			"signed with the text %s: there was no value where it was signed", text);
	}
	describing->signer->fix = "take the fallback out of the code that signs, and give it its "
				  "secret; samekey run refuses to start without it";
	return pool_format(describing->pool,
		"signed with the public text %s: a fallback or an example, not a secret", text);
}

static const char *tell_empty(struct describing *describing)
{
	describing->signer->fix =
		"give what signs its variable; samekey run refuses to start without it";
	return "signed with the empty key: there was no value where it was signed";
}

static const char *(*const sentences[DIAGNOSE_WHATS])(struct describing *describing) = {
	[DIAGNOSE_WINNER] = tell_winner,
	[DIAGNOSE_RETIRED] = tell_retired,
	[DIAGNOSE_PENDING] = tell_pending,
	[DIAGNOSE_SHADOWED] = tell_shadowed,
	[DIAGNOSE_READING] = tell_reading,
	[DIAGNOSE_PLACEHOLDER] = tell_placeholder,
	[DIAGNOSE_EMPTY] = tell_empty,
	[DIAGNOSE_NEAR_MISS] = tell_near_miss,
};

// By what the signature is good.
static const char *algorithm_of(
	const struct trial_match *match, const struct trial_subject *subject)
{
	static const char *const hmacs[] = {"HS256", "HS384", "HS512"};

	if (subject->is_session)
		return jwe_enc_name(subject->enc);
	if (match->other)
		return match->other->name;
	if (match->profile_key && !match->by_text && !match->by_public_text)
		return key_algorithm(match->profile_key->key)->name;
	return hmacs[subject->hash_bits / 128 - 2];
}

int signer_describe(const struct trial_question *question, const struct trial_match *match,
	struct pool *pool, struct diagnosis_signer *ret_signer)
{
	struct diagnosis_signer signer = {match->what, "", "", "", "", "", "", "", "", "", "", ""};
	struct describing describing = {question, match, pool, &signer, ""};

	if (match->what != DIAGNOSE_NOBODY) {
		if (name_it(&describing) < 0)
			return -ENOMEM;
		signer.algorithm = algorithm_of(match, question->subject);
		signer.text = sentences[match->what](&describing);
	}
	if (!signer.text)
		return -ENOMEM;
	*ret_signer = signer;
	return 0;
}
