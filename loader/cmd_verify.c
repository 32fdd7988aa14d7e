// samekey verify: asks the verifier whether a token is good.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/dump.h"
#include "lib/value/problem.h"
#include "loader/ask/inquiry.h"
#include "loader/cli/commands.h"
#include "loader/cli/entry.h"

#include <inttypes.h>
#include <jansson.h>

#define SHOWN 512

// "14 min 59 s": the two largest units.
static void say_left(int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].seconds)
		i++;
	(void)printf("  expires   in %" PRId64 " %s", seconds / units[i].seconds, units[i].name);
	if (i + 1 < ARRAY_SIZE(units))
		(void)printf(" %" PRId64 " %s", seconds % units[i].seconds / units[i + 1].seconds,
			units[i + 1].name);
	(void)putchar('\n');
}

static void print_accepted(const json_t *answer)
{
	static const struct {
		const char *claim, *label;
	} rows[] = {{"sub", "subject"}, {"iss", "issuer"}, {"aud", "audience"}, {"jti", "id"}};
	const json_t *claims = json_object_get(answer, "claims");
	const json_t *left = json_object_get(answer, "expires_in");
	char text[SHOWN], kid[SHOWN], algorithm[64], state[64];

	(void)printf("accepted\n");
	if (*dump_member(answer, "profile", text, sizeof(text)))
		(void)printf("  profile   %s\n", text);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (*dump_member(claims, rows[i].claim, text, sizeof(text)))
			(void)printf("  %-8s  %s\n", rows[i].label, text);
	if (json_is_integer(left) && json_integer_value(left) >= 0)
		say_left(json_integer_value(left));
	else
		(void)puts("  expires   never");
	(void)printf("  key       %s  %s  %s\n", dump_member(answer, "kid", kid, sizeof(kid)),
		dump_member(answer, "key_state", state, sizeof(state)),
		dump_member(answer, "alg", algorithm, sizeof(algorithm)));
}

static void print_refused(const struct inquiry_answer *answer)
{
	const struct problem *problem;
	char code[64], text[SHOWN];

	(void)printf("refused  [%s] %s\n", text_printable(code, sizeof(code), inquiry_code(answer)),
		dump_member(answer->json, "title", text, sizeof(text)));
	if (*dump_member(answer->json, "detail", text, sizeof(text)))
		(void)printf("  why   %s\n", text);
	if (*dump_member(answer->json, "kid", text, sizeof(text)))
		(void)printf("  kid   %s\n", text);
	problem = problem_find(inquiry_code(answer));
	if (problem)
		(void)printf("  hint  %s\n", problem->fix);
}

static int print(const struct options *options, const struct inquiry_answer *answer)
{
	int exit = inquiry_exit_code(answer);

	if (options->json == SETTING_YES)
		return inquiry_print(answer, exit);
	if (exit == EXIT_OK)
		print_accepted(answer->json);
	else if (exit == EXIT_FINDINGS)
		print_refused(answer);
	else
		inquiry_complain(answer);
	return exit;
}

static int write_question(const struct options *options, struct draft *body, struct err *err)
{
	int code;

	draft_put_text(body, "{\"token\":");
	code = entry_token(options, body, err);
	if (code == 0 && options->audience) {
		draft_put_text(body, ",\"aud\":");
		draft_put_json(body, (const uint8_t *)options->audience, strlen(options->audience));
	}
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	static const struct inquiry inquiry = {
		.path = "/v1/verify", .write = write_question, .print = print};

	return inquiry_run(&inquiry, options, pool);
}

const struct command cmd_verify = {
	.name = "verify",
	.moment = COMMAND_TOKENS,
	.synopsis = "[OPTION]... [TOKEN|-]",
	.summary = "ask the verifier whether a token is good",
	.details =
		"The token comes from standard input, from --token-file, or as a word, which\n"
		"other users can see. White space around it and a Bearer in front are left out.\n"
		"\n"
		"  wl-paste | samekey verify\n"
		"  samekey verify --profile session --token-file token.txt\n"
		"  samekey verify --private-verifier --json - < token.txt\n"
		"\n"
		"Exit 0: accepted; 1: refused; 2: misused, or no such profile; 65: over 16 KiB,\n"
		"or no text; 66: cannot be read; 69: no verifier answers; 77: it does not admit\n"
		"this user; 78: the profile has no key that can be used. --json prints the\n"
		"answer of the API.\n",
	.groups = (const char *const[]){"profile", "verify", "token", "private", "resolve", "root",
		"output", NULL},
	.settings = true,
	.beside = COMMAND_BESIDE_PRIVATE,
	.max_arguments = 1,
	.run = run,
};
