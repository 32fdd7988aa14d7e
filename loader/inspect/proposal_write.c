// The text of a proposal: a section a secret, and above each where it was found, in comments whose
// lines are broken between words.
// SPDX-License-Identifier: MIT
#include "lib/base/conf.h"
#include "lib/base/text.h"
#include "loader/inspect/proposal.h"

#include <errno.h>
#include <stdarg.h>

// Lines end here where they can; a long path may go on to CONF_LINE_MAX.
#define LINE_WIDTH 96

// A comment in the making: words are added and lines broken between them.
struct comment {
	FILE *out;
	const char *head; // what the first line begins with
	size_t used;      // bytes of the line; 0: none begun
};

static void comment_word(struct comment *comment, const char *format, ...) printf_like(2, 3);
static void comment_word(struct comment *comment, const char *format, ...)
{
	char word[CONF_LINE_MAX], shown[CONF_LINE_MAX - 16];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	(void)vsnprintf(word, sizeof(word), format, arguments); // too long a path is cut
	va_end(arguments);
	length = strlen(text_printable(shown, sizeof(shown), word));
	if (comment->used > 0 && comment->used + length + 2 > LINE_WIDTH) {
		(void)fputs(",\n", comment->out);
		comment->used = 0;
	} else if (comment->used > 0) {
		(void)fputs(", ", comment->out);
		comment->used += 2;
	}
	if (comment->used == 0) {
		(void)fprintf(comment->out, "; %-9s", comment->head);
		comment->used = 11;
		comment->head = "";
	}
	(void)fputs(shown, comment->out);
	comment->used += length;
}

static void comment_end(struct comment *comment)
{
	if (comment->used > 0)
		(void)fputc('\n', comment->out);
	comment->used = 0;
}

static void write_found(const struct survey *survey, FILE *out)
{
	struct comment comment = {.out = out, .head = "found"};

	for (size_t i = 0; i < survey->env_file_count; i++)
		comment_word(&comment, "%s", survey->env_files[i]);
	for (size_t i = 0; i < survey->app_count; i++)
		comment_word(&comment, "%s%spackage.json%s",
			text_equal(survey->apps[i].folder, ".") ? "" : survey->apps[i].folder,
			text_equal(survey->apps[i].folder, ".") ? "" : "/",
			survey->apps[i].next ? " (next)" : "");
	for (unsigned mark = SURVEY_PM2; mark <= SURVEY_PROCFILE; mark <<= 1)
		if (survey->marks & mark)
			comment_word(&comment, "%s", survey_mark_text((enum survey_mark)mark));
	comment_word(&comment, "%zu source file%s", survey->files, text_plural(survey->files));
	comment_end(&comment);
}

static void write_head(const struct proposal *proposal, FILE *out)
{
	(void)fputs("; samekey.ini, proposed by `samekey init`. Edit it: a rule that stays is a "
		    "rule that holds.\n"
		    "; Names and rules only; a secret value never stands here. All settings:\n"
		    "; samekey help samekey.ini\n",
		out);
	write_found(proposal->survey, out);
	(void)fputs("\n[app]\n"
		    "; name = web             a name for each process; default: folder/program\n"
		    "; mode = production      default: the framework's, $NODE_ENV, production\n",
		out);
	if (proposal->group)
		(void)fprintf(out,
			"; apps of one group are compared with each other: an app elsewhere that "
			"holds the "
			"same\n; secret needs the same name here, or no samekey.ini but one above "
			"both\n"
			"group = %s\n",
			proposal->group);
	(void)fputs("\n[sources]\n; order = env, credentials, secrets, dotenv\n", out);
	if (proposal->survey->example && !text_equal(proposal->survey->example, ".env.example"))
		(void)fprintf(out, "example = %s\n", proposal->survey->example);
	if (proposal->survey->marks & SURVEY_PM2)
		(void)fputs("; PM2 replays the environment of its first start; it ranks below the "
			    "files here\n"
			    "captured = demote\n",
			out);
	(void)fputs(
		"\n[verifier]\n; required = yes         without samekeyd's verdict, do not start\n",
		out);
}

