// Texts that are put together from the words of placeholders: "my-super-secret-jwt-key-2024".
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_PLACEHOLDER_WORDS_H
#define LIB_VALUE_PLACEHOLDER_WORDS_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Whether a text of at most PLACEHOLDER_MAX bytes, in lower case, is made of such words, marks and
// a few digits alone: two words at least, of which one is telling.
bool placeholder_words_make(struct secret text);

#endif
