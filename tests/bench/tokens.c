// The judgement of tokens on memory: beside the bare primitive of each algorithm, with two threads,
// over hostile tokens, and beside the libraries that apps use. Keys and tokens are made anew.
//     tokens --write FILE       keys and tokens as JSON, for tests/bench/judges.mjs
//     tokens --count token|hmac N   nothing but N of HS256, for counting instructions
//     tokens {ALG PEER US}...   the rows; US is a peer's processor time for such a token
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/mint.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <sodium.h>
#include <time.h>

#define ROUNDS 15
#define SECRET_SIZE 44
#define PEM_SIZE 4096
#define HOSTILE_ROUNDS 20

struct subject {
	const char *algorithm;
	const char *curve;   // of OpenSSL's EVP_Q_keygen; NULL: RSA; "": a text
	unsigned iterations; // of a round
	bool is_judged;      // against 1.2x of the bare primitive
	char pem[PEM_SIZE], public_pem[PEM_SIZE]; // of a text the secret
	struct profile_rules rules;
	struct profile profile;
	struct minted minted;
	EVP_PKEY *pkey;
};

static struct subject subjects[] = {
	{.algorithm = "HS256", .curve = "", .iterations = 20000},
	{.algorithm = "RS256", .iterations = 1000, .is_judged = true},
	{.algorithm = "ES256", .curve = "P-256", .iterations = 300, .is_judged = true},
	{.algorithm = "EdDSA", .curve = "ED25519", .iterations = 300, .is_judged = true},
};

static const char claims[] = "{\"sub\":\"user-4711\",\"role\":\"admin\",\"userId\":4711,"
			     "\"email\":\"someone@example.org\"}";

static struct secret_arena *arena;
static struct token_scratch scratches[2];

// ---- keys and tokens

static void copy_text(BIO *bio, char out[static PEM_SIZE])
{
	char *bytes;
	long length = BIO_get_mem_data(bio, &bytes);

	if (length <= 0 || length >= PEM_SIZE)
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
	for (size_t i = 0; i < SECRET_SIZE; i++)
		subject->pem[i] = (char)('a' + randombytes_uniform(26));
}

static void make(struct subject *subject)
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

// ---- the ways to judge

static enum token_code judge(const struct subject *subject, const char *token, size_t length,
	struct token_scratch *scratch)
{
	struct token_options options = {.now_ms = (int64_t)time(NULL) * 1000};
	struct token_verdict verdict;

	token_verify(&subject->profile, token, length, &options, scratch, &verdict);
	return verdict.code;
}

