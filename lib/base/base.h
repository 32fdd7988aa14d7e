// What every file of the project may use: attributes, cleanup, and banned functions.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_BASE_H
#define LIB_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The result must be used: every fallible function bears this.
#define must_check __attribute__((warn_unused_result))
#define no_inline __attribute__((noinline))
// The compiler checks the arguments like printf's; `at` is the format's position.
#define printf_like(at, first) __attribute__((format(printf, at, first)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

// For the rare result that nobody can act on; say why beside it.
#define ignore_result(call) ((void)!(call))

// Runs `release(&variable)` when the variable leaves its scope.
#define own(release) __attribute__((cleanup(release)))

// Frees heap memory at the end of the scope; for `own_free char *text = NULL;`.
static inline void own_free_release(void *at)
{
	free(*(void **)at);
}
#define own_free own(own_free_release)

// Closes a descriptor at the end of the scope, unless it is negative.
static inline void own_fd_release(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); // nothing to do about a failing close of a read side
}
#define own_fd own(own_fd_release)

// Hands an owned descriptor over to the caller: the variable is -1 afterwards.
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

// Hands an owned pointer over to the caller: the variable is NULL afterwards.
#define take(at) \
	({ \
		__typeof__(*(at)) taken_ = *(at); \
		*(at) = NULL; \
		taken_; \
	})

// Functions without a bound, with locale surprises or without an error result.
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll strtol strtoul strtoll \
	strtoull gets tmpnam mktemp system popen

#endif
