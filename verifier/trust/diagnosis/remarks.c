// The judgement has the last word: what another remark has said already it does not say again.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/remarks.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/diagnosing.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

static void remark_form(struct diagnosing *diagnosing)
{
	const struct diagnose_question *question = diagnosing->question;
	const char *alone = diagnosing->good_alone ? "; without it the token is good" : "";

	if (diagnosing->read.blank_at)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN,
			"pass it in one piece: no line ends and no blanks",
			"white space stands in it at byte %zu%s", diagnosing->read.blank_at, alone);
	else if (diagnosing->read.token.length < question->length && diagnosing->read.can_try)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN, "pass the token alone",
			"quotes, white space or `Bearer ` stand around it%s", alone);
	if (diagnosing->read.part_count == LENIENT_PARTS_SIGNED &&
		!diagnosing->read.parts[2].length)
		remark_add(
			diagnosing->remarks, FINDING_NOT_SIGNED, NULL, "its signature is missing");
	else if (diagnosing->read.digits)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN, "copy it whole",
			"its signature has %zu of the %zu characters of %s: the end is cut off",
			diagnosing->read.parts[2].length, diagnosing->read.digits,
			diagnosing->read.subject.algorithm->name);
	else if (!diagnosing->read.can_try && !diagnosing->diagnosis->profile)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN, NULL,
			"it has not the form of a token that samekeyd verifies");
}

// Whether the text of a key pair was taken for an HMAC's key.
static bool is_pair_as_secret(const struct trial_match *match)
{
	return match->by_public_text ||
	       (match->candidate && match->source &&
		       (match->source->options.encoding == KEY_PEM ||
			       match->source->options.encoding == KEY_JWK));
}

// A value that another app, or an earlier start of the same one, has under the name that the
// profile uses: one of the two was not restarted.
static void remark_other_value(struct diagnosing *diagnosing, const struct profile_source *used)
{
	const struct profile *profile = diagnosing->diagnosis->profile;
	const struct diagnosis_signer *signer = &diagnosing->diagnosis->signer;
	bool same = text_equal(signer->app, used->app);
	const char *hint = pool_format(diagnosing->pool,
		"give both the same value and restart %s%s; after a rotation put the old value "
		"under `previous`",
		same ? "the earlier start of " : "", signer->app);

	if (!hint)
		diagnosing->remarks->incomplete = true;
	else
		remark_add(diagnosing->remarks, FINDING_OTHER_KEY, hint,
			"%s%s holds another %s than %s%s, whose value profile %s uses",
			same ? "an earlier start of " : "", signer->app, signer->key,
			same ? "the last one of " : "", used->app, profile->rules->name);
}

// The profile's source of this name, of an app.
static const struct profile_source *source_named(const struct profile *profile, const char *key)
{
	for (size_t i = 0; i < profile->rules->source_count; i++)
		if (profile->rules->sources[i].app &&
			text_equal(profile->rules->sources[i].key, key))
			return &profile->rules->sources[i];
	return NULL;
}

// Whether it is a value that an app held before its last start.
static bool is_earlier(const struct diagnosing *diagnosing)
{
	const struct trial_match *match = &diagnosing->match;

	return match->bundle && match->source &&
	       match->bundle != trial_newest(diagnosing->question->vault, match->bundle->app);
}

static void remark_key(struct diagnosing *diagnosing)
{
	const struct trial_match *match = &diagnosing->match;
	const struct profile *profile = diagnosing->diagnosis->profile;
	const struct profile_source *named, *used;

	if (match->what != DIAGNOSE_WINNER || match->by_public_text || !profile ||
		diagnosing->misplaced)
		return;
	named = match->key ? source_named(profile, match->key->name) : NULL;
	used = match->source ? match->source : named;
	if (used && (match->profile == profile ? is_earlier(diagnosing) : !match->profile && named))
		remark_other_value(diagnosing, used);
	else if (match->profile && match->profile != profile)
		remark_add(diagnosing->remarks, FINDING_OTHER_KEY, NULL,
			"profile %s does not use the key that signed it; profile %s does",
			profile->rules->name, match->profile->rules->name);
	else if (!match->profile)
		remark_add(diagnosing->remarks, FINDING_OTHER_KEY, NULL,
			"profile %s does not use the key that signed it", profile->rules->name);
}

