// Which kind of store a URL names. A further kind is a row.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/store.h"

#include "lib/base/err.h"
#include "lib/base/text.h"

#include <errno.h>

const char *const store_verb_names[] = {
	"create", "use", "look", "end_family", "end_subject", "end_token", NULL};

static const struct store_kind *const kinds[] = {&sqlitestore_kind, &redisstore_kind};

// A path alone is the first kind's.
static const struct store_kind *kind_of(const char *url)
{
	if (url[0] == '/')
		return kinds[0];
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (text_starts(url, kinds[i]->scheme))
			return kinds[i];
	return NULL;
}

// The kind of a URL that is good, or NULL and why.
static const struct store_kind *choose(const char *url, struct err *err)
{
	const struct store_kind *kind = kind_of(url);
	size_t length = strlen(url);

	if (length > STORE_URL_MAX || !text_is_line(url, length)) {
		(void)err_set(err, -EINVAL, NULL,
			"the store's url is longer than %d bytes, or is not one line of text",
			STORE_URL_MAX);
		return NULL;
	}
	if (kind)
		return kind->check_url(url, err) < 0 ? NULL : kind;
	(void)err_set(err, -EINVAL, NULL, "the store's url names no kind of store");
	(void)err_hint(err, "sqlite:/var/lib/samekey/sessions.db, or redis:///run/redis.sock");
	return NULL;
}

int store_check_url(const char *url, struct err *err)
{
	return choose(url, err) ? 0 : -EINVAL;
}

const char *store_file(const char *url)
{
	const char *scheme = kinds[0]->scheme;

	if (kind_of(url) != kinds[0])
		return NULL;
	return text_starts(url, scheme) ? url + strlen(scheme) : url;
}

int store_open(const struct store_options *options, struct store **ret_store, struct err *err)
{
	const struct store_kind *kind = choose(options->url, err);
	struct store *store = NULL;
	int code;

	if (!kind)
		return -EINVAL;
	code = kind->open(options, &store, err);
	if (code < 0)
		return code;
	store->kind = kind;
	*ret_store = store;
	return 0;
}

struct store *store_close(struct store *store)
{
	if (store)
		store->kind->close(store);
	return NULL;
}

int store_apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	return store->kind->apply(store, ops, count, now);
}

void store_pass_over(struct store *store, struct store_op *op, const struct family_now *now)
{
	op->code = -EAGAIN;
	op->outcome = FAMILY_UNKNOWN;
	op->ended = 0;
	op->remembered = false;
	if (store->kind->pass_over)
		store->kind->pass_over(store, op, now);
}

int store_news(struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	return store->kind->news(store, now_wall_ms, revoked, owner);
}

int store_sweep(struct store *store, int64_t now_wall_ms)
{
	return store->kind->sweep(store, now_wall_ms);
}

bool store_is_shared(const struct store *store)
{
	return store->kind->is_shared(store);
}

int64_t store_steady_ms(struct store *store)
{
	return store->kind->steady_ms(store);
}

const char *store_warning(const struct store *store)
{
	return store->kind->warning ? store->kind->warning(store) : NULL;
}
