// A lane of a sum holds 255 at most, so that lanes are added up in time.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/newlines.h"

#define LANES 16

uint64_t newlines_count(const uint8_t *bytes, size_t size)
{
	uint64_t count = 0;

	while (size >= LANES) {
		uint8_t __attribute__((vector_size(LANES))) sum = {0}, part;

		for (int i = 0; i < 255 && size >= LANES; i++) {
			memcpy(&part, bytes, LANES);
			sum -= (__typeof__(sum))(part == '\n'); // true is -1
			bytes += LANES;
			size -= LANES;
		}
		for (size_t i = 0; i < LANES; i++)
			count += sum[i];
	}
	for (; size > 0; size--)
		count += *bytes++ == '\n';
	return count;
}
