// From the plainest fault to the token: what no request may do, then what this door does not take,
// then who shows what over TCP.
// SPDX-License-Identifier: MIT
#include "verifier/door/entrance.h"

#include "verifier/door/api/admit.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/bearer.h"
#include "verifier/door/framing.h"
#include "verifier/door/http.h"
#include "verifier/door/visitor.h"

static bool is_for_people(const struct route *route)
{
	return route && (route->flags & ROUTE_BROWSER);
}

// ---- what is asked, and by whom

bool entrance_judge(
	const struct visitor *visitor, const char *version, struct entrance_refusal *ret_refusal)
{
	const struct visitor_door *door = visitor->door;
	const struct visitor_asked *asked = &visitor->asked;
	uint64_t length = framing_body(&asked->headers);
	struct entrance_refusal *refusal = ret_refusal;

	*refusal = (struct entrance_refusal){
		400, "bad_request", framing_fault(&asked->headers, version)};
	if (refusal->text)
		return false;
	refusal->status = 0;
	if (asked->too_long)
		*refusal = (struct entrance_refusal){
			414, "target_too_long", "a path has at most 2047 bytes"};
	else if (length != FRAMING_UNKNOWN && length > door->visitors->parts->rules.body_max)
		*refusal = (struct entrance_refusal){
			413, "body_too_large", "see body under [limits] in samekeyd.ini"};
	else if (door->kind == ROUTE_API && visitor->peer.uid == PEER_NOBODY)
		*refusal = (struct entrance_refusal){403, "not_admitted", "uid 65534 is nobody"};
	else if (door->kind == ROUTE_TCP)
		refusal->status = framing_stranger(&asked->headers, asked->target,
			route_is_forward(asked->target), door->port, &refusal->code,
			&refusal->text);
	return !refusal->status;
}

// Who asks, over TCP: whoever shows the token, or a stranger. Where Authorization holds a token
// that is to be judged, ours comes in a header of its own. Returns: whether to go on; a wrong token
// is refused.
static bool identify(const struct visitor *visitor, const char *method, struct route_caller *caller,
	struct entrance_refusal *ret_refusal)
{
	const struct framing_headers *headers = &visitor->asked.headers;
	const struct http_rules *rules = &visitor->door->visitors->parts->rules;
	const struct route *route = route_find(method, visitor->asked.target);
	const char *given = headers->first[FRAMING_AUTHORIZATION];
	bool is_theirs = route ? (route->flags & ROUTE_JUDGES_BEARER) != 0
			       : route_is_forward(visitor->asked.target);
	bool good;

	caller->uid = THROTTLE_UNKNOWN;
	caller->lacks_token = !rules->token.length;
	if (headers->first[FRAMING_TOKEN])
		good = bearer_is(rules->token, headers->first[FRAMING_TOKEN]);
	else if (given && !is_theirs)
		good = bearer_is_shown(rules->token, given, is_for_people(route));
	else
		return true;
	*ret_refusal = (struct entrance_refusal){
		route && (route->verb & ~(unsigned)ADMIT_STATUS) ? 403 : 401, "tcp_token_wrong",
		rules->token.length ? "the token is not the one of token_file"
				    : "samekeyd.ini names no token: token_file under "
				      "[listen]"};
	caller->has_token = good;
	caller->verbs = good ? rules->open_verbs : 0;
	return good;
}

bool entrance_introduce(const struct visitor *visitor, const char *method,
	struct route_caller *caller, struct entrance_refusal *ret_refusal)
{
	struct admit *admit = visitor->door->visitors->parts->admit;

	caller->uid = visitor->door->is_local ? visitor->peer.uid : THROTTLE_UNKNOWN;
	caller->pid = visitor->peer.pid;
	if (caller->door == ROUTE_API)
		caller->verbs = admit_verbs(admit, visitor->peer.uid, visitor->peer.gid);
	return caller->door != ROUTE_TCP || identify(visitor, method, caller, ret_refusal);
}

// ---- who is sent away

// Whether nothing but 2xx, 401 and 403 may be said: a proxy asks about a request of somebody else.
static bool is_on_behalf(const struct visitor *visitor)
{
	static const char check[] = "/auth/check";
	const char *target = visitor->asked.target;

	if (visitor->door->kind != ROUTE_SESSION)
		return route_is_forward(target);
	return strncmp(target, check, sizeof(check) - 1) == 0 &&
	       strchr("/?", target[sizeof(check) - 1]); // its NUL is found as well
}

void entrance_refuse(const struct visitor *visitor, const char *method,
	const struct entrance_refusal *refusal, struct route_reply *ret_reply)
{
	unsigned status = refusal->status;

	*ret_reply = (struct route_reply){0};
	if (is_on_behalf(visitor))
		status = status == 400 || status == 401 ? 401 : 403; // no other is passed on
	visitor_problem(visitor, ret_reply, status, refusal->code, refusal->text);
	if (status == 401 && visitor->door->kind != ROUTE_SESSION)
		ret_reply->challenge = is_for_people(route_find(method, visitor->asked.target))
					       ? ROUTE_CHALLENGE_BASIC
					       : ROUTE_CHALLENGE_BEARER;
}
