// A question that is neither of the two is answered with both.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attestquestion.h"

#include "lib/base/text.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/route.h"
#include "verifier/trust/form/base64url.h"

#define EXPECTED \
	"{\"app\",\"key\"} or {\"app\",\"keys\":[...]} asks for nonces; " \
	"{\"app\",\"key\",\"nonce\",\"proof\"} or {\"app\",\"attestations\":[{\"key\",\"nonce\"," \
	"\"proof\"}]} proves"

struct reading {
	struct attestquestion *it;
	struct route_reply *reply;
};

static bool refuse(struct reading *reading, const char *text)
{
	route_problem(reading->reply, 400, "body_invalid", text);
	return false;
}

static bool read_bytes(struct reading *reading, const struct strictjson_value *value,
	const char *name, uint8_t out[static ATTEST_PROOF_SIZE])
{
	char text[128];

	if (value->type == STRICTJSON_STRING && value->length == ATTESTQUESTION_DIGITS &&
		base64url_decode(value->text, value->length, out))
		return true;
	(void)snprintf(text, sizeof(text),
		"\"%s\" is base64url of %d bytes: %d digits without = and with - and _", name,
		ATTEST_PROOF_SIZE, ATTESTQUESTION_DIGITS);
	return refuse(reading, text);
}

static bool add_key(struct reading *reading, const struct strictjson_value *value,
	struct attestquestion_item **ret_item)
{
	struct attestquestion_item *item = &reading->it->items[reading->it->count];
	char text[96];

	if (reading->it->count == ATTESTQUESTION_KEYS_MAX) {
		(void)snprintf(text, sizeof(text), "at most %d keys are asked for at once",
			ATTESTQUESTION_KEYS_MAX);
		return refuse(reading, text);
	}
	if (!strictjson_text(value, item->key, sizeof(item->key)) || !bundle_is_key_name(item->key))
		return refuse(reading, "a key is the name of one: visible ASCII without =");
	for (size_t i = 0; i < reading->it->count; i++)
		if (text_equal(reading->it->items[i].key, item->key))
			return refuse(reading, "a key stands twice");
	reading->it->count++;
	*ret_item = item;
	return true;
}

static bool read_keys(struct reading *reading, const struct strictjson_value *list)
{
	struct strictjson_value value;
	struct attestquestion_item *item;
	size_t cursor = 0;

	if (list->type != STRICTJSON_ARRAY || !list->count)
		return refuse(reading, EXPECTED);
	while (strictjson_next(list, &cursor, NULL, &value))
		if (!add_key(reading, &value, &item))
			return false;
	return true;
}

// The members of a proof, wherever they stand.
enum { KEY, NONCE, PROOF, MEMBERS };
static const char *const names[MEMBERS] = {"key", "nonce", "proof"};

static bool read_proof(struct reading *reading, const struct strictjson_value values[MEMBERS])
{
	struct attestquestion_item *item;

	return add_key(reading, &values[KEY], &item) &&
	       read_bytes(reading, &values[NONCE], names[NONCE], item->nonce) &&
	       read_bytes(reading, &values[PROOF], names[PROOF], item->proof);
}

static bool read_object(struct reading *reading, const struct strictjson_value *object)
{
	struct strictjson_value values[MEMBERS] = {0}, name, value;
	size_t cursor = 0;

	while (object->type == STRICTJSON_OBJECT &&
		strictjson_next(object, &cursor, &name, &value)) {
		size_t i = 0;

		while (i < MEMBERS && !strictjson_is(&name, names[i], strlen(names[i])))
			i++;
		if (i == MEMBERS)
			return refuse(reading, EXPECTED);
		values[i] = value;
	}
	return read_proof(reading, values);
}

static bool read_list(struct reading *reading, const struct strictjson_value *list)
{
	struct strictjson_value value;
	size_t cursor = 0;

	if (list->type != STRICTJSON_ARRAY || !list->count)
		return refuse(reading, EXPECTED);
	while (strictjson_next(list, &cursor, NULL, &value))
		if (!read_object(reading, &value))
			return false;
	return true;
}

// What the body may have, in the order in which clients write it.
enum { APP, ONE_KEY, ONE_NONCE, ONE_PROOF, KEYS, ATTESTATIONS, WANTED };

static bool is_there(const struct strictjson_member *member)
{
	return member->value.type != STRICTJSON_ABSENT;
}

static bool read_items(struct reading *reading, const struct strictjson_member wanted[WANTED])
{
	bool has_nonce = is_there(&wanted[ONE_NONCE]) || is_there(&wanted[ONE_PROOF]);
	int forms = is_there(&wanted[ONE_KEY]) + is_there(&wanted[KEYS]) +
		    is_there(&wanted[ATTESTATIONS]);
	struct attestquestion_item *item;

	reading->it->has_proofs = has_nonce || is_there(&wanted[ATTESTATIONS]);
	if (forms != 1 || (has_nonce && !is_there(&wanted[ONE_KEY])))
		return refuse(reading, EXPECTED);
	if (has_nonce)
		return read_proof(reading,
			(const struct strictjson_value[MEMBERS]){[KEY] = wanted[ONE_KEY].value,
				[NONCE] = wanted[ONE_NONCE].value,
				[PROOF] = wanted[ONE_PROOF].value});
	if (is_there(&wanted[ONE_KEY]))
		return add_key(reading, &wanted[ONE_KEY].value, &item);
	return is_there(&wanted[KEYS]) ? read_keys(reading, &wanted[KEYS].value)
				       : read_list(reading, &wanted[ATTESTATIONS].value);
}

bool attestquestion_read(const struct route_request *request, struct route_reply *reply,
	struct attestquestion *ret_question)
{
	struct strictjson_member wanted[WANTED] = {[APP] = {.name = "app"},
		[ONE_KEY] = {.name = "key"},
		[ONE_NONCE] = {.name = "nonce"},
		[ONE_PROOF] = {.name = "proof"},
		[KEYS] = {.name = "keys"},
		[ATTESTATIONS] = {.name = "attestations"}};
	struct reading reading = {ret_question, reply};

	ret_question->count = 0;
	if (!question_expects(request, QUESTION_JSON, reply) ||
		!question_read(request, wanted, WANTED, reply) ||
		!question_text(&wanted[APP], ret_question->app, sizeof(ret_question->app), reply))
		return false;
	if (is_there(&wanted[APP]) && !bundle_is_app_name(ret_question->app))
		return refuse(&reading, EXPECTED);
	return read_items(&reading, wanted);
}
