// Any bytes as the JSON of a stranger: never a crash, and never another opinion than jansson's.
// SPDX-License-Identifier: MIT
#include "tests/jsonoracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *complaint;

	if (length > JSONORACLE_STRING_MAX)
		return 0;
	complaint = jsonoracle_complaint((const char *)bytes, length);
	if (complaint) {
		(void)fprintf(stderr, "%s\n", complaint);
		abort();
	}
	return 0;
}
