// What the helper keeps itself from: it reads what the network sends, with libraries of others.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAM_ENCLOSURE_H
#define VERIFIER_UPSTREAM_ENCLOSURE_H

#include "lib/base/base.h"

struct enclosure {
	bool seccomp, landlock; // what is wanted; the kernel may not have it
};

// For the keeper, and with it for every worker: no capability, no other program, no file written,
// made or removed, no way into other processes and no signal to them. Reading stays: certificates
// and resolv.conf lie anywhere. Returns: 0 or a negative errno.
int enclosure_enter(const struct enclosure *enclosure) must_check;

// For a worker beside that: no process and no listener.
// Returns: 0 or a negative errno.
int enclosure_enter_worker(const struct enclosure *enclosure) must_check;

#endif
