// A session door that answers late, and its peers.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_LATESTAND_H
#define TESTS_UNIT_LATESTAND_H

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

#define LATESTAND_HEARD_SIZE (64 * 1024)
#define LATESTAND_SOON_MS 20000
#define LATESTAND_KEPT_MAX 512
#define LATESTAND_COOKIES 5

// What answers the session doors here: some targets at once, some when the test says so.
struct sessions {
	struct later *kept[LATESTAND_KEPT_MAX];
	size_t count;
	size_t calls;
	char host[64], origin[64], site[64];
};

struct latestand {
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
extern char latestand_heard[LATESTAND_HEARD_SIZE];

// Listens, and answers what is kept after `wait_ms` at the latest.
void latestand_open(struct latestand *stand, uint64_t wait_ms);

void latestand_close(struct latestand *stand);

// One turn of the loop.
void latestand_turn(struct latestand *stand);

// Turns once more; fails the test behind the deadline.
void latestand_try_again(struct latestand *stand, uint64_t end);

// Turns until it is so. A macro, so that the condition is looked at anew.
#define LATESTAND_UNTIL(stand, condition) \
	for (uint64_t end = clock_steady_ms() + LATESTAND_SOON_MS; !(condition);) \
	latestand_try_again(stand, end)

// Connects and sends a request. Returns: the connection.
int latestand_ask(struct latestand *stand, const char *text);

// Reads until `text` has come or the other side has closed.
// Returns: whether it has come.
bool latestand_hear(struct latestand *stand, int fd, const char *text);

// Answers the request that was kept as that one.
void latestand_end_one(struct latestand *stand, size_t at, const char *text);

#endif
