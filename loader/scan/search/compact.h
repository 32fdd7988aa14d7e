// Tokens in compact form: JWS (RFC 7515 section 7.1) and JWE (RFC 7516 section 7.1).
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_COMPACT_H
#define LOADER_SCAN_SEARCH_COMPACT_H

#include "lib/base/base.h"

// How each begins, since its first part is a JSON object in base64url.
#define COMPACT_BEGIN "eyJ"

// The token that begins at `at`, where COMPACT_BEGIN stands: three parts, or five of which the
// header names `enc`; the header is a JSON object with `alg`.
// Returns: its length, at most SCANREPORT_TOKEN_MAX, or 0: there is none.
size_t compact_find(const uint8_t *at, size_t size) must_check;

#endif
