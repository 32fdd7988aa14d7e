// What a session's tokens cost the processor, without a store: reading a refresh token in both
// forms, minting a pair, and asking whether a token is revoked when as many are as there is room
// for.
//     pairs
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/err.h"
#include "verifier/record/revocations.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/session/refreshtoken.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>

#define ROUNDS 15
#define ITERATIONS 5000
#define NOW_MS INT64_C(1800000000000)
#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define NAMES 4096 // that are asked for in turn, so that the processor's cache helps little
#define NAME_SIZE (REFRESHTOKEN_JTI_MAX)
#define ADDED 500 // of one round

static const struct profile_rules rules[] = {
	{.name = "access", .issuer = "https://example.org", .lifetime_ms = 900000},
	{.name = "jwt", .lifetime_ms = WEEK_MS},
	{.name = "opaque", .lifetime_ms = WEEK_MS, .format = PROFILE_OPAQUE},
};
enum { ACCESS, JWT, OPAQUE, PROFILES };

static struct profile profiles[PROFILES];
static struct family family = {.generation = 4711,
	.issued_wall_ms = NOW_MS,
	.expires_wall_ms = NOW_MS + WEEK_MS,
	.absolute_wall_ms = NOW_MS + 4 * WEEK_MS,
	.access_claims = "{\"userId\":4711,\"role\":\"admin\"}",
	.refresh_claims = "{\"userId\":4711}"};
static struct minted tokens[PROFILES];
static struct revocations *revocations;
static char names[2][NAMES][NAME_SIZE]; // that are revoked, and that are not

// ---- keys, tokens, and many revocations

static struct key *make_key(struct secret_arena *arena)
{
	const struct key_options options = {.encoding = KEY_TEXT, .label = "bench"};
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	char secret[44];
	size_t count;

	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (char)('a' + randombytes_uniform(26));
	if (key_load(secret_view(secret, sizeof(secret)), &options, arena, keys, &count, &err) != 0)
		measure_stop(err.what, EINVAL);
	return keys[0];
}

static void make_tokens(void)
{
	struct secret_arena *arena;
	struct err err = ERR_NONE;

	if (secret_arena_open(NULL, &arena, NULL) < 0)
		measure_stop("memory", ENOMEM);
	randombytes_buf(family.id, sizeof(family.id));
	for (size_t i = 0; i < PROFILES; i++) {
		profiles[i] = (struct profile){.rules = &rules[i],
			.keys = {{.key = make_key(arena), .state = KEY_ACTIVE, .label = "bench"}},
			.key_count = 1,
			.usable = true};
		if (i != ACCESS && refreshtoken_mint(&profiles[i], &family, &tokens[i], &err) != 0)
			measure_stop(err.what, EINVAL);
	}
}

static void make_name(char out[static NAME_SIZE])
{
	struct family other = {.generation = 1 + randombytes_uniform(1000)};

	randombytes_buf(other.id, sizeof(other.id));
	if (!refreshtoken_jti_write(&other, true, out))
		measure_stop("a jti", EINVAL);
}

static void revoke_one(const char *name, int64_t until)
{
	if (revocations_add(revocations, name, strlen(name), until) < 0)
		measure_stop("memory", ENOMEM);
}

static void make_revocations(void)
{
	char name[NAME_SIZE];

	revocations = revocations_new();
	if (!revocations)
		measure_stop("memory", ENOMEM);
	for (size_t i = 0; i < REVOCATIONS_MAX; i++) {
		make_name(name);
		revoke_one(name, NOW_MS + randombytes_uniform(900000));
		if (i >= NAMES)
			continue;
		memcpy(names[0][i], name, sizeof(name));
		make_name(names[1][i]);
	}
}

// ---- what is measured

static void read_one(size_t profile)
{
	static struct token_scratch scratch;
	struct refreshtoken read;

	if (refreshtoken_read(&profiles[profile], tokens[profile].token, tokens[profile].length,
		    NOW_MS, &scratch, &read) != TOKEN_OK)
		measure_stop("refreshtoken_read", EINVAL);
}

static void mint_one(size_t profile)
{
	struct err err = ERR_NONE;
	struct pair pair;

	if (pair_mint(&profiles[ACCESS], &profiles[profile], &family, NOW_MS, &pair, &err) != 0)
		measure_stop(err.what, EINVAL);
	pair_done(&pair);
}

// A token of a session is looked for by its jti, then by its family.
static void look_up(size_t which)
{
	static size_t at;
	const char *name = names[which][at++ % NAMES];
	bool found = revocations_has(revocations, name, strlen(name), NOW_MS - 1) ||
		     revocations_has(revocations, name, FAMILY_ID_TEXT - 1, NOW_MS - 1);

	if (found != (which == 0))
		measure_stop("revocations_has", EINVAL);
}

static void print(const char *what, const char *unit, double *samples)
{
	measure_print(&(struct measure_row){.what = what,
		.against = "",
		.unit = unit,
		.detail = "CPU time",
		.samples = samples,
		.count = measure_rounds(ROUNDS)});
}

static void measure(
	const char *what, const char *unit, double per_unit, void (*call)(size_t), size_t which)
{
	double samples[ROUNDS] = {0};

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		uint64_t began = measure_cpu();

		for (unsigned j = 0; j < ITERATIONS; j++)
			call(which);
		samples[i] = (double)(measure_cpu() - began) / per_unit / ITERATIONS;
	}
	print(what, unit, samples);
}

// Each new one is put in the place of the one that ends first.
static void measure_adding(void)
{
	static char added[ADDED][NAME_SIZE];
	double samples[ROUNDS] = {0};

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		uint64_t began;

		for (size_t j = 0; j < ADDED; j++)
			make_name(added[j]);
		began = measure_cpu();
		for (size_t j = 0; j < ADDED; j++)
			revoke_one(added[j], NOW_MS + 900000);
		samples[i] = (double)(measure_cpu() - began) / 1e3 / ADDED;
	}
	print("revoking one when there is no room left", "us", samples);
}

static void measure_settling(void)
{
	double samples[ROUNDS] = {0};

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		uint64_t began = measure_cpu();

		revocations_settle(revocations, NOW_MS * 2);
		samples[i] = (double)(measure_cpu() - began) / 1e3;
	}
	print("forgetting 512 of 200000 that are over, at once", "us", samples);
}

int main(void)
{
	if (sodium_init() < 0)
		measure_stop("libsodium", EINVAL);
	make_tokens();
	make_revocations();
	measure("reading a refresh token, jwt (HS256)", "us", 1e3, read_one, JWT);
	measure("reading a refresh token, opaque (HS256)", "us", 1e3, read_one, OPAQUE);
	measure("minting a pair, jwt (HS256)", "us", 1e3, mint_one, JWT);
	measure("minting a pair, opaque (HS256)", "us", 1e3, mint_one, OPAQUE);
	measure("a session's token among 200000 that are revoked: it is not", "ns", 1, look_up, 1);
	measure("a session's token among 200000 that are revoked: it is", "ns", 1, look_up, 0);
	measure_adding();
	measure_settling();
	return 0;
}
