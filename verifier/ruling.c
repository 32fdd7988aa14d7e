// Reads the ini, and the token and the password that it names; logs what is wrong with them.
// SPDX-License-Identifier: MIT
#include "verifier/ruling.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/daemon.h"
#include "verifier/secretline.h"
#include "verifier/setup/setup.h"
#include "verifier/trust/vault.h"

#include <errno.h>

static void log_findings(const struct log *log, const struct diag *diag)
{
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		struct log_line line;

		log_begin(&line, log, LOG_ERROR, "settings");
		log_text(&line, "where", item->origin);
		log_text(&line, "what", item->text);
		log_text(&line, "hint", item->hint);
		log_end(&line);
	}
}

int ruling_hide(const struct ruling *ruling, struct vault *vault)
{
	int code = vault_hide(vault, ruling->token);

	return code == 0 ? vault_hide(vault, ruling->store_password) : code;
}

static void give(struct secret_arena *arena, struct secret secret)
{
	if (secret.length)
		secret_arena_give(arena, (uint8_t *)(uintptr_t)secret.bytes, secret.length);
}

void ruling_done(struct ruling *ruling, struct vault *vault)
{
	if (vault) {
		vault_forget(vault, ruling->token);
		vault_forget(vault, ruling->store_password);
		give(vault_arena(vault), ruling->token);
		give(vault_arena(vault), ruling->store_password);
	}
	pool_free(ruling->pool);
	*ruling = (struct ruling){0};
}

// What is set on the host is not for a private one: without an ini it has the defaults.
static int load_setup(const struct daemon_options *options, struct secret_arena *arena,
	struct diag *diag, struct ruling *ruling, struct err *err)
{
	if (!options->private || options->ini)
		return setup_load(options->ini, ruling->pool, arena, diag, &ruling->setup, err);
	ruling->setup = setup_new(ruling->pool);
	return ruling->setup ? setup_read(ruling->setup, "", 0, "defaults", ruling->pool, diag)
			     : -ENOMEM;
}

// ---- secrets of its own

// What a private one has no use for: it has neither TCP nor sessions.
static int read_secrets(struct secret_arena *arena, struct ruling *ruling, struct err *err)
{
	struct setup_store *store = &ruling->setup->store;
	int code = 0;

	if (ruling->setup->token_file)
		code = secretline_read(
			SECRETLINE_TOKEN, ruling->setup->token_file, arena, &ruling->token, err);
	if (code == 0 && store->is_on && store->password_file)
		code = secretline_read(SECRETLINE_PASSWORD, store->password_file, arena,
			&ruling->store_password, err);
	if (code < 0)
		give(arena, ruling->token);
	store->options.password = ruling->store_password;
	return code;
}

int ruling_read(const struct daemon_options *options, struct secret_arena *arena,
	const struct log *log, struct ruling *ret_ruling)
{
	struct ruling ruling = {.pool = pool_new()};
	own(diag_release) struct diag *diag = diag_new();
	struct err err = ERR_NONE;
	int code = -ENOMEM;

	if (ruling.pool && diag)
		code = load_setup(options, arena, diag, &ruling, &err);
	if (code == 0 && !options->private)
		code = read_secrets(arena, &ruling, &err);
	if (code == 0) {
		*ret_ruling = ruling;
		return 0;
	}
	pool_free(ruling.pool);
	if (diag && diag_size(diag)) {
		log_findings(log, diag);
		return -EINVAL;
	}
	if (!err.code)
		(void)err_set(&err, code, options->ini, "%s", strerror(-code));
	log_failure(log, "settings", &err);
	return code;
}

void ruling_keep_store(struct ruling *old, struct ruling *fresh)
{
	struct secret password = old->store_password;

	old->store_password = fresh->store_password;
	fresh->store_password = fresh->setup->store.options.password = password;
}

// A listener that is open goes on answering, and needs the rules that are no longer there.
int ruling_judge_change(const struct setup *old, const struct setup *new, const struct log *log)
{
	struct log_line line;

	if (!old->session.is_on || new->session.is_on)
		return 0;
	log_begin(&line, log, LOG_ERROR, "settings");
	log_text(&line, "what", "the session listener is open, and [session] has none any more");
	log_text(&line, "hint", "restart samekeyd to do without sessions");
	log_end(&line);
	return -EINVAL;
}
