// Any parts of a session token: they do not open, unless they are a seed's, unchanged.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// The seeds are sealed with this secret.
static struct jwe_key *make_key(enum jwe_kind kind)
{
	static struct secret_arena *arena;

	if (!arena && secret_arena_open(NULL, &arena, NULL) < 0)
		abort();
	return jwe_key_new(kind, secret_view("a secret", 8), "a salt", arena);
}

// Kind and enc, the sizes of iv, tag and header, then these three, then the ciphertext.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct jwe_key *keys[2];
	const size_t head = size < 4 ? 4 : 4u + bytes[1] + bytes[2] + bytes[3];
	own_free uint8_t *out = malloc(size + 1);
	struct jwe_parts parts;

	if (!out || size < head)
		return 0;
	for (enum jwe_kind kind = 0; kind < 2; kind++)
		keys[kind] = keys[kind] ? keys[kind] : make_key(kind);
	parts = (struct jwe_parts){.iv = bytes + 4,
		.iv_size = bytes[1],
		.tag_size = bytes[2],
		.aad_length = bytes[3],
		.ciphertext = bytes + head,
		.ciphertext_size = size - head};
	parts.tag = parts.iv + parts.iv_size;
	parts.aad = (const char *)parts.tag + parts.tag_size;
	if (!jwe_open(keys[bytes[0] % 2], bytes[0] / 2 % 2, &parts, out, &size))
		return 0;
	parts.aad_length--; // all of it is authentic
	if (jwe_open(keys[bytes[0] % 2], bytes[0] / 2 % 2, &parts, out, &size))
		abort();
	return 0;
}
