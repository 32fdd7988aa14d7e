// Where one key of a profile comes from, and what was loaded from there last. Bytes that did not
// change are not loaded again: a keyed hash of them is kept, and a copy only of a file's.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEYSOURCE_H
#define VERIFIER_TRUST_KEYSOURCE_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "verifier/trust/token/profile.h"

struct bundle;
struct secret_arena;
struct vault;

#define KEYSOURCE_FILE_MAX (256u * 1024) // bytes of a key file
#define KEYSOURCE_HASH_SIZE 32

enum keysource_state {
	KEYSOURCE_UNSEEN, // the app has offered nothing since the start
	KEYSOURCE_ABSENT, // there is no such key, or it is empty
	KEYSOURCE_BAD,    // there is one, and it cannot be used
	KEYSOURCE_LOADED,
};

// What loading takes. All borrowed.
struct keysource_means {
	struct secret_arena *arena;
	struct vault *hides;     // what is kept of a file, for as long; NULL: nobody does
	const uint8_t *hash_key; // KEYSOURCE_HASH_SIZE random bytes
};

struct keysource {
	const struct profile_rules *rules;
	const struct profile_source *source; // one of the rules
	enum keysource_state state;
	uint64_t seen;                     // the id of the bundle that was looked at last; 0: none
	uint8_t hash[KEYSOURCE_HASH_SIZE]; // of the bytes, BAD and LOADED
	struct key *keys[KEY_SET_MAX];     // of PROFILE_JWS, `count` of them
	size_t count;
	struct jwe_key *sessions[PROFILE_COOKIES_MAX]; // of the others
	// Of a file, the text of a symmetric key, in `arena`: for diagnosis. It is not to be had
	// later on: files are read at the start and at SIGHUP alone.
	struct secret text;
	struct secret_arena *arena;
	struct vault *hides;
	bool exposed;     // a file with a secret that everybody may read
	bool quoted;      // a file with quotes around its text, which are not part of the key
	struct err fault; // unless LOADED; its code is 0 where there is nothing to say
};

// Makes a source that has seen nothing, or forgets what it saw; wipes its keys.
void keysource_begin(struct keysource *keysource, const struct profile_rules *rules,
	const struct profile_source *source);
void keysource_forget(struct keysource *keysource);

// Takes what `from` has loaded, which then has seen nothing; rules and source stay. It is alike:
// see keysource_is_alike.
void keysource_inherit(struct keysource *keysource, struct keysource *from);

// Whether `a` would make of the bytes that `b` saw what `b` made of them: the same keys, whatever
// their state is now, or the same fault.
bool keysource_is_alike(const struct keysource *a, const struct keysource *b);

// Looks at a bundle of the app.
// Returns: 0 (it is as it was), 1 (it is not), or -ENOMEM: it has seen nothing.
int keysource_look(struct keysource *keysource, const struct bundle *bundle, uint64_t id,
	const struct keysource_means *means) must_check;

// Reads the key file. It must not belong to another user; what tools leave around a text is not
// part of the key: see trim.h. Returns: 0, or -ENOMEM: it has seen nothing.
int keysource_read(struct keysource *keysource, const struct keysource_means *means) must_check;

#endif
