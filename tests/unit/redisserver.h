// A real Redis on a Unix socket in a scratch folder, for tests of what is made of one.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_REDISSERVER_H
#define TESTS_UNIT_REDISSERVER_H

#include "lib/base/base.h"

#include <sys/types.h>

#define REDISSERVER_SETTINGS 16

struct redisserver {
	char folder[64];
	char socket[96], url[128];
	const char *settings[REDISSERVER_SETTINGS]; // further words, "--maxmemory", "1mb"
	pid_t pid;                                  // or 0
};

// Makes a folder and starts the redis-server below the folder CHECK_DEBIAN, or that of the system,
// with `settings` (ended by NULL) beside ours; waits until it answers.
void redisserver_start(struct redisserver *server);

// Ends it, by SIGKILL or as it wants to end; the folder stays, and so it can be started again.
void redisserver_kill(struct redisserver *server);
void redisserver_stop(struct redisserver *server);

// Stops it and removes the folder.
void redisserver_end(struct redisserver *server);

// Starts another program of the same packages, that ends with the test. Its standard output goes to
// a descriptor, unless that is -1.
// Returns: its pid, which the caller ends and waits for.
pid_t redisserver_run(const char *name, const char *const *words, int out);

// Runs redis-cli with these words, ended by NULL. Fails the test when it does not end well.
// Returns: the first 4095 bytes of what it writes, without the last newline.
const char *redisserver_ask(struct redisserver *server, const char *const *words);
#define REDISSERVER_ASK(server, ...) \
	redisserver_ask(server, (const char *const[]){__VA_ARGS__, NULL})

#endif
