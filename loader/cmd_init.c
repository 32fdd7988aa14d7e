// samekey init: writes a commented samekey.ini from the files in the tree and the keys that its
// code reads. Overwrites nothing, runs nothing, shows no value.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/freshfile.h"
#include "lib/base/fs.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "loader/cli/commands.h"
#include "loader/inspect/proposal.h"
#include "loader/resolve/place.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <sys/stat.h>

#define INI_NAME "samekey.ini"

struct init {
	const struct options *options;
	struct pool *pool;
	struct place place;
	char path[PATH_MAX]; // of the file to write
	struct survey survey;
	struct proposal proposal;
	struct diag *diag;
	char *text; // of the file
	size_t length;
};

static void init_done(struct init *init)
{
	place_done(&init->place);
	init->diag = diag_free(init->diag);
	free(init->text);
}

static int refuse_existing(const struct init *init, struct err *err)
{
	(void)err_set(err, -EEXIST, init->path, "is there already, and init overwrites nothing");
	return err_hint(err, "edit it; samekey init --print shows what would be proposed");
}

static int find_place(struct init *init, struct err *err)
{
	int code = place_find(init->options->root, NULL, init->pool, &init->place, err), written;
	struct stat facts;

	if (code < 0)
		return code;
	written = snprintf(init->path, sizeof(init->path), "%s/" INI_NAME, init->place.start);
	if (written < 0 || (size_t)written >= sizeof(init->path))
		return err_set(err, -ENAMETOOLONG, init->place.start, "the path is too long");
	if (init->options->print != SETTING_YES && lstat(init->path, &facts) == 0)
		return refuse_existing(init, err);
	return 0;
}

// Two services with different values of one secret is what no reader of either file sees.
static void judge_differing(const struct init *init, const struct survey_key *key)
{
	char other[PATH_MAX];

	if (!key->differing[0])
		return;
	finding_add(init->diag, FINDING_FILES_DIFFER,
		&(struct finding_about){.key = key->name, .origin = key->differing[1]},
		"%s holds another value", text_printable(other, sizeof(other), key->differing[0]));
}

// A literal that stands in for a missing secret is one that everybody can sign with.
static void judge_fallbacks(const struct init *init)
{
	for (size_t i = 0; i < init->survey.fallback_count; i++) {
		const struct survey_fallback *fallback = &init->survey.fallbacks[i];
		char origin[PATH_MAX + 16];
		bool secret = false;

		for (size_t j = 0; j < init->proposal.secret_count && !secret; j++)
			secret = text_equal(init->proposal.secrets[j].found->name, fallback->key);
		if (!secret)
			continue;
		(void)snprintf(origin, sizeof(origin), "%s:%u", fallback->place.file,
			fallback->place.line);
		finding_add(init->diag, FINDING_FALLBACK,
			&(struct finding_about){.key = fallback->key, .origin = origin},
			"the code goes on with a literal when the key is missing");
	}
}

static int judge(struct init *init, struct err *err)
{
	const struct proposal *proposal = &init->proposal;

	init->diag = diag_new();
	if (!init->diag)
		return err_no_memory(err);
	for (size_t i = 0; i < proposal->secret_count; i++)
		judge_differing(init, proposal->secrets[i].found);
	for (size_t i = 0; i < proposal->unread_count; i++)
		judge_differing(init, proposal->unread[i]);
	judge_fallbacks(init);
	return diag_is_complete(init->diag) ? 0 : err_no_memory(err);
}

static int make(struct init *init, struct err *err)
{
	int code = survey_tree(init->place.start, init->pool, &init->survey, err);

	if (code < 0)
		return code;
	if (proposal_make(&init->survey, path_basename(init->place.start), init->pool,
		    &init->proposal) < 0 ||
		proposal_write(&init->proposal, &init->text, &init->length) < 0)
		return err_no_memory(err);
	return judge(init, err);
}

static int deliver(const struct init *init, struct err *err)
{
	int code;

	if (init->options->print != SETTING_YES) {
		code = freshfile_write(init->path, init->text, init->length, 0644, false, err);
		return code == -EEXIST ? refuse_existing(init, err) : code;
	}
	if (init->options->json == SETTING_YES)
		return 0; // the text is part of the JSON
	code = fs_write_all(STDOUT_FILENO, init->text, init->length);
	return code < 0 ? err_set(err, code, "stdout", "cannot write: %s", strerror(-code)) : 0;
}

// ---- what it says

static size_t count_shared(const struct proposal *proposal)
{
	size_t count = 0;

	for (size_t i = 0; i < proposal->secret_count; i++)
		count += proposal->secrets[i].shared;
	return count;
}

static void say_findings(const struct diag *diag)
{
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		char origin[PATH_MAX + 16], hint[1024];

		(void)fprintf(stderr, "samekey: %s [%s] %s (%s): %s\n",
			diag_severity_text(item->severity), item->code, item->key,
			text_printable(origin, sizeof(origin), item->origin), item->text);
		if (i + 1 == diag_size(diag) || !text_equal(diag_at(diag, i + 1)->code, item->code))
			(void)fprintf(stderr, "  hint: %s\n",
				text_printable(hint, sizeof(hint), item->hint));
	}
}

