// Sources on one side, the verifier on the other; the set in use, and one that is newer.
// SPDX-License-Identifier: MIT
#include "loader/keeping.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/deliver/pacing.h"
#include "loader/deliver/reportlog.h"
#include "loader/deliver/watch.h"
#include "loader/inspect/built/build_drift.h"
#include "loader/options.h"
#include "loader/pledge.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/whereabouts.h"
#include "loader/session.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>

#define NAMES_SHOWN 8
#define REFUSALS_SHOWN 8
#define DIGEST_BYTES 32
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
	struct pacing_tries retries, spaces;
	uint64_t retry_at_ms;               // of what the verifier did not take
	uint64_t not_before_ms, changed_ms; // of changes that restart something
	int trouble;                        // of the watch, as far as it was told
	struct pledge pledge;
	uint8_t key[crypto_generichash_KEYBYTES];
	uint8_t refused[DIGEST_BYTES]; // what was told last
};

// ---- the environment

int keeping_guard_environment(void)
{
	static struct secret_arena *arena; // lives as long as the process, as do the strings
	static char **strings;
	struct err err = ERR_NONE;
	size_t size = 0, count = 0;
	char *at;

	for (; environ[count]; count++)
		size += strlen(environ[count]) + 1;
	strings = calloc(count + 1, sizeof(*strings));
	if (!strings || sodium_init() < 0 || secret_arena_open(NULL, &arena, &err) < 0) {
		free(strings);
		return -ENOMEM;
	}
	at = (char *)secret_arena_take(arena, size + 1);
	if (!at) {
		free(strings);
		secret_arena_free(arena);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(environ[i]) + 1;

		memcpy(at, environ[i], length);
		sodium_memzero(environ[i], length);
		strings[i] = at;
		at += length;
	}
	environ = strings;
	return 0;
}

// ---- comparing

static bool same_key(const struct bundle_key *a, const struct bundle_key *b)
{
	const struct candidate *ours = bundle_winner(a), *theirs = bundle_winner(b);

	if (!text_equal(a->name, b->name) || a->flags != b->flags || !ours != !theirs)
		return false;
	return !ours || secret_equal(ours->value, theirs->value);
}

static bool same_set(const struct resolution *one, const struct resolution *other)
{
	const struct bundle *a = &one->bundle, *b = &other->bundle;

	if (a->key_count != b->key_count || !text_equal(a->app, b->app) ||
		!text_equal(a->group, b->group) || !text_equal(a->mode, b->mode))
		return false;
	for (size_t i = 0; i < a->key_count; i++)
		if (!same_key(&a->keys[i], &b->keys[i]))
			return false;
	return true;
}

static size_t note_difference(char *out, size_t size, size_t used, const char *name)
{
	if (used < size)
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", name);
	return used;
}

// The names of the keys that are not the same in both; both lists are sorted.
// Returns: how many.
static size_t list_differences(
	const struct bundle *a, const struct bundle *b, char *out, size_t size)
{
	size_t i = 0, j = 0, used = 0, count = 0;

	*out = '\0';
	while (i < a->key_count || j < b->key_count) {
		int order = i == a->key_count   ? 1
			    : j == b->key_count ? -1
						: strcmp(a->keys[i].name, b->keys[j].name);
		const char *name = order <= 0 ? a->keys[i].name : b->keys[j].name;
		bool differs = order != 0 || !same_key(&a->keys[i], &b->keys[j]);

		i += order <= 0;
		j += order >= 0;
		if (differs && count++ < NAMES_SHOWN)
			used = note_difference(out, size, used, name);
	}
	return count;
}

// ---- telling

// A log in which no value of `about` can stand; end it with reportlog_end.
static void open_log(
	const struct keeping *keeping, const struct resolution *about, struct reportlog *ret_log)
{
	reportlog_begin(ret_log, about);
	ret_log->log.lowest = keeping->options.quiet ? LOG_WARNING : LOG_INFO;
}

static void tell_trouble(struct keeping *keeping)
{
	int trouble = watch_trouble(keeping->watch);
	struct reportlog reportlog;
	struct log_line line;

	if (trouble && trouble != keeping->trouble) {
		open_log(keeping, keeping->held, &reportlog);
		log_begin(&line, &reportlog.log, LOG_WARNING, "watching_by_looks");
		log_text(&line, "text", strerror(trouble));
		log_number(&line, "every_s", WATCH_BLIND_LOOK_MS / 1000);
		log_text(&line, "hint",
			trouble == EMFILE ? "raise fs.inotify.max_user_instances"
					  : "raise fs.inotify.max_user_watches");
		log_end(&line);
		reportlog_end(&reportlog);
	}
	keeping->trouble = trouble;
}

