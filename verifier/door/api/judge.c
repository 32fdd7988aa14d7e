// One room for one token at a time: the daemon has one thread.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/judge.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "verifier/door/api/tally.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/store.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/session/refreshtoken.h"

#include <sodium.h>

#define JUDGE_HASH_BYTES 6 // of a token's SHA-256, in the log
#define JUDGE_KID_MAX 64   // bytes of a kid, in the log

struct judge {
	const struct log *log;
	judge_failed *failed; // or NULL
	void *owner;
	const struct revocations *revocations; // or NULL
	const char *refresh;                   // the name of a profile, or NULL
	struct tally tally;
	size_t used;      // bytes of each part of the scratch
	size_t text_used; // of `text`
	struct token_scratch scratch;
	char text[JUDGE_TEXT_SIZE];
};

struct judge *judge_new(const struct log *log)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (judge)
		judge->log = log;
	return judge;
}

struct judge *judge_free(struct judge *judge)
{
	if (!judge)
		return NULL;
	tally_done(&judge->tally);
	sodium_memzero(judge, sizeof(*judge));
	free(judge);
	return NULL;
}

void judge_tell(struct judge *judge, judge_failed *failed, void *owner)
{
	judge->failed = failed;
	judge->owner = owner;
}

void judge_watch(struct judge *judge, const struct revocations *revocations, const char *refresh)
{
	judge->revocations = revocations;
	judge->refresh = refresh;
}

struct tally *judge_tally(struct judge *judge)
{
	return &judge->tally;
}

const char *judge_key_name(const struct profile_key *key)
{
	const char *id = key->key ? key_id(key->key) : NULL;

	return id ? id : path_basename(key->label);
}

static void note_refusal(const struct judge *judge, const struct judge_question *question,
	const struct token_verdict *verdict)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char prefix[JUDGE_HASH_BYTES * 2 + 1], kid[JUDGE_KID_MAX + 1] = "";
	struct log_line line;

	log_begin(&line, judge->log, LOG_DEBUG, "token_refused");
	if (!line.wanted)
		return;
	(void)crypto_hash_sha256(hash, (const uint8_t *)question->token, question->length);
	(void)sodium_bin2hex(prefix, sizeof(prefix), hash, JUDGE_HASH_BYTES);
	if (verdict->kid.type == STRICTJSON_STRING)
		(void)snprintf(kid, sizeof(kid), "%.*s",
			(int)(verdict->kid.length < JUDGE_KID_MAX ? verdict->kid.length
								  : JUDGE_KID_MAX),
			verdict->kid.text); // with its escapes, as it was written
	log_text(&line, "profile", question->profile->rules->name);
	log_text(&line, "code", token_code_text(verdict->code));
	log_text(&line, "stage", token_stage_text(verdict->stage));
	log_text(&line, "kid", kid);
	log_text(&line, "alg", verdict->algorithm);
	log_text(&line, "token_sha256", prefix);
	log_end(&line);
}

// ---- what sessions know of a token

// A jti of one of ours.
struct standing {
	char jti[STORE_TOKEN_MAX];
	size_t length;
	bool is_session, is_access;
};

// Returns: whether the token has a jti that can be known.
static bool read_standing(const struct strictjson_value *jti, struct standing *standing)
{
	uint8_t family[FAMILY_ID_BYTES];
	uint64_t generation;

	standing->length = strictjson_unescape(jti, standing->jti, sizeof(standing->jti));
	if (standing->length > sizeof(standing->jti))
		return false;
	standing->is_session = refreshtoken_jti_read(
		standing->jti, standing->length, family, &generation, &standing->is_access);
	return true;
}

void judge_standing(const struct judge *judge, const struct profile_rules *rules, int64_t now_ms,
	struct token_verdict *verdict)
{
	const struct revocations *revocations = judge->revocations;
	bool has_any = revocations && revocations_size(revocations);
	bool is_known = !revocations || revocations_are_known(revocations);
	struct standing standing;

