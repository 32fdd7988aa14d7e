// Reads the token leniently where a judgement would stop, has the profile judge it and the trial
// find who signed it, and makes remarks on both.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/signer.h"
#include "verifier/trust/diagnosis/trial.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>

#define PARTS_SIGNED 3
#define PARTS_SESSION 5
#define KID_SHOWN 80 // bytes of a kid in an answer

struct diagnose_room {
	struct token_scratch judged, read;
	struct trial_room trial;
	char joined[TOKEN_MAX]; // the token without white space in it
};

struct part {
	const char *text;
	size_t length;
};

// A diagnosis while it is made.
struct diagnosing {
	const struct diagnose_question *question;
	struct diagnosis *diagnosis;
	struct pool *pool;
	struct diagnose_room *room;
	struct remark_list *remarks;

	struct part token; // without what stands around it, and without white space
	size_t blank_at;   // where white space stood in it, from 1; 0: nowhere
	bool good_alone;   // it would be accepted without all that
	struct part parts[PARTS_SESSION];
	size_t part_count;
	struct strictjson_member alg, enc, kid; // of the header
	struct trial_subject subject;
	bool can_try;   // there is a signature or an encryption to match
	size_t digits;  // of the signature, when it has fewer; else 0
	bool misplaced; // a session where the profile wants a signed token, or back
	struct trial_match match;
};

static const char *const what_texts[DIAGNOSE_WHATS] = {
	[DIAGNOSE_NOBODY] = "unknown",
	[DIAGNOSE_WINNER] = "winner",
	[DIAGNOSE_RETIRED] = "retired",
	[DIAGNOSE_PENDING] = "pending",
	[DIAGNOSE_SHADOWED] = "shadowed",
	[DIAGNOSE_READING] = "reading",
	[DIAGNOSE_PLACEHOLDER] = "placeholder",
	[DIAGNOSE_EMPTY] = "empty",
	[DIAGNOSE_NEAR_MISS] = "near-miss",
};

const char *diagnose_what_text(enum diagnose_what what)
{
	return what_texts[what];
}

// ---- reading

// Takes off what people copy with a token: white space, quotes, the word Bearer.
static void unwrap(struct diagnosing *diagnosing)
{
	static const char around[] = " \t\r\n\"'";
	const char *text = diagnosing->question->token;
	size_t length = diagnosing->question->length;

	while (length && *text && strchr(around, *text)) {
		text++;
		length--;
	}
	if (length > 7 && memcmp(text, "Bearer ", 7) == 0) {
		text += 7;
		length -= 7;
	}
	while (length && text[length - 1] && strchr(around, text[length - 1]))
		length--;
	diagnosing->token = (struct part){text, length};
}

// Takes out the white space that a terminal or a mail put into it.
static void join(struct diagnosing *diagnosing)
{
	struct part *token = &diagnosing->token;
	char *joined = diagnosing->room->joined;
	size_t used = 0, at = 0;

	for (size_t i = 0; i < token->length; i++) {
		if (token->text[i] && strchr(" \t\r\n", token->text[i])) {
			at = at ? at : i + 1;
			continue;
		}
		if (used == sizeof(diagnosing->room->joined))
			return;
		joined[used++] = token->text[i];
	}
	if (!at)
		return;
	diagnosing->blank_at = (size_t)(token->text - diagnosing->question->token) + at;
	*token = (struct part){joined, used};
}

// Returns: whether it has 3 or 5 parts.
static bool split(struct diagnosing *diagnosing)
{
	const char *at = diagnosing->token.text, *end = at + diagnosing->token.length;
	size_t count = 0;

	while (count < PARTS_SESSION) {
		const char *dot = memchr(at, '.', (size_t)(end - at));

		diagnosing->parts[count].text = at;
		diagnosing->parts[count++].length = (size_t)((dot ? dot : end) - at);
		if (!dot)
			break;
		at = dot + 1;
		if (count == PARTS_SESSION)
			return false;
	}
	diagnosing->part_count = count;
	return count == PARTS_SIGNED || count == PARTS_SESSION;
}

static bool decode(struct part part, void *out, size_t room, size_t *ret_size)
{
	*ret_size = base64url_decoded_size(part.length);
	return *ret_size <= room && base64url_decode(part.text, part.length, out);
}

