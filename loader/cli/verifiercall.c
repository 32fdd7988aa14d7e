// Every failure of an offer is a finding, and every one of a question an error of its caller's.
// SPDX-License-Identifier: MIT
#include "loader/cli/verifiercall.h"

#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/jsonload.h"
#include "loader/cli/command.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/private.h"
#include "loader/resolve/readings.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <jansson.h>

void verifiercall_options(const struct resolution *resolution, struct handoff_options *ret_options)
{
	const struct settings *settings = resolution->settings;

	*ret_options = (struct handoff_options){
		.socket = settings->socket,
		.user = settings->user,
		.timeout_ms = settings->timeout_ms,
	};
}

// What the answer is, where it is none that was asked for.
static int judge_answer(
	const struct handoff_answer *answer, const json_t *json, const char *path, struct err *err)
{
	const char *detail = json_string_value(json_object_get(json, "detail"));
	char why[ERR_WHAT_SIZE];

	if (answer->status == 403) {
		(void)err_set(err, -EPERM, answer->socket,
			"the verifier does not admit this user to %s: %s", path,
			text_printable(why, sizeof(why), detail ? detail : "-"));
		return err_hint(err, "samekeyd's own user and root may without a rule");
	}
	return json_is_object(json) ? 0
				    : err_set(err, -EBADMSG, answer->socket,
					      "the answer to %s is no JSON", path);
}

int verifiercall_ask(const struct resolution *resolution, const char *path, struct pool *pool,
	struct json_t **ret_answer, struct err *err)
{
	const struct handoff_question question = {"GET", path, NULL};
	struct handoff_options options;
	struct handoff_answer answer;
	json_t *json = NULL;
	int code;

	verifiercall_options(resolution, &options);
	code = handoff_ask(&options, &question, resolution->arena, pool, &answer, err);
	if (code != 0)
		return code;
	if (jsonload_text(answer.body, answer.body_length, 0, &json, NULL) == -ENOMEM)
		return err_no_memory(err);
	code = judge_answer(&answer, json, path, err);
	if (code == 0)
		*ret_answer = json;
	else
		json_decref(json);
	return code;
}

// What goes unjudged where nobody compares: "; nobody compares K and 2 more, which the group
// shares".
static void tell_unjudged(const struct bundle *bundle, char *out, size_t size)
{
	const char *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < bundle->key_count; i++) {
		if (!(bundle->keys[i].flags & BUNDLE_KEY_SHARED))
			continue;
		first = first ? first : bundle->keys[i].name;
		count++;
	}
	*out = '\0';
	if (count > 1)
		(void)snprintf(out, size,
			"; nobody compares %s and %zu more, which the group shares", first,
			count - 1);
	else if (first)
		(void)snprintf(out, size, "; nobody compares %s, which the group shares", first);
}

// Without a verifier a start goes on, with a note; an offer that stands, or to a verifier that was
// started for it, has failed.
static void report_failure(const struct resolution *resolution,
	const struct handoff_options *options, int code, const struct err *err)
{
	bool required = resolution->settings->verifier_required == SETTING_YES;
	bool wanted = options->kind == MESSAGE_OFFER_STANDING || options->connection;
	enum finding finding = code == -E2BIG             ? FINDING_TOO_LARGE
			       : code == -EPERM           ? FINDING_VERIFIER_DENIED
			       : required                 ? FINDING_VERIFIER_REQUIRED
			       : code == HANDOFF_E_ABSENT ? FINDING_NO_VERIFIER
							  : FINDING_VERIFIER_FAILED;
	char unjudged[BUNDLE_NAME_MAX + 64];

	tell_unjudged(&resolution->bundle, unjudged, sizeof(unjudged));
	finding_add(resolution->diag, finding,
		&(struct finding_about){.origin = err->where,
			.hint = *err->hint ? err->hint : NULL,
			.fails = wanted || required},
		"%s%s", err->what, finding == FINDING_NO_VERIFIER ? unjudged : "");
}

