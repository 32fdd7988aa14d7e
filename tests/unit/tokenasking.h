// Questions about tokens to the routes, and what they answer.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_TOKENASKING_H
#define TESTS_UNIT_TOKENASKING_H

#include "lib/base/base.h"

#include <jansson.h>

struct route_reply;

#define TOKENASKING_JWT "application/jwt"
#define TOKENASKING_FORM "application/x-www-form-urlencoded"

// For cmocka: a door is the state.
int tokenasking_set_up(void **state);

int tokenasking_tear_down(void **state);

// A text as printf makes it; the caller frees it.
char *tokenasking_format(const char *text, ...) printf_like(1, 2);

// The JSON of an answer, and a member of it ("": none). Fails the test where it is no JSON.
json_t *tokenasking_json_of(const struct route_reply *reply);

const char *tokenasking_text_at(json_t *json, const char *name);

// Puts the token where a text has %s; the caller frees it.
char *tokenasking_with_token(const char *text, const char *token);

#endif
