// What samekeyd and samekeyd-upstream say to each other over their socket pair: settings, a request
// to pass on, what came back. Pure functions; big-endian, versioned, capped, one packet each.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_RELAY_H
#define LIB_WIRE_RELAY_H

#include "lib/base/base.h"

#define RELAY_URL_MAX 2047          // bytes
#define RELAY_PATH_MAX 1023         // of ca_file
#define RELAY_BODY_MAX (64u * 1024) // of a request, and of an answer
#define RELAY_PACKET_MAX (RELAY_BODY_MAX + 4096)
#define RELAY_AT_ONCE_MAX 64         // requests that are passed on at the same time
#define RELAY_TIMEOUT_MAX_MS 600000u // of a whole request
#define RELAY_VERSION 1

enum relay_type {
	RELAY_SETTINGS,
	RELAY_REQUEST,
	RELAY_ANSWER,
	// upstream -> samekeyd, without more: one that knows no settings begins, at first or in the
	// place of one that broke off. What was asked before it is lost.
	RELAY_BEGINS,
	RELAY_TYPES, // how many there are
};

// samekeyd -> upstream, before any request and whenever they change.
struct relay_settings {
	const char *url;     // http: or https:, where POST goes
	const char *ca_file; // who is believed, or NULL: the system's
	uint64_t timeout_ms; // from the request to the end of its answer; at least 1
	uint64_t connect_ms; // of that, for the connection with its TLS handshake; at least 1
	uint64_t body_max;   // bytes of an answer; at least 1
};

// samekeyd -> upstream: POST this JSON.
struct relay_request {
	uint64_t id;
	const char *body; // not NUL-terminated
	size_t length;
};

// What became of a request.
enum relay_outcome {
	RELAY_OK,      // an answer came, whatever its status
	RELAY_REFUSED, // nobody is there, or no name, or no route
	RELAY_TIMEOUT,
	RELAY_TLS,       // its certificate or its TLS is not good
	RELAY_TOO_LARGE, // the body is over body_max
	RELAY_BROKEN,    // it does not speak HTTP, or the connection broke
	RELAY_BUSY,      // too many at once
	RELAY_DOWN,      // the helper process is gone; said by the daemon's side alone
	RELAY_OUTCOMES,  // how many there are
};
extern const char *const relay_outcome_names[]; // "ok", "refused", "timeout", ...; ended by NULL

// upstream -> samekeyd.
struct relay_answer {
	uint64_t id;
	enum relay_outcome outcome;
	unsigned status;        // of RELAY_OK: 100..999; else all from here on is 0
	uint32_t retry_after_s; // of a 429 or 503; 0: none
	bool is_json;           // its Content-Type says so
	const char *body;       // views into the packet
	size_t length;
};

struct relay_message {
	enum relay_type type;
	union {
		struct relay_settings settings;
		struct relay_request request;
		struct relay_answer answer;
	};
};

// Writes a message into `out`.
// Returns: its length, or 0: it does not fit, or is over a cap.
size_t relay_encode(const struct relay_message *message, uint8_t *out, size_t size) must_check;

// Reads one; texts and bodies are views into `bytes`, and texts end with a NUL there.
// Returns: 0 or -EPROTO.
int relay_decode(const uint8_t *bytes, size_t length, struct relay_message *ret_message) must_check;

#endif
