// Is everything as it should be? Expected apps, required keys, profiles with their keys, and drift
// that a rule sets to fail, as reasons that a person can act on. What is wrong and stops nothing is
// a warning. Never a value.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_READINESS_H
#define VERIFIER_DOOR_API_READINESS_H

#include "lib/base/base.h"

struct attestations;
struct keyring;
struct ledger_state;
struct pool;
struct registry;
struct revocations;

// The present is later than this, the beginning of 2026: a clock that says otherwise was never set.
#define READINESS_WALL_MIN_MS INT64_C(1767225600000)

#define READINESS_REASONS_MAX 1000 // of each kind; more are left out
#define READINESS_RESTART_SIZE 512 // bytes

struct readiness_reason {
	// a finding's code, or "app-missing", "app-refused", "app-ended", "bad-key",
	// "reload-failed", "restart-needed", "clock-insane", "store-away", "store-unsafe",
	// "revocations-lost", "revocations-unread", "login-lost", "login-waiting",
	// "profile-outlived", "owner-changed"
	const char *code;
	const char *app, *key; // or ""; of a profile whose key is a file, key is that
	const char *text;
	const char *hint; // what to do, or ""
};

struct readiness {
	bool ready;
	const struct readiness_reason *reasons, *warnings;
	size_t reason_count, warning_count;
};

// How samekeyd itself fares; times are the caller's monotonic clock.
struct readiness_life {
	uint64_t started_ms;
	uint64_t reload_failed_ms;                // when, if the last reload failed; else 0
	char restart_for[READINESS_RESTART_SIZE]; // settings that wait for one, or ""
	bool login_lost;  // samekeyd-upstream has ended, so nobody can log in
	bool login_waits; // no app has said where the login server is
};

// What is asked; all borrowed.
struct readiness_question {
	struct registry *registry;
	const struct keyring *keyring;
	const struct attestations *attestations; // or NULL
	const struct readiness_life *life;
	const struct ledger_state *store;      // of sessions, or NULL
	const struct revocations *revocations; // or NULL
	const char *app;                       // NULL: all
	uint64_t now_ms;
	int64_t wall_ms; // CLOCK_REALTIME, by which tokens are judged
};

// Judges; texts and lists live in `pool`.
// Returns: 0 or -ENOMEM.
int readiness_judge(const struct readiness_question *question, struct pool *pool,
	struct readiness *ret_readiness) must_check;

#endif
