// A name is a prefix, a letter for the kind of hold, and seven numbers with dots between them. Only
// this service can store under a name: the manager asks the kernel who sends.
// SPDX-License-Identifier: MIT
#include "verifier/door/keepsake.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/wire/exchange.h"
#include "lib/wire/peer.h"
#include "lib/wire/sealed.h"
#include "verifier/door/custody.h"
#include "verifier/door/opening.h"
#include "verifier/trust/vault.h"

#include <errno.h>

#define PREFIX "samekey.bundle."
#define NUMBERS 7

// ---- names

bool keepsake_is_name(const char *name)
{
	// what was stored without a name is called "stored": nothing of ours, and forgotten
	return text_starts(name, PREFIX) || text_equal(name, "stored");
}

void keepsake_write(const struct keepsake_facts *facts, char out[static KEEPSAKE_NAME_SIZE])
{
	bool is_process = facts->hold == REGISTRY_PROCESS;

	(void)snprintf(out, KEEPSAKE_NAME_SIZE, PREFIX "%c.%lu.%lu.%lu.%llu.%llu.%llu.%llu",
		is_process ? 'p' : 's', (unsigned long)facts->uid, (unsigned long)facts->gid,
		is_process ? (unsigned long)facts->pid : 0,
		is_process ? (unsigned long long)facts->start_time : 0,
		(unsigned long long)facts->offered_ms, (unsigned long long)facts->generation,
		(unsigned long long)facts->id);
}

