// Where families of refresh tokens and revocations are kept: one interface, one file a store. What
// a store has answered survives a crash of this process and, as far as the store promises, of the
// host. It never sees a token, only ids, claims and times. May block; ledger.h gives it a thread.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_STORE_H
#define VERIFIER_RECORD_SESSIONS_STORE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "verifier/record/sessions/family.h"

struct err;
struct store;

#define STORE_TOKEN_MAX 255 // bytes of a jti
#define STORE_BATCH_MAX 256 // operations of one transaction
#define STORE_URL_MAX 255   // bytes
#define STORE_PREFIX_MAX 32 // bytes of what names begin with in Redis
#define STORE_WHY_SIZE 256
// So long a revocation stays after its end, at least: a clock that was ahead may be set back.
#define STORE_KEPT_MS (INT64_C(24) * 3600 * 1000)

enum store_verb {
	STORE_CREATE, // a family, after a login
	STORE_USE,    // a refresh token, see family_use
	STORE_LOOK,   // what is kept of a family
	STORE_END_FAMILY,
	STORE_END_SUBJECT, // every family of a subject
	STORE_END_TOKEN,   // one access token, by its jti, until it expires
	STORE_VERBS,       // how many there are
};
extern const char *const store_verb_names[]; // "create", "use", "look", ...; ended by NULL

// One atomic step. The family's id, and for STORE_USE `generation`, say which; STORE_END_SUBJECT
// reads family.subject.
struct store_op {
	enum store_verb verb;
	struct family_rules rules;
	uint64_t generation;             // STORE_USE: of the token that was shown
	enum family_end end;             // STORE_END_*
	char token[STORE_TOKEN_MAX + 1]; // STORE_END_TOKEN
	int64_t until_wall_ms;           // STORE_END_TOKEN: when the token expires
	struct family family;            // STORE_CREATE: what to keep; of the others only the id

	// The answer.
	// 0; -EEXIST: STORE_CREATE, the id is taken; -EAGAIN: the store is away or did not take it,
	// and nothing happened; of a store at the other end of a socket nobody may know.
	int code;
	enum family_outcome outcome; // STORE_USE, STORE_LOOK: FAMILY_UNKNOWN, or
				     // STORE_LOOK: FAMILY_HELD, FAMILY_ENDED or FAMILY_EXPIRED
	uint64_t ended;  // STORE_END_*: families that lived until now, or tokens
	bool remembered; // -EAGAIN: `family` is what the store said last, not now
};

// What is revoked before it expires.
struct store_revocation {
	bool is_family; // else a token
	uint8_t family[FAMILY_ID_BYTES];
	char token[STORE_TOKEN_MAX + 1];
	int64_t until_wall_ms; // when nothing that it is about is valid any more
};
typedef void store_revoked(void *owner, const struct store_revocation *revocation);

struct store_options {
	const char *url;        // "sqlite:/var/lib/samekey/sessions.db", or a path alone, or
				// "redis:///run/redis.sock", with ?db=N
	const char *prefix;     // Redis: of all names
	struct secret password; // Redis: or SECRET_NONE; must stay while the store is open
	const char *user;       // Redis: or NULL
	uint64_t timeout_ms;    // Redis: of one answer
};

// What a kind of store does; see the functions of the same names.
struct store_kind {
	const char *scheme;
	int (*check_url)(const char *url, struct err *err);
	int (*open)(const struct store_options *options, struct store **ret_store, struct err *err);
	int (*apply)(struct store *store, struct store_op *const *ops, size_t count,
		const struct family_now *now);
	int (*news)(struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner);
	void (*pass_over)(struct store *store, struct store_op *op,
		const struct family_now *now); // or NULL: it remembers nothing
	int (*sweep)(struct store *store, int64_t now_wall_ms);
	bool (*is_shared)(const struct store *store);
	int64_t (*steady_ms)(struct store *store);
	const char *(*warning)(const struct store *store); // or NULL: it never warns
	void (*close)(struct store *store);
};
extern const struct store_kind sqlitestore_kind, redisstore_kind;

// What every store begins with.
struct store {
	const struct store_kind *kind;
	char why[STORE_WHY_SIZE]; // of the last failure: a sentence without values
	uint64_t unread;          // revocations that it keeps and cannot read: they are not told
};

// Opens a store. A database that is damaged, is none of ours, or is of a later version is refused
// and not touched. A Redis that is away is no failure: it is looked for again. Returns: 0
//   -EINVAL    the URL is none (err says why)
//   -EUCLEAN   the database is damaged or is something else; err's hint says what to do
//   -EPROTO    its schema is of a later version of samekey
//   -EBUSY     another process has it
//   another negative errno
int store_open(const struct store_options *options, struct store **ret_store, struct err *err)
	must_check;
struct store *store_close(struct store *store); // NULL is fine; returns NULL

// The file that a URL of a good store names, beside which it makes others; NULL: it is no file's.
const char *store_file(const char *url);

// Whether a URL is one that store_open takes.
// Returns: 0 or -EINVAL with why.
int store_check_url(const char *url, struct err *err) must_check;

// Does them, all of a batch in one transaction where the store has that, in this order, durably
// before it returns; an operation that fails leaves the others. Each has its code afterwards.
// Returns: 0, or -EAGAIN: the store is away, and so is each operation that did not happen;
// store->why.
int store_apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now) must_check;

// Answers an operation that is not tried, for the store has just been away, as store_apply does
// then. A store that has been slow is not asked for what it said last either.
void store_pass_over(struct store *store, struct store_op *op, const struct family_now *now);

// Tells revocations that were not told yet, also those of others who share the store; at first all
// that still matter. What somebody else wrote there and cannot be read is left out, and counted.
// Returns: 0 or -EAGAIN.
int store_news(struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
	must_check;

// Deletes some of what has expired. Returns: 0 or -EAGAIN.
int store_sweep(struct store *store, int64_t now_wall_ms) must_check;

// Whether others may write to it, so that store_news is to be asked again and again.
bool store_is_shared(const struct store *store);

// The steady clock in ms: goes on over restarts, and over the time that the host is off as far as
// CLOCK_REALTIME tells; no setting of that clock moves it while the host runs. -1: the store has
// its own (family_now.steady_ms is then not read, unless a test gives one that is not -1).
int64_t store_steady_ms(struct store *store);

// What is unsafe about how the store is set up (a Redis that would lose revocations when it
// restarts), as far as it has been looked at.
// Returns: a sentence that says what to set, or NULL; it stays until the next call about the store.
const char *store_warning(const struct store *store);

#endif
