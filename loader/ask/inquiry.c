// The running verifier first, unless a private one is wanted; the answer's exit code by table.
// SPDX-License-Identifier: MIT
#include "loader/ask/inquiry.h"

#include "lib/base/ascii.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/dump.h"
#include "lib/value/jsonload.h"
#include "loader/cli/command.h"
#include "loader/cli/entry.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/private.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>

#define INQUIRY_SHOWN 512
#define INQUIRY_DIGITS_MAX 18 // of a number that any reader can hold

// ---- asking

void inquiry_done(struct inquiry_answer *answer)
{
	json_decref(answer->json);
	*answer = (struct inquiry_answer){0};
}

static void soften_number(char *at, size_t length)
{
	if (length <= INQUIRY_DIGITS_MAX && strcspn(at, "eE") >= length)
		return;
	memset(at, ' ', length);
	*at = '0';
}

// Claims may hold what jansson cannot: U+0000, and numbers beyond its types. None of them is looked
// at here, so they are replaced in place.
static void soften(char *at)
{
	bool in_string = false;

	for (; *at; at++) {
		size_t digits = in_string ? 0 : strspn(at, "+-.0123456789eE");

		if (*at == '"') {
			in_string = !in_string;
		} else if (in_string && *at == '\\' && at[1]) {
			if (text_starts(at, "\\u0000"))
				memcpy(at + 2, "fffd", 4);
			at++;
		} else if (digits && (*at == '-' || ascii_is_digit(*at))) {
			soften_number(at, digits);
			at += digits - 1;
		}
	}
}

int inquiry_receive(
	const struct handoff_answer *said, struct pool *pool, struct inquiry_answer *ret_answer)
{
	char *text = pool_copy(pool, said->body);
	int code;

	if (!text)
		return -ENOMEM;
	soften(text);
	*ret_answer = (struct inquiry_answer){.status = said->status, .body = said->body};
	code = jsonload_text(text, strlen(text), 0, &ret_answer->json, NULL);
	return code < 0 ? code : json_is_object(ret_answer->json) ? 0 : -EBADMSG;
}

static int ask(const struct inquiry *inquiry, const struct handoff_options *handoff,
	const struct resolution *resolution, const struct draft *body,
	struct inquiry_answer *ret_answer, struct err *err)
{
	const struct handoff_question question = {"POST", inquiry->path, (const char *)body->bytes};
	struct inquiry_answer answer = {0};
	struct handoff_answer said;
	int code = handoff_ask(handoff, &question, resolution->arena, resolution->pool, &said, err);

	if (code)
		return code;
	code = inquiry_receive(&said, resolution->pool, &answer);
	if (code < 0) {
		inquiry_done(&answer);
		return code == -ENOMEM ? err_no_memory(err)
				       : err_set(err, code, said.socket,
						 "the answer to %s is no JSON", inquiry->path);
	}
	*ret_answer = answer;
	return 0;
}

static int failed(const struct options *options, int code, const struct err *err)
{
	return command_fail(options, err, command_exit_code(code));
}

// Gives a private verifier the bundle, and asks it. Rules that would refuse a start are no reason
// not to ask.
static int ask_private(const struct inquiry *inquiry, const struct options *options,
	const struct resolution *resolution, const struct draft *body,
	struct inquiry_answer *ret_answer)
{
	own(private_close) struct private_verifier private = PRIVATE_NONE;
	struct handoff_options handoff = {.connection = &private.connection};
	const struct report report = {.resolution = resolution, .quiet = true};
	struct handoff_verdict verdict;
	struct err err = ERR_NONE;
	int code = verifiercall_start(options, resolution, false, resolution->pool, &private);

	if (code != EXIT_OK)
		return code;
	if (!verifiercall_offer(resolution, &handoff, resolution->pool, &verdict) ||
		!verdict.accepted) {
		report_findings(&report);
		(void)err_set(
			&err, -ECANCELED, NULL, "the private verifier did not take the bundle");
		return command_fail(options, &err, EXIT_UNAVAILABLE);
	}
	resolving_tell_unread(resolution);
	resolving_tell_nothing(options, resolution);
	handoff.timeout_ms = PRIVATE_START_MS;
	code = ask(inquiry, &handoff, resolution, body, ret_answer, &err);
	if (code)
		return failed(options, code, &err);
	ret_answer->only_of = resolution->place.start;
	// last: an answer that was not awaited would be taken for that to the next question
	verifiercall_tell_strangers(options, resolution, &private, resolution->pool);
	return EXIT_OK;
}

static int ask_running(const struct inquiry *inquiry, const struct options *options,
	const struct resolution *resolution, const struct draft *body,
	struct inquiry_answer *ret_answer)
{
	struct handoff_options handoff;
	struct err err = ERR_NONE;
	int code;

	verifiercall_options(resolution, &handoff);
	code = ask(inquiry, &handoff, resolution, body, ret_answer, &err);
	if (code != HANDOFF_E_ABSENT && code != HANDOFF_E_REFUSED)
		return code ? failed(options, code, &err) : EXIT_OK;
	if (inquiry->falls_back)
		return ask_private(inquiry, options, resolution, body, ret_answer);
	(void)err_hint(&err, "%s",
		inquiry->only_running ? "start samekeyd, or name its socket with --socket"
				      : "start samekeyd, name its socket with --socket, or let "
					"--private-verifier start one for this");
	return failed(options, code, &err);
}

