// One ring holds what is done, what the thread has and what waits, in this order. Revocations go
// before the answers that they came with: both are handed over under one lock; see news.h.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/ledger.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/news.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#define THREAD_NAME "samekeyd-store"
#define STACK_BYTES (512u * 1024)
#define NS_PER_MS UINT64_C(1000000)

const uint64_t ledger_bounds[LEDGER_TIMES] = {
	50000, 100000, 250000, 500000, 1000000, 2500000, 10000000, 50000000, 250000000, 1000000000};

struct task {
	struct store_op *op;
	ledger_done *done;
	void *owner;
};

struct ledger {
	struct store *store;
	store_revoked *revoked;
	void *owner;
	int event;
	pthread_t thread;
	struct ledger_state state; // the loop's

	pthread_mutex_t lock;
	pthread_cond_t wake;
	// From here on under the lock. Tasks [first, ready) are done, [ready, last) are not; the
	// numbers go on for ever.
	struct task ring[LEDGER_QUEUE_MAX];
	size_t first, ready, last;
	bool stopping;
	struct news news;
	struct ledger_state so_far;

	// The thread's own.
	struct news heard;
	int64_t look_ms, sweep_ms; // when to, by CLOCK_MONOTONIC
};

static struct task *task_at(struct ledger *ledger, size_t number)
{
	return &ledger->ring[number % LEDGER_QUEUE_MAX];
}

static void lock(struct ledger *ledger)
{
	(void)pthread_mutex_lock(&ledger->lock); // fails only for a lock that is none
}

static void unlock(struct ledger *ledger)
{
	(void)pthread_mutex_unlock(&ledger->lock);
}

// ---- what the thread notes, under the lock

// Returns: whether it is another than before.
static bool note_state(struct ledger *ledger, bool up)
{
	struct ledger_state *state = &ledger->so_far;
	const char *warning = store_warning(ledger->store), *why = up ? "" : ledger->store->why;
	bool is_other = state->up != up || !text_equal(state->why, why) ||
			state->unread != ledger->store->unread;

	if (state->up && !up)
		state->away_since_steady_ms = (int64_t)clock_steady_ms();
	state->up = up;
	state->unread = ledger->store->unread;
	(void)snprintf(state->why, sizeof(state->why), "%s", why);
	(void)snprintf(state->warning, sizeof(state->warning), "%s", warning ? warning : "");
	return is_other;
}

static void note_batch(struct ledger_state *state, uint64_t spent_ns)
{
	size_t i = 0;

	while (i < LEDGER_TIMES && spent_ns > ledger_bounds[i])
		i++;
	state->batches++;
	state->times[i]++;
	state->spent_ns += spent_ns;
}

static void note_op(struct ledger_state *state, const struct store_op *op)
{
	state->ops[op->verb]++;
	state->failed[op->verb] += op->code == -EAGAIN;
	if (op->verb == STORE_USE && op->code == 0)
		state->outcomes[op->outcome]++;
}

// ---- the thread

// Wakes the loop, which looks at everything then.
static void signal_loop(const struct ledger *ledger)
{
	const uint64_t one = 1;

	ignore_result(write(ledger->event, &one, sizeof(one))); // full: it is awake already
}

// Whether there may be news of our own.
static bool may_revoke(struct store_op *const *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ops[i]->verb >= STORE_END_FAMILY ||
			(ops[i]->verb == STORE_USE && ops[i]->outcome == FAMILY_REUSED))
			return true;
	return false;
}

// A store that was away is up again when it can be written, which a batch may not have tried.
static void plan_look(struct ledger *ledger, bool is_good)
{
	int64_t now_ms = (int64_t)clock_steady_ms();
	int64_t soon_ms = is_good ? now_ms : now_ms + LEDGER_RETRY_MS;

	if ((!is_good || !ledger->so_far.up) && ledger->look_ms > soon_ms)
		ledger->look_ms = soon_ms;
}

// Whoever waited while a store failed slowly fails with it: nobody waits for one failure after the
// other.
// Returns: how many they are.
static size_t pass_over_waiting(struct ledger *ledger, size_t from, const struct family_now *now)
{
	size_t last;

	lock(ledger);
	last = ledger->last;
	unlock(ledger);
	for (size_t i = from; i < last; i++)
		store_pass_over(ledger->store, task_at(ledger, i)->op, now);
	return last - from;
}

