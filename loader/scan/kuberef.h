// What containers of Kubernetes take from Secrets and ConfigMaps by name: gathered from all files
// first, so that the objects can be read with the names that the containers give to their entries.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_KUBEREF_H
#define LOADER_SCAN_KUBEREF_H

#include "lib/base/base.h"

struct pool;

#define KUBEREF_MAX 4096 // of one look; that there are more is noted

struct kuberef {
	const char *kind;     // "Secret" or "ConfigMap"
	const char *object;   // its name
	const char *item;     // the entry that is taken; NULL: all of them
	const char *variable; // how the container calls it; of all entries what stands before each
	const char *who;      // "container app of Deployment shop"
	const char *path;     // of the file that says so
	uint32_t line;
	bool optional; // it may be missing
	bool met;      // the object was read
};

struct kuberefs {
	struct kuberef *items;
	size_t count;
	bool cut;          // there are more
	struct pool *pool; // of the texts; the caller's
};

// Keeps a copy of a reference.
// Returns: 0, also where there are enough, or -ENOMEM.
int kuberef_add(struct kuberefs *refs, const struct kuberef *ref) must_check;

// Notes that an object was read.
void kuberef_meet(struct kuberefs *refs, const char *kind, const char *object);

// The name under which a reference hands an entry of an object on, where that is another name.
// Returns: it, in `out` or as long as the reference; NULL where it does not, or by the same name.
const char *kuberef_name(const struct kuberef *ref, const char *kind, const char *object,
	const char *item, char *out, size_t size);

#endif
