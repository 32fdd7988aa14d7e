// What decides whether a call fails, and the forms of the functions that stand before libc's.
// SPDX-License-Identifier: MIT
#ifndef TESTS_FAULTS_FAULT_H
#define TESTS_FAULTS_FAULT_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): the names and forms are those of what they stand
// for

enum family {
	MEMORY,  // the heap
	MAP,     // mappings and locks
	OPEN,    // whatever makes a descriptor
	LOOK,    // facts about files and sockets
	READ,    // bytes from files and pipes
	WRITE,   // bytes to files and pipes
	RECEIVE, // from sockets
	SEND,    // to sockets
	CHANGE,  // of folders and files
	SETTLE,  // of sockets and descriptors
	WAIT,    // until something happens
	PROCESS, // starts, ends and limits them
	CLOCK,
	LIBRARY, // the heap, for a library whose thousands of calls the driver tells apart
	FAMILIES,
};

enum mode {
	ERROR,     // the call fails
	FOR_GOOD,  // and so do all that follow
	EVERY_2ND, // that one, about the next but one and so on: who goes on trying succeeds
	SHORT,     // reads or writes one byte
	DRIBBLE,   // and so do all that follow
	JUMP,      // from here on the time of day is `amount` seconds off
};

// Only the functions that stand before others are to be seen from outside.
#pragma GCC visibility push(hidden)

// Whether this program is the one whose calls fail.
bool fault_is_here(void);

// What the driver asks for now; only where fault_is_here.
enum mode fault_mode(void);
int fault_reason(void);
int64_t fault_amount(void);

// Counts a call. Returns: whether it is one that the driver asked for.
bool fault_is_due(enum family family, const char *function, void *caller);

// The same, where the call shall fail: errno says why.
bool fault_fails(enum family family, const char *function, void *caller);

#pragma GCC visibility pop

static inline void *fault_find(void **at, const char *name)
{
	if (!*at)
		*at = dlsym(RTLD_NEXT, name);
	return *at;
}

#define CALLER __builtin_return_address(0)
#define REAL(name) ((__typeof__(&name))fault_find(&real_of_##name, #name))

#define CALL(family, failed, type, name, parameters, arguments) \
	static void *real_of_##name; \
	type name parameters \
	{ \
		if (fault_fails(family, #name, CALLER)) \
			return failed; \
		return REAL(name) arguments; \
	}

#define INT(family, name, parameters, arguments) CALL(family, -1, int, name, parameters, arguments)

// NOLINTEND(bugprone-*,cert-*,readability-*)
#endif