static void say_done(const struct init *init)
{
	const struct survey *survey = &init->survey;
	const struct proposal *proposal = &init->proposal;
	char path[PATH_MAX];

	say_findings(init->diag);
	(void)fprintf(stderr, "samekey: %s %s: %zu secret%s required, %zu of them shared\n",
		init->options->print == SETTING_YES ? "would write" : "wrote",
		text_printable(path, sizeof(path), init->path), proposal->secret_count,
		text_plural(proposal->secret_count), count_shared(proposal));
	(void)fprintf(stderr, "  read   %zu env file%s, %zu source file%s\n",
		survey->env_file_count, text_plural(survey->env_file_count), survey->files,
		text_plural(survey->files));
	if (survey->skipped)
		(void)fprintf(stderr, "  missed %zu file%s unreadable or over 1 MiB\n",
			survey->skipped, text_plural(survey->skipped));
	if (survey->cut)
		(void)fprintf(stderr, "  missed the rest: the tree is larger than init looks at\n");
	if (init->place.ini && init->place.folder_count > 1)
		(void)fprintf(
			stderr, "  note   %s counts no more for this folder\n", init->place.ini);
	if (proposal->group && count_shared(proposal))
		(void)fprintf(stderr,
			"  group  %s: another app that holds a shared secret needs the same\n",
			proposal->group);
	(void)fprintf(stderr, "  next   read it, then: samekey check\n");
}

static json_t *places_json(const struct survey_key *key)
{
	json_t *list = json_array();

	for (size_t i = 0; i < key->read_count && i < SURVEY_PLACES_MAX; i++) {
		char origin[PATH_MAX + 16];

		(void)snprintf(
			origin, sizeof(origin), "%s:%u", key->read[i].file, key->read[i].line);
		dump_append(&list, dump_shown(origin));
	}
	return list;
}

static json_t *offers_json(const struct survey_key *key)
{
	json_t *list = json_array();

	for (size_t i = 0; i < key->offered_count && i < SURVEY_PLACES_MAX; i++)
		dump_append(&list, dump_shown(key->offered[i]));
	return list;
}

static json_t *keys_json(const struct proposal *proposal)
{
	json_t *list = json_array();

	for (size_t i = 0; i < proposal->secret_count; i++) {
		const struct proposal_key *key = &proposal->secrets[i];

		dump_append(&list,
			json_pack("{s:s, s:b, s:b, s:s?, s:o, s:o, s:b}", "key", key->found->name,
				"required", true, "shared", key->shared, "differs_from",
				key->differs_from, "read", places_json(key->found), "offered",
				offers_json(key->found), "fallback", key->found->fallback));
	}
	return list;
}

static json_t *findings_json(const struct diag *diag)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);

		dump_append(&list, json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "severity",
					   diag_severity_text(item->severity), "code", item->code,
					   "key", item->key, "origin", dump_shown(item->origin),
					   "text", item->text, "hint", item->hint));
	}
	return list;
}

static int print_json(const struct init *init)
{
	bool print = init->options->print == SETTING_YES;
	char path[PATH_MAX];
	json_t *object = json_pack("{s:i, s:s, s:b, s:o, s:o}", "v", 1, "path",
		text_printable(path, sizeof(path), init->path), "written", !print, "keys",
		keys_json(&init->proposal), "findings", findings_json(init->diag));
	own_free char *text = NULL;
	size_t length;

	if (print)
		dump_set(&object, "ini", json_string(init->text));
	text = object ? dump_json_as(object, JSON_INDENT(2), &length) : NULL;
	json_decref(object);
	if (!text)
		return -ENOMEM;
	(void)puts(text); // main looks whether stdout took it all
	return 0;
}

static int run(const struct options *options, struct pool *pool)
{
	own(init_done) struct init init = {.options = options, .pool = pool, .place.handle = -1};
	struct err err = ERR_NONE;
	int code = find_place(&init, &err);

	if (code == 0)
		code = make(&init, &err);
	if (code == 0)
		code = deliver(&init, &err);
	if (code < 0)
		return command_fail(
			options, &err, code == -EEXIST ? EXIT_SETTINGS : command_exit_code(code));
	if (options->json == SETTING_YES && print_json(&init) < 0)
		return command_no_memory();
	if (options->json != SETTING_YES && options->quiet != SETTING_YES)
		say_done(&init);
	return options->strict == SETTING_YES && diag_size(init.diag) ? EXIT_FINDINGS : EXIT_OK;
}

const struct command cmd_init = {
	.name = "init",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]...",
	.summary = "write a commented samekey.ini from what lies here",
	.details =
		"Looks through the folder for env files, package.json and the like, and for the\n"
		"keys that the code reads (process.env.NAME, os.environ, os.Getenv, ENV,\n"
		"env::var ...), as text: nothing is run. Links, hidden folders, dependencies,\n"
		"build outputs and tests are left out. It proposes `required = yes` for each\n"
		"secret that the code reads, `shared = yes` where the name says that it signs\n"
		"tokens or cookies, and `differs_from` for pairs of access and refresh keys;\n"
		"each with the places where it was seen. A literal in the code that stands in\n"
		"for a missing secret is a warning, and so is a secret of which env files of one\n"
		"name in two folders hold different values.\n"
		"\n"
		"Overwrites nothing: exit 78 when samekey.ini is there. --print shows the file\n"
		"only; --strict: exit 1 when there are warnings.\n",
	.groups = (const char *const[]){"root", "init", "output", "quiet", "strict", NULL},
	.run = run,
};
