// Bodies are strangers' JSON, so they are read by trust/form/strictjson, where they lie.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/question.h"

#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/trust/keyring.h"

#include <strings.h>

// ---- bodies

bool question_is_type(const struct route_request *request, const char *type)
{
	size_t length = strlen(type);

	return request->type && strncasecmp(request->type, type, length) == 0 &&
	       (!request->type[length] || strchr("; \t", request->type[length]));
}

bool question_expects(
	const struct route_request *request, const char *type, struct route_reply *reply)
{
	char text[96];

	if (request->caller.door == ROUTE_HANDOFF || question_is_type(request, type))
		return true;
	(void)snprintf(text, sizeof(text), "send the body as Content-Type: %s", type);
	route_problem(reply, 415, "type_unsupported", text);
	return false;
}

static bool refuse(struct route_reply *reply, const char *text)
{
	route_problem(reply, 400, "body_invalid", text);
	return false;
}

static const char *const faults[] = {
	[STRICTJSON_E_SYNTAX] = "is not JSON",
	[STRICTJSON_E_UTF8] = "is not UTF-8",
	[STRICTJSON_E_DUPLICATE] = "has a name twice",
	[STRICTJSON_E_DEPTH] = "is nested too deeply",
	[STRICTJSON_E_LIMIT] = "has too much in it",
	[STRICTJSON_E_TYPE] = "is no JSON object",
};

static bool is_wanted(
	const struct strictjson_member *wanted, size_t count, const struct strictjson_value *name)
{
	for (size_t i = 0; i < count; i++)
		if (strictjson_is(name, wanted[i].name, strlen(wanted[i].name)))
			return true;
	return false;
}

// Whether all members of a good object are wanted ones.
static bool has_only(const struct route_request *request, const struct strictjson_member *wanted,
	size_t count, struct route_reply *reply)
{
	const char *begin = memchr(request->body, '{', request->length);
	const char *end = memrchr(request->body, '}', request->length);
	struct strictjson_value object = {.type = STRICTJSON_OBJECT,
		.text = begin,
		.length = begin && end ? (size_t)(end - begin) + 1 : 0,
		.count = 1};
	struct strictjson_value name, value;
	char text[160] = "the members of the body are";
	size_t cursor = 0, used = strlen(text);

	while (strictjson_next(&object, &cursor, &name, &value)) {
		if (is_wanted(wanted, count, &name))
			continue;
		for (size_t i = 0; i < count; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s \"%s\"",
				i ? "," : "", wanted[i].name);
		return refuse(reply, text);
	}
	return true;
}

bool question_read(const struct route_request *request, struct strictjson_member *wanted,
	size_t count, struct route_reply *reply)
{
	enum strictjson_result result;
	char text[96];
	size_t at = 0;

	if (!request->length) {
		for (size_t i = 0; i < count; i++)
			wanted[i].value.type = STRICTJSON_ABSENT;
		return true;
	}
	result = strictjson_object(request->body, request->length, wanted, count, &at);
	if (result == STRICTJSON_OK)
		return has_only(request, wanted, count, reply);
	(void)snprintf(text, sizeof(text), "the body %s at byte %zu", faults[result], at);
	return refuse(reply, text);
}

bool question_text(
	const struct strictjson_member *member, char *out, size_t size, struct route_reply *reply)
{
	char text[96];

	out[0] = '\0';
	if (member->value.type == STRICTJSON_ABSENT || strictjson_text(&member->value, out, size))
		return true;
	(void)snprintf(text, sizeof(text), "\"%s\" is a text of at most %zu bytes", member->name,
		size - 1);
	return refuse(reply, text);
}

void question_token(const struct strictjson_value *value, char *room, size_t size,
	const char **ret_token, size_t *ret_length)
{
	*ret_token = value->text;
	*ret_length = value->length;
	if (!value->escaped)
		return;
	*ret_length = strictjson_unescape(value, room, size);
	if (*ret_length == SIZE_MAX)
		*ret_length = size; // filled so far
	*ret_token = room;
}

bool question_raw(const struct route_request *request, const char **ret_token, size_t *ret_length,
	struct route_reply *reply)
{
	*ret_token = request->body;
	*ret_length = request->length;
	if (!request->length)
		route_problem(reply, 400, "token_required", "the body is the token");
	return request->length;
}

// ---- profiles

static void list_names(const struct keyring *keyring, const char *name, char *out, size_t size)
{
	size_t used = name ? (size_t)snprintf(out, size, "there is no profile %s; there %s ", name,
				     keyring_size(keyring) == 1 ? "is" : "are")
			   : (size_t)snprintf(out, size, "there are several profiles, say which: ");

	for (size_t i = 0; i < keyring_size(keyring) && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "",
			keyring_at(keyring, i)->rules->name);
}

const struct profile *question_profile(struct answers *answers, const struct route_request *request,
	const char *named, struct route_reply *reply)
{
	const struct keyring *keyring = answers->keyring;
	const char *name = named && named[0] ? named : request->profile;
	const struct profile *profile = NULL;
	char text[1024];

	if (!keyring || !keyring_size(keyring)) {
		route_problem(reply, 400, "profile_unknown", "samekeyd.ini has no [profile]");
		return NULL;
	}
	if (name)
		profile = keyring_find(keyring, name, strlen(name));
	else if (keyring_size(keyring) == 1)
		profile = keyring_at(keyring, 0);
	if (profile)
		return profile;
	list_names(keyring, name, text, sizeof(text));
	route_problem(reply, 400, name ? "profile_unknown" : "profile_required", text);
	return NULL;
}

// ---- headers

bool question_bearer(const char *authorization, const char **ret_token, size_t *ret_length)
{
	static const char scheme[] = "Bearer ";
	const char *token;
	size_t length;

	if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	token = authorization + sizeof(scheme) - 1;
	token += strspn(token, " ");
	length = strlen(token);
	while (length && (token[length - 1] == ' ' || token[length - 1] == '\t'))
		length--;
	*ret_token = token;
	*ret_length = length;
	return length;
}
