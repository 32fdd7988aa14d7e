// Made anew for each question: nobody asks more than every few minutes.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/jwks.h"

#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/keyring.h"

#include <sodium.h>

#define JWKS_TAG_BYTES 16
#define JWKS_ROOM 1024

struct set {
	char *keys[KEYRING_PROFILES_MAX * PROFILE_KEYS_MAX];
	size_t count;
	bool failed;
};

static bool is_public(const struct profile_key *key)
{
	return key->key && key->state != KEY_RETIRED &&
	       key_algorithm(key->key)->family != ALGORITHM_HMAC;
}

static void add(struct set *set, const struct key *key)
{
	char *text = key_public_jwk(key);

	if (!text) {
		set->failed = true;
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(set->keys[i], text)) {
			free(text);
			return;
		}
	set->keys[set->count++] = text;
}

static void collect(const struct keyring *keyring, struct set *set)
{
	set->count = 0;
	set->failed = false;
	for (size_t i = 0; keyring && i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);

		for (size_t k = 0; k < profile->key_count; k++)
			if (is_public(&profile->keys[k]) && set->count < ARRAY_SIZE(set->keys))
				add(set, profile->keys[k].key);
	}
}

// Whether If-None-Match names the tag; weak or strong is all the same to it (RFC 9110 13.1.2).
static bool has_it(const char *if_none_match, const char *tag)
{
	return if_none_match && (text_equal(if_none_match, "*") || strstr(if_none_match, tag));
}

static void add_tag(struct route_reply *reply, const char *if_none_match)
{
	uint8_t hash[JWKS_TAG_BYTES];
	char tag[JWKS_TAG_BYTES * 2 + 3] = "\"";

	(void)crypto_generichash(
		hash, sizeof(hash), (const uint8_t *)reply->body, reply->length, NULL, 0);
	(void)sodium_bin2hex(tag + 1, sizeof(tag) - 2, hash, sizeof(hash));
	tag[sizeof(tag) - 2] = '"';
	tag[sizeof(tag) - 1] = '\0';
	ignore_result(reply_header(reply, "ETag", tag, strlen(tag))); // only memory can be short
	if (!has_it(if_none_match, tag))
		return;
	reply->status = 304; // the body is not sent, and its length is told
	reply->content_type = NULL;
}

void jwks_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct set set;

	collect(answers->keyring, &set);
	reply_begin(reply, 200, "application/jwk-set+json", JWKS_ROOM);
	reply_text(reply, "{\"keys\":[");
	for (size_t i = 0; i < set.count; i++) {
		if (i)
			reply_text(reply, ",");
		reply_text(reply, set.keys[i]);
		free(set.keys[i]);
	}
	reply_text(reply, "]}");
	reply->failed |= set.failed;
	if (!reply->failed) {
		reply->cache = "public, max-age=300";
		add_tag(reply, request->if_none_match);
	}
	reply_end(reply);
}
