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
#include "verifier/daemon.h"
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

#define DAEMONSTATUS_SIZE 96 // of STATUS=
#define DAEMONSTATUS_MS 1000 // between looks at readiness for STATUS=: a rotation runs out by time

static size_t count_live(const struct daemon *daemon)
{
	size_t live = 0;

	for (size_t i = 0; i < registry_size(daemon->registry); i++)
		live += !registry_at(daemon->registry, i)->dead;
	return live;
}

// Why it is not ready must be in the log: when somebody reads it, that may be mended long since.
// Nobody reads the status of a private one.
static void tell(struct daemon *daemon, const char *status, const struct readiness_reason *reason)
{
	bool warns = reason && !daemon->options->private;
	struct log_line line;

	log_begin(&line, &daemon->book.log, warns ? LOG_WARNING : LOG_INFO, "status");
	log_text(&line, "text", status);
	if (reason) {
		log_text(&line, "code", reason->code);
		log_text(&line, "app", reason->app);
		log_text(&line, "key", reason->key);
		log_text(&line, "why", reason->text);
	}
	log_end(&line);
}

// The text of a reason may hold an age; by this it is known whether it is another one.
static bool is_told(
	struct daemon *daemon, const char *status, const struct readiness_reason *reason)
{
	char told[sizeof(daemon->status_told)];

	(void)snprintf(told, sizeof(told), "%s %s %s %s", status, reason ? reason->code : "",
		reason ? reason->app : "", reason ? reason->key : "");
	if (text_equal(told, daemon->status_told))
		return true;
	(void)snprintf(daemon->status_told, sizeof(daemon->status_told), "%s", told);
	return false;
}

void daemonstatus_update(struct daemon *daemon)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct readiness_reason *reason;
	char status[DAEMONSTATUS_SIZE];
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
	reason = readiness.reason_count ? &readiness.reasons[0] : NULL;
	if (is_told(daemon, status, reason))
		return;
	tell(daemon, status, reason);
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
	ignore_result(loop_after(daemon->loop, DAEMONSTATUS_MS, daemonstatus_due, daemon,
		&daemon->status_timer)); // at the start alone memory may be short
	daemonstatus_update(daemon);
	if (daemon->sessionhost)
		sessionhost_settle(daemon->sessionhost);
	throttle_tell(daemon->throttle, clock_steady_ms(), false);
	log_tell(&daemon->book.log);
}
