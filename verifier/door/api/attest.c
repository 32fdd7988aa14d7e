// Answers either of the two questions. A question is looked at as a whole before anything is given,
// used or judged.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attest.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attestapp.h"
#include "verifier/door/api/attestquestion.h"
#include "verifier/door/api/guesses.h"
#include "verifier/door/api/nonces.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/quota.h"
#include "verifier/door/api/reply.h"
#include "verifier/record/attestations.h"
#include "verifier/record/registry.h"
#include "verifier/trust/diagnosis/attest.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <signal.h>

#define ANSWER_ROOM 1024 // of one key
#define ANY_KEY ""       // a guess at one key is one at every other key of the app, too

_Static_assert(NONCES_SIZE == ATTEST_NONCE_SIZE, "one nonce");

struct attestor {
	const struct log *log;
	struct nonces *nonces;
	struct guesses *guesses;
	struct quota lines;
};

struct asking {
	struct answers *answers;
	const struct route_caller *caller;
	struct route_reply *reply;
	struct vault_snapshot *snapshot;
	uint64_t now_ms;
	struct attestquestion question;
};

struct attestor *attest_new(const struct log *log)
{
	struct attestor *attestor = calloc(1, sizeof(*attestor));

	if (!attestor)
		return NULL;
	attestor->log = log;
	attestor->nonces = nonces_new();
	attestor->guesses = guesses_new();
	attestor->lines =
		(struct quota){.at_once = ATTEST_LOG_AT_ONCE, .each_ms = ATTEST_LOG_EACH_MS};
	return attestor->nonces && attestor->guesses ? attestor : attest_free(attestor);
}

struct attestor *attest_free(struct attestor *attestor)
{
	if (!attestor)
		return NULL;
	nonces_free(attestor->nonces);
	guesses_free(attestor->guesses);
	free(attestor);
	return NULL;
}

// ---- may it be asked

static struct attest_scope scope_of(const struct asking *asking)
{
	return (struct attest_scope){.vault = asking->snapshot,
		.registry = asking->answers->registry,
		.uid = asking->caller->uid,
		.app = asking->question.app};
}

static bool has_keys(struct asking *asking)
{
	const struct attest_scope scope = scope_of(asking);
	char text[2 * BUNDLE_NAME_MAX + 160];

	for (size_t i = 0; i < asking->question.count; i++) {
		int result = attest_look(&scope, asking->question.items[i].key);

		if (result == ATTEST_OK)
			continue;
		if (result == ATTEST_E_NO_KEY) {
			(void)snprintf(text, sizeof(text), "the bundle of app %s has no key %s",
				asking->question.app, asking->question.items[i].key);
			route_problem(asking->reply, 404, "no_such_key", text);
			return false;
		}
		(void)snprintf(text, sizeof(text),
			"no live bundle of app %s was handed over by uid %llu for its start; one "
			"of a build does not count, for what is answered then is frozen",
			asking->question.app, (unsigned long long)asking->caller->uid);
		route_problem(asking->reply, 403, "no_live_bundle", text);
		return false;
	}
	return true;
}

static bool come_again(struct asking *asking, uint64_t wait_ms, const char *why)
{
	unsigned long long seconds = (wait_ms + 999) / 1000;
	char text[BUNDLE_NAME_MAX + 160], header[24];
	int length = snprintf(header, sizeof(header), "%llu", seconds);

	(void)snprintf(text, sizeof(text), "ask again in %llu s: %s", seconds, why);
	route_problem(asking->reply, 429, "attests_too_often", text);
	ignore_result(reply_header(asking->reply, "Retry-After", header,
		(size_t)length)); // only memory can be short
	return false;
}

// ---- nonces

