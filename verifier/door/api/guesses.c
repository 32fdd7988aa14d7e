// The times of the last wrong guesses, in a ring for each user and key. A ring whose times are all
// over is free.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/guesses.h"

#include <sodium.h>

struct subject {
	uint64_t uid;
	uint8_t who[crypto_generichash_BYTES];
	uint64_t times[GUESSES_WRONG_MAX]; // a ring; 0: none
	size_t next;                       // the oldest one
};

struct guesses {
	struct subject subjects[GUESSES_SUBJECTS_MAX];
	size_t count;
};

struct guesses *guesses_new(void)
{
	return calloc(1, sizeof(struct guesses));
}

struct guesses *guesses_free(struct guesses *guesses)
{
	free(guesses);
	return NULL;
}

static void name(
	uint64_t uid, const char *app, const char *key, uint8_t ret_who[crypto_generichash_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES); // cannot fail
	(void)crypto_generichash_update(&state, (const uint8_t *)&uid, sizeof(uid));
	(void)crypto_generichash_update(&state, (const uint8_t *)app, strlen(app) + 1);
	(void)crypto_generichash_update(&state, (const uint8_t *)key, strlen(key) + 1);
	(void)crypto_generichash_final(&state, ret_who, crypto_generichash_BYTES);
}

static bool is_over(uint64_t time_ms, uint64_t now_ms)
{
	return !time_ms || now_ms - time_ms >= GUESSES_SPAN_MS;
}

static uint64_t last_of(const struct subject *subject)
{
	return subject->times[(subject->next + GUESSES_WRONG_MAX - 1) % GUESSES_WRONG_MAX];
}

// The last guess is over, and so are those before it.
static bool is_free(const struct subject *subject, uint64_t now_ms)
{
	return is_over(last_of(subject), now_ms);
}

// Where a subject stands, or would; GUESSES_SUBJECTS_MAX when there is no room.
static size_t place_of(const struct guesses *guesses, const uint8_t *who, uint64_t now_ms)
{
	size_t room = guesses->count;

	for (size_t i = 0; i < guesses->count; i++) {
		if (memcmp(guesses->subjects[i].who, who, crypto_generichash_BYTES) == 0)
			return i;
		if (is_free(&guesses->subjects[i], now_ms))
			room = i;
	}
	return room;
}

// Whether a user's share has no room for `more` keys that it was not wrong about of late.
static bool is_full(const struct guesses *guesses, uint64_t uid, size_t more, uint64_t now_ms)
{
	size_t own = 0, all = 0;

	for (size_t i = 0; i < guesses->count; i++) {
		bool taken = !is_free(&guesses->subjects[i], now_ms);

		all += taken;
		own += taken && guesses->subjects[i].uid == uid;
	}
	return own + more > GUESSES_UID_MAX ||
	       own + more > (GUESSES_SUBJECTS_MAX - all) / GUESSES_SHARE;
}

// Until the first subject of a user is free; of all users when this one has none.
static uint64_t until_free(const struct guesses *guesses, uint64_t uid, uint64_t now_ms)
{
	uint64_t least_own = GUESSES_SPAN_MS, least = GUESSES_SPAN_MS;
	bool has_own = false;

	for (size_t i = 0; i < guesses->count; i++) {
		const struct subject *subject = &guesses->subjects[i];
		uint64_t left;

		if (is_free(subject, now_ms))
			continue;
		left = last_of(subject) + GUESSES_SPAN_MS - now_ms;
		least = left < least ? left : least;
		if (subject->uid != uid)
			continue;
		has_own = true;
		least_own = left < least_own ? left : least_own;
	}
	return has_own ? least_own : least;
}

uint64_t guesses_wait(const struct guesses *guesses, uint64_t uid, const char *app, const char *key,
	size_t before, uint64_t now_ms)
{
	uint8_t who[crypto_generichash_BYTES];
	const struct subject *subject;
	uint64_t oldest;
	size_t place;

	name(uid, app, key, who);
	place = place_of(guesses, who, now_ms);
	subject = guesses->subjects + place;
	if (place == guesses->count || is_free(subject, now_ms))
		return is_full(guesses, uid, before + 1, now_ms) ? until_free(guesses, uid, now_ms)
								 : 0;
	oldest = subject->times[subject->next];
	return is_over(oldest, now_ms) ? 0 : oldest + GUESSES_SPAN_MS - now_ms;
}

void guesses_note(
	struct guesses *guesses, uint64_t uid, const char *app, const char *key, uint64_t now_ms)
{
	uint8_t who[crypto_generichash_BYTES];
	struct subject *subject;
	size_t place;

	name(uid, app, key, who);
	place = place_of(guesses, who, now_ms);
	if (place == GUESSES_SUBJECTS_MAX)
		return; // guesses_wait said so
	subject = &guesses->subjects[place];
	if (place == guesses->count)
		guesses->count++;
	if (memcmp(subject->who, who, sizeof(who)) != 0) {
		*subject = (struct subject){.uid = uid};
		memcpy(subject->who, who, sizeof(who));
	}
	subject->times[subject->next] = now_ms;
	subject->next = (subject->next + 1) % GUESSES_WRONG_MAX;
}