static bool read_header(struct diagnosing *diagnosing)
{
	struct token_scratch *read = &diagnosing->room->read;
	struct strictjson_member wanted[] = {{.name = "alg"}, {.name = "enc"}, {.name = "kid"}};
	size_t size;
	bool good = decode(diagnosing->parts[0], read->header, sizeof(read->header), &size) &&
		    strictjson_object(read->header, size, wanted, ARRAY_SIZE(wanted), NULL) ==
			    STRICTJSON_OK;

	diagnosing->alg = wanted[0];
	diagnosing->enc = wanted[1];
	diagnosing->kid = wanted[2];
	return good;
}

// A text of the header for an answer, printable; NULL where it is none.
static const char *show(struct diagnosing *diagnosing, const struct strictjson_value *value)
{
	char text[KID_SHOWN], printable[KID_SHOWN * 4];

	if (value->type != STRICTJSON_STRING)
		return NULL;
	if (!strictjson_text(value, text, sizeof(text))) {
		size_t length = value->length < KID_SHOWN ? value->length : KID_SHOWN - 1;

		memcpy(text, value->text, length);
		text[length] = '\0';
	}
	return pool_copy(diagnosing->pool, text_printable(printable, sizeof(printable), text));
}

// What an HMAC of this size is made with.
static unsigned hash_of(size_t size)
{
	return size == 32 || size == 48 || size == 64 ? (unsigned)size * 8 : 0;
}

static bool read_signed(struct diagnosing *diagnosing)
{
	struct token_scratch *read = &diagnosing->room->read;
	struct trial_subject *subject = &diagnosing->subject;
	const struct strictjson_value *alg = &diagnosing->alg.value;
	size_t size, digits = 0;
	bool good;

	if (alg->type == STRICTJSON_STRING)
		subject->algorithm = algorithm_find(alg->text, alg->length);
	if (subject->algorithm && subject->algorithm->signature_size)
		digits = base64url_encoded_size(subject->algorithm->signature_size);
	good = decode(diagnosing->parts[2], read->signature, sizeof(read->signature), &size);
	if (digits > diagnosing->parts[2].length && !(good && hash_of(size))) {
		diagnosing->digits = digits;
		return false;
	}
	if (!good)
		return false;
	subject->input = diagnosing->parts[0].text;
	subject->input_length = diagnosing->parts[0].length + 1 + diagnosing->parts[1].length;
	subject->signature = read->signature;
	subject->signature_size = size;
	if (!subject->algorithm || subject->algorithm->family == ALGORITHM_HMAC)
		subject->hash_bits = hash_of(size);
	return size > 0;
}

static bool read_session(struct diagnosing *diagnosing)
{
	struct token_scratch *read = &diagnosing->room->read;
	struct trial_subject *subject = &diagnosing->subject;
	struct jwe_parts *parts = &subject->parts;
	uint8_t *iv = read->signature, *tag = read->signature + sizeof(read->signature) / 2;

	subject->is_session = true;
	if (!strictjson_is(&diagnosing->alg.value, "dir", 3) ||
		diagnosing->enc.value.type != STRICTJSON_STRING ||
		!jwe_enc_find(
			diagnosing->enc.value.text, diagnosing->enc.value.length, &subject->enc) ||
		diagnosing->parts[1].length)
		return false;
	if (!decode(diagnosing->parts[2], iv, sizeof(read->signature) / 2, &parts->iv_size) ||
		!decode(diagnosing->parts[3], read->sealed, sizeof(read->sealed),
			&parts->ciphertext_size) ||
		!decode(diagnosing->parts[4], tag, sizeof(read->signature) / 2, &parts->tag_size))
		return false;
	parts->aad = diagnosing->parts[0].text;
	parts->aad_length = diagnosing->parts[0].length;
	parts->iv = iv;
	parts->ciphertext = read->sealed;
	parts->tag = tag;
	return parts->ciphertext_size <= sizeof(diagnosing->room->trial.plain);
}

