// samekey issue: has the verifier mint a token, and prints it. That is its purpose; all else that
// it says goes to stderr.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/value/draft.h"
#include "loader/ask/inquiry.h"
#include "loader/cli/commands.h"
#include "loader/cli/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#define ISSUE_PATH "/v1/issue"

static int print_token(const json_t *answer)
{
	const char *token = json_string_value(json_object_get(answer, "access_token"));
	struct err err = ERR_NONE;

	if (token) {
		(void)puts(token); // whether stdout took it, main sees at its end
		return EXIT_OK;
	}
	(void)err_set(&err, -EBADMSG, NULL, "the answer to %s holds no token", ISSUE_PATH);
	command_complain(&err);
	return EXIT_UNAVAILABLE;
}

static int print(const struct options *options, const struct inquiry_answer *answer)
{
	int exit = inquiry_exit_code(answer);

	if (options->json == SETTING_YES)
		return inquiry_print(answer, exit);
	if (exit == EXIT_OK)
		return print_token(answer->json);
	inquiry_complain(answer);
	return exit;
}

static int write_question(const struct options *options, struct draft *body, struct err *err)
{
	char lifetime[64];
	int code;

	draft_put_text(body, "{\"claims\":");
	code = entry_claims(options, body, err);
	if (code == 0 && options->lifetime_ms != OPTIONS_NO_LIFETIME) {
		(void)snprintf(lifetime, sizeof(lifetime), ",\"lifetime\":%" PRIu64,
			options->lifetime_ms / 1000);
		draft_put_text(body, lifetime);
	}
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	static const struct inquiry inquiry = {
		.path = ISSUE_PATH, .write = write_question, .print = print};

	if (options->lifetime_ms == OPTIONS_NO_LIFETIME ||
		(options->lifetime_ms && options->lifetime_ms % 1000 == 0))
		return inquiry_run(&inquiry, options, pool);
	return command_misuse(options, "--lifetime", "tokens live whole seconds, and at least one",
		"--lifetime 15m");
}

const struct command cmd_issue = {
	.name = "issue",
	.moment = COMMAND_TOKENS,
	.synopsis = "[OPTION]...",
	.summary = "have the verifier mint a token, and print it",
	.details =
		"The token alone goes to stdout; the profile gives its key, issuer and audience,\n"
		"and sets the most that it may live. iss, iat, exp and jti are the verifier's to\n"
		"set.\n"
		"\n"
		"  samekey issue --claim sub=alice --claim admin:=true\n"
		"  samekey issue --profile session --claims claims.json --lifetime 5m\n"
		"  curl -H \"Authorization: Bearer $(samekey issue --claim sub=test)\" ...\n"
		"\n"
		"Exit 0: minted; 2: misused, no such profile, or claims that cannot be; 65:\n"
		"claims that are no JSON object, or over 16 KiB; 66: cannot be read; 69: no\n"
		"verifier answers; 77: it does not admit this user; 78: the profile has no key\n"
		"that signs.\n",
	.groups = (const char *const[]){"profile", "issue", "private", "resolve", "root", "output",
		NULL},
	.settings = true,
	.beside = COMMAND_BESIDE_PRIVATE,
	.run = run,
};
