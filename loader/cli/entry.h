// What a person enters at the command line to be judged or minted: a token or claims, as a word, a
// file or standard input, into guarded memory.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_ENTRY_H
#define LOADER_CLI_ENTRY_H

#include "lib/base/base.h"

struct draft;
struct err;
struct options;

#define ENTRY_TOKEN_MAX (16u * 1024)  // bytes of a token, white space around it left out
#define ENTRY_SPACE_MAX (4u * 1024)   // bytes beside it
#define ENTRY_CLAIMS_MAX (16u * 1024) // bytes of claims, and of what is made of them

// Writes the token that the options mean as JSON: a word, which is wiped where it stood,
// --token-file, `-`, or standard input that is no terminal. White space and a "Bearer" around it
// are left out. Says on stderr what is worth knowing about the way that it came.
// Returns: 0;
// -EINVAL (none, empty, or two ways at once); -EFBIG; -EBADMSG (no UTF-8 text); another negative
// errno.
int entry_token(const struct options *options, struct draft *draft, struct err *err) must_check;

// Writes the claims that --claims and --claim make together as one JSON object. Whether a claim may
// be there, the verifier says.
// Returns: 0, -EINVAL (a --claim of another form), -EFBIG, -EBADMSG (no JSON object), or another
// negative errno.
int entry_claims(const struct options *options, struct draft *draft, struct err *err) must_check;

// Prints a failure of the above; a way of asking that cannot be is a misuse.
// Returns: its exit code.
int entry_fail(const struct options *options, const struct err *err, int code);

#endif
