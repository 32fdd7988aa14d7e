// A row is a name and what the first bytes must show. A template of an env file is none.
// SPDX-License-Identifier: MIT
#include "loader/scan/shipped.h"

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/wire/scanreport.h"

#include <fnmatch.h>

// ---- what first bytes show

static bool holds(const uint8_t *head, size_t size, const char *text)
{
	return memmem(head, size, text, strlen(text)) != NULL;
}

static bool is_private_pem(const uint8_t *head, size_t size)
{
	return holds(head, size, "-----BEGIN ") && holds(head, size, "PRIVATE KEY-----");
}

// A PKCS#12 file: a sequence in DER or BER that begins with version 3 (RFC 7292 section 4).
static bool is_pkcs12(const uint8_t *head, size_t size)
{
	static const uint8_t version[] = {0x02, 0x01, 0x03};

	return size > 8 && head[0] == 0x30 && memmem(head, 8, version, sizeof(version));
}

static bool is_java_store(const uint8_t *head, size_t size)
{
	static const uint8_t jks[] = {0xfe, 0xed, 0xfe, 0xed}, jceks[] = {0xce, 0xce, 0xce, 0xce};

	return size >= sizeof(jks) &&
	       (memcmp(head, jks, sizeof(jks)) == 0 || memcmp(head, jceks, sizeof(jceks)) == 0);
}

static bool has_private_key(const uint8_t *head, size_t size)
{
	return holds(head, size, "\"private_key\"");
}

// A token that stands there, not one that npm takes from the environment.
static bool has_npm_token(const uint8_t *head, size_t size)
{
	static const char name[] = "_authToken=";
	const uint8_t *at = memmem(head, size, name, sizeof(name) - 1), *end = head + size;

	while (at && at + sizeof(name) + 1 < end) {
		at += sizeof(name) - 1;
		if (*at > ' ' && *at != '$')
			return true;
		at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1);
	}
	return false;
}

static bool has_password(const uint8_t *head, size_t size)
{
	return holds(head, size, "password");
}

static bool is_process_list(const uint8_t *head, size_t size)
{
	return size && head[0] == '[' && holds(head, size, "pm_");
}

// ---- the rows

static const struct {
	const char *pattern; // of the name, as fnmatch(3) has it
	enum scanreport_type type;
	bool (*shows)(const uint8_t *head, size_t size); // NULL: the name is enough
	const char *text;
} rows[] = {
	{".env", SCANREPORT_ENV_FILE, NULL, "an env file"},
	{".env.*", SCANREPORT_ENV_FILE, NULL, "an env file"},
	{"*.pem", SCANREPORT_KEY_FILE, is_private_pem, "a private key"},
	{"*.key", SCANREPORT_KEY_FILE, is_private_pem, "a private key"},
	{"id_rsa*", SCANREPORT_KEY_FILE, is_private_pem, "a private key of SSH"},
	{"id_dsa*", SCANREPORT_KEY_FILE, is_private_pem, "a private key of SSH"},
	{"id_ecdsa*", SCANREPORT_KEY_FILE, is_private_pem, "a private key of SSH"},
	{"id_ed25519*", SCANREPORT_KEY_FILE, is_private_pem, "a private key of SSH"},
	{"*.p12", SCANREPORT_KEY_FILE, is_pkcs12, "a key store (PKCS#12)"},
	{"*.pfx", SCANREPORT_KEY_FILE, is_pkcs12, "a key store (PKCS#12)"},
	{"*.jks", SCANREPORT_KEY_FILE, is_java_store, "a key store (Java)"},
	{"*.keystore", SCANREPORT_KEY_FILE, is_java_store, "a key store (Java)"},
	{"*credentials*.json", SCANREPORT_KEY_FILE, has_private_key, "credentials of a cloud"},
	{"*service*account*.json", SCANREPORT_KEY_FILE, has_private_key, "credentials of a cloud"},
	{".npmrc", SCANREPORT_KEY_FILE, has_npm_token, "a token of npm"},
	{".netrc", SCANREPORT_KEY_FILE, has_password, "a password for hosts"},
	{"dump.pm2", SCANREPORT_KEY_FILE, is_process_list, "PM2's dump, with environments"},
};

// Env files that hold no values, by the end of their name.
static const char *const templates[] = {
	".example", ".sample", ".template", ".dist", ".d.ts", ".schema", ".defaults"};

static bool is_template(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(templates); i++)
		if (text_ends(name, templates[i]))
			return true;
	return false;
}

// A frame is called "zstd@1234" and has no name of its own.
static bool is_frame(const char *name)
{
	const char *at = strrchr(name, '@');

	return at && at[1] && !at[1 + strspn(at + 1, "0123456789")];
}

bool shipped_judge(const struct scanreport_place *place, const uint8_t *head, size_t head_size,
	struct scanreport *ret_report)
{
	const char *name =
		place->inside_count ? place->inside[place->inside_count - 1] : place->path;

	if (place->inside_count && is_frame(name))
		return false;
	name = path_basename(name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (fnmatch(rows[i].pattern, name, 0) != 0 ||
			(rows[i].type == SCANREPORT_ENV_FILE && is_template(name)) ||
			(rows[i].shows && !rows[i].shows(head, head_size)))
			continue;
		*ret_report = (struct scanreport){.type = rows[i].type, .text = rows[i].text};
		return true;
	}
	return false;
}
