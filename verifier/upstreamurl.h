// Where the login server is, as an app's bundle says.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAMURL_H
#define VERIFIER_UPSTREAMURL_H

#include "lib/base/secret.h"
#include "lib/wire/relay.h"

struct bundle;
struct setup_upstream;
struct vault_snapshot;

// Whether what goes there is read by nobody on the way: over TLS, or on this host.
bool upstreamurl_is_private(const char *url);

// Whether two settings take it from the same key of the same app, with the same path behind it.
bool upstreamurl_is_from_the_same(const struct setup_upstream *a, const struct setup_upstream *b);

// The app's newest bundle for a start; its id comes back, and is as it was where there is none.
// Returns: the bundle, borrowed from the snapshot, or NULL.
const struct bundle *upstreamurl_newest(
	const struct vault_snapshot *snapshot, const char *app, uint64_t *ret_id);

// Writes the base out of a bundle with the path behind it.
// Returns: NULL, or what is wrong with it; then `out` stays as it was.
const char *upstreamurl_join(
	struct secret base, const char *path, char out[static RELAY_URL_MAX + 1]);

#endif
