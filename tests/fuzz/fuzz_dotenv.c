// Any bytes as an env file, in every dialect: a name stands where its place says, its value lies
// behind it in the file, decoding never grows it, and a second reading says the same.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"

#include <errno.h>

#define SEED UINT64_C(14695981039346656037)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct file {
	const uint8_t *bytes, *end;
	const uint8_t *after; // the end of the last value
	uint64_t said;        // a hash of all that was told
};

static void say_number(struct file *file, uint64_t number)
{
	file->said = (file->said ^ number) * UINT64_C(1099511628211);
}

static void say(struct file *file, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		say_number(file, bytes[i]);
}

// The byte at a line and column, which must be there (a trouble may stand at the line's end).
static const uint8_t *place_of(const struct file *file, uint32_t line, uint32_t column)
{
	const uint8_t *at = file->bytes, *newline;

	for (uint32_t i = 1; i < line; i++) {
		if (!(newline = memchr(at, '\n', (size_t)(file->end - at))))
			abort();
		at = newline + 1;
	}
	newline = memchr(at, '\n', (size_t)(file->end - at));
	if (!line || !column || column - 1 > (size_t)((newline ? newline : file->end) - at))
		abort();
	return at + column - 1;
}

static int check_entry(void *user, const struct dotenv_entry *entry)
{
	struct file *file = user;
	const uint8_t *name = (const uint8_t *)entry->name;
	size_t length, most = entry->raw_length;
	uint8_t *decoded;

	if (!entry->name_length || name != place_of(file, entry->line, entry->column) ||
		name < file->after || name + entry->name_length >= entry->raw ||
		entry->raw + entry->raw_length > file->end)
		abort();
	file->after = entry->raw + entry->raw_length;
	if (entry->quote == DOTENV_PLAIN && memchr(entry->raw, '\n', most))
		abort();
	decoded = calloc(most ? most : 1, 1); // exactly as large, so that a sanitizer sees more
	if (!decoded)
		return -ENOMEM;
	length = dotenv_decode(entry, decoded);
	if (length > most || (!entry->escaped && memcmp(decoded, entry->raw, length) != 0))
		abort();
	say(file, name, entry->name_length);
	say_number(file, entry->quote);
	say_number(file, entry->escaped);
	say_number(file, entry->dollar);
	say(file, decoded, length);
	free(decoded);
	return 0;
}

static void check_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct file *file = user;

	if (trouble->finding >= FINDINGS ||
		(trouble->name_length &&
			(const uint8_t *)trouble->name + trouble->name_length > file->end))
		abort();
	(void)place_of(file, trouble->line, trouble->column); // aborts where there is none
	say_number(file, trouble->finding);
	say_number(file, trouble->line);
	say_number(file, trouble->column);
}

static uint64_t read_file(const uint8_t *bytes, size_t size, const struct dialect *dialect)
{
	bool marked = dialect->traits & DOTENV_TEXT && size >= 3 &&
		      memcmp(bytes, "\xEF\xBB\xBF", 3) == 0; // no editor counts it as a column
	struct file file = {bytes + (marked ? 3 : 0), bytes + size, bytes, SEED};

	if (dotenv_read(
		    bytes, size, dialect, &(struct dotenv_sink){&file, check_entry, check_trouble}))
		abort();
	return file.said;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct dialect *dialect;

	for (size_t i = 0; (dialect = dialect_at(i)); i++) {
		uint64_t said = read_file(bytes, size, dialect);

		if (read_file(bytes, size, dialect) != said)
			abort();
	}
	return 0;
}
