// The judgement of tokens on memory: beside the bare primitive of each algorithm, with two threads,
// and beside the libraries that apps use. Keys and tokens are made anew.
//     tokens --write FILE       keys and tokens as JSON, for tests/bench/judges.mjs
//     tokens --count token|hmac N   nothing but N of HS256, for counting instructions
//     tokens {ALG PEER US}...   the rows; US is a peer's processor time for such a token
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"
#include "tests/bench/subject.h"

#include "lib/base/secret.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/hmac.h"

#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>

#define ROUNDS 15

static struct token_scratch scratches[2];

// ---- the ways to judge

static void verify(struct subject *subject)
{
	if (subject_judge(subject, subject->minted.token, subject->minted.length, &scratches[0]) !=
		TOKEN_OK)
		measure_stop("token_verify", EINVAL);
}

// The primitive alone, with all that can be made ready made ready: input, signature, context.
struct bare {
	const char *input;
	size_t length, signature_size;
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	struct hmac hmac;
	EVP_MD *hash;
	EVP_PKEY_CTX *context;
};

static struct bare bare;

static void make_der(void)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	uint8_t *der = NULL;
	int size;

	if (!signature ||
		!ECDSA_SIG_set0(signature, BN_bin2bn(bare.signature, 32, NULL),
			BN_bin2bn(bare.signature + 32, 32, NULL)) ||
		(size = i2d_ECDSA_SIG(signature, &der)) <= 0)
		measure_stop("a signature", EIO);
	memcpy(bare.signature, der, (size_t)size);
	bare.signature_size = (size_t)size;
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
}

static void prepare_bare(const struct subject *subject)
{
	const char *token = subject->minted.token, *dot = strrchr(token, '.');
	size_t digits = subject->minted.length - (size_t)(dot + 1 - token);
	size_t size = sizeof(bare.public);

	bare.input = token;
	bare.length = (size_t)(dot - token);
	bare.signature_size = base64url_decoded_size(digits);
	if (!base64url_decode(dot + 1, digits, bare.signature))
		measure_stop("a signature", EINVAL);
	if (!subject->pkey) {
		hmac_init(&bare.hmac, 256, secret_view(subject->pem, SUBJECT_SECRET_SIZE));
	} else if (EVP_PKEY_get_base_id(subject->pkey) == EVP_PKEY_ED25519) {
		if (!EVP_PKEY_get_raw_public_key(subject->pkey, bare.public, &size))
			measure_stop("a key", EIO);
	} else {
		if (subject->curve)
			make_der();
		bare.hash = EVP_MD_fetch(NULL, "SHA256", NULL);
		bare.context = EVP_PKEY_CTX_new(subject->pkey, NULL);
		if (!bare.hash || !bare.context || EVP_PKEY_verify_init(bare.context) <= 0 ||
			EVP_PKEY_CTX_set_signature_md(bare.context, bare.hash) <= 0)
			measure_stop("a context", EIO);
	}
}

static void bare_done(void)
{
	EVP_PKEY_CTX_free(bare.context);
	EVP_MD_free(bare.hash);
	bare = (struct bare){0};
}

static void verify_bare(struct subject *subject)
{
	uint8_t hash[HMAC_SIZE_MAX];
	bool good;

	if (!subject->pkey) {
		hmac_compute(&bare.hmac, bare.input, bare.length, hash);
		good = sodium_memcmp(hash, bare.signature, 32) == 0;
	} else if (bare.context) {
		good = EVP_Digest(bare.input, bare.length, hash, NULL, bare.hash, NULL) &&
		       EVP_PKEY_verify(
			       bare.context, bare.signature, bare.signature_size, hash, 32) == 1;
	} else {
		good = crypto_sign_verify_detached(bare.signature, (const uint8_t *)bare.input,
			       bare.length, bare.public) == 0;
	}
	if (!good)
		measure_stop("the bare primitive", EINVAL);
}

// Debian's libjwt, as an app calls it: it has no way to keep a key ready.
static void verify_libjwt(struct subject *subject)
{
	const char *key = subject->pkey ? subject->public_pem : subject->pem;
	jwt_t *jwt = NULL;

	if (jwt_decode(&jwt, subject->minted.token, (const uint8_t *)key, (int)strlen(key)) != 0)
		measure_stop("libjwt", EINVAL);
	jwt_free(jwt);
}

// ---- rows

// Returns: microseconds of processor time a call.
static double time_calls(struct subject *subject, void (*call)(struct subject *))
{
	uint64_t began = measure_cpu();

	for (unsigned i = 0; i < subject->iterations; i++)
		call(subject);
	return (double)(measure_cpu() - began) / 1e3 / subject->iterations;
}

