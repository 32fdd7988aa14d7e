// One question at a time, over a connection of its own: the verifier closes idle ones.
// SPDX-License-Identifier: MIT
#include "loader/stay/renewal.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/jsonload.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/dial.h"
#include "loader/deliver/watch.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/whereabouts.h"

#include <errno.h>
#include <jansson.h>

#define MISSES_LOST 2 // answers in a row that a busy verifier may fail to give

static int watch_places(struct renewal *renewal, const struct resolution *resolution)
{
	struct handoff_options handoff;
	char places[2][PATH_MAX];
	struct whereabouts list[2];
	size_t count = 0;
	const char *path;
	bool grown;

	renewal_handoff(renewal, resolution, &handoff);
	while (count < ARRAY_SIZE(list) && (path = dial_place(&handoff, count, places[count])))
		list[count++] = (struct whereabouts){WHEREABOUTS_FILE, path};
	return watch_set(renewal->watch, list, count, &grown);
}

int renewal_open(struct renewal *renewal, const struct resolution *resolution, const char *socket,
	uint64_t held_ms, uint64_t now_ms)
{
	*renewal = (struct renewal){
		.watch = watch_open(false),
		.tries = {.least_ms = RENEWAL_WAIT_MS, .most_ms = RENEWAL_LONGEST_MS},
		.refusals = {.least_ms = RENEWAL_RETRY_MS, .most_ms = RENEWAL_LONGEST_RETRY_MS},
		.next_ms = now_ms,
		.held_ms = held_ms,
		.owed = !held_ms,
		.lost = !held_ms,
	};
	if (!renewal->watch)
		return -ENOMEM;
	(void)snprintf(renewal->socket, sizeof(renewal->socket), "%s", socket ? socket : "");
	return watch_places(renewal, resolution);
}

void renewal_close(struct renewal *renewal)
{
	renewal->watch = watch_close(renewal->watch);
}

void renewal_handoff(const struct renewal *renewal, const struct resolution *resolution,
	struct handoff_options *ret_options)
{
	verifiercall_options(resolution, ret_options);
	if (*renewal->socket)
		ret_options->socket = renewal->socket;
}

void renewal_owe(struct renewal *renewal, uint64_t now_ms)
{
	renewal->owed = true;
	renewal->next_ms = renewal->offer_ms = now_ms;
}

int renewal_fd(const struct renewal *renewal)
{
	return watch_fd(renewal->watch);
}

uint64_t renewal_due(const struct renewal *renewal)
{
	return renewal->next_ms;
}

// Who answers; what that one does not say is "" and UINT64_MAX.
struct answerer {
	char instance[RENEWAL_INSTANCE_SIZE];
	uint64_t age_ms;
};

// Asks who is there. Returns: whether somebody answered.
static bool ask_who(struct renewal *renewal, const struct resolution *resolution, struct pool *pool,
	struct answerer *ret_who, struct err *err)
{
	const struct handoff_question question = {"GET", "/healthz", NULL};
	struct handoff_options handoff;
	struct handoff_answer answer;
	const char *instance;
	const json_t *age;
	json_t *json = NULL;

	renewal_handoff(renewal, resolution, &handoff);
	handoff.timeout_ms = RENEWAL_ASK_TIMEOUT_MS;
	if (handoff_ask(&handoff, &question, resolution->arena, pool, &answer, err) != 0)
		return false;
	if (jsonload_text(answer.body, answer.body_length, 0, &json, NULL) == -ENOMEM)
		return false;
	instance = json_string_value(json_object_get(json, "instance"));
	(void)snprintf(
		ret_who->instance, sizeof(ret_who->instance), "%s", instance ? instance : "");
	age = json_object_get(json, "age_ms");
	ret_who->age_ms = json_is_integer(age) ? (uint64_t)json_integer_value(age) : UINT64_MAX;
	json_decref(json);
	return true;
}

// Returns: RENEWAL_DONE, RENEWAL_REFUSED or RENEWAL_LOST.
static enum renewal_news hand_over(struct renewal *renewal, const struct renewal_set *set,
	struct pool *pool, struct handoff_verdict *ret_verdict, struct err *err)
{
	struct handoff_options handoff;

