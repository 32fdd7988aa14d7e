// Logouts that were answered while the store was away: kept in memory and told to it until it takes
// them. What was kept is lost with this process; a refresh token is good again then, as long as it
// is.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_FAREWELLS_H
#define VERIFIER_DOOR_SESSION_FAREWELLS_H

#include "lib/base/base.h"
#include "verifier/record/sessions/family.h"

struct farewells;
struct ledger;

#define FAREWELLS_MAX 4096   // that wait
#define FAREWELLS_AT_ONCE 64 // that the store is told in one look

// One logout: of a family, or of every family of its subject.
struct farewell {
	uint8_t family[FAMILY_ID_BYTES];
	bool everywhere;
	uint64_t access_ms; // see struct family_rules
};

// Makes an empty list; the caller owns it.
// Returns: the list, or NULL when memory is short.
struct farewells *farewells_new(struct ledger *ledger) must_check;

// Once the ledger is closed. NULL is fine. Returns: NULL.
struct farewells *farewells_free(struct farewells *farewells);

// Keeps one, a family's several as one. Returns: whether there was room.
bool farewells_add(struct farewells *farewells, const struct farewell *farewell) must_check;

// Whether one of this family is kept, or on its way to the store.
bool farewells_has(const struct farewells *farewells, const uint8_t family[static FAMILY_ID_BYTES])
	must_check;

// Tells the store, if it is there again.
void farewells_settle(struct farewells *farewells);

// How many wait.
size_t farewells_size(const struct farewells *farewells);

#endif
