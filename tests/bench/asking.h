// One request after the other on a kept connection of a Unix socket, and what they cost the server.
// SPDX-License-Identifier: MIT
#ifndef TESTS_BENCH_ASKING_H
#define TESTS_BENCH_ASKING_H

#include "lib/base/base.h"

#include <sys/types.h>
#include <sys/un.h>
#include <time.h>

#define ASKING_MAX 32768 // bytes of a request, and of an answer

struct asking {
	clockid_t clock; // the server's processor time
	int connection;
};

// A Unix socket and the address of a path; the bench ends when there is none.
int asking_socket(const char *path, struct sockaddr_un *ret_address);

// Connects to the server `pid`, which listens at `path`.
struct asking asking_reach(pid_t pid, const char *path);

// Sends a request; its answer must begin with `expected`. What of it came first, or all of a short
// one, is left in `ret_answer` with a NUL. Returns: the length of the answer's body.
size_t asking_once(const struct asking *server, const char *request, size_t length,
	const char *expected, char ret_answer[static ASKING_MAX]);

// The same so many times. Returns: microseconds of the server's processor for one.
double asking_batch(const struct asking *server, const char *request, size_t length,
	const char *expected, size_t count);

#endif