static void remark_signer(struct diagnosing *diagnosing)
{
	struct diagnosis *diagnosis = diagnosing->diagnosis;
	const struct trial_match *match = &diagnosing->match;

	if (match->what == DIAGNOSE_NOBODY && diagnosing->read.can_try)
		remark_add(diagnosing->remarks, FINDING_UNKNOWN_KEY, NULL,
			"none of %zu candidates and misspellings signed it", diagnosis->tried);
	if (diagnosis->not_tried)
		remark_add(diagnosing->remarks, FINDING_NOT_ALL_TRIED, NULL,
			"%zu tried, and %zu candidates were not, or not in every spelling",
			diagnosis->tried, diagnosis->not_tried);
	remark_key(diagnosing);
	if (is_pair_as_secret(match))
		remark_add(diagnosing->remarks, FINDING_ANYBODY_CAN_SIGN,
			"verify with the algorithm of the key pair alone (RFC 8725 section 2.1)",
			"it is an HMAC with the text of a key pair: a public key makes it as well");
	if (match->what == DIAGNOSE_PLACEHOLDER || match->what == DIAGNOSE_EMPTY ||
		(match->candidate && match->what == DIAGNOSE_WINNER &&
			(placeholder_is_known(match->candidate->value) ||
				placeholder_is_undefined_text(match->candidate->value))))
		remark_add(diagnosing->remarks, FINDING_ANYBODY_CAN_SIGN, NULL,
			"everybody has the key that signed it: whoever verifies with it lets "
			"anybody in");
}

// The algorithm that a source's key has.
static const char *algorithm_of(const struct profile_source *source)
{
	return source->options.algorithm ? source->options.algorithm->name : "HS256";
}

static void remark_hash(struct diagnosing *diagnosing)
{
	const struct trial_match *match = &diagnosing->match;
	const struct trial_subject *subject = &diagnosing->read.subject;
	const char *algorithm = diagnosing->diagnosis->signer.algorithm, *wanted = NULL;

	if (match->odd)
		remark_add(diagnosing->remarks, FINDING_SIGNATURE_FORM, NULL,
			"its signature has not the form of %s: %s", algorithm, match->odd);
	if (subject->is_session || match->what == DIAGNOSE_NOBODY || diagnosing->misplaced)
		return;
	if (subject->algorithm && !match->odd &&
		!algorithm_is(subject->algorithm, algorithm, strlen(algorithm)))
		remark_add(diagnosing->remarks, FINDING_HASH_SIZE, NULL,
			"its header says %s, the signature is %s", subject->algorithm->name,
			algorithm);
	if (match->other && !diagnosing->diagnosis->verified)
		wanted = key_algorithm(match->profile_key->key)->name;
	else if (match->source && !is_pair_as_secret(match))
		wanted = algorithm_of(match->source);
	if (wanted && !text_equal(wanted, algorithm))
		remark_add(diagnosing->remarks, FINDING_HASH_SIZE,
			"set `algorithm` of the profile, or sign with the one that it has",
			"the signature is %s, the key of profile %s is %s", algorithm,
			match->profile->rules->name, wanted);
}

static void remark_kid(struct diagnosing *diagnosing)
{
	const struct trial_match *match = &diagnosing->match;
	bool as_loaded = match->profile_key && !match->by_text && !match->by_public_text;
	const struct key *key = as_loaded ? match->profile_key->key : NULL;
	const struct strictjson_value *kid = &diagnosing->read.kid;

	if (!key || !key_id(key) || kid->type == STRICTJSON_ABSENT ||
		strictjson_is(kid, key_id(key), strlen(key_id(key))))
		return;
	remark_add(diagnosing->remarks, FINDING_KID_DIFFERS, NULL,
		"its kid is %s, but %s signed it",
		diagnosing->diagnosis->kid ? diagnosing->diagnosis->kid : "no text", key_id(key));
}

// A session where the profile wants a signed token, and the like.
static void remark_kind(struct diagnosing *diagnosing)
{
	const struct profile *profile = diagnosing->diagnosis->profile;
	const struct trial_match *match = &diagnosing->match;
	bool session = diagnosing->read.part_count == LENIENT_PARTS_SESSION;
	enum profile_kind kind =
		match->kind == JWE_AUTHJS_V5 ? PROFILE_AUTHJS_V5 : PROFILE_NEXTAUTH_V4;

	if (!profile)
		return;
	if (diagnosing->misplaced) {
		remark_add(diagnosing->remarks, FINDING_SESSION_TOKEN,
			session ? "use a profile of kind nextauth-v4 or authjs-v5"
				: "use a profile of kind jws",
			"it is %s, and profile %s is of kind %s",
			session ? "an encrypted session" : "a signed token", profile->rules->name,
			profile_kinds[profile->rules->kind]);
	} else if (session && match->what != DIAGNOSE_NOBODY && kind != profile->rules->kind) {
		remark_add(diagnosing->remarks, FINDING_SESSION_KIND, NULL,
			"it is a session of %s, and profile %s is of kind %s", profile_kinds[kind],
			profile->rules->name, profile_kinds[profile->rules->kind]);
	} else if (session && match->salt && match->what == DIAGNOSE_WINNER &&
		   !diagnosing->diagnosis->verified) {
		remark_add(diagnosing->remarks, FINDING_SESSION_KIND,
			"name this cookie in `cookie` of the profile",
			"it is a session of the cookie %s", match->salt);
	}
}