static bool read_numbers(const char *text, uint64_t numbers[static NUMBERS])
{
	static const uint64_t most[NUMBERS] = {PEER_NO_USER - 1, PEER_NO_USER - 1, INT32_MAX,
		UINT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
	char copy[KEEPSAKE_NAME_SIZE], *rest = copy;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	for (size_t i = 0; i < NUMBERS; i++) {
		const char *word = strsep(&rest, ".");

		if (!word || num_parse(word, most[i], &numbers[i]) < 0)
			return false;
	}
	return !rest;
}

bool keepsake_read(const char *name, struct keepsake_facts *ret_facts)
{
	uint64_t numbers[NUMBERS];
	bool is_process;

	if (!text_starts(name, PREFIX))
		return false;
	name += strlen(PREFIX);
	is_process = text_starts(name, "p.");
	if ((!is_process && !text_starts(name, "s.")) || !read_numbers(name + 2, numbers))
		return false;
	if (is_process && (!numbers[2] || !numbers[3]))
		return false;
	*ret_facts =
		(struct keepsake_facts){.hold = is_process ? REGISTRY_PROCESS : REGISTRY_STANDING,
			.uid = (uid_t)numbers[0],
			.gid = (gid_t)numbers[1],
			.pid = (pid_t)numbers[2],
			.start_time = numbers[3],
			.offered_ms = numbers[4],
			.generation = numbers[5],
			.id = numbers[6]};
	return true;
}

// ---- having it kept

bool keepsake_put(keepsake_tell *tell, int memfd, const struct peer *peer,
	const struct keepsake_facts *facts, char ret_name[static KEEPSAKE_NAME_SIZE])
{
	struct keepsake_facts whole = *facts;
	char lines[KEEPSAKE_NAME_SIZE + 32];

	ret_name[0] = '\0';
	// alive after its start time was read: it was this process's
	if (whole.hold == REGISTRY_PROCESS && (peer_start_time(whole.pid, &whole.start_time) < 0 ||
						      peer_life(peer) != PEER_ALIVE))
		return false;
	keepsake_write(&whole, ret_name);
	(void)snprintf(lines, sizeof(lines), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", ret_name);
	if (tell(lines, memfd))
		return true;
	ret_name[0] = '\0';
	return false;
}

void keepsake_remove(keepsake_tell *tell, const char *name)
{
	char lines[KEEPSAKE_NAME_SIZE + 32];

	if (!*name)
		return;
	(void)snprintf(lines, sizeof(lines), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	ignore_result(tell(lines, -1)); // then it is found stale at the next start
}

// ---- taking it back

static int open_kept(const struct keepsake_parts *parts, int fd, struct vault_bundle **ret_bundle,
	struct err *err)
{
	struct exchange_received offer = EXCHANGE_NOTHING;
	size_t size = 0;
	int code = sealed_check(fd, BUNDLE_SIZE_MAX, &size, err);

	if (code)
		return code;
	offer.fd = fd;
	offer.message.offer.size = (uint32_t)size;
	return opening_read(parts->vault, &offer, ret_bundle, err);
}

static int find_holder(const struct keepsake_facts *facts, struct peer *peer, struct err *err)
{
	*peer = PEER_NONE;
	if (facts->hold == REGISTRY_PROCESS && peer_again(facts->pid, facts->start_time, peer) < 0)
		return err_set(err, -ESRCH, NULL, "its process has ended");
	peer->uid = facts->uid; // as it was: the process may have given up rights since
	peer->gid = facts->gid;
	return 0;
}

static int offer_again(const struct keepsake_parts *parts, const struct keepsake_item *item,
	const struct keepsake_facts *facts, const struct peer *peer, struct err *err)
{
	own(vault_bundle_release) struct vault_bundle *bundle = NULL;
	own(diag_release) struct diag *diag = diag_new();
	own(pool_release) struct pool *pool = pool_new();
	uint64_t now_ms = clock_steady_ms();
	const struct custody_past past = {item->name,
		facts->offered_ms < now_ms ? facts->offered_ms : now_ms, facts->generation};
	struct custody_verdict verdict;
	int code = diag && pool ? open_kept(parts, item->fd, &bundle, err) : -ENOMEM;

	if (code == 0)
		code = custody_offer(parts->custody,
			&(struct custody_offer){.bundle = bundle,
				.hold = facts->hold,
				.peer = peer,
				.memfd = -1,
				.past = &past},
			diag, pool, &verdict);
	if (code == 0 && verdict.result == REGISTRY_E_FULL)
		return err_set(err, -ENOSPC, NULL, "no room for another bundle");
	if (code == 0 && verdict.result != REGISTRY_ACCEPTED)
		return err_set(err, -EPERM, NULL, "the app's name belongs to somebody else now");
	return code;
}

static int restore_one(
	const struct keepsake_parts *parts, const struct keepsake_item *item, struct err *err)
{
	struct keepsake_facts facts;
	struct peer peer;
	int code;

	if (parts->is_off)
		return err_set(err, -ECANCELED, NULL, "descriptor_store = no");
	if (!keepsake_read(item->name, &facts))
		return err_set(err, -EINVAL, NULL, "its name is none of ours");
	code = find_holder(&facts, &peer, err);
	if (code == 0)
		code = offer_again(parts, item, &facts, &peer, err);
	peer_done(&peer);
	return code;
}

static uint64_t order_of(const struct keepsake_item *item)
{
	struct keepsake_facts facts;

	return keepsake_read(item->name, &facts) ? facts.generation : UINT64_MAX;
}

// The manager gives them back in an order of its own.
static int oldest_first(const void *left, const void *right)
{
	uint64_t a = order_of(left), b = order_of(right);

	return a < b ? -1 : a > b;
}

void keepsake_restore(const struct keepsake_parts *parts, struct keepsake_item *items, size_t count)
{
	if (count)
		qsort(items, count, sizeof(*items), oldest_first);
	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_NONE;
		struct log_line line;
		int code = restore_one(parts, &items[i], &err);

		if (code == 0)
			continue;
		log_begin(&line, parts->log, LOG_WARNING, "not_restored");
		log_text(&line, "name", items[i].name);
		log_text(&line, "what",
			err.what[0] ? err.what : strerror(code < 0 ? -code : EINVAL));
		log_end(&line);
		keepsake_remove(parts->tell, items[i].name);
	}
}
