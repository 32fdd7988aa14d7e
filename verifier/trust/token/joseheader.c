// The second stage of a judgement. The header is not verified yet: nothing that it names is
// fetched, and no key is taken from it.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/joseheader.h"

#include "verifier/trust/token/judging.h"

#define NAME_MAX_SIZE 128 // of a typ or a cty that can be the right one

static const char *const names[JOSEHEADER_MEMBERS] = {
	"alg", "kid", "typ", "cty", "crit", "b64", "enc", "zip"};

const char *joseheader_show(const struct judging *it, enum joseheader_member member,
	char out[static JOSEHEADER_SHOWN_SIZE])
{
	return strictjson_show(judging_header(it, member), out, JOSEHEADER_SHOWN_SIZE);
}

bool joseheader_refuse_algorithm(const struct judging *it, enum joseheader_member member)
{
	char shown[JOSEHEADER_SHOWN_SIZE];

	return token_refuse(it->verdict, TOKEN_E_ALG, TOKEN_HEADER,
		"%s is \"%s\", which profile %s does not take", names[member],
		joseheader_show(it, member, shown), it->profile->rules->name);
}

static bool read_header(struct judging *it)
{
	enum strictjson_result result;
	size_t at;

	for (size_t i = 0; i < JOSEHEADER_MEMBERS; i++)
		it->header[i].name = names[i];
	result = strictjson_object(
		it->scratch->header, it->header_size, it->header, JOSEHEADER_MEMBERS, &at);
	if (result != STRICTJSON_OK)
		return token_refuse_json(it->verdict, result, TOKEN_HEADER, "header", at);
	it->verdict->kid = *judging_header(it, JOSEHEADER_KID);
	return true;
}

// We understand no extension, and an empty or misshapen list is forbidden (RFC 7515 section
// 4.1.11); a JWT's payload is always encoded (RFC 7797 section 7).
static bool judge_extensions(struct judging *it)
{
	enum strictjson_type b64 = judging_header(it, JOSEHEADER_B64)->type;

	if (judging_header(it, JOSEHEADER_CRIT)->type != STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_CRIT, TOKEN_HEADER,
			"the header has crit, and no extension is supported");
	if (b64 != STRICTJSON_ABSENT && b64 != STRICTJSON_TRUE)
		return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
			"b64 of the header is not true, which no JWT may have");
	if (judging_is_sealed(it) && judging_header(it, JOSEHEADER_ZIP)->type != STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
			"the header has zip, and nothing compressed is opened");
	return true;
}

static bool judge_strings(struct judging *it)
{
	static const enum joseheader_member strings[] = {
		JOSEHEADER_ALG, JOSEHEADER_KID, JOSEHEADER_TYP, JOSEHEADER_CTY, JOSEHEADER_ENC};
	// The last one means nothing in a JWS.
	size_t count = judging_is_sealed(it) ? ARRAY_SIZE(strings) : ARRAY_SIZE(strings) - 1;

	for (size_t i = 0; i < count; i++) {
		enum strictjson_type type = judging_header(it, strings[i])->type;
		bool needed = strings[i] == JOSEHEADER_ALG || strings[i] == JOSEHEADER_ENC;

		if (type == STRICTJSON_ABSENT && needed)
			return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
				"the header has no %s", names[strings[i]]);
		if (type != STRICTJSON_ABSENT && type != STRICTJSON_STRING)
			return token_refuse(it->verdict, TOKEN_E_HEADER, TOKEN_HEADER,
				"%s of the header is no string", names[strings[i]]);
	}
	return true;
}

// Compares media types without case and without "application/" (RFC 7515 sections 4.1.9, 4.1.10).
static bool is_media_type(const struct strictjson_value *value, const char *type)
{
	static const char prefix[] = "application/";
	const size_t prefix_size = sizeof(prefix) - 1;
	char text[NAME_MAX_SIZE];
	const char *at = text;
	size_t length = strictjson_unescape(value, text, sizeof(text));

	if (length > sizeof(text))
		return false;
	if (length > prefix_size && strncasecmp(at, prefix, prefix_size) == 0) {
		at += prefix_size;
		length -= prefix_size;
	}
	if (strncasecmp(type, prefix, prefix_size) == 0)
		type += prefix_size;
	return length == strlen(type) && strncasecmp(at, type, length) == 0;
}

static bool judge_types(struct judging *it)
{
	const struct strictjson_value *typ = judging_header(it, JOSEHEADER_TYP),
				      *cty = judging_header(it, JOSEHEADER_CTY);
	const char *wanted = it->profile->rules->typ;
	char shown[JOSEHEADER_SHOWN_SIZE];

	if (cty->type == STRICTJSON_STRING && is_media_type(cty, "JWT"))
		return token_refuse(it->verdict, TOKEN_E_NESTED, TOKEN_HEADER,
			"cty says that the payload is a token itself");
	if (!wanted || (typ->type == STRICTJSON_STRING && is_media_type(typ, wanted)))
		return true;
	if (typ->type == STRICTJSON_ABSENT)
		return token_refuse(it->verdict, TOKEN_E_TYP, TOKEN_HEADER,
			"the header has no typ, and profile %s wants \"%.64s\"",
			it->profile->rules->name, wanted);
	return token_refuse(it->verdict, TOKEN_E_TYP, TOKEN_HEADER,
		"typ is \"%s\", and profile %s wants \"%.64s\"",
		joseheader_show(it, JOSEHEADER_TYP, shown), it->profile->rules->name, wanted);
}

bool joseheader_judge(struct judging *it)
{
	return read_header(it) && judge_extensions(it) && judge_strings(it) && judge_types(it);
}