static void tell_change(
	const struct keeping *keeping, const char *event, const struct resolution *resolution)
{
	static const char *const actions[] = {"offer", "offer", "signal", "restart"};
	const struct resolution *before = keeping->newer ? keeping->newer : keeping->held;
	char names[1024];
	size_t count = list_differences(&before->bundle, &resolution->bundle, names, sizeof(names));
	struct reportlog reportlog;
	struct log_line line;

	open_log(keeping, resolution, &reportlog);
	log_begin(&line, &reportlog.log, LOG_INFO, event);
	log_text(&line, "app", resolution->bundle.app);
	log_text(&line, "keys", names);
	if (count > NAMES_SHOWN)
		log_number(&line, "more", count - NAMES_SHOWN);
	log_text(&line, "action", actions[keeping->options.change]);
	if (keeping->options.change == KEEPING_OFFERS)
		log_text(&line, "text",
			"the command goes on with what it was started with; restart it to take it");
	log_end(&line);
	reportlog_end(&reportlog);
}

static void mix(crypto_generichash_state *state, const char *text)
{
	crypto_generichash_update(state, (const uint8_t *)text, strlen(text) + 1);
}

static void digest_of(const struct keeping *keeping, const struct bundle *bundle,
	const struct diag *diag, uint8_t ret_digest[static DIGEST_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, keeping->key, sizeof(keeping->key), DIGEST_BYTES);
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);

		mix(&state, item->code);
		mix(&state, item->key);
		mix(&state, item->origin);
		mix(&state, item->text);
	}
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct candidate *winner = bundle_winner(&bundle->keys[i]);

		mix(&state, bundle->keys[i].name);
		if (winner && winner->value.length)
			crypto_generichash_update(
				&state, secret_bytes(winner->value), winner->value.length);
	}
	crypto_generichash_final(&state, ret_digest, DIGEST_BYTES);
	sodium_memzero(&state, sizeof(state));
}

static bool refuses(const struct keeping *keeping, const struct diag_item *item)
{
	bool strict = keeping->options.options->strict == SETTING_YES;

	return item->severity == DIAG_ERROR ||
	       (strict && item->severity == DIAG_WARNING && !item->allowed);
}

static void tell_item(const struct log *log, const struct diag_item *item)
{
	struct log_line line;

	log_begin(&line, log, LOG_ERROR, "change_refused");
	log_text(&line, "code", item->code);
	log_text(&line, "key", item->key);
	log_text(&line, "origin", item->origin);
	log_text(&line, "text", item->text);
	log_text(&line, "hint", item->hint);
	log_end(&line);
}

// Says why a new set is not taken, once for each such set.
static void tell_refusal(
	struct keeping *keeping, const struct resolution *about, const struct diag *diag)
{
	uint8_t digest[DIGEST_BYTES];
	struct reportlog reportlog;
	size_t told = 0;

	digest_of(keeping, &about->bundle, diag, digest);
	if (sodium_memcmp(digest, keeping->refused, sizeof(digest)) == 0)
		return;
	memcpy(keeping->refused, digest, sizeof(digest));
	open_log(keeping, about, &reportlog);
	for (size_t i = 0; i < diag_size(diag) && told < REFUSALS_SHOWN; i++)
		if (refuses(keeping, diag_at(diag, i))) {
			tell_item(&reportlog.log, diag_at(diag, i));
			told++;
		}
	reportlog_end(&reportlog);
}

// What was refused is well again, and nothing but what is in use.
static void tell_mended(const struct keeping *keeping, const struct resolution *resolution)
{
	struct reportlog reportlog;
	struct log_line line;

	if (sodium_is_zero(keeping->refused, sizeof(keeping->refused)))
		return;
	open_log(keeping, resolution, &reportlog);
	log_begin(&line, &reportlog.log, LOG_INFO, "change_mended");
	log_text(&line, "app", resolution->bundle.app);
	log_text(&line, "text", "the sources give what is in use; nothing is refused any more");
	log_end(&line);
	reportlog_end(&reportlog);
}

