// What a name or a value looks like: whether it is probably a secret, and whether it is of a
// declared type. Judges views of guarded memory; copies nothing, shows nothing.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_SHAPE_H
#define LIB_VALUE_SHAPE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Random text shorter than this is not told from a word.
#define SHAPE_RANDOM_MIN 16

// Encoded text with one byte of padding that is shorter than this may be a name.
#define SHAPE_ENCODED_MIN 11

// What of a command line is shown between two blanks, at most.
#define SHAPE_PART_MAX 256

// What `type =` in samekey.ini may say; the order is that of shape_type_names.
enum shape_type {
	SHAPE_STRING, // anything
	SHAPE_INTEGER,
	SHAPE_BOOLEAN,
	SHAPE_PORT,
	SHAPE_URL,
	SHAPE_BASE64,
	SHAPE_BASE64URL,
	SHAPE_HEX,
	SHAPE_PEM,
	SHAPE_JWK,
	SHAPE_JSON,
	SHAPE_ENUM,
	SHAPE_TYPES, // how many there are
};

// The words for `type =`, ended by NULL: fits `choices` of a settings row.
extern const char *const shape_type_names[];

// How a type is written: "string", "integer", ...
const char *shape_type_text(enum shape_type type);

// What a value of that type must be, for a message: "a decimal integer of at most 64 bits".
const char *shape_type_rule(enum shape_type type);

// Whether the value is wholly of the type, strictly:
//   integer    -?digits within 64 bits, no leading zero, which some readers take for octal
//   boolean    true false yes no on off 1 0, in any case
//   port       1 to 65535, no leading zero
//   url        scheme://..., printable ASCII; http and ws need a host
//   base64 base64url hex pem   see encoding.h
//   jwk        a JSON object with kty and the members that this kty needs, in base64url
//   json       any one JSON value, see jsontext.h
//   enum       one of `enum_words`, ended by NULL (NULL: none), in the same case
bool shape_is_type(enum shape_type type, struct secret value, const char *const *enum_words);

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

// A name as it stands in a file, for a message: nothing where it is longer than `out` or looks like
// a piece of a value.
// Returns: out
char *shape_show_name(char *out, size_t size, const char *name, size_t length);

// A word from a settings file or an option for a message: printable, or "..." where a value seems
// to have been put in its place.
// Returns: out.
char *shape_show(char *out, size_t size, const char *text);

// A word of a command line for a message, printable and without the values that people put there:
// what follows KEY=, --key= or stands behind --key for a KEY that looks secret, and what itself
// looks secret. `before` is the word in front of it or NULL.
// Returns: out.
char *shape_show_argument(char *out, size_t size, const char *before, const char *word);

// Finds the password in scheme://user:password@host.
// Returns: whether there is one that is not empty; then `ret_password` is a view of it.
bool shape_url_password(struct secret value, struct secret *ret_password) must_check;

#endif
