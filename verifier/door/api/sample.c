// The text format, version 0.0.4.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/sample.h"

// What is being written: thousands of samples are asked for at once, and stdio costs by the call.
struct line {
	FILE *out;
	size_t used;
	char bytes[1024];
};

static void flush(struct line *line)
{
	(void)fwrite(line->bytes, 1, line->used, line->out);
	line->used = 0;
}

static void put_bytes(struct line *line, const char *bytes, size_t length)
{
	if (length > sizeof(line->bytes) - line->used)
		flush(line);
	if (length > sizeof(line->bytes)) {
		(void)fwrite(bytes, 1, length, line->out);
		return;
	}
	memcpy(line->bytes + line->used, bytes, length);
	line->used += length;
}

static void put(struct line *line, const char *text)
{
	put_bytes(line, text, strlen(text));
}

static void put_escaped(struct line *line, const char *value)
{
	for (;;) {
		size_t plain = strcspn(value, "\n\\\"");

		put_bytes(line, value, plain);
		value += plain;
		if (!*value)
			return;
		put(line, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
		value++;
	}
}

static void put_number(struct line *line, uint64_t number)
{
	char digits[sizeof("18446744073709551615") - 1];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put_bytes(line, digits + at, sizeof(digits) - at);
}

void sample_head(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void sample_write(FILE *out, const char *name, const struct sample_label *labels, size_t count,
	uint64_t value)
{
	struct line line;

	line.out = out;
	line.used = 0;
	put(&line, name);
	for (size_t i = 0; i < count; i++) {
		put(&line, i ? "," : "{");
		put(&line, labels[i].name);
		put(&line, "=\"");
		put_escaped(&line, labels[i].value);
		put(&line, "\"");
	}
	put(&line, count ? "} " : " ");
	put_number(&line, value);
	put(&line, "\n");
	flush(&line);
}

// Nanoseconds as seconds, exactly.
static void write_seconds(char *out, size_t size, uint64_t ns)
{
	size_t length = (size_t)snprintf(out, size, "%llu.%09llu",
		(unsigned long long)(ns / 1000000000), (unsigned long long)(ns % 1000000000));

	while (out[length - 1] == '0' && out[length - 2] != '.')
		out[--length] = '\0';
}

void sample_seconds(FILE *out, const char *name, uint64_t ns)
{
	char text[40];

	write_seconds(text, sizeof(text), ns);
	(void)fprintf(out, "%s %s\n", name, text);
}

void sample_histogram(FILE *out, const char *name, const struct sample_times *times)
{
	uint64_t count = 0;
	char text[40];

	for (size_t i = 0; i < times->count; i++) {
		count += times->times[i];
		write_seconds(text, sizeof(text), times->bounds[i]);
		(void)fprintf(
			out, "%s_bucket{le=\"%s\"} %llu\n", name, text, (unsigned long long)count);
	}
	count += times->times[times->count];
	write_seconds(text, sizeof(text), times->spent_ns);
	(void)fprintf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %s\n%s_count %llu\n", name,
		(unsigned long long)count, name, text, name, (unsigned long long)count);
}
