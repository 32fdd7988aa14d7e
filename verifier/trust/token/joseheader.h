// The JOSE header of a token (RFC 7515 section 4): read, and judged but for its alg and kid, which
// are for who knows the keys.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_JOSEHEADER_H
#define VERIFIER_TRUST_TOKEN_JOSEHEADER_H

#include "verifier/trust/form/strictjson.h"

struct judging;

#define JOSEHEADER_SHOWN_SIZE 68 // of what a member says, in a detail

// The members of a header that we look at; others are ignored (RFC 7515 section 4): jku, jwk, x5u
// and x5c among them, for a key comes from the configuration alone.
enum joseheader_member {
	JOSEHEADER_ALG,
	JOSEHEADER_KID,
	JOSEHEADER_TYP,
	JOSEHEADER_CTY,
	JOSEHEADER_CRIT,
	JOSEHEADER_B64,
	JOSEHEADER_ENC,
	JOSEHEADER_ZIP,
	JOSEHEADER_MEMBERS,
};

// Reads the header in the scratch, it->header_size bytes, into it->header and judges it: its
// extensions, its types, and that alg (and enc of an encrypted token) are there.
// Returns: whether it is good; if not, the verdict says why.
bool joseheader_judge(struct judging *it) must_check;

// What a member that is there says, printable and cut.
// Returns: out.
const char *joseheader_show(const struct judging *it, enum joseheader_member member,
	char out[static JOSEHEADER_SHOWN_SIZE]);

// Records that the profile does not take the alg or enc that the header says.
// Returns: false.
bool joseheader_refuse_algorithm(const struct judging *it, enum joseheader_member member);

#endif
