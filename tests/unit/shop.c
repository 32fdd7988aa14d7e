// Profiles are constant; sessions are sealed as the libraries do.
// SPDX-License-Identifier: MIT
#include "tests/unit/shop.h"

#include "lib/base/pool.h"
#include "tests/unit/world.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

const struct profile_source shop_session_sources[] = {
	{.app = "web", .key = "NEXTAUTH_SECRET", .options = {.label = "NEXTAUTH_SECRET"}},
	{.app = "ws",
		.key = "SPARE",
		.options = {.label = "SPARE", .state = KEY_RETIRED, .kid = "old"}},
	{.app = "ws", .key = "TWIN", .options = {.label = "NEXTAUTH_SECRET"}},
};

static const struct profile_source refresh_sources[] = {
	{.app = "web", .key = "ETLS_REFRESH", .options = {.label = "ETLS_REFRESH"}},
};

static const char *const audience[] = {"https://shop.example"};

const struct profile_rules shop_both[] = {
	{.name = "session",
		.issuer = "https://id.example/",
		.audience = {audience, 1},
		.sources = shop_session_sources,
		.source_count = 3},
	{.name = "refresh", .sources = refresh_sources, .source_count = 1},
};

const struct profile_rules shop_plain[] = {
	{.name = "session", .sources = shop_session_sources, .source_count = 3},
	{.name = "refresh", .sources = refresh_sources, .source_count = 1},
};

const char *shop_sealed_with(
	struct world *world, enum jwe_kind kind, const char *secret, const char *salt)
{
	struct secret_arena *arena = vault_arena(world->vault);
	struct jwe_key *key =
		*secret ? jwe_key_new(kind, secret_view(secret, strlen(secret)), salt, arena)
			: jwe_key_of_nothing(kind, salt, arena);
	char *token, *copy;

	world_need(key);
	token = world_need(jwe_seal(key, FINE, strlen(FINE)));
	copy = world_need(pool_copy(world->pool, token));
	free(token);
	jwe_key_free(key);
	return copy;
}
