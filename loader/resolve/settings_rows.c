// The words that a setting of samekey.ini may be stand in the order of their enum in settings.h.
// SPDX-License-Identifier: MIT
#include "loader/resolve/settings_rows.h"

#include "lib/base/log.h"
#include "lib/value/shape_type.h"
#include "loader/resolve/settings.h"

static const char *const reach_words[] = {"", "off", "warn", "fail", NULL};
static const char *const captured_words[] = {"demote", "keep", NULL};
static const char *const cascade_words[] = {"next", "vite", "single", NULL};
const char *const settings_rows_sources[] = {"", "env", "credentials", "secrets", "dotenv", NULL};
static const char *const conflict_words[] = {"ignore", "warn", "fail", NULL};
static const char *const phases_words[] = {"both", "start", "build", NULL};
static const char *const empty_words[] = {"", "skip", "keep", "fail", NULL};
static const char *const quotes_words[] = {"", "strip", "keep", NULL};

#define AT(field) offsetof(struct settings, field)
#define KEY_AT(field) offsetof(struct settings_key, field)

// clang-format off
const struct setting settings_rows[] = {
	{"app", "name", SETTING_TEXT, AT(name), NULL, NULL, "NAME",
		"the app's name; default: folder/program"},
	{"app", "group", SETTING_TEXT, AT(group), NULL, "default", "NAME",
		"apps of one group are compared with each other"},
	{"app", "mode", SETTING_TEXT, AT(mode), NULL, NULL, "MODE",
		"which .env.MODE files count; default: $SAMEKEY_MODE, the framework's, $NODE_ENV, production"},
	{"app", "loaders", SETTING_WORDS, AT(loaders), NULL, NULL, "DIALECT",
		"who else reads these files, of samekey dialects; lint compares with them"},
	{"app", "rotation", SETTING_DURATION, AT(rotation_ms), NULL, "5m", NULL,
		"how long live apps may hold the older value of a shared key from the same origin"},
	{"app", "log", SETTING_CHOICE, AT(log), log_format_words, "auto", "auto|logfmt|json|journal",
		"how samekey run tells what it does where stderr is no terminal; journal: logfmt behind the priorities of sd-daemon(3); auto: journal where stderr is the journal, else logfmt"},
	{"app", "reach", SETTING_CHOICE, AT(reach), reach_words, NULL, "off|warn|fail",
		"looks for 10 s whether the server below npm, sh or a start script holds the secrets; fail stops it"},

	{"sources", "order", SETTING_WORDS, AT(order), NULL, "env, credentials, secrets, dotenv", "SOURCE",
		"which source wins, highest first"},
	{"sources", "captured", SETTING_CHOICE, AT(captured), captured_words, "demote", "demote|keep",
		"an environment that PM2 replays ranks last for keys that another source holds"},
	{"sources", "secrets", SETTING_LIST, AT(secrets), NULL, "/run/secrets", "DIR",
		"folders with one file a secret, paths from samekey.ini, as an option from the current folder"},
	{"sources", "files", SETTING_LIST, AT(files), NULL, NULL, "FILE",
		"env files above the cascade, paths from samekey.ini"},
	{"sources", "cascade", SETTING_CHOICE, AT(cascade), cascade_words, "next", "next|vite|single",
		"the env files of a folder: .env.MODE.local, .env.local, .env.MODE, .env, highest first; vite: "
		".env.MODE above .env.local; single: .env alone"},
	{"sources", "dialect", SETTING_TEXT, AT(dialect), NULL, "portable", "DIALECT",
		"the rules by which env files are read, one of samekey dialects"},
	{"sources", "interpolate", SETTING_FLAG, AT(interpolate), NULL, "no", NULL,
		"fill in ${NAME}, ${NAME:-default} and ${NAME:?message} in env files"},
	{"sources", "example", SETTING_TEXT, AT(example), NULL, ".env.example", "FILE",
		"a key there that no source gives is a warning"},
	{"sources", "max_file", SETTING_SIZE, AT(max_file), NULL, "1M", NULL,
		"a larger file is refused"},

	{"verifier", "socket", SETTING_TEXT, AT(socket), NULL, NULL, "PATH",
		"the verifier's socket, a path from samekey.ini, as an option from the current folder; default: $SAMEKEY_SOCKET, $XDG_RUNTIME_DIR/samekey/handoff.sock, /run/samekey/handoff.sock"},
	{"verifier", "user", SETTING_TEXT, AT(user), NULL, "samekey", "NAME",
		"who may own the other end, beside root and this user"},
	{"verifier", "required", SETTING_FLAG, AT(verifier_required), NULL, "no", NULL,
		"without a verdict, do not start"},
	{"verifier", "timeout", SETTING_DURATION, AT(timeout_ms), NULL, "2s", NULL,
		"how long a verdict may take"},

	{"fingerprint", "key", SETTING_TEXT, AT(fingerprint_key), NULL, NULL, "FILE",
		"32 bytes that key the fingerprints, a path from samekey.ini, as an option from the current folder"},
};
const size_t settings_rows_count = ARRAY_SIZE(settings_rows);
_Static_assert(ARRAY_SIZE(settings_rows) <= SETTINGS_ROWS_MAX, "raise SETTINGS_ROWS_MAX");

