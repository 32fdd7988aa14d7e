// One array. What a nonce is for is kept as a hash, so that a place has one size.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/nonces.h"

#include <sodium.h>

struct place {
	uint8_t nonce[NONCES_SIZE];
	uint8_t purpose[crypto_generichash_BYTES];
	uint64_t uid, given_ms;
	bool used;
};

struct nonces {
	struct place places[NONCES_MAX];
	size_t count;
};

struct nonces *nonces_new(void)
{
	return calloc(1, sizeof(struct nonces));
}

struct nonces *nonces_free(struct nonces *nonces)
{
	free(nonces);
	return NULL;
}

static bool is_waiting(const struct place *place, uint64_t now_ms)
{
	return !place->used && now_ms - place->given_ms < NONCES_LIFE_MS;
}

// Both texts with their NUL: no two pairs are one text.
static void purpose_of(
	const char *what, const char *key, uint8_t ret_purpose[crypto_generichash_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES); // cannot fail
	(void)crypto_generichash_update(&state, (const uint8_t *)what, strlen(what) + 1);
	(void)crypto_generichash_update(&state, (const uint8_t *)key, strlen(key) + 1);
	(void)crypto_generichash_final(&state, ret_purpose, crypto_generichash_BYTES);
}

// Until the oldest of those that wait, of one user or of all, is too old.
static uint64_t until_oldest(const struct nonces *nonces, const uint64_t *uid, uint64_t now_ms)
{
	uint64_t least = NONCES_LIFE_MS;

	for (size_t i = 0; i < nonces->count; i++) {
		const struct place *place = &nonces->places[i];
		uint64_t left = place->given_ms + NONCES_LIFE_MS - now_ms;

		if (is_waiting(place, now_ms) && (!uid || place->uid == *uid) && left < least)
			least = left;
	}
	return least;
}

uint64_t nonces_wait(const struct nonces *nonces, uint64_t uid, size_t count, uint64_t now_ms)
{
	size_t own = 0, all = 0;

	for (size_t i = 0; i < nonces->count; i++) {
		bool waiting = is_waiting(&nonces->places[i], now_ms);

		all += waiting;
		own += waiting && nonces->places[i].uid == uid;
	}
	if (own + count > NONCES_UID_MAX)
		return until_oldest(nonces, &uid, now_ms);
	if (own + count > (NONCES_MAX - all) / NONCES_SHARE)
		return until_oldest(nonces, NULL, now_ms);
	return 0;
}

// A place that nothing waits in: a new one, else the one that was given longest ago.
static struct place *find_room(struct nonces *nonces, uint64_t now_ms)
{
	struct place *room = NULL;

	if (nonces->count < NONCES_MAX)
		return &nonces->places[nonces->count++];
	for (size_t i = 0; i < nonces->count; i++) {
		struct place *place = &nonces->places[i];

		if (!is_waiting(place, now_ms) && (!room || place->given_ms < room->given_ms))
			room = place;
	}
	return room;
}

void nonces_give(struct nonces *nonces, uint64_t uid, const char *what, const char *key,
	uint64_t now_ms, uint8_t ret_nonce[static NONCES_SIZE])
{
	struct place *place = find_room(nonces, now_ms);

	randombytes_buf(ret_nonce, NONCES_SIZE);
	if (!place)
		return; // a nonce that is not known is as good as none
	*place = (struct place){.uid = uid, .given_ms = now_ms};
	memcpy(place->nonce, ret_nonce, NONCES_SIZE);
	purpose_of(what, key, place->purpose);
}

static size_t find(const struct nonces *nonces, const uint8_t *nonce)
{
	size_t i = 0;

	while (i < nonces->count && memcmp(nonces->places[i].nonce, nonce, NONCES_SIZE) != 0)
		i++;
	return i;
}

enum nonces_state nonces_judge(const struct nonces *nonces, uint64_t uid, const char *what,
	const char *key, uint64_t now_ms, const uint8_t nonce[static NONCES_SIZE])
{
	const struct place *place = &nonces->places[find(nonces, nonce)];
	uint8_t purpose[crypto_generichash_BYTES];

	if (place == &nonces->places[nonces->count] || place->uid != uid)
		return NONCES_E_UNKNOWN;
	purpose_of(what, key, purpose);
	if (memcmp(purpose, place->purpose, sizeof(purpose)) != 0)
		return NONCES_E_UNKNOWN;
	if (place->used)
		return NONCES_E_USED;
	return is_waiting(place, now_ms) ? NONCES_GOOD : NONCES_E_EXPIRED;
}

void nonces_use(struct nonces *nonces, const uint8_t nonce[static NONCES_SIZE])
{
	size_t index = find(nonces, nonce);

	if (index < nonces->count)
		nonces->places[index].used = true;
}