// Does one batch.
static void do_batch(struct ledger *ledger, struct store_op *const *ops, size_t count)
{
	struct family_now now = {clock_wall_ms(), store_steady_ms(ledger->store)};
	uint64_t began_ns = clock_steady_ns(), spent_ns;
	bool is_good = store_apply(ledger->store, ops, count, &now) == 0;

	spent_ns = clock_steady_ns() - began_ns;
	if (may_revoke(ops, count))
		is_good &= store_news(ledger->store, now.wall_ms, news_hear, &ledger->heard) == 0;
	plan_look(ledger, is_good);
	if (!is_good && spent_ns > LEDGER_SLOW_MS * NS_PER_MS)
		count += pass_over_waiting(ledger, ledger->ready + count, &now);
	lock(ledger);
	ignore_result(
		news_pass_on(&ledger->heard, &ledger->news)); // the answers wake the loop anyway
	note_batch(&ledger->so_far, spent_ns);
	(void)note_state(ledger, is_good && ledger->so_far.up);
	for (; count > 0; count--)
		note_op(&ledger->so_far, task_at(ledger, ledger->ready++)->op);
	unlock(ledger);
	signal_loop(ledger);
}

// Tidies up, asks what others revoked, and sees whether a store that was away is back.
static void look(struct ledger *ledger)
{
	int64_t now_ms = (int64_t)clock_steady_ms(), wall_ms = clock_wall_ms();
	bool was_up = ledger->so_far.up, is_shared = store_is_shared(ledger->store);
	bool is_good = true, is_heard = ledger->so_far.heard, is_news;

	// first what is read: a full disk can be read, and not be swept
	if (!was_up || is_shared) {
		is_good = store_news(ledger->store, wall_ms, news_hear, &ledger->heard) == 0;
		is_heard |= is_good;
	}
	if (is_good && (!was_up || now_ms >= ledger->sweep_ms)) {
		is_good = store_sweep(ledger->store, wall_ms) == 0;
		ledger->sweep_ms = now_ms + LEDGER_SWEEP_MS;
	}
	ledger->look_ms = ledger->sweep_ms;
	if (is_shared)
		ledger->look_ms = now_ms + LEDGER_NEWS_MS;
	if (!is_good)
		ledger->look_ms = now_ms + LEDGER_RETRY_MS;
	lock(ledger);
	is_news = news_pass_on(&ledger->heard, &ledger->news) || is_heard != ledger->so_far.heard;
	ledger->so_far.heard = is_heard;
	is_news |= note_state(ledger, is_good);
	unlock(ledger);
	if (is_news)
		signal_loop(ledger);
}

// Waits for something to do, under the lock.
// Returns: how many operations are to be done; 0: it is time to look.
static size_t wait_for_work(struct ledger *ledger)
{
	const struct timespec until = {.tv_sec = (time_t)(ledger->look_ms / 1000),
		.tv_nsec = (long)(ledger->look_ms % 1000) * 1000000};
	size_t count;

	while (!ledger->stopping && (int64_t)clock_steady_ms() < ledger->look_ms) {
		count = ledger->last - ledger->ready;
		if (count > 0)
			return count < STORE_BATCH_MAX ? count : STORE_BATCH_MAX;
		ignore_result(pthread_cond_timedwait(&ledger->wake, &ledger->lock, &until));
	}
	return 0;
}

static void *thread_run(void *argument)
{
	struct ledger *ledger = argument;
	struct store_op *ops[STORE_BATCH_MAX];
	size_t count;

	// for whoever looks; of another thread it would be a file, which the fence does not open
	(void)pthread_setname_np(pthread_self(), THREAD_NAME);
	lock(ledger);
	while (!ledger->stopping) {
		count = wait_for_work(ledger);
		for (size_t i = 0; i < count; i++)
			ops[i] = task_at(ledger, ledger->ready + i)->op;
		if (ledger->stopping)
			break;
		unlock(ledger);
		if (count > 0)
			do_batch(ledger, ops, count);
		else
			look(ledger);
		lock(ledger);
	}
	unlock(ledger);
	return NULL;
}

