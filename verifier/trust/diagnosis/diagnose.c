// Reads the token leniently, has the profile judge it and the trial find who signed it, and makes
// remarks on both.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/trust/diagnosis/diagnosing.h"
#include "verifier/trust/diagnosis/remarks.h"
#include "verifier/trust/diagnosis/signer.h"
#include "verifier/trust/keyring.h"

#include <errno.h>

#define SHOWN_MAX 80 // bytes of a header's text in an answer

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

// A text of the header for an answer, printable; NULL where it is none.
static const char *show(struct diagnosing *diagnosing, const struct strictjson_value *value)
{
	char text[SHOWN_MAX], printable[SHOWN_MAX * 4];

	if (value->type != STRICTJSON_STRING)
		return NULL;
	if (!strictjson_text(value, text, sizeof(text))) {
		size_t length = value->length < SHOWN_MAX ? value->length : SHOWN_MAX - 1;

		memcpy(text, value->text, length);
		text[length] = '\0';
	}
	return pool_copy(diagnosing->pool, text_printable(printable, sizeof(printable), text));
}

static void read_token(struct diagnosing *diagnosing)
{
	const struct diagnose_question *question = diagnosing->question;
	const struct lenient *read = &diagnosing->read;
	bool is_session;

	lenient_read(
		question->token, question->length, &diagnosing->room->lenient, &diagnosing->read);
	is_session = read->part_count == LENIENT_PARTS_SESSION;
	diagnosing->diagnosis->algorithm = show(diagnosing, is_session ? &read->enc : &read->alg);
	diagnosing->diagnosis->kid = show(diagnosing, &read->kid);
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
	size_t count = diagnosing->read.part_count;

	return count == (wants_session ? LENIENT_PARTS_SIGNED : LENIENT_PARTS_SESSION);
}

static void judge_text(
	struct diagnosing *diagnosing, struct lenient_part token, struct token_verdict *ret_verdict)
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
	judge_text(diagnosing, (struct lenient_part){question->token, question->length}, &verdict);
	diagnosis->code = verdict.code;
	diagnosis->verified = verdict.key != NULL;
	diagnosis->detail = pool_copy(diagnosing->pool, verdict.detail);
	if (verdict.code != TOKEN_OK && diagnosing->read.token.length < question->length) {
		judge_text(diagnosing, diagnosing->read.token, &verdict);
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
		.subject = &diagnosing->read.subject,
		.arena = diagnosis->arena,
		.room = &diagnosing->room->trial,
		.cost_us = diagnosing->question->cost_us,
	};

	if (diagnosing->read.can_try)
		trial_run(&question, &diagnosing->match, &diagnosis->tried, &diagnosis->not_tried);
	return signer_describe(&question, &diagnosing->match, diagnosing->pool, &diagnosis->signer);
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
		remarks_make(&diagnosing);
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
