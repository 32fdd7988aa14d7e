// Sources on one side, the verifier on the other; the set in use, and one that is newer.
// SPDX-License-Identifier: MIT
#include "loader/stay/keeping.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"
#include "loader/cli/options.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/pacing.h"
#include "loader/deliver/watch.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/whereabouts.h"
#include "loader/stay/difference.h"
#include "loader/stay/keepinglog.h"
#include "loader/stay/renewal.h"
#include "loader/stay/succession.h"

#include <errno.h>
#include <limits.h>

#define KEEPING_READS_MAX 4 // of a set that changes meanwhile

struct keeping {
	struct keeping_options options;
	char here[PATH_MAX];      // the folder where all began
	struct resolution *held;  // in use
	struct resolution *newer; // KEEPING_OFFERS: what the verifier has beside it
	struct resolution *next;  // accepted, and not yet taken
	struct watch *watch;
	struct pacing_burst burst;
	uint64_t next_look_ms;
	struct pacing_space space; // of changes that restart something
	struct pacing_tries retries;
	uint64_t retry_at_ms; // of what the verifier did not take
	bool refused;         // the verifier keeps a refusal, until it accepts something
	struct renewal renewal;
	struct keepinglog log;
};

// ---- sources

// The set that another one is news to.
static const struct resolution *newest(const struct keeping *keeping)
{
	return keeping->newer ? keeping->newer : keeping->held;
}

static bool same_set(const struct resolution *a, const struct resolution *b)
{
	return difference_is_none(&a->bundle, &b->bundle);
}

// Watches what a set is made from.
// Returns: whether some of it was not watched before, or has changed unseen since it was read.
static bool arm(struct keeping *keeping, const struct resolution *resolution, uint64_t now_ms)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct whereabouts *list;
	size_t count;
	bool grown = false;

	if (!pool || whereabouts_list(resolution, pool, &list, &count) < 0 ||
		watch_set(keeping->watch, list, count, &grown) < 0)
		grown = false;
	keepinglog_trouble(&keeping->log, keeping->held, watch_trouble(keeping->watch));
	keeping->next_look_ms = now_ms + watch_look_ms(keeping->watch);
	return grown;
}

// Reads a set once.
// Returns: 0 with *ret_resolution; 1: something of it changed meanwhile; or as resolving_open.
static int read_once(struct keeping *keeping, uint64_t now_ms, struct pool *pool,
	struct resolution **ret_resolution, struct err *err)
{
	own(resolution_release) struct resolution *resolution = NULL;
	bool changed;
	int code;

	ignore_result(watch_look(keeping->watch)); // arm compares with what is now
	code = resolving_open(keeping->options.options, pool, &resolution, err);
	if (code < 0)
		return code;
	changed = arm(keeping, resolution, now_ms);
	changed |= watch_take(keeping->watch);
	if (changed)
		return 1;
	*ret_resolution = take(&resolution);
	return 0;
}

// Reads a set while nothing of it changes: else it could be mixed of two, or be old already.
// Returns: 0 with *ret_resolution; -EAGAIN: it changes all the time; or as resolving_open.
static int resolve(struct keeping *keeping, uint64_t now_ms, struct resolution **ret_resolution,
	struct err *err)
{
	own(pool_release) struct pool *pool = pool_new();
	int code = pool ? 1 : -ENOMEM;

	for (int i = 0; code > 0 && i < KEEPING_READS_MAX; i++)
		code = read_once(keeping, now_ms, pool, ret_resolution, err);
	return code > 0 ? -EAGAIN : code;
}

static int no_verdict(struct keeping *keeping, struct resolution *resolution, uint64_t now_ms,
	const struct err *err)
{
	renewal_owe(&keeping->renewal, now_ms);
	if (resolution->settings->verifier_required != SETTING_YES)
		return 0; // as at a start
	finding_add(resolution->diag, FINDING_VERIFIER_REQUIRED, NULL, "%s", err->what);
	return -EAGAIN;
}

// Returns: 0: the verifier took it or is not needed; -EAGAIN: not now; or -ENOMEM.
static int offer(struct keeping *keeping, struct resolution *resolution, uint64_t now_ms)
{
	bool standing = keeping->options.change == KEEPING_OFFERS ||
			keeping->options.change == KEEPING_STANDS;
	own(pool_release) struct pool *pool = pool_new();
	struct handoff_verdict verdict;
	struct handoff_options handoff;
	struct err err = ERR_NONE;

	if (!pool)
		return -ENOMEM;
	renewal_handoff(&keeping->renewal, resolution, &handoff);
	handoff.kind = standing ? MESSAGE_OFFER_STANDING : MESSAGE_OFFER_PROCESS;
	if (verifiercall_hand_over(resolution, &handoff, pool, &verdict, &err) != 0)
		return no_verdict(keeping, resolution, now_ms, &err);
	verifiercall_judge(resolution, &verdict);
	keeping->refused = !verdict.accepted;
	return verdict.accepted ? 0 : -EAGAIN;
}

