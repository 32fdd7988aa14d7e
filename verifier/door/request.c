// One function for each type of message that a loader may send. What an answer is made of is known
// elsewhere: custody.c takes bundles, the routes answer questions.
// SPDX-License-Identifier: MIT
#include "verifier/door/request.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/wire/fault.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/later.h"
#include "verifier/door/custody.h"
#include "verifier/door/intake.h"
#include "verifier/door/intake_problem.h"
#include "verifier/door/opening.h"
#include "verifier/door/requestlog.h"
#include "verifier/door/verdict.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>

// ---- what any of them may be told

// Returns: whether the connection may go on.
static bool problem(struct request *request, enum fault fault, const struct err *err)
{
	intake_problem_note(request->parts, request->peer, fault, err->what);
	return intake_problem_send(request->parts, request->exchange.socket, fault, err) == 0;
}

bool request_fail(struct request *request, int code, const struct err *err)
{
	struct err told = *err;

	if (code > 0)
		return problem(request, (enum fault)code, err);
	if (!told.what[0])
		(void)err_set(&told, code, NULL, "%s", strerror(-code));
	return problem(request, code == -ENOMEM ? FAULT_E_BUSY : FAULT_E_INTERNAL, &told);
}

static bool is_admitted(struct request *request, enum admit_verb verb, struct err *err)
{
	const struct peer *peer = request->peer;

	if (request->verbs & verb)
		return true;
	(void)err_set(err, FAULT_E_NOT_ADMITTED, NULL, "uid %lu lacks the verb %s",
		(unsigned long)peer->uid, admit_verb_name(verb));
	(void)err_hint(err, "uid = %lu and verbs = %s in an [admit NAME] section of samekeyd.ini",
		(unsigned long)peer->uid, admit_verb_name(verb));
	return false;
}

static bool send_verdict(struct request *request, const struct bundle *bundle,
	const struct custody_verdict *verdict, const struct diag *diag)
{
	const struct intake_parts *parts = request->parts;
	struct message message = {.type = MESSAGE_VERDICT};
	struct err err = ERR_NONE;

	verdict_write(parts->answers, bundle, verdict, diag, request->pool, &message.verdict);
	verdict_log(parts->log, parts->throttle, request->peer, bundle, &message.verdict);
	if (message.verdict.accepted)
		parts->answers->counts.accepted++;
	else
		parts->answers->counts.refused++;
	return exchange_send(&request->exchange, &message, -1, &err) == 0;
}

// ---- offers

// What an accepted start does to the profiles that have keys of the app. It is no reason to refuse
// it: the app may do without samekeyd's tokens. So what is lost for want of memory is logged, and
// /readyz says it.
static void judge_profiles(const struct intake_parts *parts, const struct bundle *bundle,
	const struct custody_verdict *verdict, struct diag *diag)
{
	const struct keyring *keyring = parts->answers->keyring;

	if (keyring && verdict->result == REGISTRY_ACCEPTED && bundle->phase == BUNDLE_PHASE_START)
		keyring_judge(keyring, bundle->app, diag);
	if (!diag_is_complete(diag))
		log_event(parts->log, LOG_WARNING, "findings_lost", "app", bundle->app);
}

static bool on_offer(struct request *request)
{
	const struct intake_parts *parts = request->parts;
	own(vault_bundle_release) struct vault_bundle *bundle = NULL;
	own(diag_release) struct diag *diag = diag_new();
	enum message_offer_kind kind = request->received.message.offer.kind;
	enum registry_hold hold =
		kind == MESSAGE_OFFER_STANDING ? REGISTRY_STANDING : REGISTRY_PROCESS;
	own(peer_done) struct peer parent = PEER_NONE;
	struct custody_verdict verdict;
	struct err err = ERR_NONE;
	int code;

	if (!is_admitted(request, ADMIT_OFFER, &err))
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	if (kind == MESSAGE_OFFER_PARENT && peer_parent(request->peer, &parent, &err) < 0)
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	code = diag ? opening_read(parts->vault, &request->received, &bundle, &err) : -ENOMEM;
	if (code == 0)
		code = custody_offer(parts->custody,
			&(struct custody_offer){.bundle = bundle,
				.hold = hold,
				.peer = kind == MESSAGE_OFFER_PARENT ? &parent : request->peer,
				.memfd = request->received.fd},
			diag, request->pool, &verdict);
	if (code == 0 && verdict.result == REGISTRY_E_FULL) {
		(void)err_set(&err, FAULT_E_BUSY, NULL, "no room for another bundle");
		(void)err_hint(&err,
			"bundles under [limits] in samekeyd.ini says how many may live; their keys "
			"are at most %d",
			REGISTRY_KEYS_MAX);
		code = FAULT_E_BUSY;
	}
	if (code) {
		parts->answers->counts.failed++;
		return request_fail(request, code, &err);
	}
	judge_profiles(parts, vault_bundle_view(bundle), &verdict, diag);
	return send_verdict(request, vault_bundle_view(bundle), &verdict, diag);
}