// What a judgement says that no other remark does.
static const struct {
	enum token_code code;
	enum finding remark;
	const char *hint;
} judgements[] = {
	{TOKEN_E_MALFORMED, FINDING_NOT_A_TOKEN, "copy it whole: three parts with dots between"},
	{TOKEN_E_ENCODING, FINDING_NOT_A_TOKEN, "write base64url without = and with - and _"},
	{TOKEN_E_TOO_LARGE, FINDING_NOT_A_TOKEN, "keep tokens small"},
	{TOKEN_E_TOO_DEEP, FINDING_NOT_A_TOKEN, "write plainer claims"},
	{TOKEN_E_JSON, FINDING_NOT_A_TOKEN, "write a header and a payload of JSON"},
	{TOKEN_E_DUPLICATE, FINDING_NOT_A_TOKEN, "write each name once"},
	{TOKEN_E_UTF8, FINDING_NOT_A_TOKEN, "write UTF-8"},
	{TOKEN_E_HEADER, FINDING_NOT_A_TOKEN, "write a plain header: alg, typ, kid"},
	{TOKEN_E_ALG, FINDING_ALGORITHM, NULL},
	{TOKEN_E_ALG_KEY, FINDING_ALGORITHM, "write the kid of a key of this algorithm"},
	{TOKEN_E_CRIT, FINDING_NOT_A_TOKEN, "leave crit out: no extension is understood"},
	{TOKEN_E_NESTED, FINDING_NOT_A_TOKEN, "sign or encrypt it once"},
	{TOKEN_E_TYP, FINDING_TYPE, NULL},
	{TOKEN_E_EXPIRED, FINDING_EXPIRED, NULL}, // by max_age
	{TOKEN_E_CLAIM_MISSING, FINDING_CLAIM, "set the claim, or take it out of `require`"},
	{TOKEN_E_CLAIM_INVALID, FINDING_CLAIM, NULL},
	{TOKEN_E_CLAIM_UNSAFE, FINDING_CLAIM, "write no control characters"},
	{TOKEN_E_REVOKED, FINDING_REVOKED, NULL},
};

// Whether it was said already; which hash signed a token is said together with what its header and
// its profile say.
static bool is_told(const struct remark_list *remarks, enum finding remark)
{
	return remark_has(remarks, remark) ||
	       (remark == FINDING_ALGORITHM && remark_has(remarks, FINDING_HASH_SIZE));
}

static void remark_judgement(struct diagnosing *diagnosing)
{
	const struct diagnosis *diagnosis = diagnosing->diagnosis;
	const struct profile *profile = diagnosis->profile;

	if (!profile)
		return;
	if (!profile->usable)
		remark_add(diagnosing->remarks, FINDING_PROFILE_UNUSABLE, profile->hint,
			"profile %s verifies nothing: %s", profile->rules->name, profile->fault);
	for (size_t i = 0; i < ARRAY_SIZE(judgements) && !diagnosing->misplaced; i++)
		if (judgements[i].code == diagnosis->code &&
			!is_told(diagnosing->remarks, judgements[i].remark))
			remark_add(diagnosing->remarks, judgements[i].remark, judgements[i].hint,
				"%s",
				*diagnosis->detail ? diagnosis->detail
						   : token_code_title(diagnosis->code));
}

static void remark_payload(struct diagnosing *diagnosing)
{
	struct diagnosis *diagnosis = diagnosing->diagnosis;
	struct token_scratch *read = &diagnosing->room->lenient.read;
	const char *payload = read->payload;
	size_t size;

	if (diagnosing->read.part_count == LENIENT_PARTS_SESSION) {
		if (diagnosing->match.what == DIAGNOSE_NOBODY)
			return;
		payload = (const char *)diagnosing->room->trial.plain;
		size = diagnosing->match.plain_size;
	} else if (diagnosing->read.part_count != LENIENT_PARTS_SIGNED ||
		   !lenient_decode(diagnosing->read.parts[1], read->payload, sizeof(read->payload),
			   &size)) {
		return;
	}
	if (!remark_claims(diagnosing->remarks,
		    diagnosis->profile && !diagnosing->misplaced ? diagnosis->profile->rules : NULL,
		    payload, size, diagnosing->question->now_ms))
		return;
	diagnosis->claims = payload;
	diagnosis->claims_length = size;
}

void remarks_make(struct diagnosing *diagnosing)
{
	remark_form(diagnosing);
	remark_signer(diagnosing);
	remark_hash(diagnosing);
	remark_kid(diagnosing);
	remark_kind(diagnosing);
	remark_payload(diagnosing);
	remark_judgement(diagnosing);
	remark_sort(diagnosing->remarks);
}
