// Calls that fail on purpose: the linker leads a *_mishap_test's calls of malloc, open, read and
// the like through here (see MISHAPS in the Makefile), and the n-th of a kind fails when armed.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_MISHAP_H
#define TESTS_UNIT_MISHAP_H

#include "lib/base/base.h"

enum mishap_kind {
	MISHAP_MEMORY = 1u << 0,  // malloc and its kin, mprotect and mmap
	MISHAP_OPEN = 1u << 1,    // open, openat, openat2, fopen, memfd_create, socket, accept4
	MISHAP_LOOK = 1u << 2,    // fstat
	MISHAP_READ = 1u << 3,    // read, pread
	MISHAP_WRITE = 1u << 4,   // write
	MISHAP_SEND = 1u << 5,    // sendmsg
	MISHAP_RECEIVE = 1u << 6, // recvmsg
	MISHAP_WATCH = 1u << 7,   // epoll_ctl
	MISHAP_LIST = 1u << 8,    // readdir, scandirat
	MISHAP_LOCK = 1u << 9,    // flock
};

#define MISHAP_SHORT 0 // no error: one byte is read or written instead of all

struct mishap {
	unsigned kinds; // enum mishap_kind
	size_t at;      // the call that fails, from 1
	bool for_good;  // and all that follow
	int reason;     // errno, or MISHAP_SHORT
};

// Arms the next calls; the calls made before do not count.
void mishap_arm(const struct mishap *mishap);

// Ends it.
// Returns: whether any call has failed.
bool mishap_disarm(void);

// What execvp does instead of starting a program: it hands over the environment and says ENOENT.
extern void (*mishap_on_exec)(char *const *environment);

#endif