// Ends the question and asks it.
static int ask_either(const struct inquiry *inquiry, const struct options *options,
	const struct resolution *resolution, struct draft *body, struct inquiry_answer *ret_answer)
{
	if (options->profile) {
		draft_put_text(body, ",\"profile\":");
		draft_put_json(body, (const uint8_t *)options->profile, strlen(options->profile));
	}
	draft_put(body, "}", sizeof("}"));
	if (body->failed)
		return command_no_memory();
	return options->private_verifier == SETTING_YES
		       ? ask_private(inquiry, options, resolution, body, ret_answer)
		       : ask_running(inquiry, options, resolution, body, ret_answer);
}

// Whether the options name a private verifier's settings where none is started.
static bool is_misused(const struct inquiry *inquiry, const struct options *options)
{
	return options->verifier_ini && !inquiry->falls_back &&
	       options->private_verifier != SETTING_YES;
}

int inquiry_run(const struct inquiry *inquiry, const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct inquiry_answer answer = {0};
	struct err err = ERR_NONE;
	struct draft body;
	int code;

	if (is_misused(inquiry, options))
		return command_misuse(options, "--verifier-ini", "is for a private verifier",
			"add --private-verifier");
	code = resolving_begin(options, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	body = (struct draft){.arena = resolution->arena};
	code = inquiry->write(options, &body, &err);
	code = code < 0 ? entry_fail(options, &err, code)
			: ask_either(inquiry, options, resolution, &body, &answer);
	draft_done(&body);
	if (code == EXIT_OK)
		code = inquiry->print(options, &answer);
	inquiry_done(&answer);
	return code;
}

// ---- answers

// What the codes and statuses of answers mean to whoever asked, the first row that fits.
static const struct {
	const char *code; // or NULL: any
	unsigned status;  // or 0: any
	int exit;
	const char *hint;
} rows[] = {
	{"profile_required", 0, EXIT_USAGE, "--profile NAME; [profile NAME] in samekeyd.ini"},
	{"profile_unknown", 0, EXIT_USAGE, "[profile NAME] in samekeyd.ini makes one"},
	{"key_unusable", 0, EXIT_SETTINGS, "samekey status says which key the profile lacks"},
	{"not_revocable", 0, EXIT_DATA, "samekey issue mints tokens with both"},
	{"store_missing", 0, EXIT_SETTINGS, "[store] in samekeyd.ini; then start samekeyd anew"},
	{"store_away", 0, EXIT_TRY_AGAIN, "samekey status says how the store is"},
	{"no_such_path", 0, EXIT_UNAVAILABLE, "this samekeyd is older than samekey"},
	{NULL, 400, EXIT_USAGE, ""},
	{NULL, 401, EXIT_FINDINGS, ""},
	{NULL, 403, EXIT_DENIED,
		"samekeyd's own user and root may; others by verbs = in an [admit] section"},
	{NULL, 413, EXIT_DATA, ""},
	{NULL, 429, EXIT_TRY_AGAIN, "ask again in a moment"},
	{NULL, 0, EXIT_UNAVAILABLE, "see the log of samekeyd"},
};

static size_t find_row(const struct inquiry_answer *answer)
{
	const char *code = inquiry_code(answer);
	size_t i = 0;

	while ((rows[i].code && !text_equal(rows[i].code, code)) ||
		(rows[i].status && rows[i].status != answer->status))
		i++; // the last row fits all
	return i;
}

int inquiry_exit_code(const struct inquiry_answer *answer)
{
	return answer->status == 200 ? EXIT_OK : rows[find_row(answer)].exit;
}

const char *inquiry_code(const struct inquiry_answer *answer)
{
	static const char prefix[] = "urn:samekey:error:";
	const char *type = json_string_value(json_object_get(answer->json, "type"));

	return type && text_starts(type, prefix) ? type + sizeof(prefix) - 1 : "";
}

int inquiry_print(const struct inquiry_answer *answer, int exit)
{
	size_t length = strlen(answer->body);

	(void)fputs(answer->body, stdout);
	if (!length || answer->body[length - 1] != '\n')
		(void)putchar('\n');
	return exit;
}

void inquiry_complain(const struct inquiry_answer *answer)
{
	char what[INQUIRY_SHOWN], code[INQUIRY_SHOWN], hint[INQUIRY_SHOWN];
	struct err err = ERR_NONE;

	(void)dump_member(answer->json, "hint", hint, sizeof(hint));
	(void)dump_member(answer->json, "detail", what, sizeof(what));
	if (!*what)
		(void)dump_member(answer->json, "title", what, sizeof(what));
	(void)err_set(&err, -ECANCELED, NULL, "%s [%s]", what,
		text_printable(code, sizeof(code), inquiry_code(answer)));
	(void)err_hint(&err, "%s", *hint ? hint : rows[find_row(answer)].hint);
	command_complain(&err);
}
