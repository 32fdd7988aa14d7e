// Reads the ini, and the token that it names; logs what is wrong with them.
// SPDX-License-Identifier: MIT
#include "verifier/ruling.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/daemon.h"
#include "verifier/door/http.h"
#include "verifier/setup.h"
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

void ruling_done(struct ruling *ruling, struct vault *vault)
{
	if (vault && ruling->token.length)
		secret_arena_give(vault_arena(vault), (uint8_t *)(uintptr_t)ruling->token.bytes,
			ruling->token.length);
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

int ruling_read(const struct daemon_options *options, struct secret_arena *arena,
	const struct log *log, struct ruling *ret_ruling)
{
	struct ruling ruling = {.pool = pool_new()};
	own(diag_release) struct diag *diag = diag_new();
	struct err err = ERR_NONE;
	int code = -ENOMEM;

	if (ruling.pool && diag)
		code = load_setup(options, arena, diag, &ruling, &err);
	if (code == 0 && ruling.setup->token_file && !options->private) // it is for TCP
		code = http_token_read(ruling.setup->token_file, arena, &ruling.token, &err);
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

bool ruling_needs_restart(const struct setup *old, const struct setup *new)
{
	return !text_equal(old->handoff, new->handoff) || !text_equal(old->api, new->api) ||
	       !text_equal(old->http, new->http) || old->memory != new->memory ||
	       !text_equal(old->fingerprint_key, new->fingerprint_key);
}
