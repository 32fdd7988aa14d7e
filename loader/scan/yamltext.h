// What compose and Kubernetes make of a text before a program gets it, and what stands around it by
// mistake.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_YAMLTEXT_H
#define LOADER_SCAN_YAMLTEXT_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// A view without quotes, and line ends and blanks around it; what went is said in ret_what, which
// is left alone where nothing did.
struct secret yamltext_strip(struct secret value, const char **ret_what);

// Whether it refers to a variable: $NAME and ${NAME} in compose, $(NAME) (`parens`) in Kubernetes.
bool yamltext_has_reference(struct secret value, bool parens);

// A view of the default in ${NAME:-default} or ${NAME-default}, when the text is nothing else.
struct secret yamltext_default(struct secret value);

// Undoes $$ into `out`, which has room for the whole text. Returns: a view of it.
struct secret yamltext_undollar(struct secret value, uint8_t *out);

#endif
