// Reads one of the two questions, and answers it. A question is looked at as a whole before
// anything is given, used or judged.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attest.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/answers.h"
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
#define DIGITS 43        // of 32 bytes
#define ANY_KEY ""       // a guess at one key is one at every other key of the app, too

_Static_assert(NONCES_SIZE == ATTEST_NONCE_SIZE, "one nonce");

struct attestor {
	const struct log *log;
	struct nonces *nonces;
	struct guesses *guesses;
	struct quota lines;
};

struct item {
	char key[BUNDLE_NAME_MAX + 1];
	uint8_t nonce[ATTEST_NONCE_SIZE], proof[ATTEST_PROOF_SIZE];
};

struct asking {
	struct answers *answers;
	const struct route_caller *caller;
	struct route_reply *reply;
	struct vault_snapshot *snapshot;
	uint64_t now_ms;
	char app[BUNDLE_NAME_MAX + 1];
	bool has_proofs;
	struct item items[ATTEST_KEYS_MAX];
	size_t count;
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

// ---- reading

#define EXPECTED \
	"{\"app\",\"key\"} or {\"app\",\"keys\":[...]} asks for nonces; " \
	"{\"app\",\"key\",\"nonce\",\"proof\"} or {\"app\",\"attestations\":[{\"key\",\"nonce\"," \
	"\"proof\"}]} proves"

static bool refuse(struct asking *asking, const char *text)
{
	route_problem(asking->reply, 400, "body_invalid", text);
	return false;
}

static bool read_bytes(struct asking *asking, const struct strictjson_value *value,
	const char *name, uint8_t out[static ATTEST_PROOF_SIZE])
{
	char text[128];

	if (value->type == STRICTJSON_STRING && value->length == DIGITS &&
		base64url_decode(value->text, value->length, out))
		return true;
	(void)snprintf(text, sizeof(text),
		"\"%s\" is base64url of %d bytes: %d digits without = and with - and _", name,
		ATTEST_PROOF_SIZE, DIGITS);
	return refuse(asking, text);
}

static bool add_key(
	struct asking *asking, const struct strictjson_value *value, struct item **ret_item)
{
	struct item *item = &asking->items[asking->count];
	char text[96];

