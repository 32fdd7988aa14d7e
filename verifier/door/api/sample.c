// The text format, version 0.0.4.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/sample.h"

static void write_escaped(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			(void)fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			(void)fprintf(out, "\\%c", *value);
		else
			(void)fputc(*value, out);
	}
}

void sample_head(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void sample_write(FILE *out, const char *name, const struct sample_label *labels, size_t count,
	uint64_t value)
{
	(void)fputs(name, out);
	for (size_t i = 0; i < count; i++) {
		(void)fprintf(out, "%c%s=\"", i ? ',' : '{', labels[i].name);
		write_escaped(out, labels[i].value);
		(void)fputc('"', out);
	}
	(void)fprintf(out, "%s %llu\n", count ? "}" : "", (unsigned long long)value);
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
