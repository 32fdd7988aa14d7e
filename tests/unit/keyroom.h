// A vault with bundles, and a keyring that gets its keys from them.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_KEYROOM_H
#define TESTS_UNIT_KEYROOM_H

#include "lib/base/base.h"
#include "lib/value/bundle.h"
#include "verifier/trust/keyring.h"

struct vault;

#define KEYROOM_GOOD "Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5"
#define KEYROOM_GOOD2 "Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xA"

struct keyroom {
	struct vault *vault;
	struct keyring *keyring;
	uint64_t id;
};

struct keyroom_given {
	const char *name, *value; // value NULL: none
};

// Opens an empty one. Fails the test where it cannot.
void keyroom_open(struct keyroom *room);

void keyroom_close(struct keyroom *room);

// Shows the keyring what is in the vault now.
void keyroom_refresh(struct keyroom *room);

// Gives the keyring its rules, which it refers to.
void keyroom_configure(struct keyroom *room, const struct profile_rules *rules, size_t count);

// Puts a bundle of the app into the vault and shows it to the keyring. Returns: its id.
uint64_t keyroom_offer_phase(struct keyroom *room, const char *app, enum bundle_phase phase,
	const struct keyroom_given *given, size_t count);

// The same with one key, as an app that starts.
uint64_t keyroom_offer(struct keyroom *room, const char *app, const char *key, const char *value);

// Takes the bundle out again, and shows that to the keyring.
void keyroom_end(struct keyroom *room, uint64_t id);

// AUTH_SECRET of web, and a profile of it.
extern const struct profile_source keyroom_web_key;

extern const struct profile_rules keyroom_session;

const struct profile *keyroom_at(const struct keyroom *room, size_t index);

// Fails the test unless the first profile has no key, for this reason.
void keyroom_expect_unusable(const struct keyroom *room, const char *fault);

// Whether the profile's key at `index` made the MAC of "x" by `secret`.
bool keyroom_has_secret(const struct keyroom *room, size_t index, const char *secret);

#endif
