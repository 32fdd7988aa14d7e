// One time for each user and kind: when its allowance will be whole again. A line moves it on by
// what a line costs, and is written while that time is near enough. Memory is fixed: no peer makes
// it grow.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/throttle.h"

#include "lib/base/log.h"

struct allowance {
	uint64_t uid;
	uint64_t whole_ms; // when all of it is there again
	uint64_t hidden;   // lines since the last sum
	uint64_t told_ms;  // when that was; 0: never
};

// The last one is shared by the users for whom there was no room.
struct allowances {
	struct allowance users[THROTTLE_USERS_MAX + 1];
	size_t count;
};

struct throttle {
	const struct log *log;
	struct allowances kinds[THROTTLE_KINDS];
};

// How many lines at once, and how long until one more. Wide where apps start, and where somebody
// will want to know why one did not; narrow for strangers, of whom a host may have thousands.
static const struct {
	const char *name;
	uint64_t at_once, each_ms;
} limits[THROTTLE_KINDS] = {
	[THROTTLE_STRANGER] = {"stranger", 20, 10000},
	[THROTTLE_PROBLEM] = {"problem", 100, 1000},
	[THROTTLE_OFFER] = {"offer", 500, 200},
	[THROTTLE_FINDING] = {"finding", 500, 500},
};

struct throttle *throttle_new(const struct log *log)
{
	struct throttle *throttle = calloc(1, sizeof(*throttle));

	if (throttle)
		throttle->log = log;
	return throttle;
}

struct throttle *throttle_free(struct throttle *throttle)
{
	free(throttle);
	return NULL;
}

// The user's own allowance, one that nobody needs any longer, or the shared one.
static struct allowance *find(struct allowances *kind, uint64_t uid, uint64_t now_ms)
{
	struct allowance *unused = NULL;

	for (size_t i = 0; i < kind->count; i++) {
		struct allowance *at = &kind->users[i];

		if (at->uid == uid)
			return at;
		if (!unused && at->whole_ms <= now_ms && !at->hidden)
			unused = at;
	}
	if (kind->count < THROTTLE_USERS_MAX)
		unused = &kind->users[kind->count++];
	if (!unused)
		return &kind->users[THROTTLE_USERS_MAX];
	*unused = (struct allowance){.uid = uid, .whole_ms = now_ms};
	return unused;
}

bool throttle_admits(
	struct throttle *throttle, enum throttle_kind kind, uint64_t uid, uint64_t now_ms)
{
	struct allowance *at = find(&throttle->kinds[kind], uid, now_ms);
	uint64_t each = limits[kind].each_ms;

	if (at->whole_ms < now_ms)
		at->whole_ms = now_ms;
	if (at->whole_ms + each > now_ms + limits[kind].at_once * each) {
		at->hidden++;
		return false;
	}
	at->whole_ms += each;
	return true;
}

static void tell(
	const struct throttle *throttle, enum throttle_kind kind, struct allowance *at, bool shared)
{
	struct log_line line;
	char text[64];

	(void)snprintf(text, sizeof(text), "%llu more not shown", (unsigned long long)at->hidden);
	log_begin(&line, throttle->log, LOG_WARNING, "not_shown");
	log_text(&line, "kind", limits[kind].name);
	if (shared)
		log_text(&line, "uid", "many");
	else if (at->uid != THROTTLE_UNKNOWN)
		log_number(&line, "uid", at->uid);
	log_number(&line, "count", at->hidden);
	log_text(&line, "text", text);
	log_end(&line);
}

void throttle_tell(struct throttle *throttle, uint64_t now_ms, bool end)
{
	for (size_t kind = 0; kind < THROTTLE_KINDS; kind++)
		for (size_t i = 0; i <= THROTTLE_USERS_MAX; i++) {
			struct allowance *at = &throttle->kinds[kind].users[i];

			bool told = at->told_ms && now_ms - at->told_ms < THROTTLE_TELL_MS;

			if (!at->hidden || (told && !end))
				continue;
			tell(throttle, (enum throttle_kind)kind, at, i == THROTTLE_USERS_MAX);
			at->hidden = 0;
			at->told_ms = now_ms;
		}
}
