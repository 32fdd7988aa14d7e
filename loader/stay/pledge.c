// One question at a time, over a connection of its own: the verifier closes idle ones.
// SPDX-License-Identifier: MIT
#include "loader/stay/pledge.h"

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

static int watch_places(struct pledge *pledge, const struct resolution *resolution)
{
	struct handoff_options handoff;
	char places[2][PATH_MAX];
	struct whereabouts list[2];
	size_t count = 0;
	const char *path;
	bool grown;

	pledge_handoff(pledge, resolution, &handoff);
	while (count < ARRAY_SIZE(list) && (path = dial_place(&handoff, count, places[count])))
		list[count++] = (struct whereabouts){WHEREABOUTS_FILE, path};
	return watch_set(pledge->watch, list, count, &grown);
}

int pledge_open(struct pledge *pledge, const struct resolution *resolution, const char *socket,
	bool held, uint64_t now_ms)
{
	*pledge = (struct pledge){
		.watch = watch_open(false),
		.tries = {.least_ms = PLEDGE_WAIT_MS, .most_ms = PLEDGE_LONGEST_MS},
		.refusals = {.least_ms = PLEDGE_RETRY_MS, .most_ms = PLEDGE_LONGEST_RETRY_MS},
		.next_ms = now_ms,
		.owed = !held,
		.lost = !held,
	};
	if (!pledge->watch)
		return -ENOMEM;
	(void)snprintf(pledge->socket, sizeof(pledge->socket), "%s", socket ? socket : "");
	return watch_places(pledge, resolution);
}

void pledge_close(struct pledge *pledge)
{
	pledge->watch = watch_close(pledge->watch);
}

void pledge_handoff(const struct pledge *pledge, const struct resolution *resolution,
	struct handoff_options *ret_options)
{
	verifiercall_options(resolution, ret_options);
	if (*pledge->socket)
		ret_options->socket = pledge->socket;
}

void pledge_note(struct pledge *pledge, bool reached, uint64_t now_ms)
{
	if (reached)
		return;
	pledge->owed = true;
	pledge->next_ms = pledge->offer_ms = now_ms;
}

int pledge_fd(const struct pledge *pledge)
{
	return watch_fd(pledge->watch);
}

uint64_t pledge_due(const struct pledge *pledge)
{
	return pledge->next_ms;
}

// Asks who is there.
// Returns: whether somebody answered; ret_instance is "" where that one does not say.
static bool ask_instance(struct pledge *pledge, const struct resolution *resolution,
	struct pool *pool, char ret_instance[static 32], struct err *err)
{
	const struct handoff_question question = {"GET", "/healthz", NULL};
	struct handoff_options handoff;
	struct handoff_answer answer;
	const char *instance;
	json_t *json = NULL;

	pledge_handoff(pledge, resolution, &handoff);
	handoff.timeout_ms = PLEDGE_ASK_TIMEOUT_MS;
	if (handoff_ask(&handoff, &question, resolution->arena, pool, &answer, err) != 0)
		return false;
	if (jsonload_text(answer.body, answer.body_length, 0, &json, NULL) == -ENOMEM)
		return false;
	instance = json_string_value(json_object_get(json, "instance"));
	(void)snprintf(ret_instance, 32, "%s", instance ? instance : "");
	json_decref(json);
	return true;
}

// Returns: PLEDGE_RENEWED, PLEDGE_REFUSED or PLEDGE_LOST.
static enum pledge_news hand_over(struct pledge *pledge, const struct pledge_set *set,
	struct pool *pool, struct handoff_verdict *ret_verdict, struct err *err)
{
	struct handoff_options handoff;

	pledge_handoff(pledge, set->resolution, &handoff);
	handoff.kind = set->kind;
	if (verifiercall_hand_over(set->resolution, &handoff, pool, ret_verdict, err) != 0)
		return PLEDGE_LOST;
	return ret_verdict->accepted ? PLEDGE_RENEWED : PLEDGE_REFUSED;
}

static enum pledge_news lose(struct pledge *pledge, uint64_t now_ms)
{
	bool news = !pledge->lost && ++pledge->missed >= MISSES_LOST;

	pledge->lost |= news;
	pledge->owed |= !*pledge->instance; // else the instance shows whether it is another one
	pledge->next_ms = now_ms + pacing_wait(&pledge->tries);
	return news ? PLEDGE_LOST : PLEDGE_NOTHING;
}

static enum pledge_news renew(struct pledge *pledge, const struct pledge_set sets[PLEDGE_SETS_MAX],
	struct pool *pool, struct handoff_verdict *ret_verdict, struct err *err)
{
	enum pledge_news news = PLEDGE_RENEWED;

	for (size_t i = 0; i < PLEDGE_SETS_MAX && news == PLEDGE_RENEWED; i++)
		if (sets[i].resolution)
			news = hand_over(pledge, &sets[i], pool, ret_verdict, err);
	return news;
}

// Whether the sets are to be handed over now to who has just answered.
static bool must_offer(struct pledge *pledge, const char *instance, uint64_t now_ms)
{
	if (*pledge->instance && *instance && !text_equal(pledge->instance, instance)) {
		pacing_calm(&pledge->refusals);
		pledge->owed = true;
		pledge->offer_ms = now_ms;
	}
	return pledge->owed && now_ms >= pledge->offer_ms;
}

// What was refused may be taken once somebody else's set has changed, or the verifier's rules have.
static void note_offer(struct pledge *pledge, bool accepted, uint64_t now_ms)
{
	if (accepted)
		pacing_calm(&pledge->refusals);
	else
		pledge->offer_ms = now_ms + pacing_wait(&pledge->refusals);
	pledge->owed = !accepted;
}

enum pledge_news pledge_turn(struct pledge *pledge, const struct pledge_set sets[PLEDGE_SETS_MAX],
	uint64_t now_ms, struct pool *pool, struct handoff_verdict *ret_verdict, struct err *err)
{
	const struct resolution *resolution = sets[0].resolution;
	char instance[sizeof(pledge->instance)];
	enum pledge_news news = PLEDGE_NOTHING;
	bool offers;

	if (watch_take(pledge->watch)) { // a socket came, or went
		pacing_calm(&pledge->tries);
		pledge->next_ms = now_ms;
		if (watch_places(pledge, resolution) < 0)
			return PLEDGE_NOTHING; // asked again without the watch
	}
	if (now_ms < pledge->next_ms)
		return PLEDGE_NOTHING;
	if (!ask_instance(pledge, resolution, pool, instance, err))
		return lose(pledge, now_ms);
	offers = must_offer(pledge, instance, now_ms);
	memcpy(pledge->instance, instance, sizeof(instance));
	pledge->next_ms = now_ms + PLEDGE_ASK_MS;
	if (offers)
		news = renew(pledge, sets, pool, ret_verdict, err);
	if (news == PLEDGE_LOST) {
		*pledge->instance = '\0'; // it is still owed to this one
		return lose(pledge, now_ms);
	}
	if (offers)
		note_offer(pledge, news == PLEDGE_RENEWED, now_ms);
	pledge->lost = false;
	pledge->missed = 0;
	pacing_calm(&pledge->tries);
	return news;
}