const struct setting settings_rows_of_key[] = {
	{"key", "apps", SETTING_WORDS, KEY_AT(apps), NULL, NULL, "NAME",
		"the apps that these rules are for; default: all that this file serves"},
	{"key", "required", SETTING_FLAG, KEY_AT(required), NULL, "no", NULL,
		"without a value, do not start"},
	{"key", "secret", SETTING_FLAG, KEY_AT(secret), NULL, NULL, NULL,
		"whether it is a secret; default: guessed from name and shape, and said"},
	{"key", "from", SETTING_CHOICE, KEY_AT(from), settings_rows_sources, NULL, "env|credentials|secrets|dotenv",
		"only this source may give it"},
	{"key", "file", SETTING_FLAG, KEY_AT(file), NULL, NULL, NULL,
		"whether KEY_FILE in the environment names a file; default: yes for secrets"},
	{"key", "type", SETTING_CHOICE, KEY_AT(type), shape_type_names, "string", "TYPE",
		"string, integer, boolean, port, url, base64, base64url, hex, pem, jwk, json or enum"},
	{"key", "values", SETTING_WORDS, KEY_AT(values), NULL, NULL, "WORD",
		"the words that type = enum allows"},
	{"key", "min_length", SETTING_COUNT, KEY_AT(min_length), NULL, "0", "BYTES",
		"a shorter value is an error"},
	{"key", "deny", SETTING_LIST, KEY_AT(deny), NULL, NULL, "TEXT",
		"values that are errors"},
	{"key", "same_as", SETTING_TEXT, KEY_AT(same_as), NULL, NULL, "KEY",
		"an alias: both must be equal"},
	{"key", "differs_from", SETTING_TEXT, KEY_AT(differs_from), NULL, NULL, "KEY",
		"both must differ"},
	{"key", "conflict", SETTING_CHOICE, KEY_AT(conflict), conflict_words, "warn", "ignore|warn|fail",
		"two kinds of source hold different values"},
	{"key", "shared", SETTING_FLAG, KEY_AT(shared), NULL, NULL, NULL,
		"yes: every app of the group must hold the same value; no: not compared; default: a difference is a warning"},
	{"key", "phases", SETTING_CHOICE, KEY_AT(phases), phases_words, "both", "both|start|build",
		"start: the build gets a random stand-in, so the value cannot be baked in; build: the app does not get it"},
	{"key", "build_drift", SETTING_CHOICE, KEY_AT(build_drift), conflict_words, "warn", "ignore|warn|fail",
		"the build used another value"},
	{"key", "empty", SETTING_CHOICE, KEY_AT(empty), empty_words, NULL, "skip|keep|fail",
		"what an empty value means; default: skip for secrets, keep for others"},
	{"key", "quotes", SETTING_CHOICE, KEY_AT(quotes), quotes_words, NULL, "strip|keep",
		"a literal pair of quotes around a value from env or a file; default: strip, keep for type json"},
	{"key", "inject", SETTING_FLAG, KEY_AT(inject), NULL, "yes", NULL,
		"no: only the verifier gets it"},
	{"key", "default", SETTING_TEXT, KEY_AT(fallback), NULL, NULL, "TEXT",
		"the value when no source gives one; never for a secret"},
};
const size_t settings_rows_of_key_count = ARRAY_SIZE(settings_rows_of_key);
_Static_assert(ARRAY_SIZE(settings_rows_of_key) <= SETTINGS_ROWS_OF_KEY_MAX,
	"raise SETTINGS_ROWS_OF_KEY_MAX");
// clang-format on
