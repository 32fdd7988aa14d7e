// Any bytes as what an upstream answers: claims that are made of them are one JSON object that
// fits, and a subject is a line.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "verifier/door/session/sessionrules.h"
#include "verifier/door/session/userdata.h"

#define ROOM 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct sessionrules_map map[] = {{"userId", "u.id"}, {"a\"b", "role"}};
	const struct sessionrules_maps maps = {map, ARRAY_SIZE(map)};
	struct strictjson_value root;
	char out[ROOM];

	if (!userdata_read((const char *)bytes, size, &root))
		return 0;
	if (!userdata_claims(&root, &maps, out, sizeof(out)) &&
		(strlen(out) >= sizeof(out) ||
			strictjson_object(out, strlen(out), NULL, 0, NULL) != STRICTJSON_OK))
		abort();
	if (userdata_subject(&root, "u.id", out, sizeof(out)) &&
		(!out[0] || strlen(out) >= sizeof(out) || !text_is_line(out, strlen(out))))
		abort();
	return 0;
}
