// samekey diagnose: which key, candidate or misspelling signed a token, and what mends it.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "loader/ask/inquiry.h"
#include "loader/cli/commands.h"
#include "loader/cli/entry.h"

#include <jansson.h>

#define SHOWN 2048
#define CLAIM_SHOWN 80

// The sentence, and the fix where there is something to be mended.
static void print_signer(const json_t *signer)
{
	char text[SHOWN];

	if (!json_is_object(signer))
		return; // a finding says it
	(void)printf("%s\n", dump_member(signer, "text", text, sizeof(text)));
	if (*dump_member(signer, "fix", text, sizeof(text)))
		(void)printf("  fix   %s\n", text);
}

// A private verifier knows one folder, so the next thing to do is to ask in another.
static const char *hint_of(
	const struct inquiry_answer *answer, const json_t *finding, char hint[static SHOWN])
{
	const char *code = json_string_value(json_object_get(finding, "code"));
	char folder[SHOWN / 2];

	if (!answer->only_of || !text_equal(code, finding_kind(FINDING_UNKNOWN_KEY)->code))
		return dump_member(finding, "hint", hint, SHOWN);
	(void)snprintf(hint, SHOWN,
		"only what is resolved in %s was tried: ask again where the app that signs lies, "
		"by cd or --root DIR; else it was an older value, or another issuer",
		text_printable(folder, sizeof(folder), answer->only_of));
	return hint;
}

static void print_findings(const struct inquiry_answer *answer)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(answer->json, "findings"), i, finding)
	{
		char severity[64], code[64], text[SHOWN], hint[SHOWN];

		(void)printf("%s [%s] %s\n",
			dump_member(finding, "severity", severity, sizeof(severity)),
			dump_member(finding, "code", code, sizeof(code)),
			dump_member(finding, "text", text, sizeof(text)));
		if (*hint_of(answer, finding, hint))
			(void)printf("  fix   %s\n", hint);
	}
}

static void print_claim(const json_t *claims, const char *name)
{
	const json_t *claim = json_object_get(claims, name);
	size_t length;
	own_free char *text =
		claim ? dump_json_as(
				claim, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT, &length)
		      : NULL;

	if (claim)
		(void)printf(", %s %.*s", name, CLAIM_SHOWN, text ? text : "(out of memory)");
	else
		(void)printf(", no %s", name);
}

// A good signature that no profile judged: what else a verifier may have refused it for.
static void print_content(const json_t *answer)
{
	const json_t *claims = json_object_get(answer, "claims");
	char alg[64];

	if (!json_is_object(json_object_get(answer, "signed_by")) || !json_is_object(claims))
		return;
	(void)printf("  it has alg %s", dump_member(answer, "alg", alg, sizeof(alg)));
	print_claim(claims, "iss");
	print_claim(claims, "aud");
	(void)puts(": who refuses it may want others");
}

static void print_verdict(const json_t *answer)
{
	char verdict[64], profile[SHOWN], code[64], detail[SHOWN];

	(void)dump_member(answer, "verdict", verdict, sizeof(verdict));
	(void)dump_member(answer, "profile", profile, sizeof(profile));
	(void)dump_member(answer, "code", code, sizeof(code));
	(void)dump_member(answer, "detail", detail, sizeof(detail));
	if (text_equal(verdict, "accept"))
		(void)printf("accepted by profile %s\n", profile);
	else if (text_equal(verdict, "reject"))
		(void)printf("refused by profile %s  [%s]%s%s\n", profile, code, *detail ? " " : "",
			detail);
	else {
		(void)puts("judged by no profile: --profile NAME names one, [profile NAME] in "
			   "samekeyd.ini makes one");
		print_content(answer);
	}
}

static int print(const struct options *options, const struct inquiry_answer *answer)
{
	const char *verdict = json_string_value(json_object_get(answer->json, "verdict"));
	int exit = inquiry_exit_code(answer);

	if (exit == EXIT_OK && !text_equal(verdict, "accept"))
		exit = EXIT_FINDINGS;
	if (options->json == SETTING_YES)
		return inquiry_print(answer, exit);
	if (answer->status != 200) {
		inquiry_complain(answer);
		return exit;
	}
	print_signer(json_object_get(answer->json, "signed_by"));
	print_findings(answer);
	print_verdict(answer->json);
	return exit;
}

static int write_question(const struct options *options, struct draft *body, struct err *err)
{
	draft_put_text(body, "{\"token\":");
	return entry_token(options, body, err);
}

static int run(const struct options *options, struct pool *pool)
{
	static const struct inquiry inquiry = {.path = "/v1/diagnose",
		.falls_back = true,
		.write = write_question,
		.print = print};

	return inquiry_run(&inquiry, options, pool);
}

const struct command cmd_diagnose = {
	.name = "diagnose",
	.moment = COMMAND_TOKENS,
	.synopsis = "[OPTION]... [TOKEN|-]",
	.summary = "say which key, or which misspelling of one, signed a token",
	.details =
		"Tries every value that apps have or had in reach, what other loaders make of\n"
		"the same lines, public placeholders, and the usual misspellings, and names the\n"
		"key, where it comes from and what mends it; then what else is wrong with the\n"
		"token. Never shows a value. Where no verifier runs, a private one looks at what\n"
		"is resolved here.\n"
		"\n"
		"  samekey diagnose --token-file token.txt\n"
		"  wl-paste | samekey diagnose --profile session\n"
		"  wl-paste | samekey diagnose --private-verifier --json | jq .signed_by\n"
		"\n"
		"Exit 0: the token is accepted; 1: it is not; 2: misused, or no such profile;\n"
		"65: over 16 KiB, or no text; 66: cannot be read; 69: no verifier answers, and\n"
		"none can be started; 75: asked too often; 77: it does not admit this user.\n",
	.groups = (const char *const[]){"profile", "token", "private", "resolve", "root", "output",
		NULL},
	.settings = true,
	.beside = COMMAND_BESIDE_PRIVATE,
	.max_arguments = 1,
	.run = run,
};