static void tell_failure(struct keeping *keeping, const struct err *err)
{
	own(diag_release) struct diag *diag = diag_new();

	if (!diag)
		return;
	diag_add(diag, &(struct diag_item){.severity = DIAG_ERROR,
			       .code = "cannot-resolve",
			       .origin = err->where,
			       .text = err->what,
			       .hint = err->hint});
	tell_refusal(keeping, keeping->held, diag);
}

// ---- sources

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
	tell_trouble(keeping);
	keeping->next_look_ms = now_ms + watch_look_ms(keeping->watch);
	return grown;
}

// Reads a set once.
// Returns: 0 with *ret_resolution; 1: something of it changed meanwhile; or as session_open.
static int read_once(struct keeping *keeping, uint64_t now_ms, struct pool *pool,
	struct resolution **ret_resolution, struct err *err)
{
	own(resolution_release) struct resolution *resolution = NULL;
	bool changed;
	int code;

	ignore_result(watch_look(keeping->watch)); // arm compares with what is now
	code = session_open(keeping->options.options, pool, &resolution, err);
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
// Returns: 0 with *ret_resolution; -EAGAIN: it changes all the time; or as session_open.
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
	pledge_note(&keeping->pledge, false, now_ms);
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
	pledge_handoff(&keeping->pledge, resolution, &handoff);
	handoff.kind = standing ? MESSAGE_OFFER_STANDING : MESSAGE_OFFER_PROCESS;
	if (session_hand_over(resolution, &handoff, pool, &verdict, &err) != 0)
		return no_verdict(keeping, resolution, now_ms, &err);
	pledge_note(&keeping->pledge, true, now_ms);
	session_judge(resolution, &verdict);
	return verdict.accepted ? 0 : -EAGAIN;
}

// Another app would be another start.
static bool is_other_app(const struct keeping *keeping, struct resolution *resolution)
{
	const struct bundle *ours = &keeping->held->bundle, *theirs = &resolution->bundle;

	if (text_equal(ours->app, theirs->app) && ours->phase == theirs->phase)
		return false;
	finding_add(resolution->diag, FINDING_SETTINGS,
		&(struct finding_about){.origin = resolution->place.ini,
			.hint = "start samekey again to go by the new name"},
		"the app is called %s now", theirs->app);
	return true;
}

// An env file that was moved away, or is being written anew, would start the command without its
// keys.
static bool loses_secrets(const struct keeping *keeping, struct resolution *resolution)
{
	const struct bundle *held = &keeping->held->bundle;
	bool lost = false;

	if (keeping->options.change != KEEPING_RESTARTS &&
		keeping->options.change != KEEPING_SIGNALS)
		return false;
	for (size_t i = 0; i < held->key_count; i++) {
		const struct bundle_key *key = &held->keys[i];
		const struct bundle_key *now = bundle_find(&resolution->bundle, key->name);

		if (!(key->flags & BUNDLE_KEY_SECRET) || !bundle_winner(key) ||
			(now && bundle_winner(now)))
			continue;
		lost = true;
		finding_add(resolution->diag, FINDING_MISSING,
			&(struct finding_about){.key = key->name,
				.hint = "give it back; to go on without it, start samekey again"},
			"the command holds it, and no source gives it any more");
	}
	return lost;
}

static void withdraw(struct keeping *keeping)
{
	own(pool_release) struct pool *pool = pool_new();
	struct handoff_options handoff;
	struct handoff_answer answer;

	if (!keeping->newer)
		return;
	pledge_handoff(&keeping->pledge, keeping->newer, &handoff);
	if (pool)
		ignore_result(handoff_withdraw(&handoff, keeping->newer->bundle.app,
			keeping->newer->arena, pool, &answer, NULL)); // it may be gone
	keeping->newer = resolution_free(keeping->newer);
}

// Keeps two restarts apart where something changes all the time.
static void space_out(struct keeping *keeping, uint64_t now_ms)
{
	if (keeping->options.change != KEEPING_RESTARTS)
		return;
	if (now_ms - keeping->changed_ms > KEEPING_CALM_MS)
		pacing_calm(&keeping->spaces);
	keeping->changed_ms = now_ms;
	keeping->not_before_ms = now_ms + pacing_wait(&keeping->spaces);
}

// A new set that all is well with.
// Returns: whether it waits to be taken.
static bool accept(struct keeping *keeping, struct resolution *resolution, uint64_t now_ms)
{
	tell_change(keeping, "changed", resolution);
	memset(keeping->refused, 0, sizeof(keeping->refused));
	pacing_calm(&keeping->retries);
	space_out(keeping, now_ms);
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
	if (is_other_app(keeping, resolution) ||
		diag_objections(resolution->diag, options->strict == SETTING_YES) ||
		loses_secrets(keeping, resolution))
		return -EPERM;
	return offer(keeping, resolution, now_ms);
}

