// The one rule of rotation. A use is remembered by when it was, not by which token it gave: every
// use within the grace gets the present generation, however far that has gone on. What would be
// forgotten while it still counts holds the next rotation back, so no late loser is taken for a
// thief.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/family.h"

#include "lib/base/text.h"

const char *const family_outcome_names[] = {"rotated", "replayed_in_grace", "held", "adopted",
	"reuse_detected", "ended", "expired", "unknown", NULL};

bool family_is_good(enum family_outcome outcome)
{
	return outcome == FAMILY_ROTATED || outcome == FAMILY_REPLAYED || outcome == FAMILY_HELD ||
	       outcome == FAMILY_ADOPTED;
}

enum family_outcome family_look(const struct family *family, int64_t now_wall_ms)
{
	if (family->end != FAMILY_LIVES)
		return FAMILY_ENDED;
	if (now_wall_ms >= family->expires_wall_ms || now_wall_ms >= family->absolute_wall_ms)
		return FAMILY_EXPIRED;
	return FAMILY_HELD;
}

// The future is just now: the clock has begun anew.
static bool is_in_grace(int64_t used_ms, const struct family_rules *rules, int64_t now_ms)
{
	uint64_t age = used_ms >= now_ms ? 0 : (uint64_t)now_ms - (uint64_t)used_ms;

	return age < rules->grace_ms;
}

// Whether one more use would push out one that still counts. One in the future does not: nothing
// says when that would be over.
static bool is_full(
	const struct family *family, const struct family_rules *rules, int64_t now_steady_ms)
{
	int64_t oldest = family->used_steady_ms[FAMILY_RECENT_MAX - 1];

	return family->used_count == FAMILY_RECENT_MAX && oldest <= now_steady_ms &&
	       is_in_grace(oldest, rules, now_steady_ms);
}

// Makes the generation after `generation`, which is the present one or a later one. Those between
// were used when nobody noted it, and may have losers under way: they count as used now.
static void advance(struct family *family, uint64_t generation, const struct family_rules *rules,
	const struct family_now *now)
{
	int64_t *used = family->used_steady_ms;
	uint64_t steps = generation - family->generation + 1;
	size_t fresh = steps < FAMILY_RECENT_MAX ? (size_t)steps : FAMILY_RECENT_MAX;
	size_t kept = FAMILY_RECENT_MAX - fresh;
	uint64_t left_ms = (uint64_t)family->absolute_wall_ms - (uint64_t)now->wall_ms;

	if (kept > family->used_count)
		kept = family->used_count;
	memmove(used + fresh, used, kept * sizeof(*used));
	for (size_t i = 0; i < fresh; i++)
		used[i] = now->steady_ms;
	for (size_t i = fresh; i < fresh + kept; i++)
		if (used[i] > now->steady_ms)
			used[i] = now->steady_ms;
	family->used_count = fresh + kept;
	family->generation = generation + 1;
	family->issued_wall_ms = now->wall_ms;
	family->expires_wall_ms = rules->idle_ms < left_ms ? now->wall_ms + (int64_t)rules->idle_ms
							   : family->absolute_wall_ms;
}

static enum family_outcome use_earlier(struct family *family, uint64_t generation,
	const struct family_rules *rules, const struct family_now *now)
{
	uint64_t behind = family->generation - 1 - generation;

	if (behind < family->used_count &&
		is_in_grace(family->used_steady_ms[behind], rules, now->steady_ms))
		return FAMILY_REPLAYED;
	(void)family_finish(family, FAMILY_ENDED_BY_REUSE, now); // it lives
	return FAMILY_REUSED;
}

enum family_outcome family_use(struct family *family, uint64_t generation,
	const struct family_rules *rules, const struct family_now *now)
{
	enum family_outcome standing = family_look(family, now->wall_ms);
	bool is_later = generation > family->generation;

	if (standing != FAMILY_HELD)
		return standing;
	if (generation < family->generation)
		return use_earlier(family, generation, rules, now);
	if (generation >= FAMILY_GENERATION_MAX ||
		(!is_later && is_full(family, rules, now->steady_ms)))
		return FAMILY_HELD;
	advance(family, generation, rules, now);
	return is_later ? FAMILY_ADOPTED : FAMILY_ROTATED;
}

bool family_finish(struct family *family, enum family_end end, const struct family_now *now)
{
	if (family->end != FAMILY_LIVES)
		return false;
	family->end = end;
	family->ended_wall_ms = now->wall_ms;
	return true;
}

int64_t family_remembered_until(const struct family *family, uint64_t access_ms)
{
	int64_t last = family->issued_wall_ms > family->ended_wall_ms ? family->issued_wall_ms
								      : family->ended_wall_ms;

	return access_ms < (uint64_t)(INT64_MAX - last) ? last + (int64_t)access_ms : INT64_MAX;
}

const char *family_id_text(
	const uint8_t id[static FAMILY_ID_BYTES], char out[static FAMILY_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < FAMILY_ID_BYTES; i++) {
		out[2 * i] = digits[id[i] >> 4];
		out[2 * i + 1] = digits[id[i] & 15];
	}
	out[FAMILY_ID_TEXT - 1] = '\0';
	return out;
}

// Only as family_id_text writes it: one family has one name.
static int lower_digit(char byte)
{
	return byte >= 'A' && byte <= 'F' ? -1 : text_hex_digit(byte);
}

bool family_id_read(const char *text, size_t length, uint8_t ret_id[static FAMILY_ID_BYTES])
{
	uint8_t id[FAMILY_ID_BYTES];

	if (length != FAMILY_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < FAMILY_ID_BYTES; i++) {
		int high = lower_digit(text[2 * i]), low = lower_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_id, id, sizeof(id));
	return true;
}
