// None of these is about an app or a key.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/selfreadiness.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/reasons.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"

// ---- the process and its host

static void judge_reload(const struct readiness_question *question, struct reasons *reasons)
{
	uint64_t failed_ms = question->life->reload_failed_ms;
	char age[TEXT_SPAN_SIZE];

	if (!failed_ms)
		return;
	reasons_warn(reasons,
		&(struct readiness_reason){
			.code = "reload-failed",
			.app = "",
			.key = "",
			.text = pool_format(reasons->pool,
				"the settings could not be read again %s ago, and the old "
				"ones hold",
				text_span(age, (double)(question->now_ms - failed_ms) / 1000)),
			.hint = "samekeyd --check says what is wrong; then reload it",
		});
}

static void judge_restart(const struct readiness_life *life, struct reasons *reasons)
{
	if (!*life->restart_for)
		return;
	reasons_warn(reasons,
		&(struct readiness_reason){
			.code = "restart-needed",
			.app = "",
			.key = "",
			.text = pool_format(reasons->pool,
				"changed in samekeyd.ini, and as they were until a restart: %s",
				life->restart_for),
			.hint = "restart samekeyd",
		});
}

static void judge_login(const struct readiness_life *life, struct reasons *reasons)
{
	if (life->login_lost)
		reasons_add(reasons,
			&(struct readiness_reason){
				.code = "login-lost",
				.app = "",
				.key = "",
				.text = "samekeyd-upstream, which asks the login server, was "
					"ended: nobody can log in",
				.hint = "start samekeyd anew; sessions go on meanwhile",
			});
	else if (life->login_waits)
		reasons_add(reasons,
			&(struct readiness_reason){
				.code = "login-waiting",
				.app = "",
				.key = "",
				.text = "nobody can log in: where the login server is stands in no "
					"bundle that was handed over",
				.hint = "app and key under [upstream] in samekeyd.ini name it; "
					"start that app, or samekey offer",
			});
}

// Where tokens are judged, a clock that was never set makes expired ones good.
static void judge_clock(const struct readiness_question *question, struct reasons *reasons)
{
	if (!keyring_size(question->keyring) || question->wall_ms >= READINESS_WALL_MIN_MS)
		return;
	reasons_add(reasons,
		&(struct readiness_reason){
			.code = "clock-insane",
			.app = "",
			.key = "",
			.text = "the clock of this host stands before 2026, and tokens are "
				"judged by it",
			.hint = "set the clock: timedatectl set-ntp true",
		});
}

// ---- sessions

static double away_s(uint64_t now_ms, const struct ledger_state *store)
{
	int64_t since = (int64_t)now_ms - store->away_since_steady_ms;

	return since > 0 ? (double)since / 1000 : 0;
}

static void judge_store(const struct readiness_question *question, struct reasons *reasons)
{
	const struct ledger_state *store = question->store;
	char age[TEXT_SPAN_SIZE];

	if (!store->up)
		reasons_add(reasons,
			&(struct readiness_reason){
				.code = "store-away",
				.app = "",
				.key = "",
				.text = pool_format(reasons->pool,
					"the store of sessions has been away for %s: %s",
					text_span(age, away_s(question->now_ms, store)),
					store->why),
				.hint = "url under [store] in samekeyd.ini says where it is; "
					"sessions go on by themselves once it is back",
			});
	if (*store->warning)
		reasons_warn(reasons,
			&(struct readiness_reason){
				.code = "store-unsafe",
				.app = "",
				.key = "",
				.text = pool_copy(reasons->pool, store->warning),
				.hint = "until then a restart of the store may bring ended "
					"sessions back",
			});
}

static void judge_unread(const struct ledger_state *store, struct reasons *reasons)
{
	if (!store->unread)
		return;
	reasons_warn(reasons,
		&(struct readiness_reason){
			.code = "revocations-unread",
			.app = "",
			.key = "",
			.text = pool_format(reasons->pool,
				"the store holds %llu revocation%s that cannot be read; the others "
				"count",
				(unsigned long long)store->unread, text_plural(store->unread)),
			.hint = "see who else writes to the store, end those sessions anew, and "
				"restart samekeyd",
		});
}

static void judge_revocations(const struct revocations *revocations, struct reasons *reasons)
{
	uint64_t lost = revocations_lost(revocations);

	if (lost)
		reasons_warn(reasons,
			&(struct readiness_reason){
				.code = "revocations-lost",
				.app = "",
				.key = "",
				.text = pool_format(reasons->pool,
					"%llu revocations were forgotten before their end: over %d "
					"at once",
					(unsigned long long)lost, REVOCATIONS_MAX),
				.hint = "a shorter lifetime of the access profile makes them fewer",
			});
}

void selfreadiness_judge(const struct readiness_question *question, struct reasons *reasons)
{
	judge_reload(question, reasons);
	judge_restart(question->life, reasons);
	judge_login(question->life, reasons);
	judge_clock(question, reasons);
	if (question->store) {
		judge_store(question, reasons);
		judge_unread(question->store, reasons);
	}
	if (question->revocations)
		judge_revocations(question->revocations, reasons);
}
