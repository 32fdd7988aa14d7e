// Verifiers of every kind, to hand bundles to.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_VERIFIERS_H
#define TESTS_UNIT_VERIFIERS_H

#include "lib/base/base.h"
#include "lib/value/bundle.h"
#include "loader/deliver/handoff.h"

struct pool;
struct secret_arena;

#define VERIFIERS_SOON_MS 10000 // for what must happen
#define VERIFIERS_ID "0123456789ab"
#define VERIFIERS_MANY 1000

extern const struct candidate verifiers_secret;

extern const struct bundle_key verifiers_keys[];

// What is handed over: one secret.
extern const struct bundle verifiers_sample;

struct verifiers {
	struct secret_arena *arena;
	struct pool *pool;
	char folder[40], path[80];
	struct handoff_options options;
	pid_t verifier; // 0: none
	size_t open_descriptors;
};

// For cmocka: a folder for the socket, and nobody there, are the state.
int verifiers_set_up(void **state);

// Ends it, if there is one.
void verifiers_stop(struct verifiers *fixture);

// No test leaves a descriptor or a file behind.
int verifiers_tear_down(void **state);

// Binds a socket of that type. Returns: it.
int verifiers_bind_at(const char *path, int type);

// What a verifier does with one connection.
typedef void verifiers_serve_function(struct verifiers *fixture, int connection);

// Starts a verifier of its own process that serves each connection so. `uid`: whose it is.
void verifiers_start_as(struct verifiers *fixture, verifiers_serve_function *serve, uid_t uid);

// The same as the tests' own user.
void verifiers_start(struct verifiers *fixture, verifiers_serve_function *serve);

// What they do with a connection.
void verifiers_accepts(struct verifiers *fixture, int connection);

void verifiers_refuses_at_length(struct verifiers *fixture, int connection);

void verifiers_answers(struct verifiers *fixture, int connection);

void verifiers_hangs(struct verifiers *fixture, int connection);

void verifiers_closes(struct verifiers *fixture, int connection);

void verifiers_dies_mid_handoff(struct verifiers *fixture, int connection);

void verifiers_talks_nonsense(struct verifiers *fixture, int connection);

void verifiers_talks_half(struct verifiers *fixture, int connection);

void verifiers_talks_version_2(struct verifiers *fixture, int connection);

void verifiers_gives_an_answer_for_a_verdict(struct verifiers *fixture, int connection);

void verifiers_admits_nobody(struct verifiers *fixture, int connection);

void verifiers_is_busy_at_once(struct verifiers *fixture, int connection);

// Hands the sample over. Returns: what handoff_offer does.
int verifiers_offer(struct verifiers *fixture, struct handoff_verdict *verdict, struct err *err);

#endif
