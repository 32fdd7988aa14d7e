// The search of samekey-scan on memory: how fast it looks through real JavaScript for fifty secrets
// in all their forms, alone and with fingerprints of older values, and how long it takes to begin.
//     scan FOLDER        whose files are the text, in pieces of 1 MiB, over and over up to 1 GiB
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/search.h"

#include <errno.h>
#include <ftw.h>
#include <sodium.h>

#define ROUNDS 5
#define SECRETS 50
#define OLDER 20
#define SECRET_ROOM 64
#define CORPUS_MAX ((size_t)256 << 20)
#define PASS_SIZE ((size_t)1 << 30)
#define PIECE ((size_t)1 << 20)
#define FOLDERS_OPEN 32

static struct corpus {
	uint8_t *bytes;
	size_t size, files;
} corpus;

// A file as the walk finds it; what does not fit any more is left out.
static int add_file(const char *path, const struct stat *about, int type, struct FTW *place)
{
	size_t room = CORPUS_MAX - corpus.size;
	FILE *file;

	(void)place;
	if (type != FTW_F || !S_ISREG(about->st_mode) || (size_t)about->st_size > room)
		return 0;
	file = fopen(path, "re");
	if (!file)
		return 0;
	corpus.size += fread(corpus.bytes + corpus.size, 1, room, file);
	corpus.files++;
	(void)fclose(file);
	return 0;
}

static struct secret_arena *arena;
static char texts[SECRETS][SECRET_ROOM];
static struct scanjob_value values[SECRETS];
static struct scanjob_print prints[OLDER];
static struct scanjob job = {.flags = SCANJOB_PLACEHOLDERS | SCANJOB_TOKENS,
	.values = values,
	.value_count = SECRETS,
	.prints = prints};

// Secrets as people make them: base64 and hex of 16 to 32 random bytes.
static void make_job(void)
{
	static const size_t sizes[] = {16, 24, 32};
	static const uint32_t lengths[] = {24, 32, 44, 64};

	for (size_t i = 0; i < SECRETS; i++) {
		uint8_t bytes[32];
		size_t size = sizes[i % ARRAY_SIZE(sizes)];

		randombytes_buf(bytes, sizeof(bytes));
		if (i % 2)
			(void)sodium_bin2hex(texts[i], sizeof(texts[i]), bytes, 16);
		else
			(void)sodium_bin2base64(texts[i], sizeof(texts[i]), bytes, size,
				sodium_base64_VARIANT_ORIGINAL);
		values[i] = (struct scanjob_value){.key = texts[i],
			.origin = "",
			.secret = true,
			.value = secret_view(texts[i], strlen(texts[i]))};
	}
	for (size_t i = 0; i < OLDER; i++) {
		prints[i] = (struct scanjob_print){
			.key = "", .origin = "", .length = lengths[i % ARRAY_SIZE(lengths)]};
		randombytes_buf(prints[i].fingerprint, sizeof(prints[i].fingerprint));
	}
	randombytes_buf(job.fingerprint_key, sizeof(job.fingerprint_key));
}

// A secret that is drawn here stands nowhere.
static void ignore(void *user, const struct scanreport *report)
{
	(void)user;
	if (report->type == SCANREPORT_VALUE || report->type == SCANREPORT_OLD)
		measure_stop("something was found that is not there", EINVAL);
}

static struct search *open_search(void)
{
	struct search *search = NULL;
	struct err err = ERR_NONE;

	if (search_open(&job, &(struct search_sink){ignore, NULL}, arena, &search, &err) != 0 ||
		!search)
		measure_stop(err.what, EINVAL);
	return search;
}

// Returns: milliseconds.
static double measure_open(void)
{
	uint64_t began = measure_cpu();
	struct search *search = open_search();
	double spent = (double)(measure_cpu() - began) / 1e6;

	(void)search_close(search);
	return spent;
}

// Returns: GB/s.
static double measure_pass(void)
{
	const struct scanreport_place place = {.path = "corpus"};
	struct search *search = open_search();
	struct search_stream *stream = search_begin(search, &place);
	uint64_t began = measure_cpu();
	size_t done = 0, at = 0;
	double speed;

	for (; stream && done < PASS_SIZE; at = at + PIECE < corpus.size ? at + PIECE : 0) {
		size_t size = corpus.size - at < PIECE ? corpus.size - at : PIECE;

		if (search_feed(stream, corpus.bytes + at, size) != 0)
			measure_stop("search_feed", ENOMEM);
		done += size;
	}
	if (!stream || search_end(stream) != 0)
		measure_stop("search", ENOMEM);
	speed = (double)done / (double)(measure_cpu() - began);
	(void)search_close(search);
	return speed;
}

static void measure(const char *what, const char *unit, double (*once)(void),
	enum measure_bound bound, double limit)
{
	double samples[ROUNDS] = {0};
	char detail[80];

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		samples[i] = once();
	(void)snprintf(
		detail, sizeof(detail), "%zu files of %zu MiB", corpus.files, corpus.size >> 20);
	measure_print(&(struct measure_row){.what = what,
		.unit = unit,
		.against = "",
		.detail = detail,
		.samples = samples,
		.count = measure_rounds(ROUNDS),
		.bound = bound,
		.limit = limit});
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fputs("usage: scan FOLDER\n", stderr);
		return 2;
	}
	corpus.bytes = malloc(CORPUS_MAX);
	if (!corpus.bytes || sodium_init() < 0 ||
		secret_arena_open(&(struct secret_options){0}, &arena, NULL) != 0)
		measure_stop("memory", ENOMEM);
	if (nftw(argv[1], add_file, FOLDERS_OPEN, FTW_PHYS) != 0 || !corpus.size)
		measure_stop("no files there", ENOENT);
	make_job();
	measure("scan: prepare 50 secrets in all forms", "ms", measure_open, MEASURE_FREE, 0);
	measure("scan: 50 secrets in all forms", "GB/s", measure_pass, MEASURE_AT_LEAST, 1);
	job.print_count = OLDER;
	measure("scan: and 20 older values by fingerprint", "GB/s", measure_pass, MEASURE_AT_LEAST,
		0.4);
	arena = secret_arena_free(arena);
	free(corpus.bytes);
	return 0;
}
