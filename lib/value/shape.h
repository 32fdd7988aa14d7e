// What a name or a value looks like: whether it is probably a secret. Judges views of guarded
// memory; copies nothing, shows nothing.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_SHAPE_H
#define LIB_VALUE_SHAPE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Random text shorter than this is not told from a word.
#define SHAPE_RANDOM_MIN 16

// Encoded text with one byte of padding that is shorter than this may be a name.
#define SHAPE_ENCODED_MIN 11

// Whether a name promises that its value ends up in a browser: NEXT_PUBLIC_ and VITE_.
bool shape_name_is_public(const char *name);

// Whether a word of the name says secret: SECRET, TOKEN, PASS, PWD, KEY, CREDENTIAL, PRIVATE, SALT,
// DSN or AUTH with their plurals, and PASSWORD, PASSWD, PASSPHRASE, PASSCODE, PGPASSWORD, APIKEY,
// SECRETKEY, ACCESSKEY. Words end at `_`, `-`, `.`, digits and where camelCase bends; so MONKEY
// and NEXTAUTH_URL say nothing. Never for a public name.
bool shape_name_looks_secret(const char *name);

// Whether the value itself looks like a secret: a PEM or JSON Web key, a JWT or JWE, a URL with a
// password, bytes that are no text, or SHAPE_RANDOM_MIN and more bytes that look drawn at random.
// A UUID does not: most are identifiers, and where one is a secret its name says so.
bool shape_value_looks_secret(struct secret value);

// The guess from both; never for a public name.
bool shape_looks_secret(const char *name, struct secret value);

// Whether `name=value` is rather a line of encoded text with its padding, such as the last line of
// an unquoted PEM key, or a token or URL on a line of its own: then the name is part of a value.
bool shape_name_is_encoded(const char *name, size_t length, struct secret value);

#endif
