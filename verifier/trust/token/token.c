// Judges a token stage by stage: its form, its header, which keys may have made it, and whether one
// did. The claims are judged by claims.c once that is so.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "lib/base/text.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/claims.h"
#include "verifier/trust/token/compact.h"
#include "verifier/trust/token/judging.h"
#include "verifier/trust/token/keychoice.h"
#include "verifier/trust/token/sealedsession.h"

#include <stdarg.h>

#define DETAIL_MAX 512 // before it is cut

static const char *const stages[] = {
	[TOKEN_FORM] = "form",
	[TOKEN_HEADER] = "header",
	[TOKEN_KEY] = "key",
	[TOKEN_SIGNATURE] = "signature",
	[TOKEN_CLAIMS] = "claims",
};

static const char *const json_faults[] = {
	[STRICTJSON_E_SYNTAX] = "is not JSON",
	[STRICTJSON_E_UTF8] = "is not UTF-8",
	[STRICTJSON_E_DUPLICATE] = "has a name twice",
	[STRICTJSON_E_DEPTH] = "is nested too deeply",
	[STRICTJSON_E_LIMIT] = "has too many members or items, or too long a number",
	[STRICTJSON_E_TYPE] = "is no JSON object",
};

const char *token_stage_text(enum token_stage stage)
{
	return stages[stage];
}

bool token_refuse(struct token_verdict *verdict, enum token_code code, enum token_stage stage,
	const char *format, ...)
{
	char text[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args); // cut below anyway
	va_end(args);
	(void)text_printable(verdict->detail, sizeof(verdict->detail), text);
	verdict->code = code;
	verdict->stage = stage;
	return false;
}

bool token_refuse_json(struct token_verdict *verdict, enum strictjson_result result,
	enum token_stage stage, const char *what, size_t at)
{
	enum token_code code = token_code_of_json(result);

	if (stage == TOKEN_HEADER && result == STRICTJSON_E_TYPE)
		code = TOKEN_E_HEADER;
	return token_refuse(
		verdict, code, stage, "the %s %s (byte %zu)", what, json_faults[result], at + 1);
}

// ---- signature

// A payload of no bytes can be signed (RFC 7515 section 7.1), and is no claims then.
static bool decode_signed(struct judging *it)
{
	struct token_scratch *scratch = it->scratch;

	it->signature_size = base64url_decoded_size(it->parts[2].length);
	it->header_size = base64url_decoded_size(it->parts[0].length);
	it->payload_size = base64url_decoded_size(it->parts[1].length);
	return compact_decode(it, 0, "header", scratch->header, sizeof(scratch->header)) &&
	       compact_decode(it, 2, "signature", scratch->signature, sizeof(scratch->signature)) &&
	       compact_decode_any(it, 1, "payload", scratch->payload, sizeof(scratch->payload));
}

// What people call a key: by the kid that it was given, else by its secret or file.
static const char *name_of(const struct key *key)
{
	return key_has_given_id(key) || !*key_label(key) ? key_name(key) : key_label(key);
}

static bool refuse_signature(struct judging *it, const struct keychoice *choice)
{
	const struct algorithm *algorithm = key_algorithm(choice->tried[0]->key);
	bool is_der = algorithm->family == ALGORITHM_ECDSA && it->scratch->signature[0] == 0x30;
	bool is_cut = it->signature_size < algorithm->signature_size && it->signature_size % 16;

	if (algorithm->signature_size && it->signature_size != algorithm->signature_size)
		return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
			"the signature has %zu bytes, and one of %s has %zu%s", it->signature_size,
			algorithm->name, algorithm->signature_size,
			is_der   ? "; it looks like DER, which no JWS has"
			: is_cut ? ": was its end cut off?"
				 : "");
	if (choice->count == 1)
		return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
			"it was not signed with %.64s (%s)", name_of(choice->tried[0]->key),
			algorithm->name);
	return token_refuse(it->verdict, TOKEN_E_SIGNATURE, TOKEN_SIGNATURE,
		"none of the %zu keys that were tried signed it (%s)", choice->count,
		algorithm->name);
}

static bool judge_signature(struct judging *it)
{
	const char *input = it->whole.text;
	size_t length = (size_t)(it->parts[2].text - 1 - input);
	struct keychoice choice;

	keychoice_make(it, &choice);
	if (!choice.count)
		return false;
	if (it->signature_size > sizeof(it->scratch->signature))
		return refuse_signature(it, &choice);
	for (size_t i = 0; i < choice.count; i++) {
		if (!key_verifies(choice.tried[i]->key, input, length, it->scratch->signature,
			    it->signature_size))
			continue;
		it->verdict->key = choice.tried[i];
		return true;
	}
	return refuse_signature(it, &choice);
}

// ---- the whole

static bool judge_usable(struct judging *it)
{
	return it->profile->usable ||
	       token_refuse(it->verdict, TOKEN_E_KEY_UNUSABLE, TOKEN_KEY, "%s", it->profile->fault);
}

static bool judge_signed(struct judging *it)
{
	return compact_split(it) && decode_signed(it) && joseheader_judge(it) && judge_usable(it) &&
	       judge_signature(it);
}

static bool judge_sealed(struct judging *it)
{
	struct sealedsession session;

	return compact_split(it) && sealedsession_decode(it, &session) && joseheader_judge(it) &&
	       judge_usable(it) && sealedsession_open(it, &session);
}

static void clear(struct token_verdict *verdict, const struct profile_rules *rules)
{
	verdict->code = TOKEN_OK;
	verdict->stage = TOKEN_FORM;
	verdict->detail[0] = '\0';
	verdict->kid = (struct strictjson_value){0};
	verdict->algorithm = NULL;
	verdict->key = NULL;
	verdict->claims = NULL;
	verdict->claims_length = 0;
	verdict->expires_in_s = -1;
	for (size_t i = 0; i < TOKEN_CLAIM_COUNT; i++)
		verdict->known[i] = (struct strictjson_member){0};
	for (size_t i = 0; i < rules->require.count; i++)
		verdict->required[i] = (struct strictjson_member){0};
	for (size_t i = 0; i < rules->forward.count; i++)
		verdict->forwarded[i] = (struct strictjson_member){0};
}

void token_verify(const struct profile *profile, const char *token, size_t length,
	const struct token_options *options, struct token_scratch *scratch,
	struct token_verdict *ret_verdict)
{
	struct judging it = {
		.profile = profile,
		.options = options,
		.scratch = scratch,
		.verdict = ret_verdict,
		.whole = {token, length},
	};

	clear(ret_verdict, profile->rules);
	if (!(judging_is_sealed(&it) ? judge_sealed(&it) : judge_signed(&it)))
		return;
	ret_verdict->stage = TOKEN_CLAIMS;
	ret_verdict->claims = scratch->payload;
	ret_verdict->claims_length = it.payload_size;
	ignore_result(claims_judge(profile->rules, options, ret_verdict)); // the verdict has it
}