static void verify(struct subject *subject)
{
	if (judge(subject, subject->minted.token, subject->minted.length, &scratches[0]) !=
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
		hmac_init(&bare.hmac, 256, secret_view(subject->pem, SECRET_SIZE));
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
	double own[ROUNDS], of_bare[ROUNDS], of_libjwt[ROUNDS], of_peer[ROUNDS];
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
	struct subject *subject = &subjects[0];

	for (unsigned i = 0; i < 10 * subject->iterations; i++)
		if (judge(subject, subject->minted.token, subject->minted.length, scratch) !=
			TOKEN_OK)
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
	double scales[ROUNDS];

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

// ---- hostile tokens of 16 KiB

#define JSON_MAX (TOKEN_MAX / 4 * 3 - 100)

// A JSON text as long as a token can hold.
typedef size_t hostile_text(char *out, size_t size);

static size_t repeat(char *out, size_t size, const char *head, const char *item, const char *tail)
{
	size_t used = (size_t)snprintf(out, size, "%s", head), length = strlen(item);

	while (used + length + strlen(tail) < size) {
		memcpy(out + used, item, length);
		used += length;
	}
	return used + (size_t)snprintf(out + used, size - used, "%s", tail);
}

static size_t members(char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size, "{\"alg\":\"HS256\"");

	for (unsigned i = 0; i < 505 && used + 30 < size; i++)
		used += (size_t)snprintf(out + used, size - used, ",\"member-%09u\":%u", i, i % 10);
	return used + (size_t)snprintf(out + used, size - used, "}");
}

static size_t escapes(char *out, size_t size)
{
	return repeat(out, size, "{\"alg\":\"HS256\",\"x\":\"", "\\u00e9", "\"}");
}

static size_t nested(char *out, size_t size)
{
	return repeat(out, size, "{\"alg\":\"HS256\",\"x\":", "[", "");
}

static size_t objects(char *out, size_t size)
{
	return repeat(out, size, "{\"alg\":\"HS256\",\"x\":[{}", ",{\"a\":1}", "]}");
}

static size_t digits(char *out, size_t size)
{
	return repeat(out, size, "{\"alg\":\"HS256\",\"x\":1", "0", "}");
}

static size_t plain(char *out, size_t size)
{
	return repeat(out, size, "{\"alg\":\"HS256\",\"x\":\"", "a", "\"}");
}

static double judge_hostile(hostile_text *fill, bool as_payload)
{
	static char token[TOKEN_MAX + 1], text[JSON_MAX];
	static const char header[] = "{\"alg\":\"HS256\"}";
	size_t length = fill(text, sizeof(text)), used = 0;
	const struct subject *subject = &subjects[0];
	uint8_t mac[HMAC_SIZE_MAX];
	struct hmac hmac;
	uint64_t began;

	if (as_payload) {
		base64url_encode((const uint8_t *)header, sizeof(header) - 1, token);
		used = base64url_encoded_size(sizeof(header) - 1);
		token[used++] = '.';
	}
	base64url_encode((const uint8_t *)text, length, token + used);
	used += base64url_encoded_size(length);
	if (!as_payload)
		token[used++] = '.';
	hmac_init(&hmac, 256, secret_view(subject->pem, SECRET_SIZE));
	hmac_compute(&hmac, token, used, mac);
	token[used++] = '.';
	base64url_encode(mac, 32, token + used);
	used += base64url_encoded_size(32);
	began = measure_cpu();
	for (unsigned i = 0; i < HOSTILE_ROUNDS; i++)
		(void)judge(subject, token, used, &scratches[0]); // any code: the time matters
	return (double)(measure_cpu() - began) / 1e6 / HOSTILE_ROUNDS;
}

static void measure_hostile(void)
{
	static hostile_text *const texts[] = {members, escapes, nested, objects, digits, plain};
	double slowest[ROUNDS];

	for (size_t round = 0; round < measure_rounds(ROUNDS); round++) {
		slowest[round] = 0;
		for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
			double took = judge_hostile(texts[i / 2], i % 2);

			slowest[round] = took > slowest[round] ? took : slowest[round];
		}
	}
	print_row("16 KiB of hostile token, the slowest", "", "ms", slowest, MEASURE_AT_MOST, 1);
}

// ---- the program

static void write_subjects(const char *path)
{
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		const struct subject *subject = &subjects[i];

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
	struct subject *subject = &subjects[0];
	void (*call)(struct subject *) = strcmp(which, "hmac") == 0 ? verify_bare : verify;
	unsigned n = (unsigned)strtod(times, NULL);

	make(subject);
	prepare_bare(subject);
	while (n--)
		call(subject);
	return 0;
}

int main(int argc, char **argv)
{
	struct err err;

	if (sodium_init() < 0 || secret_arena_open(NULL, &arena, &err) < 0)
		measure_stop("guarded memory", ENOMEM);
	if (argc == 4 && strcmp(argv[1], "--count") == 0)
		return count_calls(argv[2], argv[3]);
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		make(&subjects[i]);
	if (argc == 3 && strcmp(argv[1], "--write") == 0) {
		write_subjects(argv[2]);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		measure_subject(&subjects[i], argv + 1);
	measure_threads();
	measure_hostile();
	return 0;
}
