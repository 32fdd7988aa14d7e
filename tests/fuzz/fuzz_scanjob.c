// Any bytes as a job for the scanner: whatever the decoder takes, the encoder writes again byte for
// byte.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/wire/scanjob.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void decode(const uint8_t *bytes, size_t length)
{
	own(pool_release) struct pool *pool = pool_new();
	own_free uint8_t *again = NULL;
	struct scanjob job;
	size_t size;

	if (!pool || scanjob_decode(bytes, length, pool, &job, NULL))
		return;
	if (scanjob_size(&job, &size, NULL) || size != length)
		abort();
	again = malloc(size);
	if (!again || scanjob_encode(&job, again, size) || memcmp(again, bytes, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	own_free uint8_t *sized = malloc(length + 1);

	decode(bytes, length);
	if (!sized || length < 16)
		return 0;
	memcpy(sized, bytes, length); // once more with the size that it announces put right
	for (size_t i = 0; i < 4; i++)
		sized[12 + i] = (uint8_t)(length >> (24 - 8 * i));
	decode(sized, length);
	return 0;
}
