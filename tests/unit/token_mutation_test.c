// No change to a good token is accepted.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "tests/forge.h"
#include "tests/unit/judging.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define MUTATIONS 1000000
#else
#define MUTATIONS 200000
#endif

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

// Changes, inserts, takes away or doubles up to three bytes. Returns: the new length.
static size_t mutate(char *token, size_t length, uint64_t *seed)
{
	static const char bytes[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0\"";

	for (uint64_t left = 1 + draw(seed) % 3; left; left--) {
		size_t at = draw(seed) % length;
		char byte = bytes[draw(seed) % sizeof(bytes)];

		switch (draw(seed) % 4) {
		case 0:
			token[at] = byte;
			break;
		case 1:
			memmove(token + at + 1, token + at, length - at);
			token[at] = byte;
			length++;
			break;
		case 2:
			memmove(token + at, token + at + 1, length - at - 1);
			length--;
			break;
		default:
			token[at] ^= (char)(1 << draw(seed) % 8);
		}
	}
	return length;
}

static void mutations_are_never_accepted(void **state)
{
	own_free char *token = forge_signed(JUDGING_HEADER,
		"{\"iss\":\"samekey-test\",\"sub\":\"1\",\"exp\":1900000000,\"iat\":1700000000}",
		JUDGING_SECRET);
	size_t length = strlen(token);
	own_free char *other = malloc(length + 8);
	struct profile profile = judging_profile(&judging_plain);
	uint64_t seed = 0x5EED5EED5EED5EED;

	(void)state;
	if (!other)
		abort();
	assert_int_equal(judging_judge(&profile, token), TOKEN_OK);
	for (int i = 0; i < MUTATIONS; i++) {
		size_t size;

		memcpy(other, token, length);
		size = mutate(other, length, &seed);
		if (size == length && memcmp(other, token, length) == 0)
			continue; // undone by itself
		if (judging_judge_bytes(&profile, other, size) == TOKEN_OK)
			fail_msg("accepted: %.*s", (int)size, other);
	}
	forge_clear(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutations_are_never_accepted),
	};

	return cmocka_run_group_tests(tests, judging_set_up, judging_tear_down);
}
