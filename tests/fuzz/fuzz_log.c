// Any texts in a line of the log, in every form: it is one line, the JSON is an object for jansson
// that says what went in, and no line holds a value that the sieve knows.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/sieve.h"
#include "tests/fuzz/feed.h"

#include <jansson.h>
#include <sys/mman.h>

#define ESCAPE_MAX 5 // without its last digit

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct sieve *sieve;

static bool holds(void *owner, const char *text, size_t length)
{
	(void)owner;
	return sieve_holds(sieve, text, length);
}

// Whether a value stands in a line; what begins in an escape, as in \u000d, is no value.
static bool shows(const char *line, size_t length, const char *value)
{
	const char *at = line, *end = line + length;

	while ((at = memmem(at, (size_t)(end - at), value, strlen(value)))) {
		size_t before = (size_t)(at - line) < ESCAPE_MAX ? (size_t)(at - line) : ESCAPE_MAX;

		if (!memchr(at - before, '\\', before))
			return true;
		at++;
	}
	return false;
}

static void check_line(enum log_format format, const char *line, size_t length, const char *value)
{
	json_t *json;

	if (!length || line[length - 1] != '\n' || memchr(line, '\n', length - 1))
		abort();
	if (!text_is_line(line, length - 1))
		abort();
	if (strlen(value) >= SIEVE_VALUE_MIN && text_is_line(value, strlen(value)) &&
		sieve_holds(sieve, value, strlen(value)) && shows(line, length, value) &&
		!strpbrk(value, " =\"\\"))
		abort();
	if (format != LOG_JSON)
		return;
	json = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
	if (!json_is_object(json) || !json_object_get(json, "event"))
		abort();
	json_decref(json);
}

static void write_line(struct feed *feed, int fd, enum log_format format)
{
	static const char *const keys[] = {"text", "app", "hint", "where"};
	const struct log log = {.fd = fd,
		.lowest = LOG_DEBUG,
		.timed = format == LOG_LOGFMT,
		.format = format,
		.holds_secret = holds};
	struct log_line line;

	log_begin(&line, &log, LOG_WARNING, "fuzzed");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		log_text(&line, keys[i], feed_text(feed));
	log_number(&line, "pid", feed_number(feed, 8));
	log_end(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const enum log_format formats[] = {LOG_LOGFMT, LOG_JSON};
	static char text[8 * LOG_LINE_SIZE];
	static struct secret_arena *arena;
	static int fd = -1;
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};
	const char *value = feed_text(&feed);

	if (fd < 0 &&
		((fd = memfd_create("log", MFD_CLOEXEC)) < 0 ||
			secret_arena_open(NULL, &arena, NULL) < 0 || !(sieve = sieve_new(arena))))
		abort();
	sieve_clear(sieve);
	if (sieve_add(sieve, secret_view(value, strlen(value))))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct feed again = feed;
		ssize_t length;

		write_line(&again, fd, formats[i]);
		length = pread(fd, text, sizeof(text), 0);
		if (length < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			abort();
		check_line(formats[i], text, (size_t)length, value);
	}
	return 0;
}
