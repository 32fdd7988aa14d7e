// Bundles that the service manager keeps over a restart of ours: each lies in its store of file
// descriptors as the sealed memfd that it came in, and its name there says whose it is and since
// when. What comes back is checked like an offer, and its process must still live.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_KEEPSAKE_H
#define VERIFIER_DOOR_KEEPSAKE_H

#include "lib/base/base.h"
#include "verifier/record/registry.h"

struct custody;
struct log;
struct peer;
struct vault;

#define KEEPSAKE_NAME_SIZE 256 // the manager takes 255 bytes

// What the manager gave back, as it came.
struct keepsake_item {
	int fd;
	char name[KEEPSAKE_NAME_SIZE];
};

// What its name says.
struct keepsake_facts {
	enum registry_hold hold;
	uid_t uid;
	gid_t gid;
	pid_t pid;           // of REGISTRY_PROCESS
	uint64_t start_time; // of that process, see peer.h
	uint64_t offered_ms; // on the monotonic clock, which goes on over a restart of ours
	uint64_t generation; // of the registry when it came
	uint64_t id;         // of the registry then: makes the name one of its own
};

// Tells the manager: lines such as "FDSTORE=1\nFDNAME=...", and the descriptor, or -1.
typedef bool keepsake_tell(const char *lines, int fd);

// Whether a descriptor of that name comes out of the store.
bool keepsake_is_name(const char *name);

// Writes the name that says these facts, and reads it.
void keepsake_write(const struct keepsake_facts *facts, char out[static KEEPSAKE_NAME_SIZE]);
bool keepsake_read(const char *name, struct keepsake_facts *ret_facts) must_check;

// Has a bundle kept that was just taken from `peer`; `facts` lack the start time. Writes the name
// that it is kept under.
// Returns: whether it is; whoever could not be found again is not kept.
bool keepsake_put(keepsake_tell *tell, int memfd, const struct peer *peer,
	const struct keepsake_facts *facts, char ret_name[static KEEPSAKE_NAME_SIZE]);

// Has it forgotten; "" is fine.
void keepsake_remove(keepsake_tell *tell, const char *name);

struct keepsake_parts {
	struct custody *custody;
	struct vault *vault;
	const struct log *log;
	keepsake_tell *tell;
	bool is_off; // nothing is taken back, all is forgotten
};

// Takes back what still holds, in the order it came; the rest is logged and forgotten. Sorts the
// items; their descriptors stay the caller's.
void keepsake_restore(
	const struct keepsake_parts *parts, struct keepsake_item *items, size_t count);

#endif