// ---- the loop's side

static int init_locks(struct ledger *ledger)
{
	pthread_condattr_t attributes;
	int code = pthread_condattr_init(&attributes);

	if (code == 0)
		code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (code == 0)
		code = pthread_cond_init(&ledger->wake, &attributes);
	if (code == 0)
		code = pthread_mutex_init(&ledger->lock, NULL);
	(void)pthread_condattr_destroy(&attributes); // always 0
	return -code;
}

static int start_thread(struct ledger *ledger)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int code = pthread_attr_init(&attributes);

	if (code != 0)
		return -code;
	(void)sigfillset(&all); // cannot fail, nor can the masks
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&ledger->thread, &attributes, thread_run, ledger);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -code;
}

static struct ledger *dispose(struct ledger *ledger)
{
	news_tell(&ledger->news, NULL, NULL);
	news_tell(&ledger->heard, NULL, NULL);
	own_fd_release(&ledger->event);
	free(ledger);
	return NULL;
}

int ledger_open(
	struct store *store, store_revoked *revoked, void *owner, struct ledger **ret_ledger)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int code;

	if (!ledger)
		return -ENOMEM;
	ledger->store = store;
	ledger->revoked = revoked;
	ledger->owner = owner;
	ledger->so_far.away_since_steady_ms = (int64_t)clock_steady_ms();
	news_clear(&ledger->news);
	news_clear(&ledger->heard);
	ledger->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	code = ledger->event < 0 ? -errno : init_locks(ledger);
	if (code == 0) {
		look(ledger); // before the first token is judged
		ledger->state = ledger->so_far;
		code = start_thread(ledger);
	}
	if (code < 0) {
		dispose(ledger);
		return code;
	}
	*ret_ledger = ledger;
	return 0;
}

struct ledger *ledger_close(struct ledger *ledger)
{
	struct family_now now;

	if (!ledger)
		return NULL;
	lock(ledger);
	ledger->stopping = true;
	(void)pthread_cond_signal(&ledger->wake);
	unlock(ledger);
	(void)pthread_join(ledger->thread, NULL); // it is ours
	ledger_collect(ledger);
	now = (struct family_now){clock_wall_ms(), store_steady_ms(ledger->store)};
	while (ledger->first < ledger->last) {
		struct task task = *task_at(ledger, ledger->first++);

		store_pass_over(ledger->store, task.op, &now);
		task.done(task.owner, task.op);
	}
	store_close(ledger->store);
	(void)pthread_cond_destroy(&ledger->wake);
	(void)pthread_mutex_destroy(&ledger->lock);
	return dispose(ledger);
}

int ledger_fd(const struct ledger *ledger)
{
	return ledger->event;
}

int ledger_put(struct ledger *ledger, struct store_op *op, ledger_done *done, void *owner)
{
	bool is_taken;

	lock(ledger);
	is_taken = !ledger->stopping && ledger->last - ledger->first < LEDGER_QUEUE_MAX;
	if (is_taken) {
		*task_at(ledger, ledger->last++) = (struct task){op, done, owner};
		ledger->state.waiting = ledger->last - ledger->first;
		(void)pthread_cond_signal(&ledger->wake);
	}
	unlock(ledger);
	return is_taken ? 0 : -EBUSY;
}

void ledger_collect(struct ledger *ledger)
{
	uint64_t times;
	struct news news;
	size_t ready;

	ignore_result(read(ledger->event, &times, sizeof(times))); // nothing: looked at anyway
	news_clear(&news);
	lock(ledger);
	ignore_result(news_pass_on(&ledger->news, &news)); // there may be none
	ready = ledger->ready;
	ledger->state = ledger->so_far;
	ledger->state.waiting = ledger->last - ledger->first;
	unlock(ledger);
	news_tell(&news, ledger->revoked, ledger->owner);
	while (ledger->first < ready) {
		struct task task;

		lock(ledger);
		task = *task_at(ledger, ledger->first++);
		ledger->state.waiting = ledger->last - ledger->first;
		unlock(ledger);
		task.done(task.owner, task.op);
	}
}

const struct ledger_state *ledger_state(const struct ledger *ledger)
{
	return &ledger->state;
}
