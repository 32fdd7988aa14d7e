// One question a token, and again when it was asked too often, until the time is up.
// SPDX-License-Identifier: MIT
#include "loader/ask/signers.h"

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/value/draft.h"
#include "lib/value/dump.h"
#include "lib/wire/scanreport.h"
#include "loader/ask/inquiry.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/private.h"
#include "loader/inspect/built/residue.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>

#define AGAIN_MS 250    // until a question that came too soon is asked again
#define SHOWN_SIZE 1024 // of a text of an answer

struct asking {
	const struct resolution *resolution;
	struct pool *pool;
	struct handoff_options handoff;
	struct private_verifier private;
	bool answered; // by the verifier that is asked now
	uint64_t deadline;
};

static bool is_up(const struct asking *asking)
{
	return clock_steady_ms() >= asking->deadline;
}

// ---- one token

static int ask(const struct asking *asking, const char *token, struct inquiry_answer *ret_answer)
{
	struct draft body = {.arena = asking->resolution->arena};
	struct handoff_question question = {"POST", "/v1/diagnose", NULL};
	struct handoff_answer said;
	int code = -ENOMEM;

	draft_put_text(&body, "{\"token\":");
	draft_put_json(&body, (const uint8_t *)token, strlen(token));
	draft_put(&body, "}", sizeof("}"));
	question.body = (const char *)body.bytes;
	if (!body.failed)
		code = handoff_ask(&asking->handoff, &question, asking->resolution->arena,
			asking->pool, &said, NULL);
	if (code == 0)
		code = inquiry_receive(&said, asking->pool, ret_answer);
	draft_done(&body);
	return code;
}

static const char *text_of(const struct asking *asking, const json_t *object, const char *name)
{
	char text[SHOWN_SIZE];

	return pool_copy(asking->pool, dump_member(object, name, text, sizeof(text)));
}

static int take_answer(
	const struct asking *asking, const json_t *answer, struct scanned_signer *signer)
{
	const json_t *by = json_object_get(answer, "signed_by");
	bool known = json_is_object(by);

	signer->judged = true;
	signer->what = known ? text_of(asking, by, "what") : "unknown";
	signer->key = text_of(asking, by, "key");
	signer->algorithm = text_of(asking, answer, "alg");
	signer->kid = text_of(asking, answer, "claimed_kid");
	signer->text = known ? text_of(asking, by, "text") : "signed by none of these values";
	signer->fix = text_of(asking, by, "fix");
	return signer->what && signer->key && signer->algorithm && signer->kid && signer->text &&
			       signer->fix
		       ? 0
		       : -ENOMEM;
}

// Readies a private verifier that holds the bundle, or else means the running one.
static void choose(struct asking *asking)
{
	const struct private_options options = {0};
	struct handoff_verdict verdict;

	private_close(&asking->private);
	asking->answered = false;
	if (private_start(&options, asking->resolution->arena, asking->pool, &asking->private,
		    NULL) == 0) {
		asking->handoff = (struct handoff_options){
			.connection = &asking->private.connection, .timeout_ms = PRIVATE_START_MS};
		if (verifiercall_offer(
			    asking->resolution, &asking->handoff, asking->pool, &verdict) &&
			verdict.accepted)
			return;
	}
	verifiercall_options(asking->resolution, &asking->handoff);
}

// What an answer says, or why it says nothing.
// Returns: 0, -EAGAIN (it was asked too soon) or -ENOMEM.
static int hear(const struct asking *asking, int code, const struct inquiry_answer *answer,
	struct scanned_signer *signer)
{
	if (code == -ENOMEM)
		return code;
	if (code != 0)
		signer->text = "the verifier does not answer";
	else if (answer->status == 200)
		return take_answer(asking, answer->json, signer);
	else if (answer->status == 429)
		return -EAGAIN;
	else if (answer->status == 403)
		signer->text = "the verifier does not admit this user";
	else
		signer->text = "the verifier does not take it for a token";
	return 0;
}

static int judge(struct asking *asking, struct scanned_signer *signer)
{
	signer->text = "there was no time for it";
	while (!is_up(asking)) {
		struct inquiry_answer answer = {0};
		int code = ask(asking, signer->token, &answer);

		if (code == HANDOFF_E_DIED && asking->answered) {
			choose(asking); // a connection serves so many questions, and no more
			continue;
		}
		asking->answered |= code == 0;
		code = hear(asking, code, &answer, signer);
		inquiry_done(&answer);
		if (code != -EAGAIN)
			return code;
		(void)poll(NULL, 0, AGAIN_MS);
	}
	return 0;
}

// ---- all of them

// The tokens that differ, in the order in which they were found.
static int list_tokens(const struct residue *residue, struct pool *pool, struct pool_list *signers)
{
	own(map_release) struct map *known = map_new();

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < residue->count && signers->count < SCANNED_SIGNERS_MAX; i++) {
		const char *token = residue->records[i].token;
		struct scanned_signer *signer;

		if (residue->records[i].type != SCANREPORT_TOKEN ||
			map_find(known, token, strlen(token)) != MAP_ABSENT)
			continue;
		signer = pool_push(pool, signers, sizeof(*signer));
		if (!signer || map_put(known, token, strlen(token), i) < 0)
			return -ENOMEM;
		signer->token = token;
	}
	return 0;
}

int signers_ask(const struct resolution *resolution, const struct residue *residue,
	struct pool *pool, const struct scanned_signer **ret_signers, size_t *ret_count)
{
	struct asking asking = {.resolution = resolution,
		.pool = pool,
		.private = PRIVATE_NONE,
		.deadline = clock_steady_ms() + SIGNERS_TIME_MS};
	struct pool_list signers = {0};
	int code = list_tokens(residue, pool, &signers);

	if (code == 0 && signers.count)
		choose(&asking);
	for (size_t i = 0; i < signers.count && code == 0; i++)
		code = judge(&asking, (struct scanned_signer *)signers.items + i);
	private_close(&asking.private);
	*ret_signers = signers.items;
	*ret_count = signers.count;
	return code;
}
