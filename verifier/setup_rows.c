// The rows of samekeyd.ini.
// SPDX-License-Identifier: MIT
#include "verifier/setup_rows.h"

#include "verifier/setup.h"

#define AT(field) offsetof(struct setup, field)
#define ADMIT_AT(field) offsetof(struct setup_admit, field)
#define APP_AT(field) offsetof(struct setup_app, field)
#define PROFILE_AT(field) offsetof(struct setup_profile, field)
#define KEY_AT(field) offsetof(struct setup_further_key, field)

// clang-format off
const struct setting setup_rows[] = {
	{"listen", "handoff", SETTING_TEXT, AT(handoff), NULL, NULL, "PATH",
		"the socket where bundles are handed over; default: /run/samekey/handoff.sock, for others than root $XDG_RUNTIME_DIR/samekey/handoff.sock"},
	{"listen", "api", SETTING_TEXT, AT(api), NULL, NULL, "PATH",
		"the socket of the HTTP API; default: api.sock in the folder of handoff"},
	{"listen", "http", SETTING_TEXT, AT(http), NULL, NULL, "HOST:PORT",
		"a loopback address for health checks and metrics over TCP; default: off"},
	{"listen", "tcp_verbs", SETTING_WORDS, AT(tcp_verbs), NULL, "none", "VERB",
		"what a bearer of the token may do over TCP beyond reasons and key names: status, verify, introspect, issue, or none"},
	{"listen", "token_file", SETTING_TEXT, AT(token_file), NULL, NULL, "FILE",
		"holds the token for TCP, not readable by others; without it nobody has one"},

	{"admit", "uid", SETTING_TEXT, ADMIT_AT(uid), NULL, NULL, "USER",
		"the user this rule is for, a name or number"},
	{"admit", "gid", SETTING_TEXT, ADMIT_AT(gid), NULL, NULL, "GROUP",
		"the primary group this rule is for, a name or number; with uid, both must fit"},
	{"admit", "verbs", SETTING_WORDS, ADMIT_AT(verbs), NULL, NULL, "VERB",
		"what it allows: offer (hand over and withdraw bundles), status (read what is held), verify (have tokens judged), introspect (RFC 7662), issue (have tokens minted), diagnose (learn which key signed), attest (prove which value one's own process uses)"},

	{"app", "uid", SETTING_TEXT, APP_AT(uid), NULL, NULL, "USER",
		"the user that the app's name belongs to; default: whoever offers it first"},
	{"app", "gid", SETTING_TEXT, APP_AT(gid), NULL, NULL, "GROUP",
		"the primary group that the app's name belongs to"},
	{"app", "expected", SETTING_FLAG, APP_AT(expected), NULL, "yes", NULL,
		"/readyz is red while the app has no live bundle"},

	{"profile", "kind", SETTING_CHOICE, PROFILE_AT(kind), profile_kinds, "jws", "KIND",
		"jws (a signed JWT), or a session token as that library makes it: nextauth-v4, authjs-v5"},
	{"profile", "app", SETTING_TEXT, PROFILE_AT(key.app), NULL, NULL, "APP",
		"the app whose newest bundle holds the key"},
	{"profile", "key", SETTING_TEXT, PROFILE_AT(key.key), NULL, NULL, "KEY",
		"the name of the key in the bundle"},
	{"profile", "previous", SETTING_TEXT, PROFILE_AT(previous), NULL, NULL, "KEY",
		"another name in the same bundle: the key before the last rotation, which still verifies; the app need not have it"},
	{"profile", "key_file", SETTING_TEXT, PROFILE_AT(key.file), NULL, NULL, "FILE",
		"holds the key, instead of app and key; read at the start and at SIGHUP"},
	{"profile", "encoding", SETTING_CHOICE, PROFILE_AT(key.encoding), key_encodings, "text", "WORD",
		"what the bytes of the key are: text (themselves the key, but for the line end of a file), base64, base64url, hex, jwk, pem"},
	{"profile", "algorithm", SETTING_TEXT, PROFILE_AT(key.algorithm), NULL, NULL, "ALG",
		"the only one that is accepted, as RFC 7518 calls it; default: HS256, of a jwk its own; pem needs it"},
	{"profile", "kid", SETTING_TEXT, PROFILE_AT(key.kid), NULL, NULL, "ID",
		"the id of the key in tokens; default: the jwk's own, of a key pair its RFC 7638 thumbprint, else none"},
	{"profile", "state", SETTING_CHOICE, PROFILE_AT(key.state), key_states, "active", "WORD",
		"active (signs and verifies), pending (is published), retiring (verifies), retired (is named by diagnosis)"},
	{"profile", "allow_short_key", SETTING_FLAG, PROFILE_AT(allow_short_key), NULL, "no", NULL,
		"takes a secret that is shorter than its hash, 32 bytes for HS256 and sessions"},
	{"profile", "issuer", SETTING_TEXT, PROFILE_AT(issuer), NULL, NULL, "TEXT",
		"iss must be this; default: not judged"},
	{"profile", "audience", SETTING_LIST, PROFILE_AT(audience), NULL, NULL, "TEXT",
		"one of these must be in aud; default: not judged"},
	{"profile", "typ", SETTING_TEXT, PROFILE_AT(typ), NULL, NULL, "TEXT",
		"typ of the header must be this; default: not judged"},
	{"profile", "require", SETTING_WORDS, PROFILE_AT(require), NULL, NULL, "CLAIM",
		"claims that must be there"},
	{"profile", "forward", SETTING_WORDS, PROFILE_AT(forward), NULL, NULL, "CLAIM",
		"claims that /v1/auth answers as X-Auth-Claim-NAME"},
	{"profile", "cookie", SETTING_WORDS, PROFILE_AT(cookies), NULL, NULL, "NAME",
		"the cookie that may hold the token, or two, of which the first that is there counts; default: none, of a session as the library calls it"},
	{"profile", "leeway", SETTING_DURATION, PROFILE_AT(leeway_ms), NULL, NULL, NULL,
		"by how much clocks may differ; default: 0s, of a session 15s as in the libraries"},
	{"profile", "max_age", SETTING_DURATION, PROFILE_AT(max_age_ms), NULL, NULL, NULL,
		"how old a token may be by its iat; default: not judged"},
	{"profile", "lifetime", SETTING_DURATION, PROFILE_AT(lifetime_ms), NULL, NULL, NULL,
		"how long a token that is minted lives; default: 15m, of a session 30d as in the libraries"},

	{"key", "app", SETTING_TEXT, KEY_AT(key.app), NULL, NULL, "APP",
		"the app whose newest bundle holds the key; default: the profile's"},
	{"key", "key", SETTING_TEXT, KEY_AT(key.key), NULL, NULL, "KEY",
		"the name of the key in the bundle"},
	{"key", "key_file", SETTING_TEXT, KEY_AT(key.file), NULL, NULL, "FILE",
		"holds the key, instead of key"},
	{"key", "encoding", SETTING_CHOICE, KEY_AT(key.encoding), key_encodings, NULL, "WORD",
		"what the bytes of the key are; default: the profile's"},
	{"key", "algorithm", SETTING_TEXT, KEY_AT(key.algorithm), NULL, NULL, "ALG",
		"default: the profile's"},
	{"key", "kid", SETTING_TEXT, KEY_AT(key.kid), NULL, NULL, "ID",
		"the id of the key in tokens"},
	{"key", "state", SETTING_CHOICE, KEY_AT(key.state), key_states, "active", "WORD",
		"active, pending, retiring or retired"},

	{"drift", "fail", SETTING_WORDS, AT(drift_fail), NULL,
		"drift-shared, rotation-late, build-drift-fail", "CODE[:KEY]",
		"what makes /readyz red while it lasts: drift-shared, drift-app, rotation-late, build-drift, build-drift-fail, attested (a process says that it uses another value), or none"},

	{"limits", "connections", SETTING_COUNT, AT(connections), NULL, "64", "COUNT",
		"open connections of one user, on each socket"},
	{"limits", "deadline", SETTING_DURATION, AT(deadline_ms), NULL, "5s", NULL,
		"how long a request may take, from its first byte to the end of the answer"},
	{"limits", "body", SETTING_SIZE, AT(body), NULL, "64K", NULL,
		"a larger body of an HTTP request is refused"},
	{"limits", "bundles", SETTING_COUNT, AT(bundles), NULL, "256", "COUNT",
		"live bundles; one more is refused"},
	{"limits", "dead", SETTING_COUNT, AT(dead), NULL, "64", "COUNT",
		"bundles of ended processes that are still shown"},
	{"limits", "memory", SETTING_SIZE, AT(memory), NULL, "256M", NULL,
		"guarded memory for all values and messages; an offer that does not fit is refused"},

	{"fingerprint", "key", SETTING_TEXT, AT(fingerprint_key), NULL, NULL, "FILE",
		"32 bytes that key the fingerprints; default: credential samekey.fingerprint, /etc/samekey/fingerprint.key, the user's own"},
};
// clang-format on
const size_t setup_rows_count = ARRAY_SIZE(setup_rows);

const char *const setup_rows_named[] = {"admit", "app", "profile", "key", NULL};
