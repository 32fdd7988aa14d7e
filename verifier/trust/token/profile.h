// A profile: how one kind of token is verified and minted. Its rules are what samekeyd.ini says; a
// loaded profile has its keys beside them, and never changes while somebody holds it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_PROFILE_H
#define VERIFIER_TRUST_TOKEN_PROFILE_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "verifier/trust/key/key.h"

struct jwe_key;

#define PROFILE_KEYS_MAX 16   // keys of one profile
#define PROFILE_TRIED_MAX 4   // keys that a token without a kid is tried with
#define PROFILE_LIST_MAX 16   // items of audience, require, forward
#define PROFILE_NAME_MAX 64   // bytes: letters, digits, `-`, `_`, `.`
#define PROFILE_COOKIES_MAX 2 // names that a session's cookie may have

// The order of `kind` in samekeyd.ini.
enum profile_kind { PROFILE_JWS, PROFILE_NEXTAUTH_V4, PROFILE_AUTHJS_V5 };
extern const char *const profile_kinds[]; // as configuration writes them, ended by NULL

// The order of `format`: of refresh tokens.
enum profile_format { PROFILE_JWT, PROFILE_OPAQUE };
extern const char *const profile_formats[]; // likewise

// Where a key of a profile comes from, and what configuration says it is. All borrowed.
struct profile_source {
	const char *app, *key; // the winner of this key in the app's newest bundle; or else
	const char *file;      // a file that is read at the start and at SIGHUP
	bool optional;         // that the app has no such key, or an empty one, is no fault
	struct key_options options;
};

struct profile_list {
	const char *const *items;
	size_t count;
};

// What [profile NAME] says. All borrowed.
struct profile_rules {
	const char *name;
	enum profile_kind kind;
	const char *issuer;           // NULL: not judged
	struct profile_list audience; // one of them must be in aud; empty: not judged
	const char *typ;              // NULL: not judged
	struct profile_list require;  // claims that must be there
	struct profile_list forward;  // claims that forward-auth answers as X-Auth-Claim-NAME
	uint64_t leeway_ms;
	uint64_t max_age_ms;         // since iat; 0: not judged
	uint64_t lifetime_ms;        // of tokens that are minted
	enum profile_format format;  // of a session's refresh token
	bool redirect;               // /auth/check sends who is not logged in to the login page
	struct profile_list cookies; // names; for a session kind the library's own by default
	const struct profile_source *sources; // in the order of the file
	size_t source_count;
};

// A key of a loaded profile: one of `key` and the session keys.
struct profile_key {
	struct key *key;                               // PROFILE_JWS
	struct jwe_key *sessions[PROFILE_COOKIES_MAX]; // else one for each salt that may be
	enum key_state state;
	const char *label;                   // borrowed from the rules, as is:
	const struct profile_source *source; // what it was loaded from; NULL: by hand
	struct secret text; // of a symmetric key from a file, as the file has it; for diagnosis
};

struct profile {
	const struct profile_rules *rules;
	struct profile_key keys[PROFILE_KEYS_MAX]; // active ones first
	size_t key_count;
	// Without each of its active keys, and one that verifies, it has none and verifies nothing:
	// `fault` says why in a sentence, `hint` what to do. Of a usable profile they are about a
	// further key that is left out, or "".
	bool usable;
	bool is_waiting;                     // the fault is that an app has offered nothing yet
	const struct profile_source *faulty; // what the fault is about, or NULL
	const char *exposed; // a file with one of its secrets that everybody may read, or NULL
	const char *quoted;  // a file with one whose quotes were taken off, or NULL
	char fault[ERR_WHAT_SIZE], hint[ERR_HINT_SIZE];
};

// Whether one of its keys comes from the app.
bool profile_is_of(const struct profile_rules *rules, const char *app);

#endif
