// samekey keygen: a new secret on stdout, spelt so that every dialect, shell and URL reads the
// same bytes. Keeps nothing and writes no file.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "loader/cli/commands.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#define KEYGEN_BYTES_MIN 16
#define KEYGEN_BYTES_MAX 1024

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define TEXT_SIZE sodium_base64_ENCODED_LEN(KEYGEN_BYTES_MAX, VARIANT)

// A text that begins with `-` reads as an option on a command line; such a draw is thrown away.
static void draw(size_t count, char ret_text[static TEXT_SIZE])
{
	uint8_t bytes[KEYGEN_BYTES_MAX];

	do {
		randombytes_buf(bytes, count);
		(void)sodium_bin2base64(ret_text, TEXT_SIZE, bytes, count, VARIANT); // = ret_text
	} while (ret_text[0] == '-' || ret_text[0] == '_');
	sodium_memzero(bytes, sizeof(bytes));
}

// Straight to the descriptor: stdio would keep a copy in its buffer.
static int print(const char *text, size_t count, bool json)
{
	char out[TEXT_SIZE + 80];
	int length, code;

	if (json)
		length = snprintf(out, sizeof(out),
			"{\"v\":1,\"bytes\":%zu,\"encoding\":\"base64url\",\"value\":\"%s\"}\n",
			count, text);
	else
		length = snprintf(out, sizeof(out), "%s\n", text);
	code = fs_write_all(STDOUT_FILENO, out, (size_t)length);
	sodium_memzero(out, sizeof(out));
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	size_t count = (size_t)options->bytes;
	struct err err = ERR_NONE;
	char text[TEXT_SIZE];
	int code;

	(void)pool;
	if (options->bytes < KEYGEN_BYTES_MIN || options->bytes > KEYGEN_BYTES_MAX) {
		(void)err_set(&err, -EINVAL, "--bytes", "a key has %d to %d bytes",
			KEYGEN_BYTES_MIN, KEYGEN_BYTES_MAX);
		(void)err_hint(&err, "without --bytes it draws 32, enough for HS256 and A256GCM");
		return command_fail(options, &err, EXIT_USAGE);
	}
	if (sodium_init() < 0) {
		(void)err_set(&err, -ENOSYS, NULL, "no random numbers on this system");
		return command_fail(options, &err, EXIT_UNAVAILABLE);
	}
	draw(count, text);
	code = print(text, count, options->json == SETTING_YES);
	sodium_memzero(text, sizeof(text));
	if (code == 0)
		return EXIT_OK;
	(void)err_set(&err, code, "stdout", "the key could not be written: %s", strerror(-code));
	command_complain(&err);
	return command_exit_code(code);
}

const struct command cmd_keygen = {
	.name = "keygen",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]...",
	.summary = "print a new secret that every loader reads alike",
	.details =
		"Draws 32 random bytes (--bytes N: 16 to 1024) and prints them as base64url\n"
		"without padding: 43 characters, letters, digits, - and _, the first a letter or\n"
		"digit. No dialect, shell, URL or YAML file changes such a text, quoted or not.\n"
		"An app that wants the bytes decodes base64url; most take the text itself as the\n"
		"key.\n"
		"\n"
		"  samekey keygen                     one secret\n"
		"  umask 077; samekey keygen > FILE   into a secret file\n",
	.groups = (const char *const[]){"output", "keygen", NULL},
	.run = run,
};
