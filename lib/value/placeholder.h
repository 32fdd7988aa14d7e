// Texts that stand where a secret should: known examples and defaults, texts of a missing value,
// and references that nobody resolved.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_PLACEHOLDER_H
#define LIB_VALUE_PLACEHOLDER_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// Longer values are no placeholders.
#define PLACEHOLDER_MAX 160

// Whether everybody can guess the text because it stands in public examples, templates and
// defaults. Case, `_` against `-`, and quotes or brackets around it do not matter. Three ways to be
// known: it is in the table, it fits a pattern (your-*-here, *changeme*, one byte repeated), or it
// consists of nothing but the words of such texts ("my-super-secret-jwt-key-2024").
bool placeholder_is_known(struct secret value);

// The texts that a token may have been signed with because nobody filled in a secret: first those
// that are met most, as they are spelt, the texts of a missing value among them; then the table of
// placeholder_is_known, folded to lower case and `-`.
// Returns: the text, or NULL behind the last one.
const char *placeholder_text(size_t index);
extern const size_t placeholder_spelt; // how many come first

// Whether it is what a program writes for "no value": undefined, null, (null), <nil>,
// [object Object], [object Promise], exactly so. None, nil and NaN are not among them: settings
// use them as words (SameSite=None), and no secret was seen that came to hold one.
bool placeholder_is_undefined_text(struct secret value);

// Whether it is a reference or ciphertext that another program should have replaced: op://,
// encrypted:, ENC[, vault:, ref+, ${{ }}, <...>, and further forms that nothing else has. The name
// of a cloud secret (arn:aws:secretsmanager:...) is not: apps are given such names on purpose.
// Returns: whether it is; then `ret_kind` says what, as in "a 1Password reference (op://)".
bool placeholder_is_unresolved(struct secret value, const char **ret_kind) must_check;

#endif
