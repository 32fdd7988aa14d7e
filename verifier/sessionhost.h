// What sessions need beside the rest of the daemon, put together from the settings: the store on
// its thread, the helper that asks the login server, the listener's sockets, and what is revoked.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SESSIONHOST_H
#define VERIFIER_SESSIONHOST_H

#include "lib/base/base.h"

#include <sys/types.h>

struct answers;
struct err;
struct log;
struct loop;
struct ruling;
struct sessionhost;
struct sessions;
struct throttle;
struct vault_snapshot;

// Starts the helper and opens the store, as far as the settings ask for them. Comes before any
// other process or thread of ours. The ruling is borrowed until the next sessionhost_change. The
// caller owns the host. Returns: 0 or a negative errno; of a damaged database -EUCLEAN.
int sessionhost_open(const struct ruling *ruling, const struct log *log,
	struct sessionhost **ret_host, struct err *err) must_check;

// Makes the listener's sockets, if it has any. Returns: 0 or a negative errno.
int sessionhost_listen(struct sessionhost *host, struct err *err) must_check;

// The process of the helper, or 0.
pid_t sessionhost_helper(const struct sessionhost *host);

// Starts to work: the store's thread. Tells `answers` about it. All borrowed.
// Returns: 0 or a negative errno.
int sessionhost_attach(struct sessionhost *host, struct loop *loop, struct answers *answers,
	struct throttle *throttle, struct err *err) must_check;

// Takes over sockets that somebody else made, in place of those in the settings; -1: none. Comes
// before sessionhost_attach. Returns: 0, or -EINVAL: the settings have no sessions.
int sessionhost_lend(struct sessionhost *host, int socket, int tcp, struct err *err) must_check;

// Ends everything but what answers wait for: those are called back. NULL is fine.
// Returns: NULL.
struct sessionhost *sessionhost_close(struct sessionhost *host);

// Stops listening, when the daemon is to end.
void sessionhost_stop(struct sessionhost *host);

// Takes other settings: rules, and where login goes. Not the sockets and the store.
void sessionhost_change(struct sessionhost *host, const struct ruling *ruling);

// Takes the login server's URL from the app's newest bundle, where the settings say so.
void sessionhost_follow(struct sessionhost *host, const struct vault_snapshot *snapshot);

// To be called every second: tries again what waits for the store, and logs its coming and going.
void sessionhost_settle(struct sessionhost *host);

// For http_open: what answers on the listener.
// Returns: the sessions, borrowed; NULL: nothing does.
struct sessions *sessionhost_sessions(struct sessionhost *host);

// Likewise its sockets, which the caller owns from then on.
// Returns: a descriptor, or -1: there is none, or it was taken already.
int sessionhost_take_socket(struct sessionhost *host);
int sessionhost_take_tcp(struct sessionhost *host);

#endif