	if (asking->count == ATTEST_KEYS_MAX) {
		(void)snprintf(text, sizeof(text), "at most %d keys are asked for at once",
			ATTEST_KEYS_MAX);
		return refuse(asking, text);
	}
	if (!strictjson_text(value, item->key, sizeof(item->key)) || !bundle_is_key_name(item->key))
		return refuse(asking, "a key is the name of one: visible ASCII without =");
	for (size_t i = 0; i < asking->count; i++)
		if (text_equal(asking->items[i].key, item->key))
			return refuse(asking, "a key stands twice");
	asking->count++;
	*ret_item = item;
	return true;
}

static bool read_keys(struct asking *asking, const struct strictjson_value *list)
{
	struct strictjson_value value;
	struct item *item;
	size_t cursor = 0;

	if (list->type != STRICTJSON_ARRAY || !list->count)
		return refuse(asking, EXPECTED);
	while (strictjson_next(list, &cursor, NULL, &value))
		if (!add_key(asking, &value, &item))
			return false;
	return true;
}

// The members of a proof, wherever they stand.
enum { KEY, NONCE, PROOF, MEMBERS };
static const char *const names[MEMBERS] = {"key", "nonce", "proof"};

static bool read_proof(struct asking *asking, const struct strictjson_value values[MEMBERS])
{
	struct item *item;

	return add_key(asking, &values[KEY], &item) &&
	       read_bytes(asking, &values[NONCE], names[NONCE], item->nonce) &&
	       read_bytes(asking, &values[PROOF], names[PROOF], item->proof);
}

static bool read_object(struct asking *asking, const struct strictjson_value *object)
{
	struct strictjson_value values[MEMBERS] = {0}, name, value;
	size_t cursor = 0;

	while (object->type == STRICTJSON_OBJECT &&
		strictjson_next(object, &cursor, &name, &value)) {
		size_t i = 0;

		while (i < MEMBERS && !strictjson_is(&name, names[i], strlen(names[i])))
			i++;
		if (i == MEMBERS)
			return refuse(asking, EXPECTED);
		values[i] = value;
	}
	return read_proof(asking, values);
}

static bool read_list(struct asking *asking, const struct strictjson_value *list)
{
	struct strictjson_value value;
	size_t cursor = 0;

	if (list->type != STRICTJSON_ARRAY || !list->count)
		return refuse(asking, EXPECTED);
	while (strictjson_next(list, &cursor, NULL, &value))
		if (!read_object(asking, &value))
			return false;
	return true;
}

// What the body may have, in the order in which clients write it.
enum { APP, ONE_KEY, ONE_NONCE, ONE_PROOF, KEYS, ATTESTATIONS, WANTED };

static bool is_there(const struct strictjson_member *member)
{
	return member->value.type != STRICTJSON_ABSENT;
}

static bool read_items(struct asking *asking, const struct strictjson_member wanted[WANTED])
{
	bool has_nonce = is_there(&wanted[ONE_NONCE]) || is_there(&wanted[ONE_PROOF]);
	int forms = is_there(&wanted[ONE_KEY]) + is_there(&wanted[KEYS]) +
		    is_there(&wanted[ATTESTATIONS]);
	struct item *item;

	asking->has_proofs = has_nonce || is_there(&wanted[ATTESTATIONS]);
	if (forms != 1 || (has_nonce && !is_there(&wanted[ONE_KEY])))
		return refuse(asking, EXPECTED);
	if (has_nonce)
		return read_proof(asking,
			(const struct strictjson_value[MEMBERS]){[KEY] = wanted[ONE_KEY].value,
				[NONCE] = wanted[ONE_NONCE].value,
				[PROOF] = wanted[ONE_PROOF].value});
	if (is_there(&wanted[ONE_KEY]))
		return add_key(asking, &wanted[ONE_KEY].value, &item);
	return is_there(&wanted[KEYS]) ? read_keys(asking, &wanted[KEYS].value)
				       : read_list(asking, &wanted[ATTESTATIONS].value);
}

static bool read_question(struct asking *asking, const struct route_request *request)
{
	struct strictjson_member wanted[WANTED] = {[APP] = {.name = "app"},
		[ONE_KEY] = {.name = "key"},
		[ONE_NONCE] = {.name = "nonce"},
		[ONE_PROOF] = {.name = "proof"},
		[KEYS] = {.name = "keys"},
		[ATTESTATIONS] = {.name = "attestations"}};

	if (!question_expects(request, QUESTION_JSON, asking->reply) ||
		!question_read(request, wanted, WANTED, asking->reply) ||
		!question_text(&wanted[APP], asking->app, sizeof(asking->app), asking->reply))
		return false;
	if (is_there(&wanted[APP]) && !bundle_is_app_name(asking->app))
		return refuse(asking, EXPECTED);
	return read_items(asking, wanted);
}

// ---- of which app

static bool is_own(const struct asking *asking, const struct registry_entry *entry)
{
	return !entry->dead && entry->phase == BUNDLE_PHASE_START &&
	       entry->uid == asking->caller->uid;
}

static bool is_named_before(const struct asking *asking, size_t index)
{
	const struct registry *registry = asking->answers->registry;

	for (size_t i = 0; i < index; i++)
		if (is_own(asking, registry_at(registry, i)) &&
			text_equal(
				registry_at(registry, i)->app, registry_at(registry, index)->app))
			return true;
	return false;
}

static bool list_apps(struct asking *asking)
{
	const struct registry *registry = asking->answers->registry;
	char text[1024] = "say which app:";
	size_t used = strlen(text);
	const char *before = " ";

	for (size_t i = 0; i < registry_size(registry) && used < sizeof(text); i++) {
		if (!is_own(asking, registry_at(registry, i)) || is_named_before(asking, i))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", before,
			registry_at(registry, i)->app);
		before = ", ";
	}
	route_problem(asking->reply, 400, "app_required", text);
	return false;
}

// Finds the app of a question that names none: the process's own, else the only one of the user.
static bool find_app(struct asking *asking)
{
	const struct registry *registry = asking->answers->registry;
	const struct registry_entry *found = NULL;
	bool several = false;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (!is_own(asking, entry))
			continue;
		several = several || (found && !text_equal(found->app, entry->app));
		found = entry;
		if (entry->pid && entry->pid == asking->caller->pid) {
			several = false;
			break;
		}
	}
	if (asking->has_proofs || several)
		return list_apps(asking);
	if (found)
		(void)snprintf(asking->app, sizeof(asking->app), "%s", found->app);
	return true; // without one there is no bundle, which is said
}

// ---- may it be asked

static struct attest_scope scope_of(const struct asking *asking)
{
	return (struct attest_scope){.vault = asking->snapshot,
		.registry = asking->answers->registry,
		.uid = asking->caller->uid,
		.app = asking->app};
}

