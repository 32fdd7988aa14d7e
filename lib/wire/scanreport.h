// What `samekey-scan` finds, as it tells `samekey` on a pipe that nobody else reads: an object of
// JSON a line. Never a value. Tokens are in it, for the verifier to judge, and are shown to nobody.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_SCANREPORT_H
#define LIB_WIRE_SCANREPORT_H

#include "lib/base/base.h"

struct err;
struct json_t;
struct pool;

#define SCANREPORT_LINE_MAX (64u * 1024) // bytes of one record
#define SCANREPORT_INSIDE_MAX 8          // containers in containers that a place can name
#define SCANREPORT_TOKEN_MAX (16u * 1024)

// How a deployment file gives a key: scanreport.form of SCANREPORT_VARIABLE.
#define SCANREPORT_BY_ENVIRONMENT "environment" // compose: environment; Kubernetes: env
#define SCANREPORT_BY_ENV_FILE "env_file"       // a file that `origin` names, as compose reads it
#define SCANREPORT_BY_RAW_FILE "env_file raw"   // the same, with `format: raw`
#define SCANREPORT_BY_ARGUMENT "build.args"     // stays in the image
#define SCANREPORT_BY_SECRET_FILE "secret file" // a file that `origin` names is the value
#define SCANREPORT_BY_SECRET "Secret"           // of Kubernetes: data or stringData
#define SCANREPORT_BY_CONFIG_MAP "ConfigMap"
#define SCANREPORT_BY_COMPOSE_FILE "compose" // a compose file that another one takes in

// The state of what was passed over since it is named and not there; the file itself was read.
#define SCANREPORT_UNMET "unmet"

// Where in the world bytes lie.
struct scanreport_place {
	const char *path;                          // of the file, from a path of the job on
	const char *inside[SCANREPORT_INSIDE_MAX]; // members of containers, outermost first, and
						   // frames as "zstd@1234"
	size_t inside_count;
	uint64_t offset; // of the first byte, in what is innermost
	uint64_t line;   // from 1, where it is text and this is known; else 0
};

enum scanreport_type {
	SCANREPORT_VALUE,       // a value of the job stands there
	SCANREPORT_OLD,         // a literal has the fingerprint of an older value
	SCANREPORT_PLACEHOLDER, // a public placeholder stands where a secret is missing
	SCANREPORT_TOKEN,       // a JWT or JWE
	SCANREPORT_ENV_FILE,    // an env file is part of what was built
	SCANREPORT_KEY_FILE,    // a private key is
	SCANREPORT_VARIABLE,    // a deployment file gives a key: see `state`
	SCANREPORT_SKIPPED,     // something was not looked at, and why: in `text`
	SCANREPORT_DONE,        // the last one: what was looked at
	SCANREPORT_TYPES,       // how many there are
};

struct scanreport {
	enum scanreport_type type;
	struct scanreport_place place;
	const char *key, *origin; // of the value that was found; ""
	const char *kind;         // of the value: "current", "shadowed", "reading", "sentinel"
	const char *form;         // how it is written there: "raw", "json", "base64", "hex", ...
	const char *state;        // of a variable: "same", "shadowed", "other", "empty",
				  // "placeholder", "reference", "quoted", "file"; of what
				  // was skipped: "foreign" when it is of another kind, or
				  // a container of a kind that is not unpacked; of a
				  // placeholder: "guarded" by a read of the key, or "folded"
	const char *text;         // for people; never a value
	const char *token;        // of a token; handed to nobody but the verifier
	uint64_t size;            // of a value: the bytes that it takes there; 0: that is not known
	uint64_t files, bytes, members; // of SCANREPORT_DONE
};

// The record as a JSON object; empty members are left out. The caller owns the reference.
// Returns: the object, or NULL when memory is short. What is no UTF-8 is written as \xNN.
struct json_t *scanreport_to_json(const struct scanreport *report) must_check;

// Reads one line; texts go to the pool.
// Returns: 0, -EINVAL (err says what) or -ENOMEM.
int scanreport_read(const char *line, size_t length, struct pool *pool,
	struct scanreport *ret_report, struct err *err) must_check;

#endif
