// Two apps and a build have handed over what they have.
// SPDX-License-Identifier: MIT
#include "tests/unit/world.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

// ---- the world

void *world_need(void *made)
{
	if (!made)
		abort();
	return made;
}

static struct secret keep(struct world *world, const char *value)
{
	struct secret kept;

	if (secret_copy(vault_arena(world->vault), value, strlen(value), &kept) < 0)
		abort();
	return kept;
}

void world_offer(struct world *world, const char *app, enum bundle_phase phase,
	const struct offered *offered, size_t count)
{
	struct pool *pool = world_need(pool_new());
	struct candidate *candidates = world_need(pool_array(pool, count, sizeof(*candidates)));
	struct bundle_key *keys = world_need(pool_array(pool, count, sizeof(*keys)));
	struct bundle bundle = {.app = app, .root = "/srv/shop", .phase = phase, .keys = keys};
	struct vault_bundle *kept;
	struct vault_snapshot *next;

	for (size_t i = 0; i < count; i++) {
		candidates[i].kind = offered[i].kind;
		candidates[i].origin = (struct origin){
			SOURCE_DOTENV, offered[i].place, offered[i].line, offered[i].line ? 1 : 0};
		candidates[i].dialects = offered[i].dialects;
		candidates[i].value = keep(world, offered[i].value);
		if (!i || !text_equal(offered[i - 1].key, offered[i].key))
			keys[bundle.key_count++] = (struct bundle_key){offered[i].key,
				text_equal(offered[i].key, OPEN) ? 0 : BUNDLE_KEY_SECRET,
				&candidates[i], 0};
		keys[bundle.key_count - 1].count++;
	}
	kept = world_need(vault_bundle_new(world->vault, &bundle, NULL, 0, pool));
	next = world_need(vault_prepare(world->vault, kept));
	vault_put(world->vault, next, ++world->id);
	vault_bundle_unref(kept);
}

static const struct offered web[] = {
	{"ETLS_REFRESH", CANDIDATE_WINNER, ".env", 2, "", REFRESH},
	{"NEXTAUTH_SECRET", CANDIDATE_WINNER, ".env", 3, "", SECRET},
	{"NEXTAUTH_SECRET", CANDIDATE_SHADOWED, ".env.old", 1, "", OLDER},
	{"NEXTAUTH_SECRET", CANDIDATE_READING, ".env", 3, "docker", "\"" SECRET "\""},
	{"NEXTAUTH_SECRET", CANDIDATE_READING, ".env", 3, "compose, next", "quite-another-reading"},
	{OPEN, CANDIDATE_WINNER, ".env", 4, "", "A Shop For All"},
};
static const struct offered build[] = {
	{"NEXTAUTH_SECRET", CANDIDATE_WINNER, ".env.ci", 9, "", BUILT},
};
static const struct offered ws[] = {
	{"PASSWORD", CANDIDATE_WINNER, "", 0, "", "changeme"},
	{"SPARE", CANDIDATE_WINNER, "/run/secrets/SPARE", 0, "", SPARE},
	{"TWIN", CANDIDATE_WINNER, "/run/secrets/TWIN", 0, "", TWIN},
};

struct world *world_of(const struct profile_rules *rules, size_t count)
{
	static struct world only; // one at a time
	struct world *world = &only;

	only = (struct world){.pool = world_need(pool_new())};
	assert_int_equal(vault_open(16u * 1024 * 1024, &world->vault, NULL), 0);
	world->keyring = world_need(keyring_new(vault_arena(world->vault), world->vault));
	world_offer(world, "web", BUNDLE_PHASE_BUILD, build, ARRAY_SIZE(build));
	world_offer(world, "ws", BUNDLE_PHASE_START, ws, ARRAY_SIZE(ws));
	world_offer(world, "web", BUNDLE_PHASE_START, web, ARRAY_SIZE(web));
	world->snapshot = vault_now(world->vault);
	assert_int_equal(keyring_configure(world->keyring, rules, count, world->snapshot), 0);
	return world;
}

void world_end(struct world *world)
{
	keyring_free(world->keyring);
	vault_snapshot_unref(world->snapshot);
	vault_close(world->vault);
	pool_free(world->pool);
}

// ---- tokens

size_t world_put64(char *out, const void *bytes, size_t length)
{
	base64url_encode(bytes, length, out);
	return base64url_encoded_size(length);
}

const char *world_sign(struct world *world, const char *header, const char *payload, unsigned bits,
	const void *secret, size_t secret_length)
{
	char *token = world_need(pool_take(world->pool, TOKEN_MAX * 2));
	uint8_t mac[HMAC_SIZE_MAX];
	struct hmac hmac;
	size_t used = world_put64(token, header, strlen(header));

	token[used++] = '.';
	used += world_put64(token + used, payload, strlen(payload));
	hmac_init(&hmac, bits, secret_view(secret, secret_length));
	hmac_compute(&hmac, token, used, mac);
	token[used++] = '.';
	world_put64(token + used, mac, bits / 8);
	return token;
}

const char *world_signed_with(struct world *world, const char *secret)
{
	return world_sign(world, HS256, FINE, 256, secret, strlen(secret));
}

// ---- questions

struct diagnosis world_ask(struct world *world, const char *profile, const char *token)
{
	struct diagnosis diagnosis = {0};
	const struct diagnose_question question = {
		.keyring = world->keyring,
		.vault = world->snapshot,
		.token = token,
		.length = strlen(token),
		.profile = profile ? world_need((void *)(uintptr_t)keyring_find(
					     world->keyring, profile, strlen(profile)))
				   : NULL,
		.now_ms = NOW * 1000,
	};

	assert_int_equal(
		diagnose_token(&question, vault_arena(world->vault), world->pool, &diagnosis), 0);
	return diagnosis;
}

const struct remark *world_remark_of(const struct diagnosis *diagnosis, const char *code)
{
	for (size_t i = 0; i < diagnosis->findings.count; i++)
		if (text_equal(diagnosis->findings.items[i].code, code))
			return &diagnosis->findings.items[i];
	return NULL;
}

void world_holds(const char *what, const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s: \"%s\" lacks \"%s\"", what, text, part);
}
