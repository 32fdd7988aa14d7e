// Who may do what: a peer's uid and gid against the [admit] rules, and how many connections each
// uid holds. Asks nobody: the caller brings what the kernel said about the peer.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ADMIT_H
#define VERIFIER_DOOR_API_ADMIT_H

#include "lib/base/base.h"

#include <sys/types.h>

#define ADMIT_RULES_MAX 64
#define ADMIT_UIDS_MAX 1024 // uids with a connection at the same time

// What a peer may be allowed; one bit each.
enum admit_verb {
	ADMIT_OFFER = 1u << 0,      // hand over and withdraw bundles
	ADMIT_STATUS = 1u << 1,     // read what is held and what drifts
	ADMIT_VERIFY = 1u << 2,     // have tokens judged, and forward-auth
	ADMIT_INTROSPECT = 1u << 3, // the same as RFC 7662
	ADMIT_ISSUE = 1u << 4,      // have tokens minted
	ADMIT_DIAGNOSE = 1u << 5,   // learn which key signed a token
	ADMIT_ATTEST = 1u << 6,     // prove which value one's own process uses
	ADMIT_REVOKE = 1u << 7,     // end sessions and tokens
	ADMIT_ALL = (1u << 8) - 1,
	ADMIT_OVER_TCP = ADMIT_STATUS | ADMIT_VERIFY | ADMIT_INTROSPECT | ADMIT_ISSUE |
			 ADMIT_REVOKE, // no more than who may mint can do
};

// A verb's bit by its name.
// Returns: the bit, or 0.
unsigned admit_verb(const char *name);

// A verb's name by its bit, which lives forever.
// Returns: the name, or NULL.
const char *admit_verb_name(unsigned verb);

// The names of all verbs, "offer, status, ...", cut at `size`. Returns: `out`.
const char *admit_verbs_text(char *out, size_t size);

// A rule holds for a peer that has the uid and the gid it names; one that is not named fits all.
struct admit_rule {
	bool has_uid, has_gid;
	uid_t uid;
	gid_t gid;
	unsigned verbs; // enum admit_verb
};

struct admit;

// Makes a judge; `rules` are copied. The caller owns it.
// Returns: the judge, or NULL when memory is short.
struct admit *admit_new(const struct admit_rule *rules, size_t count, uint64_t connections_per_uid)
	must_check;
struct admit *admit_free(struct admit *admit); // NULL is fine; returns NULL

// Takes new rules; connections that are open stay counted.
// Returns: 0 or -ENOMEM, then the old rules hold.
int admit_change(struct admit *admit, const struct admit_rule *rules, size_t count,
	uint64_t connections_per_uid) must_check;

// What a peer may do. Root and this process's own uid may do all, whatever the rules; the overflow
// uid 65534 may never do anything.
// Returns: bits of enum admit_verb.
unsigned admit_verbs(const struct admit *admit, uid_t uid, gid_t gid);

// Counts a connection of a uid in or out.
// Returns: whether it is within the limit (false: not counted).
bool admit_enter(struct admit *admit, uid_t uid) must_check;
void admit_leave(struct admit *admit, uid_t uid);

#endif
