// The dotenv reader on memory: bytes to spans against the least that a reader must do (find the
// lines, check the UTF-8); with every key looked up, by number of keys; and beside other readers,
// whose speed on the same text somebody else has measured.
//     read --text FILE       writes that text
//     read --count keys|least N   nothing but N readings of 1000 keys, for counting instructions
//     read {PEER MBPS}...    measures
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/read/found.h"

#include <errno.h>

#define ROUNDS 15
#define SPAN_LINES 200000u
#define PEER_LINES 20000u
#define LINE_ROOM 256u

struct text {
	uint8_t *bytes;
	size_t length, lines;
};

// How one line is written; `number` makes it differ from the others.
typedef int line_writer(char *out, size_t size, size_t number);

static int write_plain(char *out, size_t size, size_t number)
{
	return snprintf(out, size,
		"SERVICE_%07zu_SETTING=%08zx-abcdefghijklmnopqrstuvwxyz-0123456789-"
		"ABCDEFGHIJKLMNOPQ"
		"RSTUVWX\n",
		number, number * 2654435761u);
}

// What real files hold: comments, both quotes, text that is not ASCII, trailing comments.
static int write_mixed(char *out, size_t size, size_t number)
{
	static const struct {
		const char *before, *between, *after; // a number stands in each gap
	} forms[] = {
		{"SERVICE_", "_URL=https://service-",
			".internal.example.org:8443/v1/path/to/things?mode=full"},
		{"SERVICE_", "_NAME=\"service ",
			", the one that sends invoices and reminders to customers\""},
		{"# service ", ": who owns it, what it is for, and number ",
			" of a long list of remarks"},
		{"SERVICE_", "_KEY='k",
			"-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRST'"},
		{"SERVICE_", "_TITLE=\"Gr\u00fc\u00dfe ",
			" aus K\u00f6ln, \u00fcber die stra\u00dfe und zur\u00fcck an die "
			"T\u00fcr\""},
		{"SERVICE_", "_LIMIT=", " # how many requests it may have open at the same time"},
	};
	size_t form = number % ARRAY_SIZE(forms);

	return snprintf(out, size, "%s%07zu%s%zu%s\n", forms[form].before, number,
		forms[form].between, number * 31, forms[form].after);
}

// A quarter of the lines bring a key that stands there already.
static int write_twice(char *out, size_t size, size_t number)
{
	return write_plain(out, size, number % 2 ? number / 2 : number);
}

static struct text write_text(size_t lines, line_writer *writer)
{
	struct text text = {.bytes = malloc(lines * LINE_ROOM), .lines = lines};

	if (!text.bytes)
		measure_stop("memory", ENOMEM);
	for (size_t i = 0; i < lines; i++)
		text.length += (size_t)writer((char *)text.bytes + text.length, LINE_ROOM, i);
	return text;
}

// ---- bytes to spans

static int count_entry(void *user, const struct dotenv_entry *entry)
{
	*(size_t *)user += entry->raw_length;
	return 0;
}

static void ignore_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

static double read_spans(const struct text *text)
{
	size_t sum = 0;
	const struct dotenv_sink sink = {&sum, count_entry, ignore_trouble};
	uint64_t began = measure_cpu();

	if (dotenv_read(text->bytes, text->length, dialect_find("portable"), &sink) != 0 || !sum)
		measure_stop("dotenv_read", EINVAL);
	return (double)(measure_cpu() - began);
}

// No reader can do with less than this.
static double read_least(const struct text *text)
{
	const uint8_t *at = text->bytes, *end = at + text->length;
	uint64_t began = measure_cpu();
	size_t lines = 0;

	if (text_utf8_error(text->bytes, text->length) != text->length)
		measure_stop("the text is not UTF-8", EINVAL);
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		lines++;
	}
	if (lines != text->lines)
		measure_stop("lines", EINVAL);
	return (double)(measure_cpu() - began);
}

static void measure_spans(const char *what, line_writer *writer)
{
	struct text text = write_text(SPAN_LINES, writer);
	double speeds[ROUNDS] = {0}, ratios[ROUNDS] = {0};
	char detail[80];

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		double least = read_least(&text), spans = read_spans(&text);

		speeds[i] = (double)text.length / spans;
		ratios[i] = spans / least;
	}
	(void)snprintf(detail, sizeof(detail), "%zu lines of %zu bytes on average", text.lines,
		text.length / text.lines);
	measure_print(&(struct measure_row){.what = what,
		.unit = "GB/s",
		.detail = detail,
		.against = "",
		.samples = speeds,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_LEAST,
		.limit = 1});
	measure_print(&(struct measure_row){.what = what,
		.unit = "x",
		.detail = "",
		.against = "time of memchr and UTF-8 check",
		.samples = ratios,
		.count = measure_rounds(ROUNDS)});
	free(text.bytes);
}

