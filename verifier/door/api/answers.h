// What answers of the API are made from, and those about samekeyd itself: health, readiness, what
// stands around it, metrics. Names, origins, lengths and fingerprints; never a value.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ANSWERS_H
#define VERIFIER_DOOR_API_ANSWERS_H

#include "verifier/door/api/guards.h"
#include "verifier/door/api/metrics.h"
#include "verifier/door/api/quota.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/route.h"

struct attestations;
struct attestor;
struct fingerprint_key;
struct json_t;
struct judge;
struct keyring;
struct ledger;
struct pool;
struct processmetrics;
struct registry;
struct revocations;
struct sightings;
struct vault;

// What answers are made from; all borrowed but guards, counts and quotas.
struct answers {
	struct registry *registry;
	const struct fingerprint_key *key;
	const struct keyring *keyring; // the profiles
	struct vault *vault;
	struct judge *judge; // of tokens
	struct quota diagnoses;
	struct sightings *sightings; // who signed bad ones, or NULL
	struct attestor *attestor;   // what POST /v1/attest needs, or NULL: nobody asks for it
	struct attestations *attestations;    // what it found, or NULL
	struct ledger *ledger;                // where sessions and revocations are kept, or NULL
	struct revocations *revocations;      // what it told, or NULL; see judge_watch
	const char *refresh;                  // the profile of refresh tokens, or NULL
	struct sessionmetrics sessions;       // of the session listener and its upstream
	const struct processmetrics *process; // what it says of itself, or NULL
	struct guards guards;                 // what stands around the process
	struct metrics_counts counts;
	struct readiness_life life;
};

// Makes a reply of JSON from an object, whose reference is taken; NULL: memory was short.
void answers_finish(struct route_reply *reply, unsigned status, struct json_t *json);

// Whether a request is about this app, or about all.
bool answers_is_meant(const struct route_request *request, const char *app);

// Judges readiness, of one app or (NULL) of all, as GET /readyz does; texts and lists live in
// `pool`. Returns: 0 or -ENOMEM.
int answers_judge(struct answers *answers, const char *app, struct pool *pool,
	struct readiness *ret_readiness) must_check;

// GET /healthz: {"v":1,"status":"ok"}; on the handoff socket with "instance", which is another one
// after each start, and "age_ms", the time since then.
void answers_healthz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// What GET /readyz answers, as an object whose reference is the caller's; `ret_ready` is filled in
// unless memory is short. Returns: the object, or NULL when it is.
struct json_t *answers_readiness(struct answers *answers, const struct route_request *request,
	struct pool *pool, bool *ret_ready) must_check;

// GET /readyz[?app=NAME]: 200 or 503,
// {"v":1,"ready","reasons":[{"code","app","key","text","hint"}], "warnings":[the
// same],"apps":[{"app","expected","live","ready"}],"allowed":[{"app","code", "key"}]}; to a
// stranger only {"v":1,"ready"}.
void answers_readyz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// GET /v1/guards: {"v":1,"landlock":7,"guards":[{"guard","active","cause","why"}]}: what stands
// around the process, with Landlock's version; cause and why only of one that is not in force, see
// verifier/door/api/guards.h.
void answers_guards(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

// GET /metrics: Prometheus text; names of keys only for those who may see them.
void answers_metrics(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
