// The URL is judged like one that samekeyd.ini has.
// SPDX-License-Identifier: MIT
#include "verifier/upstreamurl.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_upstream.h"
#include "verifier/trust/vault.h"

bool upstreamurl_is_private(const char *url)
{
	static const struct {
		const char *start, *may; // what may stand between it and the port or the path
	} safe[] = {{"https://", NULL}, {"http://127.", "0123456789."}, {"http://localhost", ""},
		{"http://[::1]", ""}};

	for (size_t i = 0; i < ARRAY_SIZE(safe); i++) {
		const char *rest;

		if (!text_starts(url, safe[i].start))
			continue;
		rest = url + strlen(safe[i].start);
		if (safe[i].may)
			rest += strspn(rest, safe[i].may);
		return !safe[i].may || !*rest || strchr(":/?#", *rest);
	}
	return false;
}

bool upstreamurl_is_from_the_same(const struct setup_upstream *a, const struct setup_upstream *b)
{
	return text_equal(a->app, b->app) && text_equal(a->key, b->key) &&
	       text_equal(a->path, b->path);
}

const struct bundle *upstreamurl_newest(
	const struct vault_snapshot *snapshot, const char *app, uint64_t *ret_id)
{
	const struct bundle *newest = NULL;

	for (size_t i = 0; i < vault_snapshot_size(snapshot); i++) {
		uint64_t id;
		const struct bundle *bundle = vault_snapshot_at(snapshot, i, &id);

		if (bundle->phase != BUNDLE_PHASE_START || !text_equal(bundle->app, app) ||
			(newest && id < *ret_id))
			continue;
		newest = bundle;
		*ret_id = id;
	}
	return newest;
}

const char *upstreamurl_join(
	struct secret base, const char *path, char out[static RELAY_URL_MAX + 1])
{
	const char *text = (const char *)base.bytes, *complaint;
	size_t length = base.length;
	char url[RELAY_URL_MAX + 1];

	while (length && text[length - 1] == '/')
		length--;
	if (memchr(text, '?', length))
		return "it has a query, and the path would become part of it";
	if ((size_t)snprintf(url, sizeof(url), "%.*s%s", (int)length, text, path) >= sizeof(url))
		return "it is too long";
	complaint = setup_upstream_complaint(url);
	if (!complaint)
		memcpy(out, url, sizeof(url));
	return complaint;
}
