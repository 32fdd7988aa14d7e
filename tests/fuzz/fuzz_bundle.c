// Any bundle put together of fields, packed and sealed: what may be packed is opened as the same
// again; with bytes changed behind the head, it is refused or is another that packs to just those.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "lib/wire/exchange.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"
#include "tests/fuzz/bundles.h"

#define HEAD_SIZE 12

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

// Whether the bytes are opened; then they are what the bundle packs to.
static bool opens(const uint8_t *packed, size_t size, struct secret_arena *arena)
{
	own(pool_release) struct pool *pool = pool_new();
	struct exchange_received offer = EXCHANGE_NOTHING;
	struct exchange_bundle opened = EXCHANGE_NO_BUNDLE;
	own_free uint8_t *again = malloc(size);
	own_fd int fd = -1;
	size_t size_again;
	int code;

	offer.message.type = MESSAGE_OFFER;
	offer.message.offer.size = (uint32_t)size;
	if (!again || sealed_make("bundle", packed, size, &fd, NULL) < 0)
		abort();
	offer.fd = fd;
	code = exchange_open_bundle(&offer, arena, pool, &opened, NULL);
	if (code < 0)
		abort();
	if (code == 0 && (pack_size(&opened.bundle, &size_again, NULL) || size_again != size ||
				 pack_encode(&opened.bundle, again, size) ||
				 memcmp(packed, again, size) != 0))
		abort();
	exchange_bundle_done(&opened, arena);
	return code == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct secret_arena *arena;
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, length, pool};
	struct bundle bundle = bundles_make(&feed);
	own_free uint8_t *packed = NULL;
	size_t size;

	if (!arena && secret_arena_open(NULL, &arena, NULL) < 0)
		abort();
	if (pack_size(&bundle, &size, NULL) || !(packed = malloc(size)))
		return 0;
	if (pack_encode(&bundle, packed, size) || !opens(packed, size, arena))
		abort();
	for (size_t i = feed_pick(&feed, 4); i > 0; i--)
		packed[HEAD_SIZE + feed_number(&feed, 2) % (size - HEAD_SIZE)] = feed_byte(&feed);
	(void)opens(packed, size, arena); // as it likes; it holds to the rule in either case
	return 0;
}
