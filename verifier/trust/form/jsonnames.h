// The names of a JSON text's objects, each of which may stand in its object once: a new one is
// looked for by a keyed hash first, so that a text made for it cannot make it slow.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_JSONNAMES_H
#define VERIFIER_TRUST_FORM_JSONNAMES_H

#include "lib/base/base.h"
#include "verifier/trust/form/jsonstring.h"
#include "verifier/trust/form/strictjson.h"

// A name, and which object has it, in the order of their opening brackets.
struct jsonnames_name {
	const char *text;
	size_t length;
	unsigned object;
	bool escaped;
};

// The names so far; the first `count` places of both arrays are filled, and the others undefined.
struct jsonnames {
	size_t count;
	uint64_t hashes[STRICTJSON_MEMBERS_MAX]; // of object and name
	struct jsonnames_name names[STRICTJSON_MEMBERS_MAX];
};

// Begins without a name.
void jsonnames_init(struct jsonnames *names);

// Keeps a name of an object; it is compared with the object's others after unescaping.
// Returns: STRICTJSON_OK, STRICTJSON_E_DUPLICATE, or STRICTJSON_E_LIMIT: there is no room for more.
enum strictjson_result jsonnames_add(
	struct jsonnames *names, unsigned object, const struct jsonstring *name) must_check;

#endif
