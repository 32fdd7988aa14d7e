// Any name as one out of the service manager's store: facts that make the same name again, or a
// refusal.
// SPDX-License-Identifier: MIT
#include "lib/wire/peer.h"
#include "verifier/door/keepsake.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char name[2 * KEEPSAKE_NAME_SIZE], again[KEEPSAKE_NAME_SIZE];
	struct keepsake_facts facts, same;

	if (size >= sizeof(name))
		size = sizeof(name) - 1;
	memcpy(name, bytes, size);
	name[size] = '\0';
	if (!keepsake_read(name, &facts))
		return 0;
	if (!keepsake_is_name(name) || facts.uid == PEER_NO_USER)
		abort();
	if (facts.hold == REGISTRY_PROCESS && (facts.pid <= 0 || !facts.start_time))
		abort();
	keepsake_write(&facts, again);
	if (!keepsake_read(again, &same) || same.uid != facts.uid || same.id != facts.id ||
		same.offered_ms != facts.offered_ms || same.generation != facts.generation)
		abort();
	return 0;
}
