// What a log writes in each form, what it withholds, and what it does when nobody reads it.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"

#include "lib/base/logflood.h"
#include "lib/base/logform.h"
#include "lib/base/text.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#define CANARY "Zq8wLx2RtV7nKc4Y"

static void say(const struct log *log, const char *event)
{
	struct log_line line;

	log_begin(&line, log, LOG_INFO, event);
	log_end(&line);
}

// Reads what is there now.
static size_t drain(int fd, char *out, size_t size)
{
	ssize_t length = read(fd, out, size - 1);

	assert_true(length >= 0);
	out[length] = '\0';
	return (size_t)length;
}

static void a_reader_that_sleeps_stops_nobody(void **state)
{
	static char text[1 << 20];
	uint64_t lost = 0, before;
	int ends[2];
	struct log log = {.lowest = LOG_INFO, .lost = &lost};

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	for (unsigned i = 0; i < 20000; i++)
		say(&log, "something"); // a pipe holds 64 KiB
	assert_true(lost > 1000);
	before = lost;
	(void)drain(ends[0], text, sizeof(text));
	say(&log, "again");
	assert_int_equal(lost, 0);
	(void)drain(ends[0], text, sizeof(text));
	(void)snprintf(text + sizeof(text) / 2, 64, "level=info event=again lines_lost=%llu\n",
		(unsigned long long)before);
	assert_non_null(strstr(text, text + sizeof(text) / 2));
	say(&log, "usual");
	(void)drain(ends[0], text, sizeof(text));
	assert_string_equal(text, "level=info event=usual\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void whoever_may_wait_loses_nothing(void **state)
{
	char text[256];
	int ends[2];
	struct log log = {.lowest = LOG_INFO};

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	say(&log, "one");
	say(&log, "two");
	(void)drain(ends[0], text, sizeof(text));
	assert_string_equal(text, "level=info event=one\nlevel=info event=two\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

// Writes one line of a log to a pipe and reads it.
static size_t written(
	struct log *log, enum log_level level, const char *value, char *out, size_t size)
{
	struct log_line line;
	size_t length;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	log->fd = ends[1];
	log_begin(&line, log, level, "refused");
	log_text(&line, "app", value);
	log_number(&line, "pid", 42);
	log_end(&line);
	length = drain(ends[0], out, size);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return length;
}

static void each_form_escapes_what_would_break_a_line(void **state)
{
	static const struct {
		const char *name, *value, *logfmt, *json;
	} cases[] = {
		{"a word", "web", "app=web", "\"app\":\"web\""},
		{"a blank and a quote", "a \"b", "app=\"a \\\"b\"", "\"app\":\"a \\\"b\""},
		{"what ends as a priority does", "a>", "app=a> pid=42", "\"app\":\"a>\""},
		{"a backslash", "a\\b", "app=\"a\\\\b\"", "\"app\":\"a\\\\b\""},
		{"a line end", "a\nlevel=x", "app=\"a\\x0alevel=x\"",
			"\"app\":\"a\\u000alevel=x\""},
		{"an escape sequence", "\033[31m", "app=\"\\x1b[31m\"", "\"app\":\"\\u001b[31m\""},
		{"the last control character", "\x1f", "app=\"\\x1f\"", "\"app\":\"\\u001f\""},
		{"DEL", "\x7f", "app=\"\\x7f\"", "\"app\":\"\\u007f\""},
		{"UTF-8", "caf\xc3\xa9", "app=caf\xc3\xa9", "\"app\":\"caf\xc3\xa9\""},
		{"a quote behind UTF-8", "\xc3\xa9\"\n", "app=\"\xc3\xa9\\\"\\x0a\"",
			"\"app\":\"\xc3\xa9\\\"\\u000a\""},
		{"no UTF-8",
			"a\xff"
			"b",
			"app=\"a\\xffb\"", "\"app\":\"a\\ufffdb\""},
		{"half a character", "a\xe2\x82", "app=\"a\\xe2\\x82\"",
			"\"app\":\"a\\ufffd\\ufffd\""},
		{"a C1 control character",
			"\xc2\x9b"
			"1m",
			"app=\"\\xc2\\x9b1m\"", "\"app\":\"\\u009b1m\""},
		{"what turns a line",
			"\xe2\x80\xae" // NOLINT(misc-misleading-bidirectional): what is tested
			"x",
			"app=\"\\xe2\\x80\\xaex\"", "\"app\":\"\\u202ex\""},
		{"four bytes", "\xf0\x9f\x94\x91", "app=\xf0\x9f\x94\x91",
			"\"app\":\"\xf0\x9f\x94\x91\""},
	};
	char text[LOG_LINE_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct log log = {.lowest = LOG_INFO}, json = {.format = LOG_JSON};
		json_t *read;

		(void)written(&log, LOG_INFO, cases[i].value, text, sizeof(text));
		if (!strstr(text, cases[i].logfmt))
			fail_msg("%s: logfmt is %s", cases[i].name, text);
		(void)written(&json, LOG_WARNING, cases[i].value, text, sizeof(text));
		if (!strstr(text, cases[i].json))
			fail_msg("%s: JSON is %s", cases[i].name, text);
		read = json_loads(text, 0, NULL);
		if (!read || json_integer_value(json_object_get(read, "pid")) != 42)
			fail_msg("%s: is no JSON: %s", cases[i].name, text);
		json_decref(read);
	}
}

static void json_that_is_too_long_stays_json(void **state)
{
	char text[LOG_LINE_SIZE + 1], value[2000];
	struct log log = {.format = LOG_JSON};
	struct log_line line;
	json_t *read;
	int ends[2];

	(void)state;
	memset(value, '\001', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	log_begin(&line, &log, LOG_INFO, "long");
	log_text(&line, "one", value);
	log_text(&line, "app", "web");
	log_text(&line, "two", value);
	log_end(&line);
	assert_true(drain(ends[0], text, sizeof(text)) <= LOG_LINE_SIZE);
	read = json_loads(text, 0, NULL);
	if (!read)
		fail_msg("no JSON: %s", text);
	assert_true(json_is_true(json_object_get(read, "cut")));
	assert_string_equal(json_string_value(json_object_get(read, "app")), "web");
	assert_string_equal(json_string_value(json_object_get(read, "level")), "info");
	json_decref(read);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_long_line_leaves_out_whole_fields_and_says_so(void **state)
{
	static const struct {
		const char *character;
		size_t size;
		unsigned fields;
	} rows[] = {
		{"\"", 900, 3}, // where it is written down: with its escape it is twice as long
		{"\xe2\x82\xac", 1500, 4}, // where it is taken
	};
	struct log log = {0};
	char text[LOG_LINE_SIZE + 1];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t step = strlen(rows[i].character);
		struct log_line line;
		char value[2000];

		for (size_t at = 0; at < rows[i].size; at += step)
			memcpy(value + at, rows[i].character, step + 1);
		log_begin(&line, &log, LOG_INFO, "long");
		for (unsigned field = 0; field < rows[i].fields; field++)
			log_text(&line, "place", value);
		log_number(&line, "uid", 1000);
		log_end(&line);
		assert_true(drain(ends[0], text, sizeof(text)) <= LOG_LINE_SIZE);
		assert_int_equal(text_utf8_error(text, strlen(text)), strlen(text));
		assert_true(text_ends(text, " uid=1000 cut=true\n"));
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
}

// ---- the journal

// A journald that only receives.
static int journald(char path[static 108])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(path, 108, "/tmp/samekey-log-test.%d", (int)getpid());
	(void)unlink(path);
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void the_journal_gets_fields(void **state)
{
	static const char expected[] = "MESSAGE=refused app=\"two\\x0alines\" pid=42\n"
				       "PRIORITY=4\n"
				       "SYSLOG_IDENTIFIER=samekeyd\n"
				       "SAMEKEY_EVENT=refused\n"
				       "SAMEKEY_APP\n\x09\0\0\0\0\0\0\0two\nlines\n"
				       "SAMEKEY_PID=42\n";
	struct log log = {.format = LOG_JOURNAL, .program = "samekeyd", .fd = -1};
	char path[108], text[LOGFORM_SIZE];
	struct log_line line;
	int journal = journald(path);

	(void)state;
	log.journal = log_open_journal(path);
	assert_true(log.journal >= 0);
	log_begin(&line, &log, LOG_WARNING, "refused");
	log_text(&line, "app", "two\nlines");
	log_number(&line, "pid", 42);
	log_end(&line);
	assert_int_equal(drain(journal, text, sizeof(text)), sizeof(expected) - 1);
	assert_memory_equal(text, expected, sizeof(expected) - 1);
	(void)close(log.journal);
	(void)close(journal);
	(void)unlink(path);
}

static void a_journal_that_stands_still_stops_nobody(void **state)
{
	uint64_t lost = 0;
	struct log log = {.format = LOG_JOURNAL, .fd = -1, .lost = &lost};
	char path[108], text[LOGFORM_SIZE];
	int journal = journald(path);

	(void)state;
	log.journal = log_open_journal(path);
	for (unsigned i = 0; i < 2000; i++)
		say(&log, "something");
	assert_true(lost > 100);
	while (recv(journal, text, sizeof(text), MSG_DONTWAIT) > 0)
		;
	say(&log, "again");
	assert_int_equal(lost, 0);
	(void)drain(journal, text, sizeof(text));
	assert_non_null(strstr(text, "SAMEKEY_LINES_LOST="));
	(void)close(journal);
	(void)unlink(path);
	say(&log, "gone");
	assert_int_equal(lost, 1);
	(void)close(log.journal);
}

static void without_a_journal_there_are_priorities(void **state)
{
	struct log log = {.ranked = true};
	char text[256];

	(void)state;
	assert_true(log_open_journal("/nonexistent/journal") < 0);
	(void)written(&log, LOG_ERROR, "web", text, sizeof(text));
	assert_string_equal(text, "<3>level=error event=refused app=web pid=42\n");
	(void)written(&log, LOG_INFO, "web", text, sizeof(text));
	assert_string_equal(text, "<6>level=info event=refused app=web pid=42\n");
}

// ---- what is withheld, and floods

static bool holds_canary(void *owner, const char *text, size_t length)
{
	++*(unsigned *)owner;
	return memmem(text, length, CANARY, strlen(CANARY)) != NULL;
}

static void the_first_field_that_holds_a_value_is_named(void **state)
{
	unsigned asked = 0;
	struct log log = {.holds_secret = holds_canary, .owner = &asked};
	struct log_line line;
	char text[LOG_LINE_SIZE + 1];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	log.fd = ends[1];
	log_begin(&line, &log, LOG_INFO, "refused");
	log_text(&line, "app", "web");
	log_text(&line, "place", CANARY);
	log_text(&line, "group", "shop");
	log_text(&line, "hint", "not " CANARY);
	log_end(&line);
	(void)drain(ends[0], text, sizeof(text));
	assert_non_null(strstr(text, "event=withheld of=refused field=place"));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void a_line_that_holds_a_value_is_not_written(void **state)
{
	unsigned asked = 0;
	char text[LOG_LINE_SIZE + 1], value[3000];

	(void)state;
	memset(value, 'x', sizeof(value) - 1); // it stands behind where a value is cut
	memcpy(value + 2000, CANARY, strlen(CANARY));
	value[sizeof(value) - 1] = '\0';
	for (unsigned format = LOG_LOGFMT; format <= LOG_JSON; format++) {
		struct log log = {.format = (enum log_format)format,
			.holds_secret = holds_canary,
			.owner = &asked};

		(void)written(&log, LOG_INFO, "key=" CANARY "!", text, sizeof(text));
		assert_null(strstr(text, CANARY));
		assert_non_null(strstr(text, "withheld"));
		assert_non_null(strstr(text, "refused"));
		assert_null(strstr(text, "pid"));
		(void)written(&log, LOG_INFO, value, text, sizeof(text));
		assert_non_null(strstr(text, "withheld"));
		(void)written(&log, LOG_INFO, "web", text, sizeof(text));
		assert_null(strstr(text, "withheld"));
	}
	assert_true(asked >= 6);
}

static void a_flood_is_counted_and_told(void **state)
{
	struct logflood flood = {0};
	struct log log = {.flood = &flood};
	static char text[1 << 18];
	char told[128];
	unsigned seen = 0;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log.fd = ends[1];
	for (unsigned i = 0; i < 3 * LOGFLOOD_BURST; i++)
		say(&log, "often");
	say(&log, "once");
	log_tell(&log);
	log_tell(&log); // has nothing more to tell
	(void)drain(ends[0], text, sizeof(text));
	for (const char *at = text; (at = strstr(at, "event=often")); at++)
		seen++;
	assert_true(seen >= LOGFLOOD_BURST && seen < 2 * LOGFLOOD_BURST);
	assert_non_null(strstr(text, "event=once"));
	(void)snprintf(told, sizeof(told), "level=warning event=flood of=often suppressed=%u\n",
		3 * LOGFLOOD_BURST - seen);
	assert_non_null(strstr(text, told));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void an_allowance_comes_back_with_time(void **state)
{
	struct logflood flood = {0};
	uint64_t suppressed, now = 1000;

	(void)state;
	for (unsigned i = 0; i < LOGFLOOD_BURST; i++)
		assert_true(logflood_admits(&flood, "often", now));
	assert_false(logflood_admits(&flood, "often", now));
	assert_true(logflood_admits(&flood, "other", now));
	for (unsigned i = 0; i < LOGFLOOD_PER_S; i++)
		assert_true(logflood_admits(&flood, "often", now + 1000));
	assert_false(logflood_admits(&flood, "often", now + 1000));
	assert_string_equal(logflood_take(&flood, &suppressed), "often");
	assert_int_equal(suppressed, 2);
	assert_null(logflood_take(&flood, &suppressed));
	assert_true(logflood_admits(&flood, "often", UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_that_sleeps_stops_nobody),
		cmocka_unit_test(whoever_may_wait_loses_nothing),
		cmocka_unit_test(each_form_escapes_what_would_break_a_line),
		cmocka_unit_test(json_that_is_too_long_stays_json),
		cmocka_unit_test(a_long_line_leaves_out_whole_fields_and_says_so),
		cmocka_unit_test(the_journal_gets_fields),
		cmocka_unit_test(a_journal_that_stands_still_stops_nobody),
		cmocka_unit_test(without_a_journal_there_are_priorities),
		cmocka_unit_test(a_line_that_holds_a_value_is_not_written),
		cmocka_unit_test(the_first_field_that_holds_a_value_is_named),
		cmocka_unit_test(a_flood_is_counted_and_told),
		cmocka_unit_test(an_allowance_comes_back_with_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
