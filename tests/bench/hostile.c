// The judgement of hostile tokens of 16 KiB: how long the slowest one takes.
//     hostile
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"
#include "tests/bench/subject.h"

#include "lib/base/secret.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/hmac.h"

#define ROUNDS 15
#define CALLS 20

static struct token_scratch scratch;

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
	const struct subject *subject = subject_at(0);
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
	hmac_init(&hmac, 256, secret_view(subject->pem, SUBJECT_SECRET_SIZE));
	hmac_compute(&hmac, token, used, mac);
	token[used++] = '.';
	base64url_encode(mac, 32, token + used);
	used += base64url_encoded_size(32);
	began = measure_cpu();
	for (unsigned i = 0; i < CALLS; i++)
		(void)subject_judge(subject, token, used, &scratch); // any code: the time matters
	return (double)(measure_cpu() - began) / 1e6 / CALLS;
}

int main(void)
{
	static hostile_text *const texts[] = {members, escapes, nested, objects, digits, plain};
	double slowest[ROUNDS] = {0};

	subject_make(subject_at(0));
	for (size_t round = 0; round < measure_rounds(ROUNDS); round++) {
		slowest[round] = 0;
		for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
			double took = judge_hostile(texts[i / 2], i % 2);

			slowest[round] = took > slowest[round] ? took : slowest[round];
		}
	}
	measure_print(&(struct measure_row){.what = "16 KiB of hostile token, the slowest",
		.against = "",
		.unit = "ms",
		.detail = "CPU time",
		.samples = slowest,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_MOST,
		.limit = 1});
	return 0;
}