	renewal_handoff(renewal, set->resolution, &handoff);
	handoff.kind = set->kind;
	if (verifiercall_hand_over(set->resolution, &handoff, pool, ret_verdict, err) != 0)
		return RENEWAL_LOST;
	return ret_verdict->accepted ? RENEWAL_DONE : RENEWAL_REFUSED;
}

static enum renewal_news lose(struct renewal *renewal, uint64_t now_ms)
{
	bool news = !renewal->lost && ++renewal->missed >= MISSES_LOST;

	renewal->lost |= news;
	renewal->owed |= !*renewal->instance; // else the instance shows whether it is another one
	renewal->next_ms = now_ms + pacing_wait(&renewal->tries);
	return news ? RENEWAL_LOST : RENEWAL_NOTHING;
}

static enum renewal_news renew(struct renewal *renewal,
	const struct renewal_set sets[RENEWAL_SETS_MAX], struct pool *pool,
	struct handoff_verdict *ret_verdict, struct err *err)
{
	enum renewal_news news = RENEWAL_DONE;

	for (size_t i = 0; i < RENEWAL_SETS_MAX && news == RENEWAL_DONE; i++)
		if (sets[i].resolution)
			news = hand_over(renewal, &sets[i], pool, ret_verdict, err);
	return news;
}

// Whether it is another one than who has the sets; of the first one nothing but its age is known.
static bool is_another(const struct renewal *renewal, const struct answerer *who, uint64_t now_ms)
{
	if (!*renewal->instance)
		return who->age_ms < now_ms - renewal->held_ms;
	return *who->instance && !text_equal(renewal->instance, who->instance);
}

// Whether the sets are to be handed over now to who has just answered.
static bool must_offer(struct renewal *renewal, const struct answerer *who, uint64_t now_ms)
{
	if (is_another(renewal, who, now_ms)) {
		pacing_calm(&renewal->refusals);
		renewal->owed = true;
		renewal->offer_ms = now_ms;
	}
	return renewal->owed && now_ms >= renewal->offer_ms;
}

// What was refused may be taken once somebody else's set has changed, or the verifier's rules have.
static void note_offer(struct renewal *renewal, bool accepted, uint64_t now_ms)
{
	if (accepted)
		pacing_calm(&renewal->refusals);
	else
		renewal->offer_ms = now_ms + pacing_wait(&renewal->refusals);
	renewal->owed = !accepted;
}

enum renewal_news renewal_turn(struct renewal *renewal,
	const struct renewal_set sets[RENEWAL_SETS_MAX], uint64_t now_ms, struct pool *pool,
	struct handoff_verdict *ret_verdict, struct err *err)
{
	const struct resolution *resolution = sets[0].resolution;
	struct answerer who;
	enum renewal_news news = RENEWAL_NOTHING;
	bool offers;

	if (watch_take(renewal->watch)) { // a socket came, or went
		pacing_calm(&renewal->tries);
		renewal->next_ms = now_ms;
		if (watch_places(renewal, resolution) < 0)
			return RENEWAL_NOTHING; // asked again without the watch
	}
	if (now_ms < renewal->next_ms)
		return RENEWAL_NOTHING;
	if (!ask_who(renewal, resolution, pool, &who, err))
		return lose(renewal, now_ms);
	offers = must_offer(renewal, &who, now_ms);
	memcpy(renewal->instance, who.instance, sizeof(who.instance));
	renewal->next_ms = now_ms + RENEWAL_ASK_MS;
	if (offers)
		news = renew(renewal, sets, pool, ret_verdict, err);
	if (news == RENEWAL_LOST) {
		*renewal->instance = '\0'; // it is still owed to this one
		return lose(renewal, now_ms);
	}
	if (offers)
		note_offer(renewal, news == RENEWAL_DONE, now_ms);
	renewal->lost = false;
	renewal->missed = 0;
	pacing_calm(&renewal->tries);
	return news;
}
