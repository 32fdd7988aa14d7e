// The forms that are no env file: JSON, a Kubernetes Secret, GitHub's file of variables.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/value/draft.h"
#include "loader/deliver/export.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/jsontext.h"
#include "loader/deliver/launch.h"
#include "loader/resolve/resolution.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>

static bool is_text(struct span value)
{
	return text_utf8_error(value.at, value.length) == value.length;
}

static bool holds_nul(struct span value)
{
	return span_find(value, '\0') != NULL;
}

// ---- JSON

static void put_member(struct draft *draft, bool first, struct span name, struct span value)
{
	draft_put_text(draft, first ? "\n  " : ",\n  ");
	draft_put_json(draft, name.at, name.length);
	draft_put_text(draft, ": ");
	draft_put_json(draft, value.at, value.length);
}

static void put_pairs(struct exporting *exporting)
{
	for (size_t i = 0; i < exporting->count; i++) {
		struct spelling_pair pair = exporting->pairs[i];

		if (!is_text(pair.value))
			export_refuse(exporting, i, "JSON holds UTF-8 only, and the value is none");
		put_member(exporting->draft, i == 0, pair.name, pair.value);
	}
}

static void assert_valid(const struct exporting *exporting)
{
	const struct draft *draft = exporting->draft;

	assert(draft->failed || exporting->refused ||
		jsontext_is_valid(secret_view(draft->bytes, draft->length)));
	ignore_result(draft);
}

int export_forms_json(struct exporting *exporting)
{
	draft_put_text(exporting->draft, "{");
	put_pairs(exporting);
	draft_put_text(exporting->draft, exporting->count ? "\n}\n" : "}\n");
	assert_valid(exporting);
	return 0;
}

// ---- what `run` would change in the environment of a process

// NAME=VALUE, cut.
static struct span name_of(const char *string)
{
	return (struct span){(const uint8_t *)string, strcspn(string, "=")};
}

static bool holds_name(char *const *environment, struct span name)
{
	for (; *environment; environment++)
		if (strncmp(*environment, (const char *)name.at, name.length) == 0 &&
			(*environment)[name.length] == '=')
			return true;
	return false;
}

// What samekey itself gives, as SAMEKEY_RUN.
static void put_own(struct exporting *exporting, char *const *environment)
{
	const struct resolution *resolution = exporting->resolution;
	size_t put = exporting->count;

	for (; *environment; environment++) {
		struct span name = name_of(*environment);
		bool known = false;

		// what is inherited is the same string
		for (char *const *at = resolution->environment; *at && !known; at++)
			known = *at == *environment;
		for (size_t i = 0; i < exporting->count && !known; i++)
			known = exporting->pairs[i].name.length == name.length &&
				memcmp(exporting->pairs[i].name.at, name.at, name.length) == 0;
		if (!known)
			put_member(exporting->draft, put++ == 0, name,
				span_of(*environment + name.length + 1));
	}
}

static void put_unset(struct exporting *exporting, char *const *environment)
{
	size_t put = 0;

	for (char *const *at = exporting->resolution->environment; *at; at++) {
		struct span name = name_of(*at);

		if (holds_name(environment, name) || !is_text(name))
			continue;
		draft_put_text(exporting->draft, put++ ? ", " : "");
		draft_put_json(exporting->draft, name.at, name.length);
	}
}

int export_forms_process(struct exporting *exporting)
{
	struct draft *draft = exporting->draft;
	char **environment;

	if (launch_environment(exporting->resolution, NULL, &environment) < 0)
		return -ENOMEM;
	draft_put_text(draft, "{\"set\": {");
	put_pairs(exporting);
	put_own(exporting, environment);
	draft_put_text(draft, "\n}, \"unset\": [");
	put_unset(exporting, environment);
	draft_put_text(draft, "]}\n");
	assert_valid(exporting);
	return 0;
}

// ---- a Kubernetes Secret

#define SECRET_KEY_MAX 253
#define SECRET_NAME_MAX 253
#define SECRET_SIZE_MAX (1024u * 1024) // of all values together

static bool is_secret_key(struct span name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._";

	for (size_t i = 0; i < name.length; i++)
		if (!strchr(allowed, name.at[i]))
			return false;
	return name.length && name.length <= SECRET_KEY_MAX && !span_is(name, ".") &&
	       !span_starts(name, "..");
}

