// A store in a real Redis, and operations on it.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_REDISSTORING_H
#define TESTS_UNIT_REDISSTORING_H

#include "lib/base/base.h"
#include "verifier/record/sessions/store.h"

struct redisserver;

#define REDISSTORING_WALL_MS INT64_C(1800000000000)
#define REDISSTORING_TIMEOUT_MS 300
#define REDISSTORING_WAIT_MS 20000
#define REDISSTORING_SUBJECT "canary-subject@example.com"

extern struct redisserver redisstoring_server;

// Opens the store there. Fails the test where it cannot be opened at all.
struct store *redisstoring_open_at(const char *url, const char *user, const char *password);

// An operation about the family of that number.
struct store_op redisstoring_about(enum store_verb verb, uint8_t family, uint64_t generation);

// Does one operation. Returns: what the store says.
int redisstoring_apply(struct store *store, struct store_op *op);

// Makes a family, which must be possible.
void redisstoring_create(struct store *store, uint8_t family);

// Uses a token until the store is there.
struct store_op redisstoring_use(struct store *store, uint8_t family, uint64_t generation);

// Fails the test unless the store says this of why it is away.
void redisstoring_check_why(const struct store *store, const char *part);

// Starts the server with settings, up to NULL.
void redisstoring_start_with(const char *const *settings);

#define REDISSTORING_START(...) redisstoring_start_with((const char *const[]){__VA_ARGS__})

// For cmocka: ends the server.
int redisstoring_end(void **state);

#endif
