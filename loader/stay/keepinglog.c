// Lines of a reportlog, and a keyed hash of the last refusal.
// SPDX-License-Identifier: MIT
#include "loader/stay/keepinglog.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/value/bundle.h"
#include "loader/cli/options.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/reportlog.h"
#include "loader/deliver/watch.h"
#include "loader/resolve/resolution.h"
#include "loader/stay/difference.h"

#include <errno.h>

#define REFUSALS_SHOWN 8

void keepinglog_init(struct keepinglog *keepinglog, const struct keeping_options *options)
{
	*keepinglog = (struct keepinglog){.options = options};
	randombytes_buf(keepinglog->key, sizeof(keepinglog->key));
}

void keepinglog_done(struct keepinglog *keepinglog)
{
	sodium_memzero(keepinglog, sizeof(*keepinglog));
}

// A log in which no value of `about` can stand; end it with reportlog_end. Who is quiet has heard
// of what is wrong, and hears too of what `ends` it.
static void open_log(const struct keepinglog *keepinglog, const struct resolution *about, bool ends,
	struct reportlog *ret_log)
{
	reportlog_begin(ret_log, about);
	ret_log->log.lowest = keepinglog->options->quiet && !ends ? LOG_WARNING : LOG_INFO;
}

static bool refuses(const struct keepinglog *keepinglog)
{
	return !sodium_is_zero(keepinglog->refused, sizeof(keepinglog->refused));
}

static void forget_refusal(struct keepinglog *keepinglog)
{
	memset(keepinglog->refused, 0, sizeof(keepinglog->refused));
}

void keepinglog_trouble(struct keepinglog *keepinglog, const struct resolution *about, int trouble)
{
	struct reportlog reportlog;
	struct log_line line;

	if (trouble && trouble != keepinglog->trouble) {
		open_log(keepinglog, about, false, &reportlog);
		log_begin(&line, &reportlog.log, LOG_WARNING, "watching_by_looks");
		log_text(&line, "text", strerror(trouble));
		log_number(&line, "every_s", WATCH_BLIND_LOOK_MS / 1000);
		log_text(&line, "hint",
			trouble == EMFILE ? "raise fs.inotify.max_user_instances"
					  : "raise fs.inotify.max_user_watches");
		log_end(&line);
		reportlog_end(&reportlog);
	}
	keepinglog->trouble = trouble;
}

void keepinglog_change(struct keepinglog *keepinglog, const char *event,
	const struct resolution *before, const struct resolution *now)
{
	static const char *const actions[] = {"offer", "offer", "signal", "restart"};
	char names[1024];
	size_t count = difference_list(&before->bundle, &now->bundle, names, sizeof(names));
	struct reportlog reportlog;
	struct log_line line;

	open_log(keepinglog, now, refuses(keepinglog), &reportlog);
	log_begin(&line, &reportlog.log, LOG_INFO, event);
	log_text(&line, "app", now->bundle.app);
	log_text(&line, "keys", names);
	if (count > DIFFERENCE_NAMES)
		log_number(&line, "more", count - DIFFERENCE_NAMES);
	log_text(&line, "action", actions[keepinglog->options->change]);
	if (keepinglog->options->change == KEEPING_OFFERS)
		log_text(&line, "text",
			"the command goes on with what it was started with; restart it to take it");
	log_end(&line);
	reportlog_end(&reportlog);
	forget_refusal(keepinglog);
}

void keepinglog_same(struct keepinglog *keepinglog, const struct resolution *now)
{
	struct reportlog reportlog;
	struct log_line line;

	if (!refuses(keepinglog))
		return;
	open_log(keepinglog, now, true, &reportlog);
	log_begin(&line, &reportlog.log, LOG_INFO, "change_mended");
	log_text(&line, "app", now->bundle.app);
	log_text(&line, "text", "the sources give what is in use; nothing is refused any more");
	log_end(&line);
	reportlog_end(&reportlog);
	forget_refusal(keepinglog);
}

// ---- refusals

static void mix(crypto_generichash_state *state, const char *text)
{
	crypto_generichash_update(state, (const uint8_t *)text, strlen(text) + 1);
}

static void digest_of(const struct keepinglog *keepinglog, const struct bundle *bundle,
	const struct diag *diag, uint8_t ret_digest[static KEEPINGLOG_DIGEST_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(
		&state, keepinglog->key, sizeof(keepinglog->key), KEEPINGLOG_DIGEST_BYTES);
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
	crypto_generichash_final(&state, ret_digest, KEEPINGLOG_DIGEST_BYTES);
	sodium_memzero(&state, sizeof(state));
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

void keepinglog_refusal(
	struct keepinglog *keepinglog, const struct resolution *about, const struct diag *diag)
{
	uint8_t digest[KEEPINGLOG_DIGEST_BYTES];
	struct reportlog reportlog;
	bool strict = keepinglog->options->options->strict == SETTING_YES;
	size_t told = 0;

	digest_of(keepinglog, &about->bundle, diag, digest);
	if (sodium_memcmp(digest, keepinglog->refused, sizeof(digest)) == 0)
		return;
	memcpy(keepinglog->refused, digest, sizeof(digest));
	open_log(keepinglog, about, false, &reportlog);
	for (size_t i = 0; i < diag_size(diag) && told < REFUSALS_SHOWN; i++)
		if (diag_objects(diag_at(diag, i), strict)) {
			tell_item(&reportlog.log, diag_at(diag, i));
			told++;
		}
	reportlog_end(&reportlog);
}

void keepinglog_failure(
	struct keepinglog *keepinglog, const struct resolution *about, const struct err *err)
{
	own(diag_release) struct diag *diag = diag_new();

	if (!diag)
		return;
	diag_add(diag, &(struct diag_item){.severity = DIAG_ERROR,
			       .code = "cannot-resolve",
			       .origin = err->where,
			       .text = err->what,
			       .hint = err->hint});
	keepinglog_refusal(keepinglog, about, diag);
}

// ---- the verifier

static void tell_verdict(const struct log *log, const struct resolution *about,
	const struct handoff_verdict *verdict)
{
	struct log_line line;

	log_begin(&line, log, verdict->accepted ? LOG_INFO : LOG_ERROR,
		verdict->accepted ? "offered_again" : "offer_refused");
	log_text(&line, "app", about->bundle.app);
	log_text(&line, "socket", verdict->socket);
	log_number(&line, "generation", verdict->generation);
	log_end(&line);
	for (size_t i = 0; i < verdict->finding_count && !verdict->accepted; i++)
		tell_item(log, &verdict->findings[i]);
}

static void tell_loss(const struct log *log, const struct err *err)
{
	struct log_line line;

	log_begin(&line, log, LOG_WARNING, "verifier_lost");
	log_text(&line, "text", "it cannot be asked; it gets the set again once it can");
	log_text(&line, "why", err->what);
	log_text(&line, "where", err->where);
	log_text(&line, "hint", err->hint);
	log_end(&line);
}

void keepinglog_verifier(struct keepinglog *keepinglog, const struct resolution *about,
	const struct handoff_verdict *verdict, const struct err *err)
{
	bool refused = verdict && !verdict->accepted;
	struct reportlog reportlog;

	if (refused && keepinglog->refusal)
		return;
	keepinglog->refusal = refused;
	open_log(keepinglog, about, keepinglog->lacking, &reportlog);
	if (verdict)
		tell_verdict(&reportlog.log, about, verdict);
	else
		tell_loss(&reportlog.log, err);
	reportlog_end(&reportlog);
	keepinglog->lacking = !verdict || !verdict->accepted;
}
