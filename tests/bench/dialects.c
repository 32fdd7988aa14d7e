// Every dialect on memory: how fast it reads a text that somebody else wrote, beside the loaders
// whose speed on the same text was measured, and the longest that it takes over a mebibyte of one
// byte, whichever byte that is.
//     dialects FILE {DIALECT PEER MBPS}...
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <errno.h>
#include <sys/stat.h>

#define ROUNDS 7
#define MEBIBYTE (1024u * 1024)

static struct emulation *emulation;

// Returns: nanoseconds; negative ones when the dialect refused the text.
static double read_as(const struct dialect *dialect, struct span text)
{
	uint64_t began = measure_cpu();
	double took;
	int code;

	emulation_restart(emulation, dialect);
	code = emulation_read(emulation, text);
	if (code == 0)
		code = emulation_finish(emulation);
	if (code < 0)
		measure_stop(dialect->name, -code);
	took = (double)(measure_cpu() - began);
	return code == 0 ? took : -took;
}

static void measure_speed(const struct dialect *dialect, struct span text, char **peers)
{
	double speeds[ROUNDS] = {0}, ratios[ROUNDS] = {0};
	char what[80], detail[80], against[80];
	size_t count;

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		speeds[i] = (double)text.length / read_as(dialect, text) * 1e3;
	count = emulation_count(emulation);
	(void)snprintf(what, sizeof(what), "reading mixed lines as %s", dialect->name);
	(void)snprintf(
		detail, sizeof(detail), "%zu names from %zu bytes, CPU time", count, text.length);
	for (; peers[0] && peers[1] && peers[2]; peers += 3) {
		double theirs = strtod(peers[2], NULL);

		if (strcmp(peers[0], dialect->name) != 0)
			continue;
		for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
			ratios[i] = speeds[i] / theirs;
		(void)snprintf(against, sizeof(against), "speed of %s", peers[1]);
		measure_print(&(struct measure_row){.what = what,
			.unit = "x",
			.detail = "CPU time",
			.against = against,
			.samples = ratios,
			.count = measure_rounds(ROUNDS)});
	}
	measure_print(&(struct measure_row){.what = what,
		.unit = "MB/s",
		.detail = count ? detail : "the loader refuses such a text",
		.against = "",
		.samples = speeds,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_LEAST,
		.limit = 100});
}

static void measure_worst(const struct dialect *dialect, uint8_t *room)
{
	double worst = 0;
	char what[80], detail[80];
	unsigned slowest = 0;

	for (unsigned byte = 0; byte < 256; byte++) {
		double took;

		memset(room, (int)byte, MEBIBYTE);
		took = read_as(dialect, (struct span){room, MEBIBYTE});
		took = (took < 0 ? -took : took) / 1e6;
		if (took <= worst)
			continue;
		worst = took;
		slowest = byte;
	}
	(void)snprintf(what, sizeof(what), "1 MiB of one byte as %s, the slowest", dialect->name);
	(void)snprintf(detail, sizeof(detail), "byte 0x%02x, CPU time", slowest);
	measure_print(&(struct measure_row){.what = what,
		.unit = "ms",
		.detail = detail,
		.against = "",
		.samples = &worst,
		.count = 1,
		.bound = MEASURE_AT_MOST,
		.limit = 50});
}

static struct span load(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat facts;
	uint8_t *bytes;

	if (!file || fstat(fileno(file), &facts) < 0 || !(bytes = malloc((size_t)facts.st_size)) ||
		fread(bytes, 1, (size_t)facts.st_size, file) != (size_t)facts.st_size)
		measure_stop(path, errno);
	(void)fclose(file);
	return (struct span){bytes, (size_t)facts.st_size};
}

int main(int argc, char **argv)
{
	own(secret_arena_release) struct secret_arena *arena = NULL;
	const struct dialect *dialect;
	struct span text;
	uint8_t *room;

	if (argc < 2 || secret_arena_open(NULL, &arena, NULL) < 0)
		measure_stop("a file is needed", EINVAL);
	text = load(argv[1]);
	room = malloc(MEBIBYTE);
	emulation = emulation_new(
		&(struct emulation_options){.dialect = dialect_at(0), .arena = arena});
	if (!room || !emulation)
		measure_stop("memory", ENOMEM);
	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		measure_speed(dialect, text, argv + 2);
		measure_worst(dialect, room);
	}
	emulation = emulation_free(emulation);
	free(room);
	free((void *)(uintptr_t)text.at);
	return 0;
}
