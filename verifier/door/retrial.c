// The token waits in the vault's arena for a timer of the loop, and is wiped after its try. The
// profile is found again by its name: it may be another by then.
// SPDX-License-Identifier: MIT
#include "verifier/door/retrial.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"
#include "verifier/door/api/judge.h"
#include "verifier/record/sightings.h"
#include "verifier/trust/diagnosis/diagnose.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

struct retrial {
	struct retrial_parts parts;
	struct loop_timer *timer;
	uint64_t from_ms; // when the next try may be
	char profile[PROFILE_NAME_MAX + 1];
	uint8_t *token; // of the arena; NULL: nothing waits
	size_t length;
};

struct retrial *retrial_new(const struct retrial_parts *parts)
{
	struct retrial *retrial = calloc(1, sizeof(*retrial));

	if (retrial)
		retrial->parts = *parts;
	return retrial;
}

static void forget(struct retrial *retrial)
{
	secret_arena_give(vault_arena(retrial->parts.vault), retrial->token, retrial->length);
	retrial->token = NULL;
}

struct retrial *retrial_free(struct retrial *retrial)
{
	if (!retrial)
		return NULL;
	retrial->timer = loop_forget(retrial->timer);
	forget(retrial);
	free(retrial);
	return NULL;
}

// ---- what was found

// What a stranger cannot cause is a finding.
static const enum finding findings[DIAGNOSE_WHATS] = {
	[DIAGNOSE_NOBODY] = FINDINGS,
	[DIAGNOSE_WINNER] = FINDINGS,
	[DIAGNOSE_RETIRED] = FINDINGS,
	[DIAGNOSE_PENDING] = FINDINGS,
	[DIAGNOSE_SHADOWED] = FINDING_TOKEN_SHADOWED,
	[DIAGNOSE_READING] = FINDING_TOKEN_READING,
	[DIAGNOSE_PLACEHOLDER] = FINDINGS,
	[DIAGNOSE_EMPTY] = FINDINGS,
	[DIAGNOSE_NEAR_MISS] = FINDING_TOKEN_NEAR_MISS,
};

static void tell(const struct retrial *retrial, const struct diagnosis_signer *signer)
{
	const struct finding_kind *kind = finding_kind(findings[signer->what]);
	struct log_line line;

	log_begin(&line, retrial->parts.log, LOG_WARNING, "token_signed_by");
	log_text(&line, "code", kind->code);
	log_text(&line, "profile", retrial->profile);
	log_text(&line, "app", signer->app);
	log_text(&line, "key", signer->key);
	log_text(&line, "text", signer->text);
	log_text(&line, "hint", signer->fix);
	log_end(&line);
}

static void record(const struct retrial *retrial, const struct diagnosis_signer *signer)
{
	const struct sighting sighting = {
		.app = signer->app,
		.key = signer->key,
		.what = diagnose_what_text(signer->what),
		.finding = findings[signer->what],
		.origin = signer->origin,
		.text = signer->text,
		.fix = signer->fix,
	};

	if (sightings_add(retrial->parts.sightings, &sighting, clock_steady_ms()))
		tell(retrial, signer);
}

// ---- the try

static void try(struct retrial *retrial, const struct vault_snapshot *snapshot)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct diagnose_question question = {
		.keyring = retrial->parts.keyring,
		.vault = snapshot,
		.token = (const char *)retrial->token,
		.length = retrial->length,
		.profile = keyring_find(
			retrial->parts.keyring, retrial->profile, strlen(retrial->profile)),
		.now_ms = clock_wall_ms(),
		.cost_us = RETRIAL_COST_US,
		.signer_only = true,
	};
	struct diagnosis diagnosis;

	if (!pool ||
		diagnose_token(&question, vault_arena(retrial->parts.vault), pool, &diagnosis) < 0)
		return;
	record(retrial, &diagnosis.signer);
	diagnose_done(&diagnosis);
}

static void on_due(void *owner)
{
	struct retrial *retrial = owner;
	struct vault_snapshot *snapshot = vault_now(retrial->parts.vault);

	retrial->timer = NULL;
	retrial->from_ms = clock_steady_ms() + RETRIAL_EACH_MS;
	try(retrial, snapshot);
	vault_snapshot_unref(snapshot);
	forget(retrial);
}

void retrial_note(
	struct retrial *retrial, const struct profile *profile, const char *token, size_t length)
{
	uint64_t now = clock_steady_ms();
	uint64_t delay = retrial->from_ms > now ? retrial->from_ms - now : 0;

	if (retrial->token || !length || length > TOKEN_MAX)
		return;
	retrial->token = secret_arena_take(vault_arena(retrial->parts.vault), length);
	if (!retrial->token)
		return;
	retrial->length = length;
	memcpy(retrial->token, token, length);
	(void)snprintf(retrial->profile, sizeof(retrial->profile), "%s", profile->rules->name);
	if (loop_after(retrial->parts.loop, delay, on_due, retrial, &retrial->timer) < 0)
		forget(retrial);
}
