// How a request to the server that knows passwords has ended, in lib/wire/relay's words.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAM_ENDING_H
#define VERIFIER_UPSTREAM_ENDING_H

#include "lib/base/base.h"

#include <curl/curl.h>

struct relay_answer;

#define ENDING_RETRY_AFTER_MAX_S 21600u // a longer Retry-After is cut, as libcurl 8.14 does

// Fills in the outcome by libcurl's result; of an answer its status, whether it is JSON, and when
// to come again. The body is the caller's.
void ending_describe(CURL *easy, CURLcode result, struct relay_answer *answer);

#endif
