// samekey doctor: looks at everything around the app that could feed it another value, or leak one.
// Prints what is fine and what is not; the examinations are loader/inspect/doctor_NAME.c.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/handoff.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

#define SHOWN 4096
#define BUNDLE_AREA "bundle" // what no examination looks at

// What one examination came to.
struct result {
	const char *name, *title;
	const char *const *looked_at;
	size_t looked_at_count;
	const struct diag *diag;
};

// ---- text

static void print_item(const struct diag_item *item)
{
	char key[SHOWN], origin[SHOWN], text[SHOWN], hint[SHOWN];

	(void)printf("  %-8s %s", item->allowed ? "allowed" : diag_severity_text(item->severity),
		text_printable(text, sizeof(text), item->text));
	if (*item->key && !strstr(item->text, item->key))
		(void)printf(" (%s)", text_printable(key, sizeof(key), item->key));
	(void)printf(" [%s]\n", item->code);
	if (*item->origin)
		(void)printf("           where  %s\n",
			text_printable(origin, sizeof(origin), item->origin));
	if (*item->hint && item->severity != DIAG_NOTE)
		(void)printf(
			"           fix    %s\n", text_printable(hint, sizeof(hint), item->hint));
}

static void print_result(const struct result *result, bool quiet)
{
	size_t shown = 0;

	for (size_t i = 0; i < diag_size(result->diag); i++)
		shown += !quiet || diag_at(result->diag, i)->severity != DIAG_NOTE;
	if (quiet && !shown)
		return;
	(void)printf("%s\n", result->title);
	for (int severity = DIAG_ERROR; severity >= DIAG_NOTE; severity--)
		for (size_t i = 0; i < diag_size(result->diag); i++)
			if (diag_at(result->diag, i)->severity == (enum diag_severity)severity &&
				(severity != DIAG_NOTE || !quiet))
				print_item(diag_at(result->diag, i));
	if (diag_omitted(result->diag))
		(void)printf("  %zu more findings are not shown\n", diag_omitted(result->diag));
	for (size_t i = 0; i < result->looked_at_count && !quiet; i++)
		(void)printf("  %-8s %s\n", "ok", result->looked_at[i]);
}

// ---- JSON

static json_t *item_json(const struct diag_item *item)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "severity",
		diag_severity_text(item->severity), "code", item->code, "key",
		dump_shown(item->key), "origin", dump_shown(item->origin), "text",
		dump_shown(item->text), "hint", dump_shown(item->hint), "allowed", item->allowed);
}

static json_t *result_json(const struct result *result)
{
	json_t *looked_at = json_array(), *findings = json_array();

	for (size_t i = 0; i < result->looked_at_count; i++)
		dump_append(&looked_at, dump_shown(result->looked_at[i]));
	for (size_t i = 0; i < diag_size(result->diag); i++)
		dump_append(&findings, item_json(diag_at(result->diag, i)));
	return json_pack("{s:s, s:o, s:o}", "name", result->name, "looked_at", looked_at,
		"findings", findings);
}

// ---- asking

// The socket answers, or why not: the machine's examination tells it.
static struct doctor_verifier ask_verifier(const struct resolution *resolution, struct pool *pool)
{
	static const struct handoff_question question = {"GET", "/healthz", NULL};
	static const struct handoff_question of_guards = {"GET", "/v1/guards", NULL};
	struct doctor_verifier verifier = {.finding = FINDING_VERIFIER_FAILED};
	struct handoff_options options;
	struct handoff_answer answer;
	struct err err = ERR_NONE;
	int code;

	verifiercall_options(resolution, &options);
	code = handoff_ask(&options, &question, resolution->arena, pool, &answer, &err);
	if (code == 0) {
		verifier = (struct doctor_verifier){.fine = true, .where = answer.socket};
		if (handoff_ask(&options, &of_guards, resolution->arena, pool, &answer, &err) ==
			0) {
			verifier.guards_status = answer.status;
			verifier.guards = answer.body;
		}
		return verifier;
	}
	if (code == HANDOFF_E_ABSENT)
		verifier.finding = FINDING_NO_VERIFIER;
	else if (code == -EPERM)
		verifier.finding = FINDING_VERIFIER_DENIED;
	verifier.where = pool_copy(pool, err.where);
	verifier.what = pool_copy(pool, err.what);
	verifier.hint = *err.hint ? pool_copy(pool, err.hint) : NULL;
	return verifier;
}

// ---- all of it

struct sum {
	size_t counts[DIAG_SEVERITIES], objections;
	json_t *list; // NULL: text is printed
};

static void tell(struct sum *sum, const struct options *options, const struct result *result)
{
	for (int severity = 0; severity < DIAG_SEVERITIES; severity++)
		sum->counts[severity] += diag_count(result->diag, (enum diag_severity)severity);
	sum->objections += diag_objections(result->diag, options->strict == SETTING_YES);
	if (options->json == SETTING_YES)
		dump_append(&sum->list, result_json(result));
	else
		print_result(result, options->quiet == SETTING_YES);
}

static void tell_resolution(
	struct sum *sum, const struct options *options, const struct resolution *resolution)
{
	char line[SHOWN];
	const char *const lines[] = {line};
	struct result result = {
		BUNDLE_AREA, "the bundle, as samekey check sees it", lines, 1, resolution->diag};

	(void)snprintf(line, sizeof(line), "%s: %zu key%s from %zu env file%s, root %s",
		resolution->bundle.app, resolution->bundle.key_count,
		text_plural(resolution->bundle.key_count), resolution->file_count,
		text_plural(resolution->file_count), resolution->place.root);
	tell(sum, options, &result);
}

// Without a word, everything.
static bool is_asked_for(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->argument_count; i++)
		if (text_equal(options->arguments[i], name))
			return true;
	return options->argument_count == 0;
}

