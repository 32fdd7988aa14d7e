// Nothing here is refused: what cannot be read is absent.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/lenient.h"

#include "verifier/trust/form/base64url.h"

struct reading {
	const char *text;
	size_t length;
	struct lenient_room *room;
	struct lenient *it;
};

// Takes off what people copy with a token: white space, quotes, the word Bearer.
static void unwrap(struct reading *reading)
{
	static const char around[] = " \t\r\n\"'";
	const char *text = reading->text;
	size_t length = reading->length;

	while (length && *text && strchr(around, *text)) {
		text++;
		length--;
	}
	if (length > 7 && memcmp(text, "Bearer ", 7) == 0) {
		text += 7;
		length -= 7;
	}
	while (length && text[length - 1] && strchr(around, text[length - 1]))
		length--;
	reading->it->token = (struct lenient_part){text, length};
}

// Takes out the white space that a terminal or a mail put into it.
static void join(struct reading *reading)
{
	struct lenient_part *token = &reading->it->token;
	char *joined = reading->room->joined;
	size_t used = 0, at = 0;

	for (size_t i = 0; i < token->length; i++) {
		if (token->text[i] && strchr(" \t\r\n", token->text[i])) {
			at = at ? at : i + 1;
			continue;
		}
		if (used == sizeof(reading->room->joined))
			return;
		joined[used++] = token->text[i];
	}
	if (!at)
		return;
	reading->it->blank_at = (size_t)(token->text - reading->text) + at;
	*token = (struct lenient_part){joined, used};
}

// Returns: whether it has 3 or 5 parts.
static bool split(struct reading *reading)
{
	const char *at = reading->it->token.text, *end = at + reading->it->token.length;
	size_t count = 0;

	while (count < LENIENT_PARTS_SESSION) {
		const char *dot = memchr(at, '.', (size_t)(end - at));

		reading->it->parts[count].text = at;
		reading->it->parts[count++].length = (size_t)((dot ? dot : end) - at);
		if (!dot)
			break;
		at = dot + 1;
		if (count == LENIENT_PARTS_SESSION)
			return false;
	}
	reading->it->part_count = count;
	return count == LENIENT_PARTS_SIGNED || count == LENIENT_PARTS_SESSION;
}

bool lenient_decode(struct lenient_part part, void *out, size_t size, size_t *ret_size)
{
	*ret_size = base64url_decoded_size(part.length);
	return *ret_size <= size && base64url_decode(part.text, part.length, out);
}

static void read_header(struct reading *reading)
{
	struct strictjson_member wanted[] = {{.name = "alg"}, {.name = "enc"}, {.name = "kid"}};
	struct token_scratch *read = &reading->room->read;
	size_t size;

	if (!lenient_decode(reading->it->parts[0], read->header, sizeof(read->header), &size))
		return;
	// of a header that is none, all three are absent
	ignore_result(strictjson_object(read->header, size, wanted, ARRAY_SIZE(wanted), NULL));
	reading->it->alg = wanted[0].value;
	reading->it->enc = wanted[1].value;
	reading->it->kid = wanted[2].value;
}

// What an HMAC of this size is made with.
static unsigned hash_of(size_t size)
{
	return size == 32 || size == 48 || size == 64 ? (unsigned)size * 8 : 0;
}

static bool read_signed(struct reading *reading)
{
	struct token_scratch *read = &reading->room->read;
	struct trial_subject *subject = &reading->it->subject;
	const struct strictjson_value *alg = &reading->it->alg;
	size_t size, digits = 0;
	bool good;

	if (alg->type == STRICTJSON_STRING)
		subject->algorithm = algorithm_find(alg->text, alg->length);
	if (subject->algorithm && subject->algorithm->signature_size)
		digits = base64url_encoded_size(subject->algorithm->signature_size);
	good = lenient_decode(
		reading->it->parts[2], read->signature, sizeof(read->signature), &size);
	if (digits > reading->it->parts[2].length && !(good && hash_of(size))) {
		reading->it->digits = digits;
		return false;
	}
	if (!good)
		return false;
	subject->input = reading->it->parts[0].text;
	subject->input_length = reading->it->parts[0].length + 1 + reading->it->parts[1].length;
	subject->signature = read->signature;
	subject->signature_size = size;
	if (!subject->algorithm || subject->algorithm->family == ALGORITHM_HMAC)
		subject->hash_bits = hash_of(size);
	return size > 0;
}

static bool read_session(struct reading *reading)
{
	struct token_scratch *read = &reading->room->read;
	struct trial_subject *subject = &reading->it->subject;
	struct jwe_parts *parts = &subject->parts;
	uint8_t *iv = read->signature, *tag = read->signature + sizeof(read->signature) / 2;

	subject->is_session = true;
	if (!strictjson_is(&reading->it->alg, "dir", 3) ||
		reading->it->enc.type != STRICTJSON_STRING ||
		!jwe_enc_find(reading->it->enc.text, reading->it->enc.length, &subject->enc) ||
		reading->it->parts[1].length)
		return false;
	if (!lenient_decode(
		    reading->it->parts[2], iv, sizeof(read->signature) / 2, &parts->iv_size) ||
		!lenient_decode(reading->it->parts[3], read->sealed, sizeof(read->sealed),
			&parts->ciphertext_size) ||
		!lenient_decode(
			reading->it->parts[4], tag, sizeof(read->signature) / 2, &parts->tag_size))
		return false;
	parts->aad = reading->it->parts[0].text;
	parts->aad_length = reading->it->parts[0].length;
	parts->iv = iv;
	parts->ciphertext = read->sealed;
	parts->tag = tag;
	return parts->ciphertext_size <= TRIAL_PLAIN_MAX;
}

void lenient_read(
	const char *text, size_t length, struct lenient_room *room, struct lenient *ret_read)
{
	struct reading reading = {.text = text, .length = length, .room = room, .it = ret_read};

	*ret_read = (struct lenient){0};
	unwrap(&reading);
	join(&reading);
	if (ret_read->token.length > TOKEN_MAX || !split(&reading))
		return;
	read_header(&reading);
	ret_read->can_try = ret_read->part_count == LENIENT_PARTS_SESSION ? read_session(&reading)
									  : read_signed(&reading);
}
