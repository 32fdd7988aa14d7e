// A needle may lie across two pieces: the end of one is kept and looked at together with the
// beginning of the next.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/embedded.h"

#include "loader/scan/unpack/decoder.h"
#include "loader/scan/unpack/members.h"
#include "loader/scan/unpack/tap.h"

static const struct embedded_kind kinds[EMBEDDED_KINDS] = {
	{"\x28\xb5\x2f\xfd", 4, 3, &decode_zstd_frame, NULL}, // 0xfd is in no UTF-8
	{"sourceMappingURL=data:", 22, 0, &decode_base64, NULL},
	{"PK\x03\x04", 4, 3, NULL, &members_zip_inside},
	{"\x1f\x8b\x08", 3, 0, &decode_gzip_inside, NULL},
};

// Where a needle begins, or NULL: text is passed at the speed of memchr.
static const uint8_t *find(const struct embedded_kind *kind, const uint8_t *bytes, size_t size)
{
	const uint8_t *end = bytes + size, *at = bytes + kind->rare;
	int rare = (uint8_t)kind->needle[kind->rare];

	if (size < kind->size)
		return NULL;
	if (kind->decoder == &decode_base64)
		return memmem(bytes, size, kind->needle, kind->size);
	end -= kind->size - 1 - kind->rare;
	while (at < end && (at = memchr(at, rare, (size_t)(end - at)))) {
		if (memcmp(at - kind->rare, kind->needle, kind->size) == 0)
			return at - kind->rare;
		at++;
	}
	return NULL;
}

// Looks for a needle that began in the tail.
static const struct embedded_kind *across(
	struct embedded *embedded, struct tap *tap, uint64_t *ret_offset)
{
	uint8_t joint[2 * EMBEDDED_NEEDLE_MAX];
	size_t tail = embedded->tail_size, more = EMBEDDED_NEEDLE_MAX - 1;

	more = tap->size < more ? tap->size : more;
	memcpy(joint, embedded->tail, tail);
	memcpy(joint + tail, tap->bytes, more);
	for (size_t kind = 0; kind < EMBEDDED_KINDS; kind++) {
		const uint8_t *at = find(&kinds[kind], joint, tail + more);
		size_t begin = at ? (size_t)(at - joint) : tail;

		if (begin < tail && begin + kinds[kind].size > tail) {
			*ret_offset = tap->at - (tail - begin);
			tap_skip(tap, begin + kinds[kind].size - tail);
			embedded->tail_size = 0;
			return &kinds[kind];
		}
	}
	return NULL;
}

// Keeps the end of what was searched, together with what was kept before when it is short.
static void keep_tail(struct embedded *embedded, const struct tap *tap)
{
	size_t most = sizeof(embedded->tail), old = 0, size = tap->size < most ? tap->size : most;

	if (embedded->tail_end == tap->at && size < most) {
		old = embedded->tail_size < most - size ? embedded->tail_size : most - size;
		memmove(embedded->tail, embedded->tail + embedded->tail_size - old, old);
	}
	memcpy(embedded->tail + old, tap->bytes + tap->size - size, size);
	embedded->tail_size = old + size;
	embedded->tail_end = tap->at + tap->size;
}

const struct embedded_kind *embedded_next(
	struct embedded *embedded, struct tap *tap, uint64_t *ret_offset)
{
	size_t first = 0;

	if (embedded->tail_size && embedded->tail_end == tap->at) {
		const struct embedded_kind *kind = across(embedded, tap, ret_offset);

		if (kind)
			return kind;
	}
	for (size_t kind = 0; kind < EMBEDDED_KINDS; kind++) {
		bool known = embedded->piece == tap->piece.bytes &&
			     embedded->piece_at == tap->piece.offset;

		if (!known || embedded->next[kind] < tap->at) {
			const uint8_t *at = find(&kinds[kind], tap->bytes, tap->size);

			embedded->next[kind] =
				at ? tap->at + (uint64_t)(at - tap->bytes) : UINT64_MAX;
		}
		if (embedded->next[kind] < embedded->next[first])
			first = kind;
	}
	embedded->piece = tap->piece.bytes;
	embedded->piece_at = tap->piece.offset;
	if (embedded->next[first] == UINT64_MAX) {
		keep_tail(embedded, tap);
		tap_skip(tap, tap->size);
		return NULL;
	}
	*ret_offset = embedded->next[first];
	embedded->tail_size = 0;
	tap_skip(tap, (size_t)(*ret_offset - tap->at) + kinds[first].size);
	return &kinds[first];
}
