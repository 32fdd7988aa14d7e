// The types that a value may be declared to have, and whether it is wholly of one.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_SHAPE_TYPE_H
#define LIB_VALUE_SHAPE_TYPE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

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

// How types are written, "string", "integer" and so on, in their order and ended by NULL: fits
// `choices` of a settings row.
extern const char *const shape_type_names[];

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
bool shape_type_is(enum shape_type type, struct secret value, const char *const *enum_words);

#endif
