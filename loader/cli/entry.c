// Reading and trimming. What is read may be a pipe, so it is bounded and not judged as a file of
// settings is: a token is a stranger's word anyway.
// SPDX-License-Identifier: MIT
#include "loader/cli/entry.h"

#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/jsontext.h"
#include "loader/cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <strings.h>

static bool is_space(uint8_t byte)
{
	return byte && strchr(" \t\r\n", byte);
}

static struct secret trim(struct secret text)
{
	const uint8_t *bytes = secret_bytes(text);
	size_t length = text.length;

	while (length && is_space(bytes[length - 1]))
		length--;
	while (length && is_space(*bytes)) {
		bytes++;
		length--;
	}
	return secret_view(bytes, length);
}

// ---- reading

// Reads all that there is, up to the cap.
static int read_all(
	int fd, size_t most, struct secret_arena *arena, struct secret *ret_text, struct err *err)
{
	uint8_t *block = secret_arena_take(arena, most + 1);
	ssize_t length;

	if (!block)
		return err_no_memory(err);
	length = fs_read_all(fd, block, most + 1);
	if (length < 0)
		return err_set(
			err, (int)length, NULL, "cannot read it: %s", strerror((int)-length));
	if ((size_t)length > most)
		return err_set(err, -EFBIG, NULL, "over %zu bytes", most);
	*ret_text = secret_view(block, (size_t)length);
	return 0;
}

// `-` is standard input.
static int read_file(const char *path, size_t most, struct secret_arena *arena,
	struct secret *ret_text, struct err *err)
{
	bool is_input = text_equal(path, "-");
	own_fd int file = is_input ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int code;

	if (!is_input && file < 0)
		return err_set(err, -errno, path, "cannot open it: %s", strerror(errno));
	code = read_all(is_input ? STDIN_FILENO : file, most, arena, ret_text, err);
	if (code < 0 && err)
		(void)snprintf(err->where, sizeof(err->where), "%.*s", ERR_WHERE_SIZE - 1,
			is_input ? "stdin" : path);
	return code;
}

// ---- tokens

// A word stands where every user of the host can read it, until it is wiped.
static int take_word(
	char *word, struct secret_arena *arena, struct secret *ret_text, struct err *err)
{
	size_t length = strlen(word);
	int code = secret_copy(arena, word, length, ret_text);

	sodium_memzero(word, length);
	if (code < 0)
		return err_no_memory(err);
	(void)fputs("samekey: note: a token on the command line can be seen by other users; `-` or "
		    "--token-file keeps it out\n",
		stderr);
	return 0;
}

static int read_text(const struct options *options, struct secret_arena *arena,
	struct secret *ret_text, struct err *err)
{
	char *word = options->argument_count ? options->arguments[0] : NULL;
	const char *path = options->token_file;
	char shown[80];

	if (word && path) {
		(void)err_set(err, -EINVAL, NULL, "a token and --token-file: which of them?");
		return err_hint(err, "leave one away");
	}
	if (word && !text_equal(word, "-") && access(word, F_OK) == 0) {
		(void)err_set(err, -EINVAL, NULL, "'%s' is a file, and no token",
			text_printable(shown, sizeof(shown), word));
		return err_hint(err, "--token-file %s", shown);
	}
	if (word && !text_equal(word, "-"))
		return take_word(word, arena, ret_text, err);
	if (!word && !path && isatty(STDIN_FILENO)) {
		(void)err_set(err, -EINVAL, NULL, "no token was given");
		return err_hint(err, "pipe one in, or name a file with --token-file");
	}
	return read_file(
		path ? path : "-", ENTRY_TOKEN_MAX + ENTRY_SPACE_MAX, arena, ret_text, err);
}

// What an HTTP header has in front of a token.
static struct secret leave_scheme(struct secret token)
{
	static const char scheme[] = "Bearer";
	const char *text = (const char *)secret_bytes(token);
	size_t length = sizeof(scheme) - 1;

	if (token.length <= length || strncasecmp(text, scheme, length) != 0 ||
		!is_space((uint8_t)text[length]))
		return token;
	(void)fputs("samekey: note: the word Bearer in front of the token was left out\n", stderr);
	return trim(secret_view(text + length, token.length - length));
}

