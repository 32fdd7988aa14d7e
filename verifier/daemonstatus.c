// What the service manager is told between READY=1 and STOPPING=1, and what follows from a change
// of what is held.
// SPDX-License-Identifier: MIT
#include "verifier/daemonstatus.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/notify.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/daemonstate.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/throttle.h"
#include "verifier/profilelog.h"
#include "verifier/record/registry.h"
#include "verifier/sessionhost.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#define DAEMONSTATUS_MS 1000 // between looks at readiness for STATUS=: a rotation runs out by time

static size_t count_live(const struct daemon *daemon)
{
	size_t live = 0;

	for (size_t i = 0; i < registry_size(daemon->registry); i++)
		live += !registry_at(daemon->registry, i)->dead;
	return live;
}

void daemonstatus_update(struct daemon *daemon)
{
	own(pool_release) struct pool *pool = pool_new();
	char status[sizeof(daemon->status)];
	struct readiness readiness;
	size_t live;

	daemon->status_from = clock_steady_ms() + DAEMONSTATUS_MS;
	attest_settle(&daemon->answers);
	if (!pool || answers_judge(&daemon->answers, NULL, pool, &readiness) < 0)
		return;
	live = count_live(daemon);
	(void)snprintf(status, sizeof(status), "%zu live bundle%s, %s, %zu reason%s", live,
		text_plural(live), readiness.ready ? "ready" : "not ready", readiness.reason_count,
		text_plural(readiness.reason_count));
	if (text_equal(status, daemon->status))
		return;
	(void)snprintf(daemon->status, sizeof(daemon->status), "%s", status);
	log_event(&daemon->book.log, LOG_INFO, "status", "text", status);
	notify_send("STATUS=%s", status);
}

void daemonstatus_refresh(struct daemon *daemon)
{
	struct vault_snapshot *snapshot = vault_now(daemon->vault);

	ignore_result(keyring_refresh(daemon->keyring, snapshot)); // profiles that miss it say so
	if (daemon->sessionhost)
		sessionhost_follow(daemon->sessionhost, snapshot);
	vault_snapshot_unref(snapshot);
	profilelog_tell_changes(daemon->profilelog, daemon->keyring, clock_steady_ms());
}

bool daemonstatus_withdrawn(void *owner, const char *app, bool stood)
{
	struct daemon *daemon = owner;
	struct vault_snapshot *snapshot = stood ? NULL : vault_now(daemon->vault);
	bool any = keyring_forget(daemon->keyring, app, snapshot);

	vault_snapshot_unref(snapshot);
	return any;
}

void daemonstatus_changed(void *owner)
{
	struct daemon *daemon = owner;

	daemonstatus_refresh(daemon);
	daemon->answers.counts.locked = vault_guard(daemon->vault).locked;
	if (clock_steady_ms() >= daemon->status_from)
		daemonstatus_update(
			daemon); // else the timer does: a line for each offer is too many
}

void daemonstatus_due(void *owner)
{
	struct daemon *daemon = owner;

	daemon->status_timer = NULL;
	daemonstatus_update(daemon);
	if (daemon->sessionhost)
		sessionhost_settle(daemon->sessionhost);
	throttle_tell(daemon->throttle, clock_steady_ms(), false);
	log_tell(&daemon->book.log);
	ignore_result(loop_after(daemon->loop, DAEMONSTATUS_MS, daemonstatus_due, daemon,
		&daemon->status_timer)); // short of memory: changes still update it
}