static bool has_keys(struct asking *asking)
{
	const struct attest_scope scope = scope_of(asking);
	char text[2 * BUNDLE_NAME_MAX + 160];

	for (size_t i = 0; i < asking->count; i++) {
		int result = attest_look(&scope, asking->items[i].key);

		if (result == ATTEST_OK)
			continue;
		if (result == ATTEST_E_NO_KEY) {
			(void)snprintf(text, sizeof(text), "the bundle of app %s has no key %s",
				asking->app, asking->items[i].key);
			route_problem(asking->reply, 404, "no_such_key", text);
			return false;
		}
		(void)snprintf(text, sizeof(text),
			"no live bundle of app %s was handed over by uid %llu for its start; one "
			"of a build does not count, for what is answered then is frozen",
			asking->app, (unsigned long long)asking->caller->uid);
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
	uint64_t wait = nonces_wait(nonces, uid, asking->count, asking->now_ms);
	struct route_reply *reply = asking->reply;
	uint8_t nonce[NONCES_SIZE];
	char digits[DIGITS];

	if (wait) {
		(void)come_again(asking, wait, "too many nonces wait to be used");
		return;
	}
	reply_begin(reply, 200, QUESTION_JSON, ANSWER_ROOM);
	reply_member(reply, "{\"v\":1,\"app\":", asking->app);
	reply_text(reply, ",\"nonces\":{");
	for (size_t i = 0; i < asking->count; i++) {
		nonces_give(nonces, uid, asking->app, asking->items[i].key, asking->now_ms, nonce);
		base64url_encode(nonce, sizeof(nonce), digits);
		if (i)
			reply_text(reply, ",");
		reply_string(reply, asking->items[i].key, strlen(asking->items[i].key));
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

	for (size_t i = 0; i < asking->count; i++) {
		const struct item *item = &asking->items[i];
		enum nonces_state state = nonces_judge(
			attestor->nonces, uid, asking->app, item->key, asking->now_ms, item->nonce);

		if (state == NONCES_GOOD)
			continue;
		(void)snprintf(text, sizeof(text), "%s: %s", item->key, refusals[state].text);
		route_problem(asking->reply, 409, refusals[state].code, text);
		return false;
	}
	for (size_t i = 0; i < asking->count; i++) {
		wait = guesses_wait(attestor->guesses, uid, asking->app, asking->items[i].key, i,
			asking->now_ms);
		(void)snprintf(text, sizeof(text),
			"%s, or too many other keys, were attested with values that nobody knows; "
			"%d times a minute a key are allowed",
			asking->items[i].key, GUESSES_WRONG_MAX);
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
	struct attestation attestation = {.app = asking->app,
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

static void add_text(struct route_reply *reply, const char *name, const char *text)
{
	if (*text)
		reply_member(reply, name, text);
	else {
		reply_text(reply, name);
		reply_text(reply, "null");
	}
}

static void add_answer(
	struct route_reply *reply, const char *key, const struct attest_answer *answer)
{
	reply_string(reply, key, strlen(key));
	reply_member(reply, ":{\"state\":", attest_state_text(answer->state));
	add_text(reply, ",\"origin\":", answer->origin);
	reply_words(reply, ",\"dialects\":", answer->dialects);
	add_text(reply, ",\"spelling\":", answer->spelling);
	reply_member(reply, ",\"text\":", answer->text);
	reply_member(reply, ",\"fix\":", answer->fix);
	reply_text(reply, "}");
}

// Returns: an enum attest_result or -ENOMEM.
static int judge_item(struct asking *asking, const struct item *item, struct pool *pool)
{
	struct attestor *attestor = asking->answers->attestor;
	uint64_t uid = asking->caller->uid;
	const struct attest_question question = {.scope = scope_of(asking),
		.pid = asking->caller->pid,
		.key = item->key,
		.nonce = item->nonce,
		.proof = item->proof,
		.is_alone = guesses_wait(attestor->guesses, uid, asking->app, ANY_KEY, 0,
				    asking->now_ms) > 0,
		.work = ATTEST_WORK_MAX / asking->count};
	struct attest_answer answer;
	int result;

	nonces_use(attestor->nonces, item->nonce);
	result = attest_judge(&question, vault_arena(asking->answers->vault), pool, &answer);
	if (result != ATTEST_OK)
		return result;
	if (answer.state == ATTEST_UNKNOWN) {
		guesses_note(attestor->guesses, uid, asking->app, item->key, asking->now_ms);
		guesses_note(attestor->guesses, uid, asking->app, ANY_KEY, asking->now_ms);
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
	reply_begin(reply, 200, QUESTION_JSON, asking->count * ANSWER_ROOM);
	reply_member(reply, "{\"v\":1,\"app\":", asking->app);
	reply_text(reply, ",\"keys\":{");
	for (size_t i = 0; i < asking->count && result == ATTEST_OK; i++) {
		if (i)
			reply_text(reply, ",");
		result = judge_item(asking, &asking->items[i], pool);
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

	if (!read_question(&asking, request) || (!asking.app[0] && !find_app(&asking)))
		return;
	asking.snapshot = vault_now(answers->vault);
	if (has_keys(&asking)) {
		if (asking.has_proofs)
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
