// A connection to Redis that is ready for use: logged in, at its database, the scripts loaded.
// Made anew when it broke, at first at once and then after pauses.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISCONN_H
#define VERIFIER_RECORD_SESSIONS_REDISCONN_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "verifier/record/sessions/redislink.h"
#include "verifier/record/sessions/redisscripts.h"

#define REDISCONN_PATH_MAX 107 // bytes of a Unix socket's path
#define REDISCONN_SHA_SIZE 41
#define REDISCONN_WHY_SIZE 256

// Whoever owns it fills in the first part and leaves zeros in the rest.
struct redisconn {
	struct redislink *link; // borrowed
	char path[REDISCONN_PATH_MAX + 1];
	char database[8];
	char user[REDISLINK_USER_MAX + 1]; // or ""
	struct secret password;
	char *why; // of REDISCONN_WHY_SIZE: the last trouble, as a sentence

	char shas[REDISSCRIPTS][REDISCONN_SHA_SIZE];
	bool is_ready;               // connected and prepared
	uint64_t connects;           // how often it became so
	uint64_t pause_ms, retry_ms; // clock_steady_ms before which nothing is tried
	char warning[REDISCONN_WHY_SIZE];
};

// Sees to it that there is a connection.
// Returns: 0, or a negative errno with why.
int redisconn_ready(struct redisconn *conn, uint64_t deadline_ms) must_check;

// As redislink_send and redislink_take, with why.
// Returns: as these; then the connection is not ready any more.
int redisconn_send(struct redisconn *conn, uint64_t deadline_ms) must_check;
int redisconn_take(struct redisconn *conn, uint64_t deadline_ms, struct redislink_reply *ret_reply)
	must_check;

// Tries nothing for a while, the longer the more often.
void redisconn_pause(struct redisconn *conn);

// Notes a trouble. Returns: code.
int redisconn_trouble(struct redisconn *conn, int code, const char *sentence);

// Hangs up on a Redis that answers what no script of ours does. Returns: -EBADMSG.
int redisconn_strange(struct redisconn *conn);

#endif
