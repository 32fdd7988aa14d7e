// samekey revoke: has the verifier end a token, a session, or every session of a user.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/value/draft.h"
#include "loader/ask/inquiry.h"
#include "loader/cli/commands.h"
#include "loader/cli/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

static int print(const struct options *options, const struct inquiry_answer *answer)
{
	int exit = inquiry_exit_code(answer);
	int64_t count = json_integer_value(json_object_get(answer->json, "revoked"));

	if (options->json == SETTING_YES)
		return inquiry_print(answer, exit);
	if (exit != EXIT_OK)
		inquiry_complain(answer);
	else if (count > 0)
		(void)printf("revoked  %" PRId64 "\n", count);
	else
		(void)puts("revoked  nothing: it is unknown here, no good, or over already");
	return exit;
}

static void put_member(struct draft *body, const char *name, const char *text)
{
	draft_put_text(body, name);
	draft_put_json(body, (const uint8_t *)text, strlen(text));
}

// One of a token, --family and --subject.
static int judge_ways(const struct options *options, struct err *err)
{
	bool has_token = options->token_file || options->argument_count;

	if ((options->family && options->subject) ||
		(has_token && (options->family || options->subject))) {
		(void)err_set(err, -EINVAL, NULL,
			"a token, --family and --subject: which of them is to end?");
		return err_hint(err, "ask for one at a time");
	}
	if ((options->family || options->subject) &&
		(options->whole_session == SETTING_YES || options->profile)) {
		(void)err_set(err, -EINVAL, NULL, "--%s is for a token",
			options->profile ? "profile" : "whole-session");
		return err_hint(err, "leave it away");
	}
	return 0;
}

static int write_question(const struct options *options, struct draft *body, struct err *err)
{
	int code = judge_ways(options, err);

	if (code < 0)
		return code;
	if (options->family || options->subject) {
		put_member(body, options->family ? "{\"family\":" : "{\"subject\":",
			options->family ? options->family : options->subject);
		return 0;
	}
	draft_put_text(body, "{\"token\":");
	code = entry_token(options, body, err);
	if (code == 0 && options->whole_session == SETTING_YES)
		draft_put_text(body, ",\"family\":true");
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	static const struct inquiry inquiry = {.path = "/v1/revoke",
		.only_running = true,
		.write = write_question,
		.print = print};

	return inquiry_run(&inquiry, options, pool);
}

const struct command cmd_revoke = {
	.name = "revoke",
	.moment = COMMAND_TOKENS,
	.synopsis = "[OPTION]... [TOKEN|-]",
	.summary = "end a token, a session, or every session of a user",
	.details =
		"A refresh token ends its session with all tokens of it. An access token ends\n"
		"alone, unless --whole-session is given. What has ended is refused at once by\n"
		"every verifier that shares the store. The token comes from standard input, from\n"
		"--token-file, or as a word, which other users can see.\n"
		"\n"
		"  samekey revoke --token-file token.txt\n"
		"  wl-paste | samekey revoke --whole-session\n"
		"  samekey revoke --subject 4711     (a stolen laptop: all of that user)\n"
		"  samekey revoke --family 0123456789abcdef0123456789abcdef\n"
		"                                    (its tokens' jti, up to the dot)\n"
		"\n"
		"Exit 0: it is not good any more, whether it was before or not; 2: misused, or\n"
		"no such profile; 65: over 16 KiB, no text, or a token without jti or exp, which\n"
		"nothing can end; 66: cannot be read; 69: no verifier answers; 75: its store is\n"
		"away; 77: it does not admit this user; 78: it has no store, or a profile has no\n"
		"key. --json prints the answer of the API.\n",
	.groups = (const char *const[]){"revoke", "token", "resolve", "root", "output", NULL},
	.settings = true,
	.beside = "the other options of samekey run are taken and change nothing here",
	.max_arguments = 1,
	.run = run,
};
