// Any bytes as a value: every judgement must come back, and agree with the libraries' own.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "lib/value/shape_type.h"
#include "lib/value/strength.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Accepted by us, so it must be JSON; jansson alone refuses numbers out of C's range.
static void check_json(const char *text, size_t size)
{
	json_error_t error;
	json_t *tree = json_loadb(text, size, JSON_DECODE_ANY, &error);

	if (!tree && json_error_code(&error) != json_error_numeric_overflow)
		abort();
	json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct secret value = secret_view(bytes, size);
	const char *kind;
	char name[65] = {0};

	memcpy(name, bytes, size < 64 ? size : 64);
	(void)shape_looks_secret(name, value);
	for (int type = 0; type < SHAPE_TYPES; type++)
		if (shape_type_is((enum shape_type)type, value, NULL) && type == SHAPE_JSON)
			check_json((const char *)bytes, size);
	if (strength_bits(value) > STRENGTH_BITS_MIN)
		abort();
	if (placeholder_is_known(value) && !strength_is_weak(value))
		abort();
	if (placeholder_is_unresolved(value, &kind) && !*kind)
		abort();
	(void)placeholder_is_undefined_text(value);
	return 0;
}
