// Reads forwards only; whoever wants to try twice copies the lexer.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/lexer.h"

#include "lib/base/ascii.h"

bool lexer_is_name_byte(uint8_t byte)
{
	return ascii_is_name(byte, false) || byte == '$';
}

bool lexer_is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

int lexer_peek(const struct lexer *lexer)
{
	return lexer->at < lexer->size ? lexer->bytes[lexer->at] : -1;
}

bool lexer_skip(struct lexer *lexer, const char *text)
{
	size_t length = strlen(text);

	if (length > lexer->size - lexer->at || memcmp(lexer->bytes + lexer->at, text, length) != 0)
		return false;
	lexer->at += length;
	return true;
}

void lexer_skip_bytes(struct lexer *lexer, const char *bytes)
{
	while (lexer->at < lexer->size && lexer->bytes[lexer->at] &&
		strchr(bytes, lexer->bytes[lexer->at]))
		lexer->at++;
}

bool lexer_name(struct lexer *lexer, struct lexer_span *ret_name)
{
	size_t start = lexer->at;

	while (lexer->at < lexer->size && lexer_is_name_byte(lexer->bytes[lexer->at]))
		lexer->at++;
	*ret_name = (struct lexer_span){start, lexer->at - start};
	return ret_name->length > 0 && ret_name->length <= LEXER_NAME_MAX;
}

bool lexer_literal(struct lexer *lexer, struct lexer_span *ret_literal)
{
	const uint8_t *bytes = lexer->bytes;
	size_t slashes = 0, start, end;
	uint8_t quote;

	while (slashes < 3 && lexer_peek(lexer) == '\\') {
		slashes++;
		lexer->at++;
	}
	if (lexer_peek(lexer) != '"' && lexer_peek(lexer) != '\'' && lexer_peek(lexer) != '`')
		return false;
	quote = bytes[lexer->at++];
	start = end = lexer->at;
	while (end < lexer->size && end - start <= LEXER_LITERAL_MAX && bytes[end] != quote &&
		bytes[end] != '\\' && bytes[end] != '\n')
		end++;
	for (size_t i = 0; i < slashes; i++)
		if (end + i >= lexer->size || bytes[end + i] != '\\')
			return false;
	if (end + slashes >= lexer->size || bytes[end + slashes] != quote)
		return false;
	lexer->at = end + slashes + 1;
	while (lexer->at < lexer->size && lexer->bytes[lexer->at] == ' ')
		lexer->at++;
	if (lexer_peek(lexer) > 0 && strchr("+=!", lexer_peek(lexer)))
		return false; // a part of an expression, not all of it
	*ret_literal = (struct lexer_span){start, end - start};
	return true;
}

bool lexer_skip_any(struct lexer *lexer, const char *const *texts)
{
	for (; *texts; texts++)
		if (lexer_skip(lexer, *texts))
			return true;
	return false;
}
