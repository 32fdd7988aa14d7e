// Keeps a worker process at work: one that breaks off is followed by another, and so is the keeper
// itself, so that whoever started this program need not be able to start programs later.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAM_KEEPER_H
#define VERIFIER_UPSTREAM_KEEPER_H

#include "lib/base/base.h"

#define KEEPER_PAUSE_MS 1000 // between the beginnings of two workers, at least

// What a worker does in a process of its own.
// Returns: 0 (the other end of `fd` is gone) or a negative errno.
typedef int keeper_work(int fd);

// Says on `fd` that a worker begins (lib/wire/relay), or soon will, lets it work, and so on until
// the other end is gone. A keeper that is ended takes its worker along, and its spare goes on as
// the keeper, adopted by whoever adopts what this process leaves.
void keeper_run(int fd, keeper_work *work);

#endif
