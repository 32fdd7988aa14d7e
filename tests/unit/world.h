// A vault with the bundles of a small shop, for tests of diagnosis: its apps, tokens that are
// signed with what they hold, and questions about those.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "lib/value/bundle.h"
#include "verifier/trust/diagnosis/diagnose.h"

#define NOW INT64_C(1700000000)
#define SECRET "c2FtZWtleSBpcyB0aGUgbmFtZSBvZiB0aGUgZ2FtZQ=="
#define DECODED "samekey is the name of the game"
#define OLDER "an-older-value-of-the-secret-0001"
#define REFRESH "refresh-0123456789-refresh-0123456789"
#define SPARE "spare-0123456789-spare-0123456789-xx"
#define TWIN "twin-0123456789-twin-0123456789-xxxx"
#define OPEN "PAGE_TITLE" // a key that is no secret
#define BUILT "built-0123456789-built-0123456789-xx"
#define HS256 "{\"alg\":\"HS256\"}"
#define FINE "{\"sub\":\"7\",\"exp\":1700000900}"

struct world {
	struct vault *vault;
	struct keyring *keyring;
	struct vault_snapshot *snapshot;
	struct pool *pool;
	uint64_t id;
};

struct offered {
	const char *key;
	enum candidate_kind kind;
	const char *place;
	uint32_t line;
	const char *dialects, *value;
};

// What was made; ends the test where it is NULL.
void *world_need(void *made) __attribute__((returns_nonnull));

// Offers a bundle; entries of one key stand together, its winner first.
void world_offer(struct world *world, const char *app, enum bundle_phase phase,
	const struct offered *offered, size_t count);

// The world with these profiles, one at a time; world_end frees it.
struct world *world_of(const struct profile_rules *rules, size_t count);
void world_end(struct world *world);

// Writes base64url. Returns: the number of digits.
size_t world_put64(char *out, const void *bytes, size_t length);

// A token by HMAC; of the second, header and payload are HS256 and FINE. Both lie in the pool.
const char *world_sign(struct world *world, const char *header, const char *payload, unsigned bits,
	const void *secret, size_t secret_length);
const char *world_signed_with(struct world *world, const char *secret);

// Asks for the diagnosis of a token, which the caller is done with by diagnose_done.
struct diagnosis world_ask(struct world *world, const char *profile, const char *token);

// The remark with this code, or NULL.
const struct remark *world_remark_of(const struct diagnosis *diagnosis, const char *code);

// Fails the test unless a text holds a part.
void world_holds(const char *what, const char *text, const char *part);

#endif
