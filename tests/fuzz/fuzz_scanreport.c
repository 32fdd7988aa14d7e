// Any line as a record of the scanner: whatever is read is written and read again as the same one.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/wire/scanreport.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	own(pool_release) struct pool *pool = pool_new();
	own_free char *line = NULL;
	struct scanreport report, again;
	json_t *json;

	if (!pool || scanreport_read((const char *)bytes, length, pool, &report, NULL))
		return 0;
	json = scanreport_to_json(&report);
	line = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!line || scanreport_read(line, strlen(line), pool, &again, NULL))
		abort();
	if (again.type != report.type || again.place.inside_count != report.place.inside_count ||
		again.place.offset != report.place.offset || strcmp(again.key, report.key) != 0 ||
		strcmp(again.place.path, report.place.path) != 0 ||
		strcmp(again.token, report.token) != 0)
		abort();
	return 0;
}
