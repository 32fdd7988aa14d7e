// The handoff of 100 secrets to a running verifier, from the bundle to its verdict, again and
// again: how long the middle one takes and how long the slowest of a hundred.
//     handoff SOCKET
//     handoff SOCKET offers|questions N    nothing but N of them, for counting instructions
// SPDX-License-Identifier: MIT
#include "loader/deliver/handoff.h"
#include "tests/bench/measure.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"

#include <errno.h>
#include <sodium.h>

#define SECRETS 100
#define SECRET_SIZE 44
#define WARM_UPS 50
#define BATCHES 15
#define BATCH 300u

struct handing {
	struct handoff_options options;
	struct bundle bundle;
	struct secret_arena *arena;
};

static void fill_bundle(struct handing *handing)
{
	static struct bundle_key keys[SECRETS];
	static struct candidate winners[SECRETS];
	static char names[SECRETS][sizeof("SERVICE_000_SECRET")];

	for (unsigned i = 0; i < SECRETS; i++) {
		char value[SECRET_SIZE + 1];

		for (size_t j = 0; j < SECRET_SIZE; j++)
			value[j] = (char)('a' + randombytes_uniform(26));
		if (secret_copy(handing->arena, value, SECRET_SIZE, &winners[i].value) < 0)
			measure_stop("guarded memory", ENOMEM);
		winners[i].kind = CANDIDATE_WINNER;
		winners[i].dialects = "";
		winners[i].origin = (struct origin){.source = SOURCE_DOTENV,
			.place = ".env.production",
			.line = i + 1,
			.column = 1};
		(void)snprintf(names[i], sizeof(names[i]), "SERVICE_%03u_SECRET", i % 1000);
		keys[i] = (struct bundle_key){.name = names[i],
			.flags = BUNDLE_KEY_SECRET | BUNDLE_KEY_INJECT,
			.candidates = &winners[i],
			.count = 1};
	}
	handing->bundle = (struct bundle){.app = "bench",
		.group = "bench",
		.mode = "production",
		.program = "node server.js",
		.root = "/srv/bench",
		.rotation_ms = 300000,
		.made_at_ms = 1,
		.keys = keys,
		.key_count = SECRETS};
}

// Returns: microseconds.
static double hand_over(struct handing *handing)
{
	own(pool_release) struct pool *pool = pool_new();
	struct err err = ERR_NONE;
	struct handoff_verdict verdict;
	uint64_t began = measure_now();
	int code = pool ? handoff_offer(&handing->options, &handing->bundle, handing->arena, pool,
				  &verdict, &err)
			: -ENOMEM;

	if (code != 0 || !verdict.accepted || verdict.fingerprint_count != SECRETS) {
		(void)fprintf(stderr, "bench: handoff: %s\n", code ? err.what : "refused");
		exit(EXIT_FAILURE);
	}
	return (double)(measure_now() - began) / 1e3;
}

// What a question costs that carries no bundle: the same connection, wake-up and answer.
static double ask(struct handing *handing)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct handoff_question question = {.method = "GET", .path = "/healthz"};
	struct handoff_answer answer;
	uint64_t began = measure_now();
	int code = pool ? handoff_ask(
				  &handing->options, &question, handing->arena, pool, &answer, NULL)
			: -ENOMEM;

	if (code != 0 || answer.status != 200)
		measure_stop("handoff_ask", code < 0 ? code : EPROTO);
	return (double)(measure_now() - began) / 1e3;
}

static void measure(struct handing *handing)
{
	double middle[BATCHES] = {0}, slow[BATCHES] = {0}, ratio[BATCHES] = {0};
	double offers[BATCH], questions[BATCH];

	for (size_t i = 0; i < WARM_UPS; i++)
		(void)hand_over(handing);
	for (size_t batch = 0; batch < measure_rounds(BATCHES); batch++) {
		for (size_t i = 0; i < BATCH; i++) {
			offers[i] = hand_over(handing);
			questions[i] = ask(handing);
		}
		middle[batch] = measure_median(offers, BATCH);
		slow[batch] = offers[BATCH * 99 / 100];
		ratio[batch] = middle[batch] / measure_median(questions, BATCH);
	}
	struct measure_row row = {.what = "handoff of 100 secrets, p50",
		.unit = "us",
		.against = "",
		.detail = "connect, seal, verdict with 100 fingerprints",
		.samples = middle,
		.count = measure_rounds(BATCHES),
		.bound = MEASURE_AT_MOST,
		.limit = 150};
	measure_print(&row);
	row = (struct measure_row){.what = "handoff of 100 secrets, p99",
		.unit = "us",
		.against = "",
		.detail = "",
		.samples = slow,
		.count = measure_rounds(BATCHES)};
	measure_print(&row);
	row = (struct measure_row){.what = "handoff of 100 secrets, p50",
		.unit = "x",
		.against = "time of asking /healthz on the same socket",
		.detail = "",
		.samples = ratio,
		.count = measure_rounds(BATCHES)};
	measure_print(&row);
}

static void repeat(struct handing *handing, const char *which, const char *times)
{
	unsigned n = (unsigned)strtod(times, NULL);

	while (n--) // the time is not asked for
		(void)(strcmp(which, "offers") == 0 ? hand_over(handing) : ask(handing));
}

int main(int argc, char **argv)
{
	struct handing handing = {.options = {.socket = argv[argc > 1 ? 1 : 0]}};
	struct err err;

	if (argc != 2 && argc != 4) {
		(void)fputs("usage: handoff SOCKET [offers|questions N]\n", stderr);
		return 2;
	}
	if (sodium_init() < 0 || secret_arena_open(NULL, &handing.arena, &err) < 0)
		measure_stop("guarded memory", ENOMEM);
	fill_bundle(&handing);
	if (argc == 4)
		repeat(&handing, argv[2], argv[3]);
	else
		measure(&handing);
	handing.arena = secret_arena_free(handing.arena);
	return 0;
}
