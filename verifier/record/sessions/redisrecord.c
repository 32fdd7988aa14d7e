// What lies in Redis may have been written by anybody who gets at it: each number and text is
// checked.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redisrecord.h"

#include <endian.h>
#include <errno.h>

#define MARK "s1" // the last is the version

_Static_assert(FAMILY_RECENT_MAX <= UINT8_MAX && FAMILY_SUBJECT_MAX <= UINT8_MAX &&
		       FAMILY_CLAIMS_MAX <= UINT16_MAX,
	"each length has its room");

static bool is_exact(int64_t number)
{
	return number <= REDISRECORD_NUMBER_MAX && number >= -REDISRECORD_NUMBER_MAX;
}

// Whether the uses are kept, and none is later than the one before: so scripts may look at the
// first alone.
static bool is_in_order(const struct family *family)
{
	const int64_t *used = family->used_steady_ms;

	for (size_t i = 0; i < family->used_count; i++)
		if (!is_exact(used[i]) || (i > 0 && used[i] > used[i - 1]))
			return false;
	return true;
}

bool redisrecord_is_exact(const struct family *family)
{
	return family->generation <= REDISRECORD_NUMBER_MAX && is_exact(family->issued_wall_ms) &&
	       is_exact(family->expires_wall_ms) && is_exact(family->absolute_wall_ms) &&
	       is_exact(family->ended_wall_ms) && family->used_count <= FAMILY_RECENT_MAX &&
	       is_in_order(family);
}

// ---- out

// As a double, little-endian.
char *redisrecord_put_number(char *out, int64_t number)
{
	double value = (double)number;
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	bits = htole64(bits);
	memcpy(out, &bits, sizeof(bits));
	return out + sizeof(bits);
}

static char *put_bytes(char *out, const void *bytes, size_t length)
{
	memcpy(out, bytes, length);
	return out + length;
}

size_t redisrecord_write(const struct family *family, char out[static REDISRECORD_SIZE_MAX])
{
	size_t subject = strlen(family->subject), access = strlen(family->access_claims);
	char *at = put_bytes(out, MARK, strlen(MARK));

	*at++ = (char)family->end;
	at = redisrecord_put_number(at, family->ended_wall_ms);
	*at++ = (char)family->used_count;
	*at++ = (char)subject;
	*at++ = (char)(access & 0xff);
	*at++ = (char)(access >> 8);
	at = redisrecord_put_number(at, (int64_t)family->generation);
	at = redisrecord_put_number(at, family->issued_wall_ms);
	at = redisrecord_put_number(at, family->expires_wall_ms);
	at = redisrecord_put_number(at, family->absolute_wall_ms);
	for (size_t i = 0; i < family->used_count; i++)
		at = redisrecord_put_number(at, family->used_steady_ms[i]);
	at = put_bytes(at, family->subject, subject);
	at = put_bytes(at, family->access_claims, access);
	at = put_bytes(at, family->refresh_claims, strlen(family->refresh_claims));
	return (size_t)(at - out);
}

// ---- in

// What is left to be read.
struct rest {
	const uint8_t *at;
	size_t length;
	bool is_bad; // something was missing or is none of ours
};

static const uint8_t *take_bytes(struct rest *rest, size_t length)
{
	static const uint8_t zeros[FAMILY_CLAIMS_MAX];
	const uint8_t *at = rest->at;

	rest->is_bad |= length > rest->length || length > sizeof(zeros);
	if (rest->is_bad)
		return zeros;
	rest->at += length;
	rest->length -= length;
	return at;
}

static int64_t take_number(struct rest *rest)
{
	uint64_t bits;
	double value;

	memcpy(&bits, take_bytes(rest, sizeof(bits)), sizeof(bits));
	bits = le64toh(bits);
	memcpy(&value, &bits, sizeof(value));
	// so also for what is no number
	if (!(value >= -(double)REDISRECORD_NUMBER_MAX &&
		    value <= (double)REDISRECORD_NUMBER_MAX) ||
		value != (double)(int64_t)value) {
		rest->is_bad = true;
		return 0;
	}
	return (int64_t)value;
}

static void take_text(struct rest *rest, size_t length, char *out, size_t most)
{
	rest->is_bad |= length > most;
	if (rest->is_bad)
		return;
	memcpy(out, take_bytes(rest, length), length);
	rest->is_bad |= memchr(out, '\0', length) != NULL;
	out[length] = '\0';
}

static void take_family(struct rest *rest, struct family *family)
{
	uint8_t end = *take_bytes(rest, 1), subject;
	const uint8_t *access;
	int64_t generation;

	family->ended_wall_ms = take_number(rest);
	family->used_count = *take_bytes(rest, 1);
	subject = *take_bytes(rest, 1);
	access = take_bytes(rest, 2);
	generation = take_number(rest);
	family->issued_wall_ms = take_number(rest);
	family->expires_wall_ms = take_number(rest);
	family->absolute_wall_ms = take_number(rest);
	rest->is_bad |=
		end >= FAMILY_ENDS || generation <= 0 || family->used_count > FAMILY_RECENT_MAX;
	if (rest->is_bad)
		return;
	family->end = (enum family_end)end;
	family->generation = (uint64_t)generation;
	for (size_t i = 0; i < family->used_count; i++)
		family->used_steady_ms[i] = take_number(rest);
	rest->is_bad |= !is_in_order(family);
	take_text(rest, subject, family->subject, FAMILY_SUBJECT_MAX);
	take_text(rest, (size_t)(access[0] | access[1] << 8), family->access_claims,
		FAMILY_CLAIMS_MAX);
	take_text(rest, rest->length, family->refresh_claims, FAMILY_CLAIMS_MAX);
}

int redisrecord_read(const char *bytes, size_t length, struct family *ret_family)
{
	const size_t mark = strlen(MARK);
	struct rest rest = {(const uint8_t *)bytes, length, false};
	struct family family;

	if (length < mark || memcmp(bytes, MARK, mark) != 0)
		return length >= mark && bytes[0] == MARK[0] && bytes[1] >= '0' && bytes[1] <= '9'
			       ? -EPROTO
			       : -EUCLEAN;
	(void)take_bytes(&rest, mark);
	memcpy(family.id, ret_family->id, FAMILY_ID_BYTES);
	take_family(&rest, &family);
	if (rest.is_bad)
		return -EUCLEAN;
	*ret_family = family;
	return 0;
}
