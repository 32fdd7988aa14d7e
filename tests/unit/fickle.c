// Passes on what it does not lose.
// SPDX-License-Identifier: MIT
#include "tests/unit/fickle.h"

#include "tests/unit/sessiondoor.h"

#include <errno.h>

static bool is_away(struct fickle *fickle)
{
	if (!fickle->door->away)
		return false;
	(void)snprintf(fickle->store.why, sizeof(fickle->store.why), "a test took it away");
	return true;
}

static void lose(struct fickle *fickle, struct store_op *op)
{
	op->code = -EAGAIN;
	op->remembered = !fickle->door->forgetful &&
			 memcmp(op->family.id, fickle->last.id, FAMILY_ID_BYTES) == 0;
	if (op->remembered)
		op->family = fickle->last;
}

static int fickle_apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	struct fickle *fickle = (struct fickle *)store;

	if (is_away(fickle)) {
		for (size_t i = 0; i < count; i++)
			lose(fickle, ops[i]);
		return -EAGAIN;
	}
	if (store_apply(fickle->real, ops, count, now) < 0)
		return -EAGAIN;
	if (ops[count - 1]->verb <= STORE_LOOK)
		fickle->last = ops[count - 1]->family;
	return 0;
}

static int fickle_news(
	struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	struct fickle *fickle = (struct fickle *)store;

	return is_away(fickle) ? -EAGAIN : store_news(fickle->real, now_wall_ms, revoked, owner);
}

static int fickle_sweep(struct store *store, int64_t now_wall_ms)
{
	struct fickle *fickle = (struct fickle *)store;

	return is_away(fickle) ? -EAGAIN : store_sweep(fickle->real, now_wall_ms);
}

static bool fickle_is_shared(const struct store *store)
{
	(void)store;
	return false;
}

static int64_t fickle_steady_ms(struct store *store)
{
	return store_steady_ms(((struct fickle *)store)->real);
}

static void fickle_close(struct store *store)
{
	struct fickle *fickle = (struct fickle *)store;

	store_close(fickle->real);
	free(fickle);
}

const struct store_kind fickle_kind = {.apply = fickle_apply,
	.news = fickle_news,
	.sweep = fickle_sweep,
	.is_shared = fickle_is_shared,
	.steady_ms = fickle_steady_ms,
	.close = fickle_close};