// Whether a set replaces what a command holds.
static bool reaches_command(const struct keeping *keeping)
{
	return keeping->options.change == KEEPING_RESTARTS ||
	       keeping->options.change == KEEPING_SIGNALS;
}

static void withdraw(struct keeping *keeping)
{
	own(pool_release) struct pool *pool = pool_new();
	struct handoff_options handoff;
	struct handoff_answer answer;

	if (!keeping->newer)
		return;
	renewal_handoff(&keeping->renewal, keeping->newer, &handoff);
	if (pool)
		ignore_result(handoff_withdraw(&handoff, keeping->newer->bundle.app,
			keeping->newer->arena, pool, &answer, NULL)); // it may be gone
	keeping->newer = resolution_free(keeping->newer);
}

// A new set that all is well with.
// Returns: whether it waits to be taken.
static bool accept(struct keeping *keeping, struct resolution *resolution, uint64_t now_ms)
{
	keepinglog_change(&keeping->log, "changed", newest(keeping), resolution);
	pacing_calm(&keeping->retries);
	if (keeping->options.change == KEEPING_RESTARTS)
		pacing_act(&keeping->space, now_ms);
	if (keeping->options.change == KEEPING_OFFERS) {
		resolution_free(keeping->newer);
		keeping->newer = resolution;
		return false;
	}
	keeping->next = resolution;
	if (keeping->options.change != KEEPING_STANDS)
		return true;
	(void)keeping_take(keeping);
	return false;
}

// Returns: 0: it may be taken; -EPERM: not before something changes; -EAGAIN: not now; -ENOMEM.
static int judge(struct keeping *keeping, struct resolution *resolution, uint64_t now_ms)
{
	const struct options *options = keeping->options.options;
	own(pool_release) struct pool *pool = pool_new();

	if (!pool)
		return -ENOMEM;
	if (options->stamp && build_drift_judge(options->stamp, resolution, pool) < 0)
		return -ENOMEM;
	if (succession_is_other_app(keeping->held, resolution) ||
		diag_objections(resolution->diag, options->strict == SETTING_YES) ||
		(reaches_command(keeping) && succession_loses_secrets(keeping->held, resolution)))
		return -EPERM;
	return offer(keeping, resolution, now_ms);
}

// Whether a good set is what there is already.
static bool is_no_news(
	struct keeping *keeping, const struct resolution *resolution, uint64_t now_ms)
{
	bool same = same_set(newest(keeping), resolution);

	if (!same && !(keeping->newer && same_set(keeping->held, resolution)))
		return false;
	if (same) {
		keepinglog_same(&keeping->log, resolution);
	} else { // the command holds it, so nothing is newer any more
		keepinglog_change(&keeping->log, "changed_back", newest(keeping), resolution);
		withdraw(keeping);
	}
	// handed over again, so that nobody is told any more of what is mended
	if (keeping->refused)
		renewal_owe(&keeping->renewal, now_ms);
	keeping->refused = false;
	return true;
}

// There is nothing to judge. What failed for want of memory or descriptors does so without a
// change.
static void read_later(struct keeping *keeping, int code, uint64_t now_ms, const struct err *err)
{
	if (code == -EAGAIN) {
		pacing_note(&keeping->burst, now_ms);
		return;
	}
	if (arm(keeping, keeping->held, now_ms))
		pacing_note(&keeping->burst, now_ms);
	keepinglog_failure(&keeping->log, keeping->held, err);
	keeping->retry_at_ms = now_ms + pacing_wait(&keeping->retries);
}

// Something has changed, or an offer is worth another try.
static bool reconsider(struct keeping *keeping, uint64_t now_ms)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct err err = ERR_NONE;
	int code;

	keeping->retry_at_ms = PACING_NEVER;
	ignore_result(chdir(keeping->here)); // a folder of that name may have taken its place
	code = resolve(keeping, now_ms, &resolution, &err);
	if (code < 0) {
		read_later(keeping, code, now_ms, &err);
		return false;
	}
	if (!diag_objections(resolution->diag, keeping->options.options->strict == SETTING_YES) &&
		is_no_news(keeping, resolution, now_ms))
		return false;
	code = judge(keeping, resolution, now_ms);
	if (code == 0)
		return accept(keeping, take(&resolution), now_ms);
	keepinglog_refusal(&keeping->log, resolution, resolution->diag);
	if (code != -EPERM)
		keeping->retry_at_ms = now_ms + pacing_wait(&keeping->retries);
	return false;
}

