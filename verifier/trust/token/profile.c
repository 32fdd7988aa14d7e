// The words of configuration for profiles, and whose they are.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/profile.h"

#include "lib/base/text.h"

const char *const profile_kinds[] = {"jws", "nextauth-v4", "authjs-v5", NULL};
const char *const profile_formats[] = {"jwt", "opaque", NULL};

bool profile_is_of(const struct profile_rules *rules, const char *app)
{
	for (size_t i = 0; i < rules->source_count; i++)
		if (rules->sources[i].app && text_equal(rules->sources[i].app, app))
			return true;
	return false;
}
