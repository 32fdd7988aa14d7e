// Any JSON as the record of a drift: one that is read is written, and read again as the same.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/wire/drift.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// What is read of it, as JSON; NULL: it is no record.
static json_t *reread(const json_t *json)
{
	own(pool_release) struct pool *pool = pool_new();
	struct drift drift;

	if (drift_from_json(json, pool, &drift, NULL))
		return NULL;
	return drift_to_json(&drift);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	json_t *json = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *once = json ? reread(json) : NULL;
	json_t *twice = once ? reread(once) : NULL;

	if (once && !json_equal(once, twice))
		abort();
	json_decref(json);
	json_decref(once);
	json_decref(twice);
	return 0;
}