// Whether a good set is what there is already.
static bool is_no_news(struct keeping *keeping, const struct resolution *resolution)
{
	bool same = same_set(keeping->newer ? keeping->newer : keeping->held, resolution);

	if (!same && !(keeping->newer && same_set(keeping->held, resolution)))
		return false;
	if (same) {
		tell_mended(keeping, resolution);
	} else { // the command holds it, so nothing is newer any more
		tell_change(keeping, "changed_back", resolution);
		withdraw(keeping);
	}
	memset(keeping->refused, 0, sizeof(keeping->refused));
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
	tell_failure(keeping, err);
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
		is_no_news(keeping, resolution))
		return false;
	code = judge(keeping, resolution, now_ms);
	if (code == 0)
		return accept(keeping, take(&resolution), now_ms);
	tell_refusal(keeping, resolution, resolution->diag);
	if (code != -EPERM)
		keeping->retry_at_ms = now_ms + pacing_wait(&keeping->retries);
	return false;
}

// ---- the verifier

static void tend_verifier(struct keeping *keeping, uint64_t now_ms)
{
	const bool standing = keeping->options.change == KEEPING_STANDS;
	const struct pledge_set sets[PLEDGE_SETS_MAX] = {
		{keeping->held, standing ? MESSAGE_OFFER_STANDING : MESSAGE_OFFER_PROCESS},
		{keeping->newer, MESSAGE_OFFER_STANDING}};
	own(pool_release) struct pool *pool = pool_new();
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	struct reportlog reportlog;
	struct log_line line;
	enum pledge_news news;

	if (!pool)
		return;
	news = pledge_turn(&keeping->pledge, sets, now_ms, pool, &verdict, &err);
	if (news == PLEDGE_NOTHING)
		return;
	open_log(keeping, keeping->newer ? keeping->newer : keeping->held, &reportlog);
	if (news == PLEDGE_LOST) {
		log_event(&reportlog.log, LOG_WARNING, "verifier_lost", "text",
			"it answers no more; it gets the set again when it comes back");
		reportlog_end(&reportlog);
		return;
	}
	log_begin(&line, &reportlog.log, news == PLEDGE_REFUSED ? LOG_ERROR : LOG_INFO,
		news == PLEDGE_REFUSED ? "offer_refused" : "offered_again");
	log_text(&line, "app", keeping->held->bundle.app);
	log_text(&line, "socket", verdict.socket);
	log_number(&line, "generation", verdict.generation);
	log_end(&line);
	for (size_t i = 0; i < verdict.finding_count && news == PLEDGE_REFUSED; i++)
		tell_item(&reportlog.log, &verdict.findings[i]);
	reportlog_end(&reportlog);
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
		pledge_open(&keeping->pledge, first, options->socket, options->held, now_ms) < 0)
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
	keeping->spaces = (struct pacing_tries){
		.least_ms = KEEPING_SPACE_MS, .most_ms = KEEPING_LONGEST_SPACE_MS};
	keeping->retry_at_ms = PACING_NEVER;
	randombytes_buf(keeping->key, sizeof(keeping->key));
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
	pledge_close(&keeping->pledge);
	watch_close(keeping->watch);
	resolution_free(keeping->next);
	resolution_free(keeping->held);
	sodium_memzero(keeping->key, sizeof(keeping->key));
	free(keeping);
	return NULL;
}

static uint64_t sources_due(const struct keeping *keeping)
{
	uint64_t due = pacing_due(&keeping->burst);

	due = keeping->retry_at_ms < due ? keeping->retry_at_ms : due;
	return due < keeping->not_before_ms ? keeping->not_before_ms : due;
}

int keeping_wait(const struct keeping *keeping, int ret_fds[static 2])
{
	uint64_t now = clock_steady_ms(), due = sources_due(keeping);
	uint64_t pledge = pledge_due(&keeping->pledge);

	due = keeping->next_look_ms < due ? keeping->next_look_ms : due;
	due = pledge < due ? pledge : due;
	ret_fds[0] = watch_fd(keeping->watch);
	ret_fds[1] = pledge_fd(&keeping->pledge);
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

struct resolution *keeping_held(const struct keeping *keeping)
{
	return keeping->held;
}