static void write_places(const struct survey_key *key, FILE *out)
{
	struct comment comment = {.out = out, .head = "read by"};
	size_t kept = key->read_count < SURVEY_PLACES_MAX ? key->read_count : SURVEY_PLACES_MAX;

	for (size_t i = 0; i < kept; i++)
		comment_word(&comment, "%s:%u", key->read[i].file, key->read[i].line);
	if (key->read_count > kept)
		comment_word(&comment, "and %zu more", key->read_count - kept);
	comment_end(&comment);
	comment.head = "held by";
	kept = key->offered_count < SURVEY_PLACES_MAX ? key->offered_count : SURVEY_PLACES_MAX;
	for (size_t i = 0; i < kept; i++)
		comment_word(&comment, "%s", key->offered[i]);
	if (key->offered_count == 0)
		comment_word(&comment, "no env file here");
	comment_end(&comment);
}

static void write_differing(const struct survey_key *key, FILE *out)
{
	struct comment comment = {.out = out, .head = "warning"};

	if (!key->differing[0])
		return;
	comment_word(
		&comment, "%s and %s hold different values", key->differing[0], key->differing[1]);
	comment_end(&comment);
}

static void write_fallbacks(const struct survey *survey, const char *name, FILE *out)
{
	struct comment comment = {.out = out, .head = "warning"};

	for (size_t i = 0; i < survey->fallback_count; i++)
		if (text_equal(survey->fallbacks[i].key, name))
			comment_word(&comment,
				"%s:%u has a literal for the case that it is missing",
				survey->fallbacks[i].place.file, survey->fallbacks[i].place.line);
	comment_end(&comment);
}

static void write_secret(const struct proposal *proposal, const struct proposal_key *key, FILE *out)
{
	char shown[128];

	(void)fputc('\n', out);
	write_places(key->found, out);
	write_differing(key->found, out);
	write_fallbacks(proposal->survey, key->found->name, out);
	(void)fprintf(out, "[key %s]\n", key->found->name);
	(void)fputs("secret = yes\nrequired = yes\n", out);
	if (key->shared)
		(void)fputs("shared = yes\n", out);
	if (key->differs_from)
		(void)fprintf(out, "differs_from = %s\n", key->differs_from);
	if (key->only_in)
		(void)fprintf(out, "; apps = NAME             seen to be read below %.64s/ only\n",
			text_printable(shown, sizeof(shown), key->only_in->folder));
	if (key->same_as)
		(void)fprintf(out, "; same_as = %s\n", key->same_as);
}

static void write_names(
	FILE *out, const char *title, const struct survey_key *const *keys, size_t count)
{
	struct comment comment = {.out = out, .head = ""};

	if (count)
		(void)fprintf(out, "\n; %s\n", title);
	for (size_t i = 0; i < count; i++) {
		if (keys[i]->read_count)
			comment_word(&comment, "%s (%s:%u)", keys[i]->name, keys[i]->read[0].file,
				keys[i]->read[0].line);
		else
			comment_word(&comment, "%s (%s)", keys[i]->name, keys[i]->offered[0]);
	}
	comment_end(&comment);
}

int proposal_write(const struct proposal *proposal, char **ret_text, size_t *ret_length)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool failed;

	if (!out)
		return -ENOMEM;
	write_head(proposal, out);
	for (size_t i = 0; i < proposal->secret_count; i++)
		write_secret(proposal, &proposal->secrets[i], out);
	write_names(out,
		"Secrets in env files that no code here was seen to read; a [key] section would "
		"check them.",
		proposal->unread, proposal->unread_count);
	write_names(out, "Settings that the code reads; they need no rule.", proposal->settings,
		proposal->setting_count);
	write_names(out, "Inlined into the browser's code by the build: never a secret.",
		proposal->browser, proposal->browser_count);
	failed = ferror(out);
	// where its last realloc fails, fclose leaves NULL and says nothing
	if (fclose(out) != 0 || failed || !text) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}
