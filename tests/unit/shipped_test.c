// Env files and private keys by their name and first bytes, and what only looks like them.
// SPDX-License-Identifier: MIT
#include "lib/wire/scanreport.h"
#include "loader/scan/shipped.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PEM "-----BEGIN RSA PRIVATE KEY-----\nMII"
#define HEAD(text) (text), sizeof(text) - 1

static const struct {
	const char *what, *path, *inside; // NULL: in no container
	const char *head;
	size_t head_size;
	int type; // -1: neither
} cases[] = {
	{"an env file", ".next/standalone/.env", NULL, HEAD("A=1"), SCANREPORT_ENV_FILE},
	{"of a mode", "x/.env.production", NULL, HEAD(""), SCANREPORT_ENV_FILE},
	{"in an archive", "a.tgz", "app/.env.local", HEAD("A=1"), SCANREPORT_ENV_FILE},
	{"an example", ".env.example", NULL, HEAD("A=1"), -1},
	{"a sample of a mode", ".env.production.sample", NULL, HEAD("A=1"), -1},
	{"a template", ".env.template", NULL, HEAD("A="), -1},
	{"types", ".env.d.ts", NULL, HEAD("declare"), -1},
	{"a name that goes on", ".envrc", NULL, HEAD("A=1"), -1},
	{"a folder of that name", ".env/x.txt", NULL, HEAD("A=1"), -1},
	{"a private key", "tls/server.key", NULL, HEAD(PEM), SCANREPORT_KEY_FILE},
	{"of SSH", "home/id_ed25519", NULL, HEAD("-----BEGIN OPENSSH PRIVATE KEY-----"),
		SCANREPORT_KEY_FILE},
	{"a public one", "tls/server.pem", NULL, HEAD("-----BEGIN CERTIFICATE-----"), -1},
	{"text of that name", "piano.key", NULL, HEAD("C major"), -1},
	{"PKCS#12", "a.p12", NULL, HEAD("\x30\x82\x0a\x10\x02\x01\x03\x30\x82"),
		SCANREPORT_KEY_FILE},
	{"no PKCS#12", "a.p12", NULL, HEAD("\x30\x82\x0a\x10\x02\x01\x04\x30\x82"), -1},
	{"a short one", "a.p12", NULL, HEAD("\x30"), -1},
	{"a Java key store", "a.jks", NULL, HEAD("\xfe\xed\xfe\xed\0\0\0\2"), SCANREPORT_KEY_FILE},
	{"of a cloud", "gcp-credentials.json", NULL, HEAD("{\"private_key\": \"x\""),
		SCANREPORT_KEY_FILE},
	{"a token of npm", ".npmrc", NULL, HEAD("//r.example/:_authToken=npm_abc\n"),
		SCANREPORT_KEY_FILE},
	{"one that is a reference", ".npmrc", NULL, HEAD("//r.example/:_authToken=${NPM_TOKEN}\n"),
		-1},
	{"a reference and a token", ".npmrc", NULL,
		HEAD("//a/:_authToken=${T}\n//b/:_authToken=npm_abc\n"), SCANREPORT_KEY_FILE},
	{"no token at all", ".npmrc", NULL, HEAD("save-exact=true\n"), -1},
	{"one that is cut off", ".npmrc", NULL, HEAD("//a/:_authToken="), -1},
	{"netrc", ".netrc", NULL, HEAD("machine a login b password c"), SCANREPORT_KEY_FILE},
	{"PM2's dump", ".pm2/dump.pm2", NULL, HEAD("[{\"pm_exec_path\":1"), SCANREPORT_KEY_FILE},
	{"a frame has no name", ".env", "zstd@12", HEAD("A=1"), -1},
	{"anything else", "index.js", NULL, HEAD(PEM), -1},
};

static void each_by_its_name_and_first_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct scanreport_place place = {.path = cases[i].path,
			.inside = {cases[i].inside},
			.inside_count = cases[i].inside != NULL};
		struct scanreport report = {.type = SCANREPORT_DONE};
		bool is = shipped_judge(
			&place, (const uint8_t *)cases[i].head, cases[i].head_size, &report);

		if (is != (cases[i].type >= 0) || (is && (int)report.type != cases[i].type))
			fail_msg("%s: %d", cases[i].what, is);
		if (is)
			assert_non_null(report.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_by_its_name_and_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
