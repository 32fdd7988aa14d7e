// One watch a process. Where the kernel gives no handle for a process, a timer looks at pid and
// start time; where it cannot even say the pid, the offer stands until it is replaced.
// SPDX-License-Identifier: MIT
#include "verifier/door/custody.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/throttle.h"
#include "verifier/trust/outcome.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#define CUSTODY_LOOK_MS 1000 // between two looks at a process without a handle

// A bundle that is kept.
struct hold {
	struct custody *custody;
	struct hold *next;
	uint64_t id;
	struct peer peer;
	struct loop_watch *watch;
	struct loop_timer *timer;
	char kept_as[KEEPSAKE_NAME_SIZE]; // by the service manager; "": it is not
};

struct custody {
	struct custody_parts parts;
	struct hold *holds;
};

struct custody *custody_new(const struct custody_parts *parts)
{
	struct custody *custody = calloc(1, sizeof(*custody));

	if (custody)
		custody->parts = *parts;
	return custody;
}

static void hold_free(struct hold *hold)
{
	loop_unwatch(hold->watch);
	loop_forget(hold->timer);
	peer_done(&hold->peer);
	free(hold);
}

struct custody *custody_free(struct custody *custody)
{
	if (!custody)
		return NULL;
	while (custody->holds) {
		struct hold *hold = custody->holds;

		custody->holds = hold->next;
		hold_free(hold);
	}
	free(custody);
	return NULL;
}

// Lets go of everything that the registry no longer calls live, values first.
static void settle(struct custody *custody)
{
	for (struct hold **at = &custody->holds; *at;) {
		struct hold *hold = *at;
		const struct registry_entry *entry =
			registry_by_id(custody->parts.registry, hold->id);

		if ((entry && !entry->dead) || vault_drop(custody->parts.vault, hold->id) < 0) {
			at = &hold->next; // without memory: at the next change
			continue;
		}
		*at = hold->next;
		if (custody->parts.keep)
			keepsake_remove(custody->parts.keep, hold->kept_as);
		hold_free(hold);
	}
	if (custody->parts.changed)
		custody->parts.changed(custody->parts.owner);
}

static void log_entry(struct custody *custody, enum log_level level, const char *event, uint64_t id)
{
	const struct registry_entry *entry = registry_by_id(custody->parts.registry, id);
	uint64_t now = clock_steady_ms();
	struct log_line line;

	if (!entry || !throttle_admits(custody->parts.throttle, THROTTLE_OFFER, entry->uid, now))
		return;
	log_begin(&line, custody->parts.log, level, event);
	log_text(&line, "app", entry->app);
	log_text(&line, "group", entry->group);
	log_text(&line, "phase", bundle_phase_text(entry->phase));
	log_text(&line, "mode", entry->mode);
	if (entry->hold == REGISTRY_STANDING)
		log_text(&line, "standing", "yes");
	else
		log_number(&line, "pid", (uint64_t)entry->pid);
	log_number(&line, "uid", entry->uid);
	log_number(&line, "keys", entry->key_count);
	log_number(&line, "generation", registry_generation(custody->parts.registry));
	log_end(&line);
	for (size_t i = 0; i < entry->allowed_count && level == LOG_INFO && !entry->dead; i++) {
		if (!throttle_admits(custody->parts.throttle, THROTTLE_OFFER, entry->uid, now))
			return;
		log_begin(&line, custody->parts.log, LOG_WARNING, "allowed");
		log_text(&line, "app", entry->app);
		log_text(&line, "code", entry->allowed[i].code);
		log_text(&line, "key", entry->allowed[i].key);
		log_end(&line);
	}
}

// ---- ends of processes

static void end(struct hold *hold)
{
	struct custody *custody = hold->custody;
	uint64_t id = hold->id;

	registry_mark_dead(custody->parts.registry, id);
	log_entry(custody, LOG_INFO, "ended", id);
	settle(custody);
}

static void on_pidfd(void *owner, uint32_t events)
{
	(void)events; // a pidfd is readable once, at the end
	end(owner);
}

static void on_look(void *owner)
{
	struct hold *hold = owner;

	hold->timer = NULL;
	if (peer_life(&hold->peer) == PEER_DEAD ||
		loop_after(hold->custody->parts.loop, CUSTODY_LOOK_MS, on_look, hold,
			&hold->timer) < 0)
		end(hold); // whom we cannot watch we cannot call live
}

static int watch(struct hold *hold)
{
	struct loop *loop = hold->custody->parts.loop;

	if (hold->peer.pidfd >= 0)
		return loop_watch(loop, hold->peer.pidfd, EPOLLIN, on_pidfd, hold, &hold->watch);
	return loop_after(loop, CUSTODY_LOOK_MS, on_look, hold, &hold->timer);
}