// ---- questions

bool request_reply(struct request *request, const struct route_reply *reply)
{
	const struct message message = {.type = MESSAGE_ANSWER,
		.answer = {.status = (uint16_t)reply->status,
			.body = reply->body ? reply->body : "",
			.body_length = reply->length}};
	struct err err = ERR_NONE;
	int code = exchange_send(&request->exchange, &message, -1, &err);

	return code == 0 ||
	       (code != -EPIPE && code != -ECONNRESET && request_fail(request, code, &err));
}

void request_note(const struct request *request, const struct message_ask *ask,
	const struct route_reply *reply)
{
	const struct intake_parts *parts = request->parts;
	const struct requestlog requestlog = {parts->log, parts->throttle, &parts->answers->counts};

	requestlog_note(&requestlog, &(struct requestlog_entry){.door = ROUTE_HANDOFF,
					     .method = ask->method,
					     .target = ask->path,
					     .uid = request->peer->uid,
					     .pid = request->peer->pid,
					     .stranger = !request->verbs,
					     .reply = reply});
}

static bool on_ask(struct request *request)
{
	const struct message_ask *ask = &request->received.message.ask;
	struct route_request question = {.caller = {.door = ROUTE_HANDOFF,
						 .verbs = request->verbs,
						 .uid = request->peer->uid,
						 .pid = request->peer->pid},
		.method = ask->method,
		.target = ask->path,
		.body = ask->body,
		.length = ask->body_length,
		.lender = request->lender};
	struct route_reply reply;
	bool go_on;

	route_answer(request->parts->answers, &question, &reply);
	if (later_waits(request->lender, &reply))
		return true;
	request_note(request, ask, &reply);
	go_on = request_reply(request, &reply);
	route_reply_done(&reply);
	return go_on;
}

// ---- withdrawals

static bool on_withdraw(struct request *request)
{
	const char *app = request->received.message.withdraw.app;
	struct route_reply reply = {0};
	char owner[REGISTRY_OWNER_SIZE];
	struct err err = ERR_NONE;
	bool go_on;

	if (!is_admitted(request, ADMIT_OFFER, &err))
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	switch (custody_withdraw(request->parts->custody, app, request->peer)) {
	case CUSTODY_WITHDRAWN:
		reply = (struct route_reply){.status = 200, .body = strdup("{\"v\":1}")};
		reply.length = reply.body ? strlen(reply.body) : 0;
		break;
	case CUSTODY_E_ABSENT:
		route_problem(&reply, 404, "no_such_offer",
			"the app has no standing offer, and no profile a key of an ended one");
		break;
	default:
		(void)registry_owner(request->parts->answers->registry, app, owner);
		(void)err_set(&err, FAULT_E_NOT_ADMITTED, NULL, "the app belongs to %s", owner);
		(void)err_hint(&err, "withdraw it as that user");
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	}
	go_on = request_reply(request, &reply);
	route_reply_done(&reply);
	return go_on;
}

// ---- which it is

bool request_answer(struct request *request)
{
	switch (request->received.message.type) {
	case MESSAGE_OFFER:
		return on_offer(request);
	case MESSAGE_ASK:
		return on_ask(request);
	case MESSAGE_WITHDRAW:
		return on_withdraw(request);
	default:
		return false; // the message table lets no other type in
	}
}
