// A samekeyd.ini that is good, read.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_SETUPREAD_H
#define TESTS_UNIT_SETUPREAD_H

struct pool;
struct setup;

// Reads it; what the setup holds lies in the pool. Fails the test where something is wrong with it.
struct setup *setupread_good(const char *ini, struct pool *pool);

#endif