static void give_nonces(struct asking *asking)
{
	struct nonces *nonces = asking->answers->attestor->nonces;
	uint64_t uid = asking->caller->uid;
	uint64_t wait = nonces_wait(nonces, uid, asking->question.count, asking->now_ms);
	struct route_reply *reply = asking->reply;
	uint8_t nonce[NONCES_SIZE];
	char digits[ATTESTQUESTION_DIGITS];

	if (wait) {
		(void)come_again(asking, wait, "too many nonces wait to be used");
		return;
	}
	reply_begin(reply, 200, QUESTION_JSON, ANSWER_ROOM);
	reply_member(reply, "{\"v\":1,\"app\":", asking->question.app);
	reply_text(reply, ",\"nonces\":{");
	for (size_t i = 0; i < asking->question.count; i++) {
		nonces_give(nonces, uid, asking->question.app, asking->question.items[i].key,
			asking->now_ms, nonce);
		base64url_encode(nonce, sizeof(nonce), digits);
		if (i)
			reply_text(reply, ",");
		reply_string(reply, asking->question.items[i].key,
			strlen(asking->question.items[i].key));
		reply_text(reply, ":");
		reply_string(reply, digits, sizeof(digits));
	}
	reply_text(reply, "},\"expires_in\":");
	reply_number(reply, NONCES_LIFE_MS / 1000);
	reply_text(reply, "}");
	reply_end(reply);
}

static const struct {
	const char *code, *text;
} refusals[] = {
	[NONCES_E_UNKNOWN] = {"nonce_unknown",
		"samekeyd gave no such nonce to this user for this key: it is of another app, key "
		"or user, of before samekeyd's start, or was made at build by a route that is "
		"prerendered"},
	[NONCES_E_EXPIRED] = {"nonce_expired",
		"nonce too old: the route that asks may have been prerendered"},
	[NONCES_E_USED] = {"nonce_used", "the nonce was used already: each proves one key once"},
};

static bool nonces_are_good(struct asking *asking)
{
	const struct attestor *attestor = asking->answers->attestor;
	uint64_t uid = asking->caller->uid, wait;
	char text[BUNDLE_NAME_MAX + 256];

	for (size_t i = 0; i < asking->question.count; i++) {
		const struct attestquestion_item *item = &asking->question.items[i];
		enum nonces_state state = nonces_judge(attestor->nonces, uid, asking->question.app,
			item->key, asking->now_ms, item->nonce);

		if (state == NONCES_GOOD)
			continue;
		(void)snprintf(text, sizeof(text), "%s: %s", item->key, refusals[state].text);
		route_problem(asking->reply, 409, refusals[state].code, text);
		return false;
	}
	for (size_t i = 0; i < asking->question.count; i++) {
		wait = guesses_wait(attestor->guesses, uid, asking->question.app,
			asking->question.items[i].key, i, asking->now_ms);
		(void)snprintf(text, sizeof(text),
			"%s, or too many other keys, were attested with values that nobody knows; "
			"%d times a minute a key are allowed",
			asking->question.items[i].key, GUESSES_WRONG_MAX);
		if (wait)
			return come_again(asking, wait, text);
	}
	return true;
}

// ---- proofs

static void tell(const struct asking *asking, const struct attestation *attestation)
{
	struct attestor *attestor = asking->answers->attestor;
	bool same = text_equal(attestation->state, ATTESTATIONS_SAME);
	struct log_line line;

	if (quota_take(&attestor->lines, asking->caller->uid, asking->now_ms))
		return;
	log_begin(&line, attestor->log, same ? LOG_INFO : LOG_WARNING, "attested");
	log_text(&line, "app", attestation->app);
	log_text(&line, "key", attestation->key);
	log_text(&line, "state", attestation->state);
	if (attestation->pid)
		log_number(&line, "pid", (uint64_t)attestation->pid);
	log_number(&line, "uid", attestation->uid);
	log_text(&line, "text", attestation->text);
	if (!same)
		log_text(&line, "hint", attestation->fix);
	log_end(&line);
}

static void record(const struct asking *asking, const char *key, const struct attest_answer *answer)
{
	struct attestation attestation = {.app = asking->question.app,
		.key = key,
		.state = attest_state_text(answer->state),
		.origin = answer->origin,
		.text = answer->text,
		.fix = answer->fix,
		.bundle = answer->bundle,
		.uid = asking->caller->uid,
		.pid = asking->caller->pid};

	if (attestation.pid && peer_start_time((pid_t)attestation.pid, &attestation.started) < 0)
		attestation.started = 0; // where /proc hides it, the pid must do
	if (attestations_note(asking->answers->attestations, &attestation, asking->now_ms))
		tell(asking, &attestation);
}