// The app's name as a DNS name (RFC 1123): small letters, digits, and a dash for everything else
// between them.
// Returns: its length; 0 when nothing is left.
static size_t make_name(const char *app, char ret_name[static SECRET_NAME_MAX + 1])
{
	size_t length = 0;

	for (; *app && length < SECRET_NAME_MAX; app++) {
		char byte = ascii_is_upper(*app) ? (char)(*app - 'A' + 'a') : *app;

		if (ascii_is_alphanumeric(byte))
			ret_name[length++] = byte;
		else if (length && ret_name[length - 1] != '-')
			ret_name[length++] = '-';
	}
	while (length && ret_name[length - 1] == '-')
		length--;
	ret_name[length] = '\0';
	return length;
}

// Names are quoted: YAML takes NO, ON or 1 for something else than a text.
int export_forms_kubernetes_secret(struct exporting *exporting)
{
	struct draft *draft = exporting->draft;
	char name[SECRET_NAME_MAX + 1];
	size_t total = 0;

	if (!make_name(exporting->resolution->bundle.app, name))
		(void)memcpy(name, "samekey", sizeof("samekey"));
	draft_put_text(draft, "# made by samekey " SAMEKEY_VERSION "\n"
			      "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"");
	draft_put_text(draft, name);
	draft_put_text(draft, "\"\ntype: Opaque\ndata:");
	draft_put_text(draft, exporting->count ? "\n" : " {}\n");
	for (size_t i = 0; i < exporting->count; i++) {
		struct spelling_pair pair = exporting->pairs[i];

		total += pair.value.length;
		if (!is_secret_key(pair.name))
			export_refuse(exporting, i,
				"the name of a Secret's key is letters, digits, '-', '_' and '.'");
		else if (total > SECRET_SIZE_MAX)
			export_refuse(exporting, i, "a Secret holds 1 MiB, and this is over it");
		draft_put_text(draft, "  \"");
		draft_put(draft, pair.name.at, pair.name.length);
		draft_put_text(draft, "\": \"");
		draft_put_base64(draft, pair.value.at, pair.value.length);
		draft_put_text(draft, "\"\n");
	}
	return 0;
}

// ---- GitHub's file of variables

#define DELIMITER_BYTES 16
#define DELIMITER_SIZE (2 * DELIMITER_BYTES + 1)

static bool is_in_a_value(const struct exporting *exporting, const char *delimiter)
{
	for (size_t i = 0; i < exporting->count; i++) {
		struct span value = exporting->pairs[i].value;

		if (value.length && memmem(value.at, value.length, delimiter, strlen(delimiter)))
			return true;
	}
	return false;
}

static void draw_delimiter(
	const struct exporting *exporting, char ret_delimiter[static DELIMITER_SIZE])
{
	uint8_t bytes[DELIMITER_BYTES];

	do {
		randombytes_buf(bytes, sizeof(bytes));
		(void)sodium_bin2hex(ret_delimiter, DELIMITER_SIZE, bytes, sizeof(bytes));
	} while (is_in_a_value(exporting, ret_delimiter));
}

// What the runner does not take, or would change.
static const char *objection_of_runner(const struct spelling_pair *pair)
{
	if (!text_is_name((const char *)pair->name.at))
		return "the name of a variable is letters, digits and '_'";
	if (span_starts(pair->name, "GITHUB_") || span_starts(pair->name, "RUNNER_"))
		return "GitHub keeps names that begin with GITHUB_ and RUNNER_ to itself";
	if (span_is(pair->name, "NODE_OPTIONS"))
		return "GitHub does not let NODE_OPTIONS be set there";
	if (!is_text(pair->value))
		return "the runner reads UTF-8 only, and the value is none";
	return holds_nul(pair->value) ? "a variable holds no NUL" : NULL;
}

// NAME<<DELIMITER, the value, a line with DELIMITER alone: the runner takes what stands between as
// it is.
int export_forms_github_env(struct exporting *exporting)
{
	struct draft *draft = exporting->draft;
	char delimiter[DELIMITER_SIZE];

	draw_delimiter(exporting, delimiter);
	for (size_t i = 0; i < exporting->count; i++) {
		const struct spelling_pair *pair = &exporting->pairs[i];
		const char *objection = objection_of_runner(pair);

		if (objection)
			export_refuse(exporting, i, objection);
		draft_put(draft, pair->name.at, pair->name.length);
		draft_put_text(draft, "<<");
		draft_put_text(draft, delimiter);
		draft_put_text(draft, "\n");
		draft_put(draft, pair->value.at, pair->value.length);
		draft_put_text(draft, "\n");
		draft_put_text(draft, delimiter);
		draft_put_text(draft, "\n");
	}
	return 0;
}
