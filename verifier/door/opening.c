// The same checks for everybody.
// SPDX-License-Identifier: MIT
#include "verifier/door/opening.h"

#include "lib/base/pool.h"
#include "lib/wire/exchange.h"
#include "verifier/trust/vault.h"

#include <errno.h>

int opening_read(struct vault *vault, const struct exchange_received *offer,
	struct vault_bundle **ret_bundle, struct err *err)
{
	struct exchange_bundle opened = EXCHANGE_NO_BUNDLE;
	own(pool_release) struct pool *texts = pool_new();
	int code = texts ? exchange_open_bundle(offer, vault_arena(vault), texts, &opened, err)
			 : -ENOMEM;

	if (code)
		return code;
	*ret_bundle =
		vault_bundle_new(vault, &opened.bundle, opened.block, opened.block_size, texts);
	if (!*ret_bundle) {
		exchange_bundle_done(&opened, vault_arena(vault));
		return -ENOMEM;
	}
	texts = NULL; // the vault's bundle has it now
	return 0;
}