int entry_token(const struct options *options, struct draft *draft, struct err *err)
{
	struct secret token = SECRET_NONE;
	int code = read_text(options, draft->arena, &token, err);

	if (code < 0)
		return code;
	token = leave_scheme(trim(token));
	if (!token.length) {
		(void)err_set(err, -EINVAL, NULL, "the token is empty");
		return err_hint(err, "what comes before it in the pipe gave nothing");
	}
	if (token.length > ENTRY_TOKEN_MAX)
		return err_set(err, -EFBIG, NULL, "the token has %zu bytes, over %u", token.length,
			ENTRY_TOKEN_MAX);
	if (text_utf8_error(secret_bytes(token), token.length) != token.length)
		return err_set(err, -EBADMSG, NULL, "the token is no text");
	draft_put_json(draft, secret_bytes(token), token.length);
	return 0;
}

// ---- claims

// Adds the members of the object in a file.
static int put_file(const char *path, struct draft *draft, struct err *err)
{
	struct secret text = SECRET_NONE;
	const uint8_t *bytes;
	int code = read_file(path, ENTRY_CLAIMS_MAX, draft->arena, &text, err);

	if (code < 0)
		return code;
	text = trim(text);
	bytes = secret_bytes(text);
	if (!jsontext_is_valid(text) || bytes[0] != '{') {
		(void)err_set(err, -EBADMSG, path, "is no JSON object");
		return err_hint(err, "{\"sub\": \"alice\", \"role\": \"admin\"}");
	}
	text = trim(secret_view(bytes + 1, text.length - 2));
	draft_put(draft, secret_bytes(text), text.length);
	return 0;
}

// The length of the name in NAME=TEXT or NAME:=JSON; 0: there is none.
static size_t claim_name(const char *claim)
{
	size_t length = strcspn(claim, "=");

	if (!claim[length])
		return 0;
	return length && claim[length - 1] == ':' ? length - 1 : length;
}

// A name that stands twice: nobody knows which of the two counts.
static int check_claims(const struct setting_list *list, struct err *err)
{
	char name[80], shown[80];

	for (size_t i = 0; i < list->count; i++) {
		size_t length = claim_name(list->items[i]);

		for (size_t j = 0; j < i && length; j++) {
			if (claim_name(list->items[j]) != length ||
				strncmp(list->items[i], list->items[j], length) != 0)
				continue;
			(void)snprintf(name, sizeof(name), "%.*s", (int)length, list->items[i]);
			(void)err_set(err, -EINVAL, "--claim", "'%s' is given twice",
				text_printable(shown, sizeof(shown), name));
			return err_hint(err, "a list is one claim: --claim 'aud:=[\"a\", \"b\"]'");
		}
	}
	return 0;
}

// NAME=TEXT or NAME:=JSON.
static int put_claim(const char *claim, struct draft *draft, struct err *err)
{
	size_t length = claim_name(claim);
	bool is_json = claim[length] == ':';
	const char *text = claim + length + is_json + 1; // of one that has a name
	struct secret value;

	if (!length || text_utf8_error(claim, strlen(claim)) != strlen(claim)) {
		(void)err_set(err, -EINVAL, "--claim", "needs NAME=TEXT or NAME:=JSON");
		return err_hint(err, "--claim sub=alice --claim admin:=true");
	}
	value = secret_view(text, strlen(text));
	if (is_json && !jsontext_is_valid(value)) {
		(void)err_set(err, -EINVAL, "--claim", "what stands behind := is no JSON");
		return err_hint(err, "NAME=TEXT is a text, whatever it looks like");
	}
	if (draft->length > 1)
		draft_put_text(draft, ",");
	draft_put_json(draft, (const uint8_t *)claim, length);
	draft_put_text(draft, ":");
	if (is_json)
		draft_put(draft, secret_bytes(value), value.length);
	else
		draft_put_json(draft, secret_bytes(value), value.length);
	return 0;
}

int entry_claims(const struct options *options, struct draft *draft, struct err *err)
{
	struct draft claims = {.arena = draft->arena};
	int code = check_claims(&options->claim, err);

	draft_put_text(&claims, "{");
	if (options->claims && code == 0)
		code = put_file(options->claims, &claims, err);
	for (size_t i = 0; i < options->claim.count && code == 0; i++)
		code = put_claim(options->claim.items[i], &claims, err);
	draft_put_text(&claims, "}");
	if (code == 0 && claims.failed)
		code = err_no_memory(err);
	if (code == 0 && claims.length > ENTRY_CLAIMS_MAX)
		code = err_set(err, -EFBIG, NULL, "the claims have %zu bytes, over %u",
			claims.length, ENTRY_CLAIMS_MAX);
	if (code == 0)
		draft_put(draft, claims.bytes, claims.length);
	draft_done(&claims);
	return code;
}

int entry_fail(const struct options *options, const struct err *err, int code)
{
	return command_fail(options, err, code == -EINVAL ? EXIT_USAGE : command_exit_code(code));
}
