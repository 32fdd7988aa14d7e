// PEM: one block of a key is found, whatever stands around it; all else is refused, and the hint
// says what to do with it.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/pem.h"

#include "lib/base/err.h"
#include "verifier/trust/key/key.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const result_names[] = {
	"good", "empty", "placeholder", "short", "encoding", "type", "weak", "use"};

#define BLOCK(label) "-----BEGIN " label "-----\nZm9v\n-----END " label "-----\n"

static const struct {
	const char *what, *text;
	int result;
	enum keypair_form form;
	const char *says; // part of the message or the hint
} cases[] = {
	{"a public key", BLOCK("PUBLIC KEY"), KEY_OK, KEYPAIR_SPKI, NULL},
	{"a private key", BLOCK("PRIVATE KEY"), KEY_OK, KEYPAIR_PKCS8, NULL},
	{"an RSA private key", BLOCK("RSA PRIVATE KEY"), KEY_OK, KEYPAIR_RSA_PRIVATE, NULL},
	{"an RSA public key", BLOCK("RSA PUBLIC KEY"), KEY_OK, KEYPAIR_RSA_PUBLIC, NULL},
	{"an EC private key", BLOCK("EC PRIVATE KEY"), KEY_OK, KEYPAIR_EC_PRIVATE, NULL},
	{"no newline at the end", "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----",
		KEY_OK, KEYPAIR_SPKI, NULL},
	{"Windows line ends",
		"-----BEGIN PUBLIC KEY-----\r\nZm\r\n9v\r\n-----END PUBLIC KEY-----\r\n", KEY_OK,
		KEYPAIR_SPKI, NULL},
	{"text around it", "\nKey Attributes: <No Attributes>\n" BLOCK("PRIVATE KEY") "\nthe end\n",
		KEY_OK, KEYPAIR_PKCS8, NULL},

	{"a certificate", BLOCK("CERTIFICATE"), KEY_E_TYPE, 0, "openssl x509"},
	{"a certificate in OpenSSL's form", BLOCK("TRUSTED CERTIFICATE"), KEY_E_TYPE, 0,
		"openssl x509"},
	{"a certificate request", BLOCK("CERTIFICATE REQUEST"), KEY_E_TYPE, 0, "openssl req"},
	{"an encrypted key", BLOCK("ENCRYPTED PRIVATE KEY"), KEY_E_TYPE, 0,
		"openssl pkey -in FILE -out"}, // and not to the terminal
	{"an encrypted RSA key",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
		"AES-128-CBC,00\n\nZm9v\n-----END RSA PRIVATE KEY-----\n",
		KEY_E_TYPE, 0, "openssl pkey"},
	{"a key of OpenSSH", BLOCK("OPENSSH PRIVATE KEY"), KEY_E_TYPE, 0, "ssh-keygen"},
	{"one of Ed25519, which ssh-keygen writes in that form alone", BLOCK("OPENSSH PRIVATE KEY"),
		KEY_E_TYPE, 0, "openssl genpkey -algorithm ed25519"},
	{"parameters", BLOCK("EC PARAMETERS"), KEY_E_TYPE, 0, "belongs behind it"},
	{"a block that is no key", BLOCK("PGP PUBLIC KEY BLOCK"), KEY_E_TYPE, 0, "PUBLIC KEY"},
	{"a label in small letters", BLOCK("public key"), KEY_E_TYPE, 0, "PUBLIC KEY"},
	{"parameters and a key, as openssl ecparam -genkey writes them",
		"-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n" BLOCK(
			"EC PRIVATE KEY"),
		KEY_OK, KEYPAIR_EC_PRIVATE, NULL},
	{"a key and parameters behind it", BLOCK("EC PRIVATE KEY") BLOCK("EC PARAMETERS"),
		KEY_E_ENCODING, 0, "one key"},
	{"parameters and another key", BLOCK("EC PARAMETERS") BLOCK("PRIVATE KEY"), KEY_E_ENCODING,
		0, "one key"},
	{"parameters twice", BLOCK("EC PARAMETERS") BLOCK("EC PARAMETERS"), KEY_E_ENCODING, 0,
		"one key"},
	{"parameters and two keys",
		BLOCK("EC PARAMETERS") BLOCK("EC PRIVATE KEY") BLOCK("EC PRIVATE KEY"),
		KEY_E_ENCODING, 0, "one key"},
	{"two keys", BLOCK("PUBLIC KEY") BLOCK("PUBLIC KEY"), KEY_E_ENCODING, 0, "one key"},
	{"a key and its certificate", BLOCK("PRIVATE KEY") "\n" BLOCK("CERTIFICATE"),
		KEY_E_ENCODING, 0, "one key"},
	{"no PEM", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", KEY_E_ENCODING, 0,
		"begins with -----BEGIN"},
	{"backslash and n for line ends",
		"-----BEGIN PUBLIC KEY-----\\nZm9v\\n-----END PUBLIC KEY-----\\n", KEY_E_ENCODING,
		0, "backslash"},
	{"spaces for line ends", "-----BEGIN PUBLIC KEY----- Zm9v -----END PUBLIC KEY-----",
		KEY_E_ENCODING, 0, "damaged"},
	{"quotes around it", "\"" BLOCK("PUBLIC KEY") "\"", KEY_E_ENCODING, 0, "damaged"},
	{"a cut end", "-----BEGIN PUBLIC KEY-----\nZm9v\n", KEY_E_ENCODING, 0, "damaged"},
	{"another label at the end", "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PRIVATE KEY-----",
		KEY_E_ENCODING, 0, "damaged"},
	{"digits that are none", "-----BEGIN PUBLIC KEY-----\nZm9*\n-----END PUBLIC KEY-----",
		KEY_E_ENCODING, 0, "damaged"},
};

static bool says(const struct err *err, const char *text)
{
	return text && (strstr(err->what, text) || strstr(err->hint, text));
}

static void one_key_is_found_and_all_else_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].text), size = 0;
		struct err err = ERR_NONE;
		enum keypair_form form = KEYPAIR_SPKI;
		uint8_t out[512];
		int result;

		assert_true(length <= sizeof(out));
		result = pem_read(secret_view(cases[i].text, length), out, &form, &size, &err);
		if (result != cases[i].result)
			fail_msg("%s: %s, not %s", cases[i].what, result_names[result],
				result_names[cases[i].result]);
		if (result != KEY_OK && !says(&err, cases[i].says))
			fail_msg("%s: %s (%s)", cases[i].what, err.what, err.hint);
		if (result != KEY_OK)
			continue;
		assert_int_equal(form, cases[i].form);
		assert_int_equal(size, 3);
		assert_memory_equal(out, "foo", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_is_found_and_all_else_refused),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
