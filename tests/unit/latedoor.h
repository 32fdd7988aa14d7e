// A session door that answers late, and its peers.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_LATEDOOR_H
#define TESTS_UNIT_LATEDOOR_H

#include "lib/base/base.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "verifier/door/api/answers.h"
#include <sys/un.h>

struct admit;
struct http;
struct later;
struct loop;
struct throttle;

#define LATEDOOR_HEARD_SIZE (64 * 1024)
#define LATEDOOR_SOON_MS 20000
#define LATEDOOR_KEPT_MAX 512
#define LATEDOOR_COOKIES 5

// What answers the session doors here: some targets at once, some when the test says so.
struct sessions {
	struct later *kept[LATEDOOR_KEPT_MAX];
	size_t count;
	size_t calls;
	char host[64], origin[64], site[64];
};

struct latedoor {
	char folder[32];
	struct sockaddr_un address;
	struct log log;
	struct loop *loop;
	struct admit *admit;
	struct throttle *throttle;
	struct answers answers;
	struct sessions sessions;
	struct http *http;
};

// What was heard last.
extern char latedoor_heard[LATEDOOR_HEARD_SIZE];

// Listens, and answers what is kept after `wait_ms` at the latest.
void latedoor_open(struct latedoor *door, uint64_t wait_ms);

void latedoor_close(struct latedoor *door);

// One turn of the loop.
void latedoor_turn(struct latedoor *door);

// Turns once more; fails the test behind the deadline.
void latedoor_try_again(struct latedoor *door, uint64_t end);

// Turns until it is so. A macro, so that the condition is looked at anew.
#define LATEDOOR_UNTIL(door, condition) \
	for (uint64_t end = clock_steady_ms() + LATEDOOR_SOON_MS; !(condition);) \
	latedoor_try_again(door, end)

// Connects and sends a request. Returns: the connection.
int latedoor_ask(struct latedoor *door, const char *text);

// Reads until `text` has come or the other side has closed.
// Returns: whether it has come.
bool latedoor_hear(struct latedoor *door, int fd, const char *text);

// Answers the request that was kept as that one.
void latedoor_end_one(struct latedoor *door, size_t at, const char *text);

#endif
