// Goal: of a key that lies in a file the misspellings are named as those of an app's secret are,
// with the file, and its public half where that was taken for a secret.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "tests/unit/world.h"
#include "verifier/trust/keyring.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const char *write_file(struct world *world, const char *text)
{
	char *path = world_need(pool_copy(world->pool, "/tmp/samekey-key-XXXXXX"));
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	return path;
}

// A profile whose key lies in a file of this text, and no app.
static void use_file(struct world *world, struct profile_rules *rules,
	struct profile_source *source, const char *text)
{
	source->file = source->options.label = write_file(world, text);
	*rules = (struct profile_rules){.name = "filed", .sources = source, .source_count = 1};
	assert_int_equal(keyring_configure(world->keyring, rules, 1, world->snapshot), 0);
	assert_int_equal(unlink(source->file), 0); // what is needed of it was read
}

#define FILED "a2V5IG9mIGEgZmlsZSwgMzQgYnl0ZXMgaW4gYmFzZTY0IQ=="
#define FILED_DECODED "key of a file, 34 bytes in base64!"

static void misspellings_of_a_key_file(void **state)
{
	static const struct {
		enum key_encoding encoding;
		const char *secret;
		unsigned bits;
		enum diagnose_what what;
		const char *mistake;
	} cases[] = {
		{KEY_TEXT, FILED, 256, DIAGNOSE_WINNER, ""},
		{KEY_TEXT, FILED, 512, DIAGNOSE_WINNER, ""},
		{KEY_TEXT, FILED "\n", 256, DIAGNOSE_NEAR_MISS, "newline"},
		{KEY_TEXT, "\"" FILED "\"", 256, DIAGNOSE_NEAR_MISS, "quotes-double"},
		{KEY_TEXT, FILED_DECODED, 256, DIAGNOSE_NEAR_MISS, "base64-decoded"},
		{KEY_BASE64, FILED_DECODED, 256, DIAGNOSE_WINNER, ""},
		{KEY_BASE64, FILED_DECODED, 384, DIAGNOSE_WINNER, ""},
		{KEY_BASE64, FILED, 256, DIAGNOSE_NEAR_MISS, "not-decoded"},
		{KEY_BASE64, FILED "\n", 256, DIAGNOSE_NEAR_MISS, "newline"},
		{KEY_BASE64, "somebody else", 256, DIAGNOSE_NOBODY, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *world = world_of(NULL, 0);
		struct profile_source source = {.options.encoding = cases[i].encoding};
		struct profile_rules rules;
		struct diagnosis diagnosis;

		use_file(world, &rules, &source, FILED "\n");
		diagnosis = world_ask(world, NULL,
			world_sign(world, HS256, FINE, cases[i].bits, cases[i].secret,
				strlen(cases[i].secret)));
		assert_int_equal(diagnosis.signer.what, cases[i].what);
		assert_string_equal(diagnosis.signer.mistake, cases[i].mistake);
		assert_int_equal(
			world_remark_of(&diagnosis, "hash-size") != NULL, cases[i].bits != 256);
		assert_null(world_remark_of(&diagnosis, "other-key"));
		assert_null(strstr(diagnosis.signer.text, FILED));
		if (cases[i].what != DIAGNOSE_NOBODY) {
			assert_string_equal(diagnosis.signer.origin, source.file);
			world_holds("text", diagnosis.signer.text, source.file);
			assert_string_equal(diagnosis.signer.profile, "filed");
		}
		diagnose_done(&diagnosis);
		world_end(world);
	}
}

// The public half of a pair, as OpenSSL writes it.
static void write_public(EVP_PKEY *pair, char *out, size_t size)
{
	BIO *bio = world_need(BIO_new(BIO_s_mem()));
	int length;

	assert_int_equal(PEM_write_bio_PUBKEY(bio, world_need(pair)), 1);
	length = BIO_read(bio, out, (int)size - 1);
	assert_true(length > 100);
	out[length] = '\0';
	BIO_free(bio);
	EVP_PKEY_free(pair);
}

static void the_public_half_of_a_key_file_as_a_secret(void **state)
{
	static const char *const algorithms[] = {"RS256", "ES256", "EdDSA"};
	char pem[4096];

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(algorithms); i++) {
		const char *algorithm = algorithms[i / 2];
		struct world *world = world_of(NULL, 0);
		struct profile_source source = {
			.options = {.encoding = KEY_PEM,
				.algorithm = algorithm_find(algorithm, strlen(algorithm))}};
		struct profile_rules rules;
		struct diagnosis diagnosis;

		write_public(i / 2 == 0   ? EVP_RSA_gen(2048)
			     : i / 2 == 1 ? EVP_EC_gen("P-256")
					  : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
			pem, sizeof(pem));
		use_file(world, &rules, &source, pem);
		diagnosis = world_ask(world, NULL, // with its last line end and without
			world_sign(world, HS256, FINE, 256, pem, strlen(pem) - i % 2));
		assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
		assert_string_equal(diagnosis.signer.algorithm, "HS256");
		assert_string_equal(diagnosis.signer.origin, source.file);
		world_holds("text", diagnosis.signer.text,
			"the text of the public key: the key of /tmp/samekey-key-");
		assert_non_null(world_remark_of(&diagnosis, "anybody-can-sign"));
		assert_null(world_remark_of(&diagnosis, "hash-size"));
		assert_false(diagnosis.verified);
		diagnose_done(&diagnosis);
		world_end(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(misspellings_of_a_key_file),
		cmocka_unit_test(the_public_half_of_a_key_file_as_a_secret),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
