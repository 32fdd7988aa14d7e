// What cannot be packed aborts: the tests would prove nothing.
// SPDX-License-Identifier: MIT
#include "tests/unit/packed.h"

#include <archive.h>
#include <archive_entry.h>

#define CHUNK (1u << 20)

struct growing {
	struct packed packed;
	size_t room;
};

static la_ssize_t take_bytes(struct archive *archive, void *user, const void *bytes, size_t size)
{
	struct growing *growing = user;
	struct packed *packed = &growing->packed;

	(void)archive;
	if (packed->size + size > growing->room) {
		growing->room = 2 * (packed->size + size);
		packed->bytes = realloc(packed->bytes, growing->room);
	}
	if (!packed->bytes)
		abort();
	memcpy(packed->bytes + packed->size, bytes, size);
	packed->size += size;
	return (la_ssize_t)size;
}

static void must(int code)
{
	if (code != ARCHIVE_OK)
		abort();
}

static struct archive *begin(
	const char *format, const char *filter, const char *options, struct growing *growing)
{
	struct archive *archive = archive_write_new();

	if (!archive)
		abort();
	must(archive_write_set_format_by_name(archive, format));
	if (filter)
		must(archive_write_add_filter_by_name(archive, filter));
	must(archive_write_set_bytes_per_block(archive, 1));
	if (options)
		must(archive_write_set_options(archive, options));
	must(archive_write_open(archive, growing, NULL, take_bytes, NULL));
	return archive;
}

static void add(struct archive *archive, const char *name, uint64_t size)
{
	struct archive_entry *entry = archive_entry_new();

	if (!entry)
		abort();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	must(archive_write_header(archive, entry));
	archive_entry_free(entry);
}

static void write_bytes(struct archive *archive, const void *bytes, size_t size)
{
	if (size && archive_write_data(archive, bytes, size) != (la_ssize_t)size)
		abort();
}

struct packed packed_archive(
	const char *format, const char *options, const struct packed_member *members, size_t count)
{
	struct growing growing = {0};
	struct archive *archive = begin(format, NULL, options, &growing);

	for (size_t i = 0; i < count; i++) {
		add(archive, members[i].name, members[i].size);
		write_bytes(archive, members[i].bytes, members[i].size);
	}
	must(archive_write_close(archive));
	must(archive_write_free(archive));
	return growing.packed;
}

struct packed packed_filter(const char *filter, const void *bytes, size_t size)
{
	struct growing growing = {0};
	struct archive *archive = begin("raw", filter, NULL, &growing);

	add(archive, "x", size);
	write_bytes(archive, bytes, size);
	must(archive_write_close(archive));
	must(archive_write_free(archive));
	return growing.packed;
}

struct packed packed_zeros(const char *filter, uint64_t size)
{
	static const uint8_t zeros[CHUNK];
	struct growing growing = {0};
	struct archive *archive = begin("raw", filter, NULL, &growing);

	add(archive, "x", size);
	for (uint64_t left = size; left;) {
		size_t step = left < CHUNK ? (size_t)left : CHUNK;

		write_bytes(archive, zeros, step);
		left -= step;
	}
	must(archive_write_close(archive));
	must(archive_write_free(archive));
	return growing.packed;
}

struct packed packed_copy(const void *bytes, size_t size)
{
	struct packed packed = {.bytes = malloc(size ? size : 1), .size = size};

	if (!packed.bytes)
		abort();
	memcpy(packed.bytes, bytes, size);
	return packed;
}

struct packed packed_join(struct packed a, struct packed b)
{
	a.bytes = realloc(a.bytes, a.size + b.size + 1);
	if (!a.bytes)
		abort();
	memcpy(a.bytes + a.size, b.bytes, b.size);
	a.size += b.size;
	packed_done(&b);
	return a;
}

void packed_done(struct packed *packed)
{
	free(packed->bytes);
	*packed = (struct packed){0};
}
