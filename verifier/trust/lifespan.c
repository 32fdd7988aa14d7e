// Over all profiles: who takes a token by one of them may not be who minted it.
// SPDX-License-Identifier: MIT
#include "verifier/trust/lifespan.h"

#include "lib/base/text.h"
#include "verifier/trust/keyring.h"

void lifespan_longest(const struct keyring *keyring, const char *but, uint64_t *ret_leeway_ms,
	uint64_t *ret_life_ms)
{
	uint64_t leeway = 0, life = 0;

	for (size_t i = 0; keyring && i < keyring_size(keyring); i++) {
		const struct profile_rules *rules = keyring_at(keyring, i)->rules;

		if (rules->leeway_ms > leeway)
			leeway = rules->leeway_ms;
		if (!text_equal(rules->name, but) && rules->lifetime_ms > life)
			life = rules->lifetime_ms;
	}
	*ret_leeway_ms = leeway;
	*ret_life_ms = life + leeway;
}
