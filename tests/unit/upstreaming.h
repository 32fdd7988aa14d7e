// A world for the tests of samekeyd-upstream: servers on loopback with every fault, the helper, a
// loop and a log; questions, and what came back.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_UPSTREAMING_H
#define TESTS_UNIT_UPSTREAMING_H

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "verifier/door/session/upstream.h"

#include <limits.h>

#define CANARY "canary-Ux7Lq2VbT9"
#define BODY "{\"email\":\"" CANARY "@shop.example\",\"password\":\"" CANARY "\"}"
#define UPSTREAMING_PORTS_MAX 8
#define UPSTREAMING_NAME_SIZE 32
#define UPSTREAMING_LOG_SIZE (1 << 16)
#define PATIENCE_MS 20000u // for whatever must come; far more than it takes
#define LONG 15000         // timeouts
#define SHORT 700

struct upstreaming_port {
	char name[UPSTREAMING_NAME_SIZE];
	unsigned number;
};

struct world {
	char folder[64], ca_file[128], program[PATH_MAX];
	pid_t servers;
	int servers_input;
	struct upstreaming_port ports[UPSTREAMING_PORTS_MAX];
	size_t port_count;
	struct log log;
	struct loop *loop;
	struct upstream *upstream;
};

// What came back for one request.
struct reply {
	bool came;
	struct relay_answer answer; // without its body
	char body[2048];
	uint64_t asked, took;
};

// For cmocka: starts all and ends all.
int upstreaming_set_up(void **state);
int upstreaming_tear_down(void **state);

// The address of a path on a server.
void upstreaming_address(const struct world *world, const char *scheme, const char *server,
	const char *path, char out[static RELAY_URL_MAX + 1]);
unsigned upstreaming_port(const struct world *world, const char *server);

// Other settings for requests to come; visit: a path of the server without TLS.
void upstreaming_change(
	const struct world *world, const char *url, const char *ca_file, uint64_t timeout);
void upstreaming_visit(const struct world *world, const char *path, uint64_t timeout);

// What upstream_ask is given to call.
void upstreaming_note(void *owner, const struct relay_answer *answer);

// Asks with BODY. Returns: as upstream_ask.
int upstreaming_try(const struct world *world, struct reply *reply) must_check;

// Waits for answers; ask does both.
void upstreaming_await(const struct world *world, const struct reply *replies, size_t count);
void upstreaming_ask(const struct world *world, struct reply *reply);

// What was logged until now, which must not hold the canary or an address.
void upstreaming_read_log(const struct world *world, char out[static UPSTREAMING_LOG_SIZE]);
// Fails the test unless the log has these words.
void upstreaming_assert_logged(const struct world *world, const char *words);

#endif
