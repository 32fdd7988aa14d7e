// Where a compose or Kubernetes file mentions a key of the job: how the value that it gives stands
// to the bundle, told as a record.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_MENTION_H
#define LOADER_SCAN_MENTION_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "loader/scan/kuberef.h"

struct deployment_file;
struct deployment_listener;
struct map;
struct scanjob;
struct scanreport;
struct yamltree;
struct yamltree_node;

#define MENTION_NAME_SIZE 80 // of a service's or object's name
#define MENTION_KEY_SIZE 256

// All files of a job. They are read twice: for what containers refer to, and for what there is.
struct mention_reading {
	const struct scanjob *job;
	const struct deployment_listener *listener;
	struct secret_arena *arena;
	struct map *keys; // name to the first value of it in the job
	struct kuberefs refs;
	bool gathers; // the first time: nothing is told
};

// One of them, where it is read.
struct mention_look {
	const struct deployment_file *file;
	struct mention_reading *reading;
	struct yamltree *tree;
	size_t records;
	unsigned depth;
	char who[256];                  // "service web", "container app of Deployment shop"
	const char *kind;               // of Kubernetes: "Secret" or "ConfigMap"; NULL: neither
	char object[MENTION_NAME_SIZE]; // its name
};

// A way in which a value is given, and what is done to it before it is used.
struct mention {
	const char *key, *form;
	uint32_t line;
	struct secret value;
	const char *note; // for people, or NULL
	bool dollar;      // compose takes a $ for a variable
	bool parens;      // Kubernetes takes $(NAME) for one
};

// Tells a record, unless this is the first reading, or the file has had DEPLOYMENT_RECORDS_MAX:
// then whoever reads the file says so. Returns: 0, or what the listener returned.
int mention_report(struct mention_look *look, const struct scanreport *report) must_check;

// Copies a key's text for people and lookups.
// Returns: whether it can be one: keys of strange bytes or lengths are none of ours.
bool mention_text(struct secret text, char *out, size_t size) must_check;

// What a node calls something, printable, in `out` of MENTION_NAME_SIZE; "?" where it says nothing.
const char *mention_name(const struct yamltree_node *node, char *out);

// Compares a value and tells of it, where the key is one of the job.
// Returns: 0, what the listener returned, or -ENOMEM.
int mention_value(struct mention_look *look, const struct mention *mention) must_check;

// The same of an entry of a Secret or ConfigMap, under the names that containers have for it too.
// Returns: as mention_value.
int mention_entry(struct mention_look *look, const struct mention *mention) must_check;

// Tells of a key that is there without a value of its own; `origin` is a path, or NULL.
// Returns: 0, or what the listener returned.
int mention_reference(struct mention_look *look, const struct mention *mention, const char *state,
	const char *origin) must_check;

// Mappings of names to values, and lists of NAME=VALUE.
struct mention_pairs {
	struct mention_look *look;
	const char *form;
	bool dollar;
	const char *passed; // what a name without a value means, for people
};

// Tells of one of them; for yamltree_each, with struct mention_pairs.
// Returns: as mention_entry does.
int mention_pair(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
	must_check;

#endif
