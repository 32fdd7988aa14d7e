// Under a lock: the test and the thread look at it.
// SPDX-License-Identifier: MIT
#include "tests/unit/puppet.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

static void hold_here(struct puppet *puppet)
{
	puppet->in_apply = true;
	(void)pthread_cond_broadcast(&puppet->change);
	while (puppet->holds)
		(void)pthread_cond_wait(&puppet->change, &puppet->lock);
	puppet->in_apply = false;
}

static void apply_one(struct puppet *puppet, struct store_op *op)
{
	bool ends = op->verb == STORE_END_FAMILY || op->verb == STORE_END_TOKEN;

	op->code = puppet->away ? -EAGAIN : 0;
	op->ended = ends && !puppet->away;
	op->outcome = op->verb == STORE_USE ? FAMILY_ROTATED : FAMILY_HELD;
	if (op->verb == STORE_USE && puppet->reuses && !puppet->away)
		op->outcome = FAMILY_REUSED;
	op->generation = ++puppet->applied;
	puppet->untold += op->ended || op->outcome == FAMILY_REUSED;
}

static int puppet_apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	struct puppet *puppet = (struct puppet *)store;
	sigset_t masked;
	int code;

	assert_int_equal(now->steady_ms, 77);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &masked);
	(void)pthread_mutex_lock(&puppet->lock);
	puppet->unmasked |= !sigismember(&masked, SIGTERM);
	hold_here(puppet);
	if (puppet->away && puppet->fails_after_ms) {
		const struct timespec slow = {.tv_nsec = puppet->fails_after_ms * 1000000};

		(void)nanosleep(&slow, NULL);
	}
	for (size_t i = 0; i < count; i++)
		apply_one(puppet, ops[i]);
	puppet->batches++;
	puppet->largest = count > puppet->largest ? count : puppet->largest;
	code = puppet->away ? -EAGAIN : 0;
	(void)snprintf(store->why, sizeof(store->why), "%s", code ? "it is told to fail" : "");
	(void)pthread_mutex_unlock(&puppet->lock);
	return code;
}

static void puppet_pass_over(struct store *store, struct store_op *op, const struct family_now *now)
{
	(void)store;
	assert_int_equal(now->steady_ms, 77);
	op->remembered = true;
}

static int puppet_news(
	struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	struct puppet *puppet = (struct puppet *)store;
	struct store_revocation revocation = {.until_wall_ms = now_wall_ms + 1};
	int code;

	(void)pthread_mutex_lock(&puppet->lock);
	code = puppet->away ? -EAGAIN : 0;
	for (; code == 0 && puppet->untold > 0; puppet->untold--) {
		revocation.is_family = puppet->untold % 2 == 0;
		memset(revocation.family, 7, sizeof(revocation.family));
		(void)snprintf(revocation.token, sizeof(revocation.token), "%s",
			revocation.is_family ? "" : "aa.1.a");
		revoked(owner, &revocation);
	}
	(void)pthread_mutex_unlock(&puppet->lock);
	return code;
}

static int puppet_sweep(struct store *store, int64_t now_wall_ms)
{
	struct puppet *puppet = (struct puppet *)store;
	int code;

	(void)now_wall_ms;
	(void)pthread_mutex_lock(&puppet->lock);
	puppet->swept++;
	code = puppet->away || puppet->full ? -EAGAIN : 0;
	(void)pthread_mutex_unlock(&puppet->lock);
	return code;
}

static bool puppet_is_shared(const struct store *store)
{
	return ((const struct puppet *)store)->shared;
}

static int64_t puppet_steady_ms(struct store *store)
{
	(void)store;
	return 77;
}

static const char *puppet_warning(const struct store *store)
{
	(void)store;
	return "it is a puppet";
}

static void puppet_close(struct store *store)
{
	((struct puppet *)store)->closed = true;
}

const struct store_kind puppet_kind = {
	.apply = puppet_apply,
	.pass_over = puppet_pass_over,
	.news = puppet_news,
	.sweep = puppet_sweep,
	.is_shared = puppet_is_shared,
	.steady_ms = puppet_steady_ms,
	.warning = puppet_warning,
	.close = puppet_close,
};
