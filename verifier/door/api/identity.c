// Claims become header values by percent-encoding, and the whole has to fit into a proxy's buffer.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/identity.h"

#include "lib/base/ascii.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/verify.h"
#include "verifier/trust/token/token.h"

#include <errno.h>

#define IDENTITY_NAME_MAX 128 // bytes of a header's name

static bool is_kept(char byte, bool at_end)
{
	return byte > ' ' ? byte <= '~' && byte != '%' : byte == ' ' && !at_end;
}

// Percent-encodes a value.
// Returns: its length, or SIZE_MAX when it does not fit.
static size_t encode(const char *bytes, size_t length, char *out, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned byte = (unsigned char)bytes[i];
		bool kept = is_kept(bytes[i], i == 0 || i + 1 == length);

		if (used + (kept ? 1 : 3) > size)
			return SIZE_MAX;
		if (kept) {
			out[used++] = bytes[i];
			continue;
		}
		out[used++] = '%';
		out[used++] = digits[byte >> 4];
		out[used++] = digits[byte & 15];
	}
	return used;
}

struct identity {
	struct route_reply *reply;
	size_t used; // bytes of all headers
	int code;    // of reply_header, for the first one that failed
	bool unsafe; // a claim holds control characters
};

static void add_bytes(struct identity *identity, const char *name, const char *bytes, size_t length)
{
	char value[IDENTITY_HEADERS_MAX];
	size_t size = encode(bytes, length, value, sizeof(value));

	if (identity->code)
		return;
	identity->used += strlen(name) + strlen(": \r\n");
	if (size == SIZE_MAX || identity->used + size > IDENTITY_HEADERS_MAX) {
		identity->code = -E2BIG;
		return;
	}
	identity->used += size;
	identity->code = reply_header(identity->reply, name, value, size);
}

static bool has_controls(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

// Adds a claim, if the token has it.
static void add_claim(
	struct identity *identity, const char *name, const struct strictjson_value *value)
{
	char text[IDENTITY_HEADERS_MAX];
	size_t length;

	if (value->type == STRICTJSON_ABSENT || value->type == STRICTJSON_NULL || identity->code)
		return;
	if (value->type != STRICTJSON_STRING) {
		add_bytes(identity, name, value->text, value->length);
		return;
	}
	length = strictjson_unescape(value, text, sizeof(text));
	if (length == SIZE_MAX) {
		identity->code = -E2BIG;
		return;
	}
	identity->unsafe |= has_controls(text, length);
	add_bytes(identity, name, text, length);
}

static void add_forwarded(struct identity *identity, const struct profile_list *names,
	const struct token_verdict *verdict)
{
	for (size_t i = 0; i < names->count; i++) {
		char name[IDENTITY_NAME_MAX];

		(void)snprintf(name, sizeof(name), "X-Auth-Claim-%s", names->items[i]);
		for (char *at = name; *at; at++)
			if (!ascii_is_alphanumeric(*at))
				*at = '-';
		add_claim(identity, name, &verdict->forwarded[i].value);
	}
}

static void add_expiry(struct identity *identity, const struct strictjson_value *exp)
{
	char text[24];
	double seconds;

	if (!strictjson_number(exp, &seconds))
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)seconds); // was judged to fit
	add_bytes(identity, "X-Auth-Expires", text, strlen(text));
}

bool identity_tell(const struct profile *profile, const struct token_verdict *verdict,
	struct route_reply *reply)
{
	struct strictjson_member scope = {.name = "scope"};
	struct identity identity = {.reply = reply};
	const char *name = judge_key_name(verdict->key);

	if (strictjson_object(verdict->claims, verdict->claims_length, &scope, 1, NULL) !=
		STRICTJSON_OK)
		return false; // it was, when the token was judged
	add_claim(&identity, "X-Auth-Subject", &verdict->known[TOKEN_SUB].value);
	add_claim(&identity, "X-Auth-Scope", &scope.value);
	if (name)
		add_bytes(&identity, "X-Auth-Kid", name, strlen(name));
	add_expiry(&identity, &verdict->known[TOKEN_EXP].value);
	add_forwarded(&identity, &profile->rules->forward, verdict);
	if (identity.unsafe) {
		route_problem(reply, 401, token_code_text(TOKEN_E_CLAIM_UNSAFE),
			"a claim holds control characters");
		verify_challenge(reply, "invalid_token", token_code_text(TOKEN_E_CLAIM_UNSAFE));
		return false;
	}
	if (identity.code == -ENOMEM)
		route_problem(reply, 403, "out_of_memory", "there was no room for the headers");
	else if (identity.code)
		route_problem(reply, 403, "headers_unfit",
			"the identity headers are over 3840 bytes, or two are the same");
	return !identity.code;
}
