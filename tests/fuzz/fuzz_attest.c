// Any body as a question of attestation: none is answered where nobody handed anything over, and
// what is said of it is JSON.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attest.h"

#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/record/registry.h"
#include "verifier/trust/vault.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct answers answers;
	struct route_request request = {.caller = {.door = ROUTE_API, .verbs = ADMIT_ALL},
		.method = "POST",
		.target = "/v1/attest",
		.type = "application/json",
		.body = (const char *)bytes,
		.length = length};
	struct route_reply reply;
	json_t *json;

	if (!answers.vault &&
		(vault_open(1u << 20, &answers.vault, NULL) < 0 ||
			!(answers.registry = registry_new(&(struct registry_rules){0})) ||
			!(answers.attestor = attest_new(NULL))))
		abort();
	route_answer(&answers, &request, &reply);
	json = json_loadb(reply.body, reply.length, JSON_REJECT_DUPLICATES, NULL);
	if (!json || (reply.status != 400 && reply.status != 403))
		abort();
	json_decref(json);
	route_reply_done(&reply);
	return 0;
}