	if (verdict->code != TOKEN_OK || (is_known && !has_any && !judge->refresh) ||
		!read_standing(&verdict->known[TOKEN_JTI].value, &standing))
		return;
	if (has_any && revocations_has(revocations, standing.jti, standing.length, now_ms))
		(void)token_refuse(
			verdict, TOKEN_E_REVOKED, TOKEN_CLAIMS, "it was revoked before its end");
	else if (has_any && standing.is_session &&
		 revocations_has(revocations, standing.jti, FAMILY_ID_TEXT - 1, now_ms))
		(void)token_refuse(verdict, TOKEN_E_REVOKED, TOKEN_CLAIMS,
			"the session that it belongs to has ended");
	else if (judge->refresh && standing.is_session &&
		 standing.is_access == text_equal(rules->name, judge->refresh))
		(void)token_refuse(verdict, TOKEN_E_TYP, TOKEN_CLAIMS,
			standing.is_access
				? "its jti is that of an access token, and profile %.64s is for "
				  "refresh tokens"
				: "its jti is that of a refresh token, and profile %.64s is not "
				  "the one for these",
			rules->name);
	else if (!is_known && standing.length > 0)
		(void)token_refuse(verdict, TOKEN_E_STORE_AWAY, TOKEN_CLAIMS,
			"whether it was revoked is not known: the store was not there since "
			"samekeyd began");
}

// Whatever the token is: nobody could say that it is bad.
static void refuse_all(const struct profile *profile, struct token_verdict *ret_verdict)
{
	*ret_verdict = (struct token_verdict){.expires_in_s = -1};
	(void)token_refuse(ret_verdict, TOKEN_E_KEY_UNUSABLE, TOKEN_KEY, "%s", profile->fault);
}

void judge_token(struct judge *judge, const struct judge_question *question,
	struct token_verdict *ret_verdict)
{
	uint64_t began = clock_steady_ns(), spent;
	const struct token_options options = {.now_ms = clock_wall_ms(),
		.audience = question->audience,
		.audience_length = question->audience_length,
		.cookie = question->cookie};
	size_t used = base64url_decoded_size(question->length);
	const struct profile_key *key;

	if (question->profile->usable)
		token_verify(question->profile, question->token, question->length, &options,
			&judge->scratch, ret_verdict);
	else
		refuse_all(question->profile, ret_verdict);
	judge_standing(judge, question->profile->rules, options.now_ms, ret_verdict);
	if (used > judge->used)
		judge->used = used;
	spent = clock_steady_ns() - began;
	key = ret_verdict->code == TOKEN_OK ? ret_verdict->key : NULL;
	tally_token(&judge->tally, question->profile->rules->name, ret_verdict->code,
		key ? judge_key_name(key) : NULL, key ? key->state : KEY_ACTIVE, spent);
	if (ret_verdict->code != TOKEN_OK)
		note_refusal(judge, question, ret_verdict);
	if (judge->failed && (ret_verdict->code == TOKEN_E_SIGNATURE ||
				     ret_verdict->code == TOKEN_E_KEY_UNKNOWN))
		judge->failed(judge->owner, question->profile, question->token, question->length);
}

static void wipe(void *bytes, size_t size, size_t used)
{
	sodium_memzero(bytes, used < size ? used : size);
}

void judge_forget(struct judge *judge)
{
	struct token_scratch *scratch = &judge->scratch;

	wipe(scratch->header, sizeof(scratch->header), judge->used);
	wipe(scratch->payload, sizeof(scratch->payload), judge->used);
	wipe(scratch->sealed, sizeof(scratch->sealed), judge->used);
	if (judge->text_used)
		wipe(judge->text, sizeof(judge->text), judge->text_used);
	judge->used = judge->text_used = 0;
}

char *judge_text(struct judge *judge)
{
	judge->text_used = sizeof(judge->text);
	return judge->text;
}
