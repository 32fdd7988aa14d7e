// Short reads are the end of a small file, so that it costs one read; the times tell whether it
// changed meanwhile.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/regular.h"

#include <errno.h>
#include <fcntl.h>

#define BLOCK 512 // the unit of st_blocks

static const char changed[] = "it changed while it was read";

static bool fail(struct regular *file, const char *why)
{
	file->source.why = why;
	return false;
}

// Goes to the next data when there is a long hole here. A file system that knows no holes says
// that everything is data.
static bool pass_hole(struct regular *file)
{
	off_t data, hole;

	data = lseek(file->fd, (off_t)file->at, SEEK_DATA);
	if (data < 0)
		return errno != ENXIO; // ENXIO: a hole up to the end
	hole = lseek(file->fd, data, SEEK_HOLE);
	file->data_end = hole > data ? (uint64_t)hole : file->at + REGULAR_HOLE_MIN;
	if ((uint64_t)data - file->at > REGULAR_HOLE_MIN)
		file->at = (uint64_t)data;
	return true;
}

// A file without a size may have bytes all the same: then it ends where they do.
static uint64_t size_of(struct regular *file)
{
	if (!file->facts.st_size && !file->at)
		file->unsized = pread(file->fd, file->buffer, 1, 0) != 0;
	return file->unsized ? UINT64_MAX : (uint64_t)file->facts.st_size;
}

static bool regular_read(struct source *source, struct source_piece *ret_piece)
{
	struct regular *file = (struct regular *)source;
	uint64_t size = size_of(file), want = REGULAR_BUFFER;
	bool sparse = !file->unsized && (uint64_t)file->facts.st_blocks * BLOCK < size;
	ssize_t got;

	if (file->at >= size || file->source.why)
		return false;
	if (sparse && file->at >= file->data_end && (!pass_hole(file) || file->at >= size))
		return false;
	if (!file->left) {
		file->cut = true;
		return false;
	}
	want = size - file->at < want ? size - file->at : want;
	want = file->left < want ? file->left : want;
	do
		got = pread(file->fd, file->buffer, (size_t)want, (off_t)file->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(file, strerrordesc_np(errno));
	if (got == 0)
		return file->unsized ? false : fail(file, changed);
	*ret_piece = (struct source_piece){file->buffer, (size_t)got, file->at};
	file->at += (uint64_t)got;
	file->left -= (uint64_t)got;
	return true;
}

void regular_begin(
	struct regular *file, int fd, const struct stat *facts, uint8_t *buffer, uint64_t max)
{
	*file = (struct regular){.source.read = regular_read,
		.fd = fd,
		.facts = *facts,
		.left = max ? max : UINT64_MAX,
		.buffer = buffer};
	if (facts->st_size > REGULAR_BUFFER) // advice only
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

const char *regular_end(const struct regular *file)
{
	struct stat now;

	if (file->source.why)
		return NULL;
	if (fstat(file->fd, &now) == 0 &&
		(now.st_size != file->facts.st_size ||
			now.st_mtim.tv_sec != file->facts.st_mtim.tv_sec ||
			now.st_mtim.tv_nsec != file->facts.st_mtim.tv_nsec))
		return changed;
	return file->cut ? "it is larger than the limit: only its beginning was looked at" : NULL;
}
