// A token bucket an event.
// SPDX-License-Identifier: MIT
#include "lib/base/logflood.h"

#define TOKEN 1000u // thousandths: LOGFLOOD_PER_S of them come each millisecond

static struct logflood_event *find(struct logflood *flood, const char *event, uint64_t now_ms)
{
	for (size_t i = 0; i < flood->count; i++)
		if (strcmp(flood->events[i].event, event) == 0)
			return &flood->events[i];
	if (flood->count == LOGFLOOD_EVENTS_MAX)
		return NULL;
	flood->events[flood->count] = (struct logflood_event){
		.event = event, .tokens = LOGFLOOD_BURST * TOKEN, .since_ms = now_ms};
	return &flood->events[flood->count++];
}

bool logflood_admits(struct logflood *flood, const char *event, uint64_t now_ms)
{
	const uint64_t full = LOGFLOOD_BURST * TOKEN;
	struct logflood_event *at = find(flood, event, now_ms);
	uint64_t passed;

	if (!at)
		return true;
	passed = now_ms - at->since_ms;
	at->tokens = passed >= full || at->tokens + passed * LOGFLOOD_PER_S > full
			     ? full
			     : at->tokens + passed * LOGFLOOD_PER_S;
	at->since_ms = now_ms;
	if (at->tokens < TOKEN) {
		at->suppressed++;
		return false;
	}
	at->tokens -= TOKEN;
	return true;
}

const char *logflood_take(struct logflood *flood, uint64_t *ret_suppressed)
{
	for (size_t i = 0; i < flood->count; i++) {
		if (!flood->events[i].suppressed)
			continue;
		*ret_suppressed = flood->events[i].suppressed;
		flood->events[i].suppressed = 0;
		return flood->events[i].event;
	}
	return NULL;
}
