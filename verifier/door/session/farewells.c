// One that is on its way to the store is out of the list; it comes back if that is still away.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/farewells.h"

#include "verifier/record/sessions/ledger.h"

#include <errno.h>

struct farewells {
	struct ledger *ledger;
	size_t count, told; // that wait, and that are on their way
	struct farewell list[FAREWELLS_MAX];
	struct telling *tellings;
};

struct telling {
	struct telling *next;
	struct farewells *farewells;
	struct farewell farewell;
	struct store_op op;
};

struct farewells *farewells_new(struct ledger *ledger)
{
	struct farewells *farewells = calloc(1, sizeof(*farewells));

	if (farewells)
		farewells->ledger = ledger;
	return farewells;
}

struct farewells *farewells_free(struct farewells *farewells)
{
	free(farewells);
	return NULL;
}

static bool is_of(const struct farewell *farewell, const uint8_t *family)
{
	return memcmp(farewell->family, family, sizeof(farewell->family)) == 0;
}

// Makes one with another of the same family that waits: an end of the family that the store heard
// first would leave it no subject whose every family is to end.
// Returns: whether there is another.
static bool join(struct farewells *farewells, const struct farewell *farewell)
{
	size_t i = 0;

	while (i < farewells->count && !is_of(&farewells->list[i], farewell->family))
		i++;
	if (i == farewells->count)
		return false;
	farewells->list[i].everywhere |= farewell->everywhere;
	if (farewells->list[i].access_ms < farewell->access_ms)
		farewells->list[i].access_ms = farewell->access_ms;
	return true;
}

bool farewells_add(struct farewells *farewells, const struct farewell *farewell)
{
	if (join(farewells, farewell))
		return true;
	// Those on their way need their places again if the store is away.
	if (farewells->count + farewells->told >= FAREWELLS_MAX)
		return false;
	farewells->list[farewells->count++] = *farewell;
	return true;
}

bool farewells_has(const struct farewells *farewells, const uint8_t family[static FAMILY_ID_BYTES])
{
	for (size_t i = 0; i < farewells->count; i++)
		if (is_of(&farewells->list[i], family))
			return true;
	for (const struct telling *at = farewells->tellings; at; at = at->next)
		if (is_of(&at->farewell, family))
			return true;
	return false;
}

// ---- on the way

static void take_out(struct farewells *farewells, const struct telling *telling)
{
	struct telling **at = &farewells->tellings;

	while (*at != telling)
		at = &(*at)->next;
	*at = telling->next;
}

// Of every family of a subject: whose it is has to be asked first.
static bool goes_on(struct telling *telling)
{
	struct store_op *op = &telling->op;

	if (op->code != 0 || op->verb != STORE_LOOK || op->outcome != FAMILY_HELD)
		return false;
	op->verb = STORE_END_SUBJECT;
	return true;
}

static void on_told(void *owner, struct store_op *op)
{
	struct telling *telling = owner;
	struct farewells *farewells = telling->farewells;

	if (goes_on(telling)) {
		if (ledger_put(farewells->ledger, op, on_told, telling) == 0)
			return;
		op->code = -EAGAIN;
	}
	farewells->told--;
	take_out(farewells, telling);
	if (op->code != 0 && !join(farewells, &telling->farewell))
		farewells->list[farewells->count++] = telling->farewell;
	free(telling);
}

static bool tell(struct farewells *farewells, const struct farewell *farewell)
{
	struct telling *telling = calloc(1, sizeof(*telling));

	if (!telling)
		return false;
	telling->farewells = farewells;
	telling->farewell = *farewell;
	telling->op.verb = farewell->everywhere ? STORE_LOOK : STORE_END_FAMILY;
	telling->op.end = FAMILY_ENDED_BY_LOGOUT;
	telling->op.rules.access_ms = farewell->access_ms;
	memcpy(telling->op.family.id, farewell->family, sizeof(farewell->family));
	if (ledger_put(farewells->ledger, &telling->op, on_told, telling) < 0) {
		free(telling);
		return false;
	}
	telling->next = farewells->tellings;
	farewells->tellings = telling;
	return true;
}

void farewells_settle(struct farewells *farewells)
{
	if (!ledger_state(farewells->ledger)->up)
		return;
	while (farewells->count && farewells->told < FAREWELLS_AT_ONCE &&
		tell(farewells, &farewells->list[farewells->count - 1])) {
		farewells->count--;
		farewells->told++;
	}
}

size_t farewells_size(const struct farewells *farewells)
{
	return farewells->count + farewells->told;
}