// ---- the verifier

static void tend_verifier(struct keeping *keeping, uint64_t now_ms)
{
	const bool standing = keeping->options.change == KEEPING_STANDS;
	const struct renewal_set sets[RENEWAL_SETS_MAX] = {
		{keeping->held, standing ? MESSAGE_OFFER_STANDING : MESSAGE_OFFER_PROCESS},
		{keeping->newer, MESSAGE_OFFER_STANDING}};
	own(pool_release) struct pool *pool = pool_new();
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	enum renewal_news news;

	if (!pool)
		return;
	news = renewal_turn(&keeping->renewal, sets, now_ms, pool, &verdict, &err);
	if (news == RENEWAL_NOTHING)
		return;
	keepinglog_verifier(
		&keeping->log, newest(keeping), news == RENEWAL_LOST ? NULL : &verdict, &err);
	if (news == RENEWAL_LOST)
		return;
	if (keeping->retry_at_ms != PACING_NEVER) // a set waits for its verdict
		keeping->retry_at_ms = now_ms;
}

// ---- all of it

static int begin(struct keeping *keeping, const struct keeping_options *options,
	struct resolution *first, uint64_t now_ms)
{
	bool grown;

	keeping->watch = watch_open(false);
	if (!getcwd(keeping->here, sizeof(keeping->here)))
		(void)snprintf(keeping->here, sizeof(keeping->here), "%s", first->place.start);
	if (!keeping->watch || watch_set(keeping->watch, NULL, 0, &grown) < 0 ||
		renewal_open(&keeping->renewal, first, options->socket, options->held_ms, now_ms) <
			0)
		return -ENOMEM;
	return 0;
}

struct keeping *keeping_open(const struct keeping_options *options, struct resolution *first)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));
	uint64_t now = clock_steady_ms();

	if (!keeping)
		return NULL;
	keeping->options = *options;
	keeping->burst =
		(struct pacing_burst){.quiet_ms = KEEPING_QUIET_MS, .most_ms = KEEPING_BURST_MS};
	keeping->retries = (struct pacing_tries){
		.least_ms = KEEPING_RETRY_MS, .most_ms = KEEPING_LONGEST_RETRY_MS};
	keeping->space = (struct pacing_space){
		.least_ms = KEEPING_SPACE_MS, .most_ms = KEEPING_LONGEST_SPACE_MS};
	keeping->retry_at_ms = PACING_NEVER;
	keepinglog_init(&keeping->log, &keeping->options);
	if (begin(keeping, options, first, now) < 0)
		return keeping_close(keeping);
	keeping->held = first;
	ignore_result(arm(keeping, first, now));
	pacing_note(&keeping->burst, now); // it was read before
	return keeping;
}

struct keeping *keeping_close(struct keeping *keeping)
{
	if (!keeping)
		return NULL;
	withdraw(keeping);
	renewal_close(&keeping->renewal);
	watch_close(keeping->watch);
	resolution_free(keeping->next);
	resolution_free(keeping->held);
	keepinglog_done(&keeping->log);
	free(keeping);
	return NULL;
}

static uint64_t sources_due(const struct keeping *keeping)
{
	uint64_t due = pacing_due(&keeping->burst);

	due = keeping->retry_at_ms < due ? keeping->retry_at_ms : due;
	return due < keeping->space.until_ms ? keeping->space.until_ms : due;
}

int keeping_wait(const struct keeping *keeping, int ret_fds[static 2])
{
	uint64_t now = clock_steady_ms(), due = sources_due(keeping);
	uint64_t renewal = renewal_due(&keeping->renewal);

	due = keeping->next_look_ms < due ? keeping->next_look_ms : due;
	due = renewal < due ? renewal : due;
	ret_fds[0] = watch_fd(keeping->watch);
	ret_fds[1] = renewal_fd(&keeping->renewal);
	return due > now ? (int)(due - now) : 0;
}

bool keeping_turn(struct keeping *keeping)
{
	uint64_t now = clock_steady_ms();

	if (watch_take(keeping->watch))
		pacing_note(&keeping->burst, now);
	if (now >= keeping->next_look_ms) {
		if (watch_look(keeping->watch))
			pacing_note(&keeping->burst, now);
		keeping->next_look_ms = now + watch_look_ms(keeping->watch);
	}
	tend_verifier(keeping, now);
	if (now < sources_due(keeping))
		return false;
	ignore_result(pacing_take(&keeping->burst, now)); // it may be another try that is due
	return reconsider(keeping, now);
}

struct resolution *keeping_take(struct keeping *keeping)
{
	if (keeping->next) {
		resolution_free(keeping->held);
		keeping->held = take(&keeping->next);
	}
	return keeping->held;
}
