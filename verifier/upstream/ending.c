// A table of libcurl's results, and what of an answer's head is passed on.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/ending.h"

#include "lib/wire/relay.h"

#include <strings.h>

static const struct {
	CURLcode result;
	enum relay_outcome outcome;
} outcomes[] = {
	{CURLE_OK, RELAY_OK},
	{CURLE_COULDNT_RESOLVE_HOST, RELAY_REFUSED},
	{CURLE_COULDNT_CONNECT, RELAY_REFUSED},
	{CURLE_OPERATION_TIMEDOUT, RELAY_TIMEOUT},
	{CURLE_FILESIZE_EXCEEDED, RELAY_TOO_LARGE},
	{CURLE_SSL_CONNECT_ERROR, RELAY_TLS},
	{CURLE_PEER_FAILED_VERIFICATION, RELAY_TLS},
	{CURLE_SSL_CERTPROBLEM, RELAY_TLS},
	{CURLE_SSL_CIPHER, RELAY_TLS},
	{CURLE_SSL_CACERT_BADFILE, RELAY_TLS},
	{CURLE_SSL_CLIENTCERT, RELAY_TLS},
	{CURLE_SSL_ISSUER_ERROR, RELAY_TLS},
	{CURLE_SSL_INVALIDCERTSTATUS, RELAY_TLS},
	{CURLE_SSL_ENGINE_INITFAILED, RELAY_TLS},
	{CURLE_SSL_ENGINE_NOTFOUND, RELAY_TLS},
	{CURLE_SSL_ENGINE_SETFAILED, RELAY_TLS},
};

static enum relay_outcome outcome_of(CURLcode result)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (outcomes[i].result == result)
			return outcomes[i].outcome;
	return RELAY_BROKEN;
}

// application/json, or something that is written in it (RFC 6839 section 3.1).
static bool is_json(const char *type)
{
	size_t length = type ? strcspn(type, "; \t") : 0;
	static const char prefix[] = "application/", suffix[] = "+json";

	if (length < sizeof(prefix) || strncasecmp(type, prefix, sizeof(prefix) - 1) != 0)
		return false;
	type += sizeof(prefix) - 1;
	length -= sizeof(prefix) - 1;
	return (length == 4 && strncasecmp(type, "json", 4) == 0) ||
	       (length > sizeof(suffix) - 1 && strncasecmp(type + length - (sizeof(suffix) - 1),
						       suffix, sizeof(suffix) - 1) == 0);
}

static uint32_t retry_after_of(CURL *easy, long status)
{
	curl_off_t wait = 0;

	if ((status != 429 && status != 503) ||
		curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait) != CURLE_OK || wait <= 0)
		return 0;
	return wait < (curl_off_t)ENDING_RETRY_AFTER_MAX_S ? (uint32_t)wait
							   : ENDING_RETRY_AFTER_MAX_S;
}

void ending_describe(CURL *easy, CURLcode result, struct relay_answer *answer)
{
	const char *type = NULL;
	long status = 0;

	answer->outcome = outcome_of(result);
	if (answer->outcome != RELAY_OK)
		return;
	if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 100 ||
		status > 999) {
		answer->outcome = RELAY_BROKEN;
		return;
	}
	answer->status = (unsigned)status;
	if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK)
		answer->is_json = is_json(type);
	answer->retry_after_s = retry_after_of(easy, status);
}