static void add_answer(
	struct route_reply *reply, const char *key, const struct attest_answer *answer)
{
	reply_string(reply, key, strlen(key));
	reply_member(reply, ":{\"state\":", attest_state_text(answer->state));
	reply_member_or_null(reply, ",\"origin\":", answer->origin);
	reply_words(reply, ",\"dialects\":", answer->dialects);
	reply_member_or_null(reply, ",\"spelling\":", answer->spelling);
	reply_member(reply, ",\"text\":", answer->text);
	reply_member(reply, ",\"fix\":", answer->fix);
	reply_text(reply, "}");
}

// Returns: an enum attest_result or -ENOMEM.
static int judge_item(
	struct asking *asking, const struct attestquestion_item *item, struct pool *pool)
{
	struct attestor *attestor = asking->answers->attestor;
	uint64_t uid = asking->caller->uid;
	const struct attest_question question = {.scope = scope_of(asking),
		.pid = asking->caller->pid,
		.key = item->key,
		.nonce = item->nonce,
		.proof = item->proof,
		.is_alone = guesses_wait(attestor->guesses, uid, asking->question.app, ANY_KEY, 0,
				    asking->now_ms) > 0,
		.work = ATTEST_WORK_MAX / asking->question.count};
	struct attest_answer answer;
	int result;

	nonces_use(attestor->nonces, item->nonce);
	result = attest_judge(&question, vault_arena(asking->answers->vault), pool, &answer);
	if (result != ATTEST_OK)
		return result;
	if (answer.state == ATTEST_UNKNOWN) {
		guesses_note(
			attestor->guesses, uid, asking->question.app, item->key, asking->now_ms);
		guesses_note(attestor->guesses, uid, asking->question.app, ANY_KEY, asking->now_ms);
	}
	record(asking, item->key, &answer);
	add_answer(asking->reply, item->key, &answer);
	return 0;
}

static void judge_proofs(struct asking *asking)
{
	own(pool_release) struct pool *pool = pool_new();
	struct route_reply *reply = asking->reply;
	int result = pool ? ATTEST_OK : -ENOMEM;

	if (!nonces_are_good(asking))
		return;
	reply_begin(reply, 200, QUESTION_JSON, asking->question.count * ANSWER_ROOM);
	reply_member(reply, "{\"v\":1,\"app\":", asking->question.app);
	reply_text(reply, ",\"keys\":{");
	for (size_t i = 0; i < asking->question.count && result == ATTEST_OK; i++) {
		if (i)
			reply_text(reply, ",");
		result = judge_item(asking, &asking->question.items[i], pool);
	}
	if (result != ATTEST_OK) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	reply_text(reply, "}}");
	reply_end(reply);
}

void attest_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct asking asking = {.answers = answers,
		.caller = &request->caller,
		.reply = reply,
		.now_ms = clock_steady_ms()};

	if (!attestquestion_read(request, reply, &asking.question) ||
		(!asking.question.app[0] && !attestapp_find(answers->registry, &request->caller,
						    &asking.question, reply)))
		return;
	asking.snapshot = vault_now(answers->vault);
	if (has_keys(&asking)) {
		if (asking.question.has_proofs)
			judge_proofs(&asking);
		else
			give_nonces(&asking);
	}
	vault_snapshot_unref(asking.snapshot);
}

// ---- what is over

// A process of another user is there as well. Where /proc told when it started, it tells whether it
// still is that one.
static bool lives(const struct attestation *attestation)
{
	pid_t pid = (pid_t)attestation->pid;
	uint64_t started;

	if (attestation->started && peer_start_time(pid, &started) == 0)
		return started == attestation->started;
	return kill(pid, 0) == 0 || errno != ESRCH;
}

void attest_settle(struct answers *answers)
{
	if (answers->attestations)
		attestations_settle(
			answers->attestations, answers->registry, lives, clock_steady_ms());
}
