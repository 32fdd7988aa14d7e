// Reads the question, and writes the diagnosis as JSON.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/diagnosis.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/quota.h"
#include "verifier/door/api/reply.h"
#include "verifier/trust/diagnosis/diagnose.h"
#include "verifier/trust/vault.h"

#define DIAGNOSIS_ROOM 4096 // of an answer beside the claims

// ---- writing

static void add_signer(struct route_reply *reply, const struct diagnosis_signer *signer)
{
	if (signer->what == DIAGNOSE_NOBODY) {
		reply_text(reply, ",\"signed_by\":null");
		return;
	}
	reply_member_or_null(reply, ",\"signed_by\":{\"what\":", diagnose_what_text(signer->what));
	reply_member_or_null(reply, ",\"app\":", signer->app);
	reply_member_or_null(reply, ",\"key\":", signer->key);
	reply_member_or_null(reply, ",\"origin\":", signer->origin);
	reply_words(reply, ",\"dialects\":", signer->dialects);
	reply_member_or_null(reply, ",\"mistake\":", signer->mistake);
	reply_member_or_null(reply, ",\"profile\":", signer->profile);
	reply_member_or_null(reply, ",\"kid\":", signer->kid);
	reply_member_or_null(reply, ",\"state\":", signer->state);
	reply_member_or_null(reply, ",\"alg\":", signer->algorithm);
	reply_member(reply, ",\"text\":", signer->text);
	reply_member(reply, ",\"fix\":", signer->fix);
	reply_text(reply, "}");
}

static void add_findings(struct route_reply *reply, const struct remark_list *list)
{
	reply_text(reply, ",\"findings\":[");
	for (size_t i = 0; i < list->count; i++) {
		const struct remark *item = &list->items[i];

		reply_member(reply, i ? ",{\"severity\":" : "{\"severity\":",
			diag_severity_text(item->severity));
		reply_member(reply, ",\"code\":", item->code);
		reply_member(reply, ",\"text\":", item->text);
		reply_member(reply, ",\"hint\":", item->hint);
		reply_text(reply, "}");
	}
	reply_text(reply, "]");
}

static void add_verdict(struct route_reply *reply, const struct diagnosis *diagnosis)
{
	const struct profile *profile = diagnosis->profile;
	bool accepted = profile && diagnosis->code == TOKEN_OK;

	reply_member_or_null(reply, "{\"v\":1,\"verdict\":",
		accepted  ? "accept"
		: profile ? "reject"
			  : "none");
	reply_member_or_null(reply, ",\"profile\":", profile ? profile->rules->name : NULL);
	reply_member_or_null(reply,
		",\"code\":", profile ? token_code_text(diagnosis->code) : "profile_required");
	reply_member(reply, ",\"detail\":", diagnosis->detail);
	reply_member_or_null(reply, ",\"alg\":", diagnosis->algorithm);
	reply_member_or_null(reply, ",\"claimed_kid\":", diagnosis->kid);
}

static void write_reply(struct route_reply *reply, const struct diagnosis *diagnosis)
{
	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, diagnosis->claims_length + DIAGNOSIS_ROOM);
	add_verdict(reply, diagnosis);
	add_signer(reply, &diagnosis->signer);
	add_findings(reply, &diagnosis->findings);
	reply_text(reply, ",\"claims\":");
	if (diagnosis->claims)
		reply_bytes(reply, diagnosis->claims, diagnosis->claims_length);
	else
		reply_text(reply, "null");
	reply_text(reply, diagnosis->verified ? ",\"verified\":true" : ",\"verified\":false");
	reply_text(reply, ",\"tried\":");
	reply_number(reply, (int64_t)diagnosis->tried);
	reply_text(reply, ",\"not_tried\":");
	reply_number(reply, (int64_t)diagnosis->not_tried);
	reply_text(reply, "}");
	reply_end(reply);
}

// ---- reading

static bool is_due(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	uint64_t wait = quota_take(&answers->diagnoses, request->caller.uid, clock_steady_ms());
	unsigned long long seconds = (wait + 999) / 1000;
	char text[96];
	int length;

	if (!wait)
		return true;
	(void)snprintf(text, sizeof(text),
		"ask again in %llu s: a diagnosis costs much, and %d a second are answered",
		seconds, 1000 / DIAGNOSIS_EACH_MS);
	route_problem(reply, 429, "too_often", text);
	length = snprintf(text, sizeof(text), "%llu", seconds);
	ignore_result(reply_header(
		reply, "Retry-After", text, (size_t)length)); // only memory can be short
	return false;
}

static bool read_json(struct answers *answers, const struct route_request *request,
	char profile[static PROFILE_NAME_MAX + 1], struct diagnose_question *question,
	struct route_reply *reply)
{
	struct strictjson_member members[] = {{.name = "token"}, {.name = "profile"}};
	const struct strictjson_value *token = &members[0].value;

	if (!question_expects(request, QUESTION_JSON, reply) ||
		!question_read(request, members, ARRAY_SIZE(members), reply) ||
		!question_text(&members[1], profile, PROFILE_NAME_MAX + 1, reply))
		return false;
	if (token->type != STRICTJSON_STRING) {
		route_problem(reply, 400,
			token->type == STRICTJSON_ABSENT ? "token_required" : "body_invalid",
			"{\"token\":\"...\",\"profile\":\"...\"}, where \"profile\" may be left "
			"out");
		return false;
	}
	question_token(token, token->escaped ? judge_text(answers->judge) : NULL, JUDGE_TEXT_SIZE,
		&question->token, &question->length);
	return true;
}

static bool read_question(struct answers *answers, const struct route_request *request,
	struct diagnose_question *question, struct route_reply *reply)
{
	char profile[PROFILE_NAME_MAX + 1] = "";
	bool read = question_is_type(request, "application/jwt")
			    ? question_raw(request, &question->token, &question->length, reply)
			    : read_json(answers, request, profile, question, reply);

	if (!read)
		return false;
	if (!profile[0] && !request->profile)
		return true;
	question->profile = question_profile(answers, request, profile, reply);
	return question->profile != NULL;
}

static void answer(struct answers *answers, const struct diagnose_question *question,
	struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();
	struct diagnosis diagnosis;

	if (!pool || diagnose_token(question, vault_arena(answers->vault), pool, &diagnosis) < 0) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	write_reply(reply, &diagnosis);
	diagnose_done(&diagnosis);
}

// What sessions know of a token, of which the signature tells nothing.
static void judge_again(
	const void *owner, const struct profile_rules *rules, struct token_verdict *verdict)
{
	judge_standing(owner, rules, clock_wall_ms(), verdict);
}

void diagnosis_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct diagnose_question question = {.keyring = answers->keyring,
		.now_ms = clock_wall_ms(),
		.standing = judge_again,
		.owner = answers->judge};
	struct vault_snapshot *snapshot;

	if (!is_due(answers, request, reply))
		return;
	if (read_question(answers, request, &question, reply)) {
		snapshot = vault_now(answers->vault);
		question.vault = snapshot;
		answer(answers, &question, reply);
		vault_snapshot_unref(snapshot);
	}
	judge_forget(answers->judge); // also of a token that was only read
}