int verifiercall_hand_over(const struct resolution *resolution,
	const struct handoff_options *options, struct pool *pool,
	struct handoff_verdict *ret_verdict, struct err *err)
{
	struct bundle bundle;

	// without readings the verifier can name fewer mistakes; no reason not to offer
	if (readings_add(resolution, pool, &bundle) < 0)
		bundle = resolution->bundle;
	return handoff_offer(options, &bundle, resolution->arena, pool, ret_verdict, err);
}

bool verifiercall_offer(const struct resolution *resolution, const struct handoff_options *options,
	struct pool *pool, struct handoff_verdict *ret_verdict)
{
	struct err err = ERR_NONE;
	int code = verifiercall_hand_over(resolution, options, pool, ret_verdict, &err);

	if (code != 0) {
		report_failure(resolution, options, code, &err);
		return false;
	}
	verifiercall_judge(resolution, ret_verdict);
	return true;
}

void verifiercall_judge(const struct resolution *resolution, const struct handoff_verdict *verdict)
{
	for (size_t i = 0; i < verdict->finding_count; i++)
		diag_add(resolution->diag, &verdict->findings[i]);
	if (!verdict->accepted && !diag_count(resolution->diag, DIAG_ERROR))
		finding_add(resolution->diag, FINDING_VERIFIER_REQUIRED, NULL,
			"the verifier refused the bundle and gave no reason");
}

// What lies beside samekey.ini is the app's own.
static const char *find_verifier_ini(const struct resolution *resolution, struct pool *pool)
{
	const char *path = pool_format(pool, "%s/samekeyd.ini", resolution->place.root);

	return path && access(path, F_OK) == 0 ? path : NULL;
}

int verifiercall_start(const struct options *options, const struct resolution *resolution,
	bool sockets, struct pool *pool, struct private_verifier *ret_private)
{
	struct private_options wanted = {.ini = options->verifier_ini, .sockets = sockets};
	struct err err = ERR_NONE;
	int code;

	if (!wanted.ini)
		wanted.ini = find_verifier_ini(resolution, pool);
	code = private_start(&wanted, resolution->arena, pool, ret_private, &err);
	if (code == 0 && options->quiet != SETTING_YES)
		(void)fprintf(stderr,
			"samekey: a private verifier, for development, answers%s%s with %s; mode "
			"%s\n",
			sockets ? " on " : "", ret_private->api,
			wanted.ini ? wanted.ini : "no profile: --verifier-ini names some",
			resolution->mode);
	if (code == 0)
		return EXIT_OK;
	return command_fail(options, &err,
		code == PRIVATE_E_SETTINGS ? EXIT_SETTINGS : command_exit_code(code));
}

// The first app that a private verifier misses: it has been offered nothing but ours.
static const char *find_stranger(const json_t *reasons, const char *ours)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
	{
		const char *app = json_string_value(json_object_get(reason, "app"));

		if (app && *app && !text_equal(app, ours))
			return app;
	}
	return NULL;
}

void verifiercall_tell_strangers(const struct options *options, const struct resolution *resolution,
	const struct private_verifier *private, struct pool *pool)
{
	const struct handoff_options handoff = {.connection = &private->connection};
	const struct handoff_question question = {"GET", "/readyz", NULL};
	const char *ours = resolution->bundle.app, *stranger;
	struct handoff_answer answer;
	char shown[80];
	json_t *json = NULL;

	if (options->quiet == SETTING_YES ||
		handoff_ask(&handoff, &question, resolution->arena, pool, &answer, NULL))
		return;
	ignore_result(jsonload_text(answer.body, answer.body_length, 0, &json, NULL));
	stranger = find_stranger(json_object_get(json, "reasons"), ours);
	if (stranger)
		(void)fprintf(stderr,
			"samekey: it was handed app %s, and its settings want %s\n"
			"  hint: --name %s, or name = %s under [app] in samekey.ini\n",
			ours, text_printable(shown, sizeof(shown), stranger), shown, shown);
	json_decref(json);
}