// ---- with every key looked up

struct collecting {
	struct found_set *set;
	size_t entries;
};

static int collect_entry(void *user, const struct dotenv_entry *entry)
{
	struct collecting *collecting = user;
	const struct found value = {.value = secret_view(entry->raw, entry->raw_length)};
	struct found_key *key = found_key(collecting->set, entry->name, entry->name_length);

	if (!key)
		return -ENOMEM;
	collecting->entries++;
	return key->last ? 0 : found_add(collecting->set, key, &value);
}

// Returns: nanoseconds.
static double collect_keys(const struct text *text, size_t expected)
{
	own(pool_release) struct pool *pool = pool_new();
	struct found_set *set = pool ? found_new(pool) : NULL;
	struct collecting collecting = {.set = set};
	const struct dotenv_sink sink = {&collecting, collect_entry, ignore_trouble};
	uint64_t began = measure_cpu();
	int code;

	if (!set)
		measure_stop("memory", ENOMEM);
	code = dotenv_read(text->bytes, text->length, dialect_find("portable"), &sink);
	if (code != 0 || collecting.entries != expected || found_count(set) > expected)
		measure_stop("keys", EINVAL);
	found_free(set);
	return (double)(measure_cpu() - began);
}

static void measure_keys(size_t lines, double costs[static ROUNDS])
{
	struct text text = write_text(lines, write_twice);
	char what[80];

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		costs[i] = collect_keys(&text, lines) / 1e3 / (double)lines;
	(void)snprintf(what, sizeof(what), "reading %zu keys, a quarter of them twice", lines);
	measure_print(&(struct measure_row){.what = what,
		.unit = "us a key",
		.detail = "CPU time",
		.against = "",
		.samples = costs,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_MOST,
		.limit = 0.5});
	free(text.bytes);
}

// Linear means: a key costs about the same among a thousand times as many. What memory that no
// cache holds costs more than a cache is in it.
static void measure_growth(void)
{
	double few[ROUNDS] = {0}, many[ROUNDS] = {0}, ratios[ROUNDS] = {0};

	measure_keys(1000, few);
	measure_keys(10000, many);
	measure_keys(100000, many);
	measure_keys(1000000, many);
	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		ratios[i] = many[i] / few[i];
	measure_print(&(struct measure_row){.what = "a key among 1000000",
		.unit = "x",
		.detail = "1 is linear, 1000 is quadratic",
		.against = "time of a key among 1000",
		.samples = ratios,
		.count = measure_rounds(ROUNDS),
		.bound = MEASURE_AT_MOST,
		.limit = 2.5});
}

// ---- beside other readers, which get the same text in a file

static int write_file(const char *path)
{
	struct text text = write_text(PEER_LINES, write_mixed);
	FILE *file = fopen(path, "we");

	if (!file || fwrite(text.bytes, 1, text.length, file) != text.length || fclose(file) != 0)
		measure_stop(path, errno);
	free(text.bytes);
	return 0;
}

static void measure_peers(char **peers)
{
	struct text text = write_text(PEER_LINES, write_mixed);
	double ours[ROUNDS] = {0}, ratios[ROUNDS] = {0};
	size_t entries = PEER_LINES - (PEER_LINES + 3) / 6; // the third of each six is a comment
	char detail[120], against[120];

	for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
		ours[i] = (double)text.length / collect_keys(&text, entries) * 1e3;
	for (; peers[0] && peers[1]; peers += 2) {
		double theirs = strtod(peers[1], NULL);

		for (size_t i = 0; i < measure_rounds(ROUNDS); i++)
			ratios[i] = ours[i] / theirs;
		(void)snprintf(against, sizeof(against), "speed of %s", peers[0]);
		(void)snprintf(detail, sizeof(detail), "%.0f MB/s against %.0f, CPU time",
			measure_median(ours, measure_rounds(ROUNDS)), theirs);
		measure_print(&(struct measure_row){.what = "reading 20000 mixed lines into keys",
			.unit = "x",
			.detail = detail,
			.against = against,
			.samples = ratios,
			.count = measure_rounds(ROUNDS)});
	}
	free(text.bytes);
}

static int count_readings(const char *which, const char *times)
{
	struct text text = write_text(1000, write_plain);
	unsigned n = (unsigned)strtod(times, NULL);

	while (n--)
		(void)(strcmp(which, "keys") == 0 ? collect_keys(&text, text.lines)
						  : read_least(&text)); // the time is not asked for
	free(text.bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--count") == 0)
		return count_readings(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "--text") == 0)
		return write_file(argv[2]);
	measure_spans("reading to spans, plain lines", write_plain);
	measure_spans("reading to spans, mixed lines", write_mixed);
	measure_growth();
	measure_peers(argv + 1);
	return 0;
}
