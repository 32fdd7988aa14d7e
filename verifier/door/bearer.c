// The scheme says how to read it; the token decides.
// SPDX-License-Identifier: MIT
#include "verifier/door/bearer.h"

#include <sodium.h>
#include <strings.h>

bool bearer_is(struct secret token, const char *given)
{
	return token.length && secret_equal(token, secret_view(given, strlen(given)));
}

static bool is_password(struct secret token, const char *encoded)
{
	char text[BEARER_BASIC_MAX];
	const char *colon;
	size_t length;
	bool good = false;

	if (sodium_base642bin((uint8_t *)text, sizeof(text), encoded, strlen(encoded), NULL,
		    &length, NULL, sodium_base64_VARIANT_ORIGINAL) == 0) {
		colon = memchr(text, ':', length);
		good = colon && token.length &&
		       secret_equal(
			       token, secret_view(colon + 1, length - (size_t)(colon + 1 - text)));
	}
	sodium_memzero(text, sizeof(text));
	return good;
}

// Returns: what stands behind the scheme's name, or NULL.
static const char *behind(const char *authorization, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncasecmp(authorization, scheme, length) == 0 ? authorization + length : NULL;
}

bool bearer_is_shown(struct secret token, const char *authorization, bool people)
{
	const char *shown = behind(authorization, "Bearer ");
	const char *basic = people ? behind(authorization, "Basic ") : NULL;

	if (shown)
		return bearer_is(token, shown);
	return basic && is_password(token, basic);
}