static void read_token(struct diagnosing *diagnosing)
{
	struct diagnosis *diagnosis = diagnosing->diagnosis;

	unwrap(diagnosing);
	join(diagnosing);
	if (diagnosing->token.length > TOKEN_MAX || !split(diagnosing))
		return;
	if (read_header(diagnosing)) {
		diagnosis->algorithm = show(diagnosing, diagnosing->part_count == PARTS_SESSION
								? &diagnosing->enc.value
								: &diagnosing->alg.value);
		diagnosis->kid = show(diagnosing, &diagnosing->kid.value);
	}
	diagnosing->can_try = diagnosing->part_count == PARTS_SESSION ? read_session(diagnosing)
								      : read_signed(diagnosing);
}

// ---- judging and trying

static const struct profile *judge_of(const struct diagnose_question *question)
{
	if (question->profile)
		return question->profile;
	return keyring_size(question->keyring) == 1 ? keyring_at(question->keyring, 0) : NULL;
}

static bool is_misplaced(const struct diagnosing *diagnosing)
{
	bool wants_session = diagnosing->diagnosis->profile->rules->kind != PROFILE_JWS;
	size_t count = diagnosing->part_count;

	return count == (wants_session ? PARTS_SIGNED : PARTS_SESSION);
}

static void judge_text(
	struct diagnosing *diagnosing, struct part token, struct token_verdict *ret_verdict)
{
	const struct diagnose_question *question = diagnosing->question;
	const struct token_options options = {.now_ms = question->now_ms};
	const struct profile *profile = diagnosing->diagnosis->profile;

	token_verify(profile, token.text, token.length, &options, &diagnosing->room->judged,
		ret_verdict);
	if (ret_verdict->code == TOKEN_OK && question->standing)
		question->standing(question->owner, profile->rules, ret_verdict);
}

static int judge(struct diagnosing *diagnosing)
{
	const struct diagnose_question *question = diagnosing->question;
	struct diagnosis *diagnosis = diagnosing->diagnosis;
	struct token_verdict verdict;

	diagnosis->profile = judge_of(question);
	diagnosis->code = TOKEN_E_KEY_UNUSABLE;
	if (!diagnosis->profile || question->signer_only)
		return 0;
	judge_text(diagnosing, (struct part){question->token, question->length}, &verdict);
	diagnosis->code = verdict.code;
	diagnosis->verified = verdict.key != NULL;
	diagnosis->detail = pool_copy(diagnosing->pool, verdict.detail);
	if (verdict.code != TOKEN_OK && diagnosing->token.length < question->length) {
		judge_text(diagnosing, diagnosing->token, &verdict);
		diagnosing->good_alone = verdict.code == TOKEN_OK;
	}
	diagnosing->misplaced = is_misplaced(diagnosing);
	return diagnosis->detail ? 0 : -ENOMEM;
}

static int find_signer(struct diagnosing *diagnosing)
{
	struct diagnosis *diagnosis = diagnosing->diagnosis;
	const struct trial_question question = {
		.keyring = diagnosing->question->keyring,
		.vault = diagnosing->question->vault,
		.profile = diagnosis->profile,
		.subject = &diagnosing->subject,
		.arena = diagnosis->arena,
		.room = &diagnosing->room->trial,
		.cost_us = diagnosing->question->cost_us,
	};

	if (diagnosing->can_try)
		trial_run(&question, &diagnosing->match, &diagnosis->tried, &diagnosis->not_tried);
	return signer_describe(&question, &diagnosing->match, diagnosing->pool, &diagnosis->signer);
}

// ---- remarks

