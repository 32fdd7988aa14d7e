// What loader and verifier say to each other: typed messages, their bytes, and which may come
// when. Pure functions: sockets are channel's, descriptors sealed's. A message is a head and a
// body; a body that is too long for a packet travels in a sealed memfd beside the head.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_MESSAGE_H
#define LIB_WIRE_MESSAGE_H

#include "lib/base/base.h"
#include "lib/value/fingerprint.h"

struct diag_item;
struct err;
struct pool;

#define MESSAGE_MAGIC 0x534bu // "SK"
#define MESSAGE_VERSION 1
#define MESSAGE_HEAD_SIZE 12
#define MESSAGE_PACKET_MAX (64u * 1024)      // bytes of a packet, head and body
#define MESSAGE_ASK_MAX (1024u * 1024)       // bytes of an ASK's body in a memfd
#define MESSAGE_FILE_MAX (16u * 1024 * 1024) // bytes of a VERDICT or ANSWER in a memfd
#define MESSAGE_TEXT_MAX 8191                // bytes of one text
#define MESSAGE_METHOD_MAX 15
#define MESSAGE_PATH_MAX 2047
#define MESSAGE_FINGERPRINTS_MAX 10000
#define MESSAGE_FINDINGS_MAX 1000

// The numbers are part of the wire format.
enum message_type {
	MESSAGE_NONE,
	MESSAGE_OFFER,    // loader: here is a bundle; its sealed memfd comes along
	MESSAGE_VERDICT,  // verifier: the answer to an offer
	MESSAGE_ASK,      // loader: a request of the JSON API
	MESSAGE_ANSWER,   // verifier: the answer to ASK and WITHDRAW
	MESSAGE_WITHDRAW, // loader: forget the standing offer of an app
	MESSAGE_PROBLEM,  // verifier: the request could not be taken; nothing was changed
	MESSAGE_TYPES,    // how many there are
};

enum message_offer_kind {
	MESSAGE_OFFER_PROCESS,  // live while the offering process lives, through exec
	MESSAGE_OFFER_STANDING, // `samekey offer`: live until it is replaced or withdrawn
	MESSAGE_OFFER_PARENT,   // live while the parent of the offering process lives
};

struct message_offer {
	enum message_offer_kind kind;
	uint32_t size; // of the bundle
};

struct message_fingerprint {
	const char *key;
	char text[FINGERPRINT_TEXT_SIZE]; // 12 hex digits, or "weak"
};

struct message_verdict {
	bool accepted;
	uint64_t generation; // of the verifier's set of bundles; grows by one with every change
	const char *key_id;  // of the verifier's fingerprint key
	const struct message_fingerprint *fingerprints; // one for each secret with a winner
	size_t fingerprint_count;
	const struct diag_item *findings;
	size_t finding_count;
};

struct message_ask {
	const char *method; // "GET"
	const char *path;   // with its query: "/v1/drift?app=web"
	const char *body;   // JSON, not ended by a NUL; a view when decoded
	size_t body_length;
};

struct message_answer {
	uint16_t status;  // as in HTTP, 100 to 599
	const char *body; // JSON, not ended by a NUL; a view when decoded
	size_t body_length;
};

struct message_withdraw {
	const char *app;
};

struct message_problem {
	const char *code; // fault_text, see lib/wire/fault.h
	const char *text;
	const char *hint; // or ""
};

struct message {
	enum message_type type;
	union {
		struct message_offer offer;
		struct message_verdict verdict;
		struct message_ask ask;
		struct message_answer answer;
		struct message_withdraw withdraw;
		struct message_problem problem;
	};
};

// What this end waits for; so also who this end is.
enum message_state {
	MESSAGE_AWAIT_REQUEST, // the verifier, always
	MESSAGE_AWAIT_VERDICT, // the loader after OFFER
	MESSAGE_AWAIT_ANSWER,  // the loader after ASK or WITHDRAW
};

enum message_rule_flag {
	MESSAGE_BRINGS_BUNDLE = 1u << 0, // exactly one descriptor comes along: the bundle
	MESSAGE_MAY_BE_FILE = 1u << 1,   // the body may travel in a sealed memfd
	MESSAGE_IN_REQUEST = 1u << 2,    // permitted in MESSAGE_AWAIT_REQUEST
	MESSAGE_IN_VERDICT = 1u << 3,    // ... in MESSAGE_AWAIT_VERDICT
	MESSAGE_IN_ANSWER = 1u << 4,     // ... in MESSAGE_AWAIT_ANSWER
};

// The rule of a type: one const table.
struct message_rule {
	const char *name;        // "offer"
	size_t body_max;         // bytes of a body, wherever it travels
	unsigned flags;          // enum message_rule_flag
	enum message_state next; // what its sender waits for afterwards
};

// The row of a type.
const struct message_rule *message_rule(enum message_type type);

// How many bytes the body takes.
// Returns: 0, -EINVAL (a field is not what its comment says) or -E2BIG (over the type's cap).
int message_body_size(const struct message *message, size_t *ret_size, struct err *err) must_check;

// Writes the body; `size` as message_body_size gave it.
// Returns: 0 or -EINVAL.
int message_encode(const struct message *message, uint8_t *out, size_t size) must_check;

// Reads a body of a type. Texts and lists go to the pool; JSON bodies are views into `body`.
// Returns: 0, FAULT_E_MALFORMED, FAULT_E_TOO_LARGE, FAULT_E_TRUNCATED or -ENOMEM.
int message_decode(enum message_type type, const uint8_t *body, size_t size, struct pool *pool,
	struct message *ret_message, struct err *err) must_check;

#endif
