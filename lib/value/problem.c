// The table of problems.
// SPDX-License-Identifier: MIT
#include "lib/value/problem.h"

#include "lib/base/text.h"

#define SIGNED_BY "samekey diagnose says which key or misspelling signed it, and what mends it"
#define COPY \
	"copy the whole token, and nothing else: three parts with dots between them, a session " \
	"five"
#define MAKER \
	"whatever made the token is to blame: make tokens with a JWT library, or samekey issue"

// clang-format off
const struct problem problem_table[] = {
	{"malformed", "401", "this is no token of the kind that is expected", COPY},
	{"encoding_invalid", "401", "a part is not base64url", COPY},
	{"too_large", "401, 413", "the token is over a limit",
		"a token has at most 16 KiB: keep less in its claims"},
	{"too_deep", "401", "the JSON is nested too deeply", MAKER},
	{"json_invalid", "401", "a part is not JSON", COPY},
	{"json_duplicate", "401", "a name stands twice in the JSON", MAKER},
	{"utf8_invalid", "401", "the JSON is not UTF-8", MAKER},
	{"header_invalid", "401", "the header is not valid", MAKER},
	{"alg_not_allowed", "401", "the algorithm is not allowed",
		"sign with the profile's algorithm (HS256 where samekeyd.ini says none), or set algorithm there; samekey diagnose says which it wants"},
	{"alg_key_mismatch", "401", "the key is for another algorithm",
		"sign with the algorithm of the key that the token's kid names"},
	{"key_unknown", "401", "the key is not known",
		"the token's kid names no key of the profile: give the key that kid in samekeyd.ini, or sign with a key of the profile; samekey diagnose tries them all"},
	{"key_unusable", "503, by forward-auth 403", "the profile has no key to verify with",
		"samekey status names the key and what is wrong with it: set it for the app, then samekey offer --name APP or start the app anew"},
	{"crit_unsupported", "401", "the header demands an extension",
		"no extension is understood: sign without crit"},
	{"nested_unsupported", "401", "the token holds another token",
		"sign the claims themselves: cty = JWT is not taken"},
	{"typ_mismatch", "401", "the token is of another type",
		"send the kind of token that the profile's typ names, or ask another profile"},
	{"signature_invalid", "401", "the signature is not valid", SIGNED_BY},
	{"expired", "401", "the token has expired",
		"get a new token; where it is one, the clocks of who signs and who verifies differ: leeway in samekeyd.ini makes up for seconds"},
	{"not_yet_valid", "401", "the token is not valid yet",
		"wait until its nbf; where that is now, the clocks differ: leeway in samekeyd.ini makes up for seconds"},
	{"issued_in_future", "401", "the token was issued in the future",
		"set the clock of who signs: iat is seconds since 1970, not milliseconds"},
	{"iss_mismatch", "401", "the issuer is another one",
		"ask the profile for this issuer, or mend issuer in samekeyd.ini; both are compared byte by byte, with their slashes"},
	{"aud_mismatch", "401", "the token is for another audience",
		"ask for a token for this audience, or mend audience in samekeyd.ini; both are compared byte by byte"},
	{"claim_missing", "401", "a claim is missing",
		"sign with the claims that the profile's require names; max_age needs iat"},
	{"claim_invalid", "401, by issue 400", "a claim is not valid",
		"sub, iss and jti are texts, aud a text or a list of them; exp, nbf and iat are seconds since 1970 and no text"},
	{"claim_unsafe", "401", "a claim cannot safely be forwarded",
		"claims under forward go into headers: keep control characters out of them"},
	{"revoked", "401", "the token was revoked", "log in again"},

	{"token_required", "400, by forward-auth 401", "the request holds no token",
		"POST {\"token\": ...}, or send Authorization: Bearer or the profile's cookie"},
	{"token_ambiguous", "401", "the request holds more than one token",
		"send it as Authorization: Bearer or in the cookie, once"},
	{"cookie_broken", "401", "a part of the session's cookie is missing",
		"NAME.0, NAME.1, ... belong together: the proxy must pass on all, see its limit for headers"},
	{"headers_unfit", "403", "what is forwarded does not fit into headers",
		"take long claims out of forward in samekeyd.ini"},
	{"forward_refused", "403", "there is no such profile, or it cannot judge",
		"/readyz and the log of samekeyd say which: a misspelt profile in the proxy's settings, or one whose key is missing"},
	{"profile_required", "400", "there are several profiles", "say which: --profile NAME, ?profile=NAME, or \"profile\" in the body"},
	{"profile_unknown", "400, by forward-auth 403", "there is no such profile",
		"[profile NAME] in samekeyd.ini makes one; then systemctl reload samekeyd, or SIGHUP"},
	{"body_invalid", "400", "the body cannot be read", "send what the detail names"},
	{"form_invalid", "400", "the form cannot be read", "curl --data-urlencode token@FILE writes a good one"},
	{"type_unsupported", "415", "the body is of another type", "send the Content-Type that the detail names"},
	{"lifetime_invalid", "400", "a token cannot live so long",
		"lifetime is whole seconds, at most the profile's lifetime in samekeyd.ini"},
	{"not_signed", "500", "the token could not be signed", "see the log of samekeyd"},
	{"too_often", "429", "diagnoses are asked for too often", "ask again in a moment: each takes work"},
	{"nonce_unknown", "409", "samekeyd gave no such nonce to this user for this key",
		"ask for a nonce, then prove with it at once, in one process; where the route that asks was prerendered, or samekeyd was restarted since, it is an old one"},
	{"nonce_expired", "409", "the nonce is too old", "a nonce lives 60 s: the route that asks may have been prerendered, then the answer was made at build; make it dynamic"},
	{"nonce_used", "409", "the nonce was used already", "each proves one key once: ask for another"},
	{"app_required", "400", "there are several apps", "say which: \"app\" in the body"},
	{"no_live_bundle", "403", "this user has no live bundle of the app",
		"start the app with samekey run (or samekey offer) as the user that attests, after the build; samekey status lists who holds what"},
	{"no_such_key", "404", "the bundle holds no such key", "samekey status lists the keys of the app"},
	{"attests_too_often", "429", "a user attests too often", "wait as Retry-After says: wrong values are limited to 10 a minute for each key, and so are nonces that wait"},
	{"not_admitted", "403", "this user may not ask that",
		"[admit NAME] with uid = USER and verbs = ... in samekeyd.ini; samekeyd's own user and root may always"},
	{"not_over_tcp", "403", "this is not answered over TCP",
		"ask on the Unix socket, or open the verb with tcp_verbs in samekeyd.ini"},
	{"tcp_token_required", "401", "over TCP this needs samekeyd's token",
		"token_file under [listen] names it; send it as X-Samekey-Token, or for status as Authorization: Bearer"},
	{"tcp_token_wrong", "401, 403", "this is not the token of token_file", "send the text of that file without its line end"},
	{"wrong_host", "421", "the request names another host", "ask localhost, an address of 127.0.0.0/8 or [::1], with the port of http in samekeyd.ini"},
	{"cross_site", "403", "a page of another site asks", "ask from a program, not from a page: Origin and Sec-Fetch-Site say that a browser did"},
	{"forwarded", "403", "a proxy passes the request on", "over TCP a proxy gets /v1/auth/PROFILE and health checks; whatever else is for programs of this host"},
	{"busy", "503", "this user has too many connections", "keep connections and use them again, or see connections under [limits] in samekeyd.ini"},
	{"timeout", "408", "no whole request came in time", "see deadline under [limits] in samekeyd.ini"},
	{"no_such_path", "404", "there is no such path", "docs/how-to/tokens.md lists them"},
	{"no_such_method", "405", "the path has another method", "POST a question, GET what is held"},
	{"no_such_offer", "404", "the app has no standing offer", "samekey status lists what is held"},
	{"bad_target", "400", "the path or the query cannot be read", "%-encode what is no letter, digit, '-', '_' or '.'"},
	{"bad_request", "400", "the request is ambiguous or no HTTP", "send one Content-Length, one Host, and no odd header"},
	{"target_too_long", "414", "the path is too long", "put the token into the body, never into the path"},
	{"body_too_large", "413", "the body is too large", "see body under [limits] in samekeyd.ini"},
	{"out_of_memory", "503", "samekeyd has no memory for this", "try again; see memory under [limits] in samekeyd.ini"},
};
// clang-format on
const size_t problem_count = ARRAY_SIZE(problem_table);

const struct problem *problem_find(const char *code)
{
	for (size_t i = 0; i < problem_count; i++)
		if (text_equal(problem_table[i].code, code))
			return &problem_table[i];
	return NULL;
}
