// Encodings in which the bytes of a value may stand.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FORMS_ENCODING_H
#define LIB_VALUE_FORMS_ENCODING_H

#include "lib/base/secret.h"
#include "lib/value/forms.h"
#include "lib/value/forms_writer.h"

// Writes a value encoded; `detail` says how, and of `text` only the edges are set.
typedef void forms_encoder(
	struct forms_writer *writer, struct secret value, unsigned detail, struct forms_text *text);

// What `detail` may say. The phase: how many bytes stand before the value in its group of three.
#define FORMS_BASE64_PHASE 3u
#define FORMS_BASE64_URL 4u
#define FORMS_HEX_UPPER 1u
#define FORMS_UTF16_BIG 1u

// Base64 with either alphabet, of which only whole digits are written; pairs of hex digits; UTF-16.
forms_encoder forms_encoding_base64, forms_encoding_hex, forms_encoding_utf16;

#endif
