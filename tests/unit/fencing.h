// What samekeyd may and may not do inside its fence: a scene as it has it, and acts to try there.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_FENCING_H
#define TESTS_UNIT_FENCING_H

#include "lib/base/base.h"

#include <netinet/in.h>

#define FENCING_WRONG 97 // an act that failed without an errno

// The scene. In the scratch folder, `keys` and `data` are folders that the daemon may use,
// `elsewhere` is none.
extern char fencing_scratch[32], fencing_keys[64], fencing_data[64], fencing_elsewhere[64],
	fencing_key_file[80], fencing_database[80], fencing_handoff[80];
extern struct secret_arena *fencing_arena; // opened before, as the daemon's
extern int fencing_listener, fencing_tcp;
extern in_port_t fencing_tcp_port; // where somebody listens
extern pid_t fencing_helper;

// For cmocka: makes the scene, and removes it.
int fencing_set_up(void **state);
int fencing_tear_down(void **state);

// Returns 0 when what it tries was done, else the errno.
typedef int fencing_try(void);

// Two acts that are forbidden, by Landlock and by seccomp.
int fencing_read_foreign(void);
int fencing_open_network(void);

// Returns: what an act does, which was done or has set errno.
int fencing_told(bool done);

#define FENCING_ENDS (-1) // by SIGSYS
#define FENCING_ABORTS (-2)
struct fencing_case {
	const char *what;
	fencing_try *try;
	int comes_to; // FENCING_ENDS, FENCING_ABORTS, 0 or an errno
	bool landlock;
};

extern const struct fencing_case fencing_forbidden[], fencing_needed[];
extern const size_t fencing_forbidden_count, fencing_needed_count;

#endif