static void print_row(const char *what, const char *against, const char *unit, double *samples,
	enum measure_bound bound, double limit)
{
	measure_print(&(struct measure_row){.what = what,
		.against = against,
		.unit = unit,
		.detail = "CPU time",
		.samples = samples,
		.count = measure_rounds(ROUNDS),
		.bound = bound,
		.limit = limit});
}

static void measure_subject(struct subject *subject, char **peers)
{
	double own[ROUNDS] = {0}, of_bare[ROUNDS] = {0}, of_libjwt[ROUNDS] = {0},
	       of_peer[ROUNDS] = {0};
	bool is_hmac = !subject->pkey, has_libjwt = strcmp(subject->algorithm, "EdDSA") != 0;
	char what[64];

	prepare_bare(subject);
	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		own[i] = time_calls(subject, verify);
		of_bare[i] = own[i] / time_calls(subject, verify_bare);
		of_libjwt[i] = has_libjwt ? time_calls(subject, verify_libjwt) / own[i] : 0;
	}
	bare_done();
	(void)snprintf(what, sizeof(what), "verifying %s", subject->algorithm);
	for (; peers[0] && peers[1] && peers[2]; peers += 3) {
		if (strcmp(peers[0], subject->algorithm) != 0)
			continue;
		for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
			of_peer[i] = strtod(peers[2], NULL) / own[i];
		print_row(what, peers[1], "x faster than", of_peer, MEASURE_FREE, 0);
	}
	if (has_libjwt)
		print_row(what, "libjwt 1.10", "x faster than", of_libjwt, MEASURE_FREE, 0);
	print_row(what, is_hmac ? "time of the bare HMAC" : "time of the bare primitive", "x",
		of_bare, is_hmac || subject->is_judged ? MEASURE_AT_MOST : MEASURE_FREE,
		is_hmac ? 4 : 1.2);
	print_row(what, "", "us", own, is_hmac ? MEASURE_AT_MOST : MEASURE_FREE, 1.2);
}

// ---- two threads

static void *verify_many(void *scratch)
{
	struct subject *subject = subject_at(0);

	for (unsigned i = 0; i < 10 * subject->iterations; i++)
		if (subject_judge(subject, subject->minted.token, subject->minted.length,
			    scratch) != TOKEN_OK)
			measure_stop("token_verify", EINVAL);
	return NULL;
}

static double time_threads(size_t count)
{
	uint64_t began = measure_now();
	pthread_t threads[2];

	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, verify_many, &scratches[i]) != 0)
			measure_stop("a thread", EAGAIN);
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL); // it returns nothing
	return (double)(measure_now() - began);
}

static void measure_threads(void)
{
	double scales[ROUNDS] = {0};

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		scales[i] = 2 * time_threads(1) / time_threads(2);
	measure_print(&(struct measure_row){.what = "verifying HS256 in two threads",
		.against = "what one does in the same time",
		.unit = "x",
		.detail = "wall time",
		.samples = scales,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_LEAST,
		.limit = 1.7});
}

// ---- the program

static void write_subjects(const char *path)
{
	json_t *all = json_object();

	for (size_t i = 0; i < SUBJECT_COUNT; i++) {
		const struct subject *subject = subject_at(i);

		if (json_object_set_new(all, subject->algorithm,
			    json_pack("{s:s, s:s, s:s, s:s}", "token", subject->minted.token, "key",
				    subject->pem, "public",
				    subject->pkey ? subject->public_pem : subject->pem, "issuer",
				    subject->rules.issuer)) < 0)
			measure_stop("memory", ENOMEM);
	}
	if (json_dump_file(all, path, 0) < 0)
		measure_stop(path, errno);
	json_decref(all);
}

static int count_calls(const char *which, const char *times)
{
	struct subject *subject = subject_at(0);
	void (*call)(struct subject *) = strcmp(which, "hmac") == 0 ? verify_bare : verify;
	unsigned n = (unsigned)strtod(times, NULL);

	subject_make(subject);
	prepare_bare(subject);
	while (n--)
		call(subject);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--count") == 0)
		return count_calls(argv[2], argv[3]);
	for (size_t i = 0; i < SUBJECT_COUNT; i++)
		subject_make(subject_at(i));
	if (argc == 3 && strcmp(argv[1], "--write") == 0) {
		write_subjects(argv[2]);
		return 0;
	}
	for (size_t i = 0; i < SUBJECT_COUNT; i++)
		measure_subject(subject_at(i), argv + 1);
	measure_threads();
	return 0;
}