// ---- offers

static struct hold *hold_new(
	struct custody *custody, enum registry_hold kind, const struct peer *peer)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (!hold)
		return NULL;
	hold->custody = custody;
	hold->peer = PEER_NONE;
	if (kind == REGISTRY_STANDING)
		return hold;
	hold->peer = *peer;
	if (peer->pidfd >= 0)
		hold->peer.pidfd = fcntl(peer->pidfd, F_DUPFD_CLOEXEC, 0);
	if ((peer->pidfd < 0 || hold->peer.pidfd >= 0) && watch(hold) == 0)
		return hold;
	hold_free(hold);
	return NULL;
}

static int keep(struct custody *custody, struct hold *hold, const struct custody_offer *offered,
	const struct registry_offer *offer, struct diag *diag)
{
	struct vault_snapshot *prepared = vault_prepare(custody->parts.vault, offered->bundle);
	uint64_t now_ms = offered->past ? offered->past->offered_ms : clock_steady_ms();
	int code;

	if (!prepared) // before the registry lets go of what this bundle replaces
		return -ENOMEM;
	code = registry_offer(custody->parts.registry, offer, now_ms, diag, &hold->id);
	if (code == REGISTRY_ACCEPTED)
		vault_put(custody->parts.vault, prepared, hold->id);
	else
		vault_snapshot_unref(prepared);
	return code;
}

// Has what was just accepted kept over a restart.
static void keep_safe(
	struct custody *custody, struct hold *hold, const struct custody_offer *offered)
{
	const struct registry_entry *entry = registry_by_id(custody->parts.registry, hold->id);

	if (offered->past)
		(void)snprintf(hold->kept_as, sizeof(hold->kept_as), "%s", offered->past->kept_as);
	if (offered->past || !custody->parts.keep || offered->memfd < 0 || !entry)
		return;
	if (!keepsake_put(custody->parts.keep, offered->memfd, offered->peer,
		    &(struct keepsake_facts){.hold = entry->hold,
			    .uid = entry->uid,
			    .gid = offered->peer->gid,
			    .pid = entry->pid,
			    .offered_ms = entry->offered_ms,
			    .generation = entry->generation,
			    .id = entry->id},
		    hold->kept_as))
		log_event(custody->parts.log, LOG_WARNING, "not_kept", "app", entry->app);
}

int custody_offer(struct custody *custody, const struct custody_offer *offered, struct diag *diag,
	struct pool *pool, struct custody_verdict *ret_verdict)
{
	const struct bundle *view = vault_bundle_view(offered->bundle);
	const struct peer *peer = offered->peer;
	struct registry_offer offer = {.bundle = view,
		.hold = offered->hold,
		.uid = peer->uid,
		.gid = peer->gid,
		.pid = peer->pid,
		.past_generation = offered->past ? offered->past->generation : 0};
	struct registry_key *keys;
	struct hold *hold;
	int code = outcome_of(view, custody->parts.key, pool, &keys);

	if (code < 0)
		return code;
	offer.keys = keys;
	if (offer.hold == REGISTRY_PROCESS && peer_life(peer) == PEER_UNKNOWN)
		offer.hold = REGISTRY_STANDING;
	hold = hold_new(custody, offer.hold, peer);
	if (!hold)
		return -ENOMEM;
	code = keep(custody, hold, offered, &offer, diag);
	if (code != REGISTRY_ACCEPTED) {
		hold_free(hold);
		if (code < 0)
			return code;
	} else {
		hold->next = custody->holds;
		custody->holds = hold;
		keep_safe(custody, hold, offered);
		log_entry(custody, LOG_INFO, offered->past ? "restored" : "offered", hold->id);
		settle(custody);
	}
	*ret_verdict = (struct custody_verdict){(enum registry_result)code, keys};
	return 0;
}

int custody_withdraw(struct custody *custody, const char *app, const struct peer *peer)
{
	struct log_line line;
	bool stood = false, left;
	uint64_t id;

	if (!registry_may_offer(custody->parts.registry, app, peer->uid, peer->gid))
		return CUSTODY_E_NOT_OWNER;
	while (registry_withdraw(custody->parts.registry, app, &id))
		stood = true;
	left = custody->parts.withdrawn &&
	       custody->parts.withdrawn(custody->parts.owner, app, stood);
	if (!stood && !left)
		return CUSTODY_E_ABSENT;
	if (throttle_admits(
		    custody->parts.throttle, THROTTLE_OFFER, peer->uid, clock_steady_ms())) {
		log_begin(&line, custody->parts.log, LOG_INFO, "withdrawn");
		log_text(&line, "app", app);
		log_number(&line, "uid", peer->uid);
		log_end(&line);
	}
	settle(custody);
	return CUSTODY_WITHDRAWN;
}