static int complain_area(const struct options *options, const char *word)
{
	char shown[80], names[200] = "bundle";
	struct err err = ERR_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(doctor_examinations); i++)
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), ", %s",
			doctor_examinations[i].name);
	(void)err_set(&err, -EINVAL, NULL, "there is nothing called '%s' to look at",
		shape_show(shown, sizeof(shown), word));
	(void)err_hint(&err, "one or more of %s; without a word, all of them", names);
	return command_fail(options, &err, EXIT_USAGE);
}

static int check_areas(const struct options *options)
{
	for (size_t i = 0; i < options->argument_count; i++) {
		bool known = text_equal(options->arguments[i], BUNDLE_AREA);

		for (size_t j = 0; j < ARRAY_SIZE(doctor_examinations) && !known; j++)
			known = text_equal(options->arguments[i], doctor_examinations[j].name);
		if (!known)
			return complain_area(options, options->arguments[i]);
	}
	return EXIT_OK;
}

static int examine(struct sum *sum, const struct options *options, struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_SIZE(doctor_examinations); i++) {
		const struct doctor_examination *examination = &doctor_examinations[i];
		own(diag_release) struct diag *diag = diag_new();
		int code = diag ? resolution_allow(doctor->resolution, diag) : -ENOMEM;

		if (!is_asked_for(options, examination->name))
			continue;
		doctor->diag = diag;
		doctor->looked_at = (struct pool_list){0};
		if (code == 0)
			code = examination->look(doctor);
		if (code == 0 && (doctor->lost || !diag_is_complete(diag)))
			code = -ENOMEM;
		if (code < 0)
			return code;
		tell(sum, options,
			&(struct result){examination->name, examination->title,
				doctor->looked_at.items, doctor->looked_at.count, diag});
	}
	return 0;
}

// What cannot be entered has no units; "nothing was found" would be a wrong answer.
static int check_host(const struct options *options)
{
	struct err err = ERR_NONE;
	own_fd int folder = -1;

	if (!options->host)
		return EXIT_OK;
	folder = open(options->host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0)
		return EXIT_OK;
	(void)err_set(&err, -errno, options->host, "cannot enter the folder: %s", strerror(errno));
	(void)err_hint(&err, "--host names where a file system is mounted, such as /mnt/image");
	return command_fail(options, &err, EXIT_NO_INPUT);
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct doctor doctor = {.pool = pool, .programs = true};
	struct sum sum = {.list = options->json == SETTING_YES ? json_array() : NULL};
	int code = check_areas(options);

	if (code == EXIT_OK)
		code = check_host(options);
	if (code == EXIT_OK)
		code = resolving_begin(options, pool, &resolution);
	if (code != EXIT_OK) {
		json_decref(sum.list);
		return code;
	}
	doctor.resolution = resolution;
	doctor.host = options->host ? options->host : "";
	doctor.home = resolution_variable(resolution, "HOME");
	doctor.verifier = ask_verifier(resolution, pool);
	if (is_asked_for(options, BUNDLE_AREA))
		tell_resolution(&sum, options, resolution);
	else
		resolving_tell_unread(resolution);
	code = examine(&sum, options, &doctor);
	if (code < 0) {
		json_decref(sum.list);
		return command_no_memory();
	}
	code = sum.objections ? EXIT_FINDINGS : EXIT_OK;
	if (options->json == SETTING_YES)
		return command_print_json(
			json_pack("{s:i, s:s, s:o, s:b}", "v", 1, "app", resolution->bundle.app,
				"examinations", sum.list, "ok", code == EXIT_OK),
			code);
	(void)printf("%zu error%s, %zu warning%s, %zu note%s\n", sum.counts[DIAG_ERROR],
		text_plural(sum.counts[DIAG_ERROR]), sum.counts[DIAG_WARNING],
		text_plural(sum.counts[DIAG_WARNING]), sum.counts[DIAG_NOTE],
		text_plural(sum.counts[DIAG_NOTE]));
	return code;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.moment = COMMAND_RUNNING,
	.synopsis = "[OPTION]... [AREA]... [-- COMMAND [ARGUMENT]...]",
	.summary = "look around the app for what feeds it another value, or leaks one",
	.details =
		"Resolves as `samekey check` does, then looks at what PM2 saved, logs and runs,\n"
		"systemd's units, compose and Kubernetes files, code that lets env files win,\n"
		"env files and copies of them, Dockerfiles, git, what guards samekeyd, samekey\n"
		"itself and this machine. Each thing that is fine is a line; a finding says\n"
		"where it stands and what mends it. Reads only, runs nothing of the project,\n"
		"shows no value. Begin in the folder of each app: ecosystem and compose files in\n"
		"folders below are not looked at.\n"
		"\n"
		"    samekey doctor                    everything\n"
		"    samekey doctor pm2                one area: bundle, pm2, systemd,\n"
		"                                      deployments, code, files, images, git,\n"
		"                                      verifier or machine\n"
		"    samekey doctor --quiet            only what is wrong\n"
		"    samekey doctor --strict           in CI: warnings fail too\n"
		"    sudo samekey doctor               also what only root may read\n"
		"    samekey doctor --host /mnt/image  the units of a mounted image\n"
		"\n"
		"Exit 0: nothing is wrong; 1: findings of severity error (--strict: warnings\n"
		"too); 65 to 78: it could not begin. samekey help CODE explains a finding,\n"
		"--allow CODE[:KEY] lets it pass.\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", "strict", "doctor",
		NULL},
	.settings = true,
	.takes_program = true,
	.max_arguments = 1 + ARRAY_SIZE(doctor_examinations), // the bundle, and what is around it
	.run = run,
};
