// Keys by OpenSSL and at random, in guarded memory; the tokens are minted as samekeyd mints them.
// SPDX-License-Identifier: MIT
#include "tests/bench/subject.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "tests/bench/measure.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <time.h>

static struct subject subjects[SUBJECT_COUNT] = {
	{.algorithm = "HS256", .curve = "", .iterations = 20000},
	{.algorithm = "RS256", .iterations = 1000, .is_judged = true},
	{.algorithm = "ES256", .curve = "P-256", .iterations = 300, .is_judged = true},
	{.algorithm = "EdDSA", .curve = "ED25519", .iterations = 300, .is_judged = true},
};

static const char claims[] = "{\"sub\":\"user-4711\",\"role\":\"admin\",\"userId\":4711,"
			     "\"email\":\"someone@example.org\"}";

static struct secret_arena *arena;

struct subject *subject_at(size_t index)
{
	return &subjects[index];
}

static void copy_text(BIO *bio, char out[static SUBJECT_PEM_SIZE])
{
	char *bytes;
	long length = BIO_get_mem_data(bio, &bytes);

	if (length <= 0 || length >= SUBJECT_PEM_SIZE)
		measure_stop("a PEM text", EIO);
	memcpy(out, bytes, (size_t)length);
	out[length] = '\0';
	BIO_free(bio);
}

static void make_pem(struct subject *subject)
{
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());

	if (!subject->curve)
		subject->pkey = EVP_RSA_gen(2048);
	else if (strcmp(subject->curve, "ED25519") == 0)
		subject->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		subject->pkey = EVP_EC_gen(subject->curve);
	if (!private || !public || !subject->pkey ||
		!PEM_write_bio_PKCS8PrivateKey(private, subject->pkey, NULL, NULL, 0, NULL, NULL) ||
		!PEM_write_bio_PUBKEY(public, subject->pkey))
		measure_stop("a key", EIO);
	copy_text(private, subject->pem);
	copy_text(public, subject->public_pem);
}

static void make_secret(struct subject *subject)
{
	for (size_t i = 0; i < SUBJECT_SECRET_SIZE; i++)
		subject->pem[i] = (char)('a' + randombytes_uniform(26));
}

void subject_make(struct subject *subject)
{
	const char *text = subject->curve && !*subject->curve ? "secret" : NULL;
	struct key_options options = {.encoding = text ? KEY_TEXT : KEY_PEM,
		.algorithm = algorithm_find(subject->algorithm, strlen(subject->algorithm)),
		.kid = "2026-11",
		.label = "bench"};
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	struct timespec now;
	size_t count;

	if (!arena && (sodium_init() < 0 || secret_arena_open(NULL, &arena, &err) < 0))
		measure_stop("guarded memory", ENOMEM);
	if (text)
		make_secret(subject);
	else
		make_pem(subject);
	(void)clock_gettime(CLOCK_REALTIME, &now); // cannot fail for this clock
	if (key_load(secret_view(subject->pem, strlen(subject->pem)), &options, arena, keys, &count,
		    &err) != 0)
		measure_stop(err.what, EINVAL);
	subject->rules = (struct profile_rules){
		.name = "bench", .issuer = "https://example.org", .lifetime_ms = 900000};
	subject->profile = (struct profile){.rules = &subject->rules,
		.keys = {{.key = keys[0], .state = KEY_ACTIVE, .label = "bench"}},
		.key_count = 1,
		.usable = true};
	if (mint_token(&subject->profile,
		    &(struct mint_request){.claims = claims,
			    .length = sizeof(claims) - 1,
			    .now_ms = (int64_t)now.tv_sec * 1000},
		    &subject->minted, &err) != 0)
		measure_stop(err.what, EINVAL);
}

enum token_code subject_judge(const struct subject *subject, const char *token, size_t length,
	struct token_scratch *scratch)
{
	struct token_options options = {.now_ms = (int64_t)time(NULL) * 1000};
	struct token_verdict verdict;

	token_verify(&subject->profile, token, length, &options, scratch, &verdict);
	return verdict.code;
}
