// Finds the block, judges its label, decodes its body. What is in it is for others.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/pem.h"

#include "lib/base/err.h"
#include "lib/value/encoding.h"
#include "verifier/trust/key/key.h"

#include <errno.h>
#include <sodium.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define EC_PARAMETERS "EC PARAMETERS"
#define LINE_BYTES 48
#define LINE_DIGITS 64

static const struct {
	const char *label;
	enum keypair_form form;
	const char *refusal, *hint; // instead of a form
} labels[] = {
	{"PUBLIC KEY", KEYPAIR_SPKI, NULL, NULL},
	{"PRIVATE KEY", KEYPAIR_PKCS8, NULL, NULL},
	{"RSA PUBLIC KEY", KEYPAIR_RSA_PUBLIC, NULL, NULL},
	{"RSA PRIVATE KEY", KEYPAIR_RSA_PRIVATE, NULL, NULL},
	{"EC PRIVATE KEY", KEYPAIR_EC_PRIVATE, NULL, NULL},
	{"CERTIFICATE", 0, "a certificate is no key", "openssl x509 -in FILE -noout -pubkey"},
	{"X509 CERTIFICATE", 0, "a certificate is no key", "openssl x509 -in FILE -noout -pubkey"},
	{"TRUSTED CERTIFICATE", 0, "a certificate is no key",
		"openssl x509 -in FILE -noout -pubkey"},
	{"CERTIFICATE REQUEST", 0, "a certificate request is no key",
		"openssl req -in FILE -noout -pubkey"},
	{"ENCRYPTED PRIVATE KEY", 0, "the private key is encrypted",
		"openssl pkey -in FILE -out OTHER"},
	{"OPENSSH PRIVATE KEY", 0, "a private key in the form of OpenSSH",
		"of RSA and EC ssh-keygen -p -N '' -m PKCS8 -f COPY; for Ed25519 make a new one: "
		"openssl genpkey -algorithm ed25519 -out FILE"},
	{EC_PARAMETERS, 0, "parameters of a curve, and no key",
		"the block EC PRIVATE KEY belongs behind it"},
};

static int refuse(struct err *err, enum key_result result, const char *what, const char *hint)
{
	(void)err_set(err, -EINVAL, NULL, "%s", what);
	(void)err_hint(err, "%s", hint);
	return (int)result;
}

static const char *find(const char *at, const char *end, const char *text)
{
	return at < end ? memmem(at, (size_t)(end - at), text, strlen(text)) : NULL;
}

// Why a text is no PEM, as far as one sees it.
static int refuse_text(const char *at, const char *end, struct err *err)
{
	if (!find(at, end, BEGIN))
		return refuse(err, KEY_E_ENCODING, "the key is no PEM, as encoding = pem says",
			"a PEM key begins with -----BEGIN");
	if (find(at, end, DASHES "\\n"))
		return refuse(err, KEY_E_ENCODING,
			"the line ends of the PEM key are written as backslash and n",
			"write it over several lines, or in double quotes where the loader reads "
			"\\n");
	return refuse(err, KEY_E_ENCODING, "the PEM block is damaged",
		"the lines from BEGIN to END, with their line ends and nothing in between");
}

// How many lines begin a block, and where the first one's label is.
static size_t count_blocks(const char *at, const char *end, const char **ret_label)
{
	size_t count = 0;

	for (const char *line = at; line; line = find(line, end, "\n" BEGIN)) {
		line += *line == '\n';
		if ((size_t)(end - line) < strlen(BEGIN) || memcmp(line, BEGIN, strlen(BEGIN)) != 0)
			continue;
		if (count++ == 0)
			*ret_label = line + strlen(BEGIN);
	}
	return count;
}

// The form that a label says; the label ends with dashes.
static int judge_label(
	const char *label, size_t length, enum keypair_form *ret_form, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		if (strlen(labels[i].label) != length ||
			memcmp(label, labels[i].label, length) != 0)
			continue;
		*ret_form = labels[i].form;
		return labels[i].refusal
			       ? refuse(err, KEY_E_TYPE, labels[i].refusal, labels[i].hint)
			       : KEY_OK;
	}
	return refuse(err, KEY_E_TYPE, "a PEM block that is no key",
		"PUBLIC KEY, PRIVATE KEY, RSA PRIVATE KEY and EC PRIVATE KEY are");
}

// `openssl ecparam -genkey` writes the curve before the key, which names it again.
// Returns: the key's label, if the text has these two blocks.
static const char *skip_parameters(const char *label, const char *end)
{
	static const char parameters[] = EC_PARAMETERS DASHES, key[] = "EC PRIVATE KEY" DASHES;
	const char *next = NULL;

	if ((size_t)(end - label) < strlen(parameters) ||
		memcmp(label, parameters, strlen(parameters)) != 0)
		return NULL;
	next = find(label, end, "\n" BEGIN);
	if (!next)
		return NULL;
	next += strlen("\n" BEGIN);
	return (size_t)(end - next) >= strlen(key) && memcmp(next, key, strlen(key)) == 0 ? next
											  : NULL;
}

int pem_read(struct secret text, uint8_t *out, enum keypair_form *ret_form, size_t *ret_size,
	struct err *err)
{
	const char *at = (const char *)secret_bytes(text), *end = at + text.length;
	const char *label = NULL, *label_end, *body, *body_end;
	size_t count;
	int result;

	if (!encoding_is_pem(text))
		return refuse_text(at, end, err);
	count = count_blocks(at, end, &label);
	if (count == 2 && label)
		label = skip_parameters(label, end);
	if (count < 1 || count > 2 || !label)
		return refuse(err, KEY_E_ENCODING, "more than one PEM block", "one key alone");
	label_end = find(label, end, DASHES);
	body = find(label, end, "\n");
	body_end = find(label, end, "\n" END);
	if (!label_end || !body || !body_end)
		return refuse_text(at, end, err);
	result = judge_label(label, (size_t)(label_end - label), ret_form, err);
	if (result != KEY_OK)
		return result;
	if (memchr(body, ':', (size_t)(body_end - body)))
		return refuse(err, KEY_E_TYPE, "the private key is encrypted",
			"openssl pkey -in FILE -out OTHER");
	if (sodium_base642bin(out, text.length, body, (size_t)(body_end - body), "\r\n ", ret_size,
		    NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return refuse_text(at, end, err);
	return KEY_OK;
}

char *pem_write_public(const uint8_t *der, size_t size)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----\n",
			  end[] = "-----END PUBLIC KEY-----\n";
	size_t lines = size / LINE_BYTES + 1, used = sizeof(begin) - 1;
	char *text = malloc(sizeof(begin) + sizeof(end) + lines * (LINE_DIGITS + 2));

	if (!text)
		return NULL;
	memcpy(text, begin, used);
	for (size_t at = 0; at < size; at += LINE_BYTES) {
		size_t part = size - at < LINE_BYTES ? size - at : LINE_BYTES;

		(void)sodium_bin2base64(text + used, LINE_DIGITS + 1, der + at, part,
			sodium_base64_VARIANT_ORIGINAL);
		used += strlen(text + used);
		text[used++] = '\n';
	}
	memcpy(text + used, end, sizeof(end));
	return text;
}