static void remark_form(struct diagnosing *diagnosing)
{
	const struct diagnose_question *question = diagnosing->question;
	const char *alone = diagnosing->good_alone ? "; without it the token is good" : "";

	if (diagnosing->blank_at)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN,
			"pass it in one piece: no line ends and no blanks",
			"white space stands in it at byte %zu%s", diagnosing->blank_at, alone);
	else if (diagnosing->token.length < question->length && diagnosing->can_try)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN, "pass the token alone",
			"quotes, white space or `Bearer ` stand around it%s", alone);
	if (diagnosing->part_count == PARTS_SIGNED && !diagnosing->parts[2].length)
		remark_add(
			diagnosing->remarks, FINDING_NOT_SIGNED, NULL, "its signature is missing");
	else if (diagnosing->digits)
		remark_add(diagnosing->remarks, FINDING_NOT_A_TOKEN, "copy it whole",
			"its signature has %zu of the %zu characters of %s: the end is cut off",
			diagnosing->parts[2].length, diagnosing->digits,
			diagnosing->subject.algorithm->name);
	else if (!diagnosing->can_try && !diagnosing->diagnosis->profile)
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
	const struct profile_source *used;

	if (match->what != DIAGNOSE_WINNER || match->by_public_text || !profile ||
		diagnosing->misplaced)
		return;
	used = match->key ? source_named(profile, match->key->name) : NULL;
	if (match->profile == profile ? is_earlier(diagnosing) : !match->profile && used)
		remark_other_value(diagnosing, match->source ? match->source : used);
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

	if (match->what == DIAGNOSE_NOBODY && diagnosing->can_try)
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
	const struct trial_subject *subject = &diagnosing->subject;
	const char *algorithm = diagnosing->diagnosis->signer.algorithm;

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
	if (match->source && !is_pair_as_secret(match) &&
		!text_equal(algorithm_of(match->source), algorithm))
		remark_add(diagnosing->remarks, FINDING_HASH_SIZE,
			"set `algorithm` of the profile, or sign with the one that it has",
			"the signature is %s, the key of profile %s is %s", algorithm,
			match->profile->rules->name, algorithm_of(match->source));
}

static void remark_kid(struct diagnosing *diagnosing)
{
	const struct trial_match *match = &diagnosing->match;
	bool as_loaded = match->profile_key && !match->by_text && !match->by_public_text;
	const struct key *key = as_loaded ? match->profile_key->key : NULL;
	const struct strictjson_value *kid = &diagnosing->kid.value;

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
	bool session = diagnosing->part_count == PARTS_SESSION;
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
			!remark_has(diagnosing->remarks, judgements[i].remark))
			remark_add(diagnosing->remarks, judgements[i].remark, judgements[i].hint,
				"%s",
				*diagnosis->detail ? diagnosis->detail
						   : token_code_title(diagnosis->code));
}

static void remark_payload(struct diagnosing *diagnosing)
{
	struct diagnosis *diagnosis = diagnosing->diagnosis;
	struct token_scratch *read = &diagnosing->room->read;
	const char *payload = read->payload;
	size_t size;

	if (diagnosing->part_count == PARTS_SESSION) {
		if (diagnosing->match.what == DIAGNOSE_NOBODY)
			return;
		payload = (const char *)diagnosing->room->trial.plain;
		size = diagnosing->match.plain_size;
	} else if (diagnosing->part_count != PARTS_SIGNED ||
		   !decode(diagnosing->parts[1], read->payload, sizeof(read->payload), &size)) {
		return;
	}
	if (!remark_claims(diagnosing->remarks,
		    diagnosis->profile && !diagnosing->misplaced ? diagnosis->profile->rules : NULL,
		    payload, size, diagnosing->question->now_ms))
		return;
	diagnosis->claims = payload;
	diagnosis->claims_length = size;
}

static void remark_all(struct diagnosing *diagnosing)
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

int diagnose_token(const struct diagnose_question *question, struct secret_arena *arena,
	struct pool *pool, struct diagnosis *ret_diagnosis)
{
	struct diagnosis diagnosis = {.detail = "", .findings = {.pool = pool}, .arena = arena};
	struct diagnosing diagnosing = {.question = question,
		.diagnosis = &diagnosis,
		.pool = pool,
		.remarks = &diagnosis.findings};

	diagnosis.room =
		(struct diagnose_room *)(void *)secret_arena_take(arena, sizeof(*diagnosis.room));
	if (!diagnosis.room)
		return -ENOMEM;
	diagnosing.room = diagnosis.room;
	read_token(&diagnosing);
	if (judge(&diagnosing) < 0 || find_signer(&diagnosing) < 0) {
		diagnose_done(&diagnosis);
		return -ENOMEM;
	}
	if (!question->signer_only)
		remark_all(&diagnosing);
	if (diagnosis.findings.incomplete) {
		diagnose_done(&diagnosis);
		return -ENOMEM;
	}
	*ret_diagnosis = diagnosis;
	return 0;
}

void diagnose_done(struct diagnosis *diagnosis)
{
	if (diagnosis->room)
		secret_arena_give(
			diagnosis->arena, (uint8_t *)diagnosis->room, sizeof(*diagnosis->room));
	*diagnosis = (struct diagnosis){0};
}
