// What is done with a row of the table, and with findings of its kind. The rows stand by subject in
// finding_line.c, finding_set.c, finding_witness.c, finding_around.c and finding_token.c.
// SPDX-License-Identifier: MIT
#include "lib/value/finding.h"

#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/finding_rows.h"

#include <stdarg.h>

#define FINDING_TEXT_SIZE 2048

// Each part goes up to the first finding of the next one.
static const struct {
	const struct finding_kind *rows;
	enum finding end;
} parts[] = {
	{finding_line, FINDING_PM2_STALE},
	{finding_set, FINDING_NO_VERIFIER},
	{finding_witness, FINDING_COULD_NOT_LOOK},
	{finding_around, FINDING_PROFILE_UNUSABLE},
	{finding_token, FINDINGS},
};

const struct finding_kind *finding_kind(enum finding finding)
{
	size_t first = 0, part = 0;

	while (finding >= parts[part].end)
		first = parts[part++].end;
	return &parts[part].rows[finding - first];
}

const struct finding_kind *finding_by_code(const char *code)
{
	for (size_t i = 0; i < FINDINGS; i++)
		if (text_equal(finding_kind((enum finding)i)->code, code))
			return finding_kind((enum finding)i);
	return NULL;
}

const char *finding_nearest(const char *typed)
{
	const char *codes[FINDINGS + 1] = {NULL};

	for (size_t i = 0; i < FINDINGS; i++)
		codes[i] = finding_kind((enum finding)i)->code;
	return text_nearest(typed, codes);
}

bool finding_may_pass(const struct finding_kind *kind)
{
	for (size_t i = FINDING_PROFILE_UNUSABLE; i < FINDINGS; i++)
		if (kind == finding_kind((enum finding)i))
			return false;
	return kind != finding_kind(FINDING_APP_OWNER);
}

void finding_add(struct diag *diag, enum finding finding, const struct finding_about *about,
	const char *format, ...)
{
	const struct finding_kind *kind = finding_kind(finding);
	char text[FINDING_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	text_mark_cut(text, sizeof(text), vsnprintf(text, sizeof(text), format, arguments));
	va_end(arguments);
	diag_add(diag, &(struct diag_item){
			       .severity = about && about->fails ? DIAG_ERROR : kind->severity,
			       .code = kind->code,
			       .key = about ? about->key : NULL,
			       .origin = about ? about->origin : NULL,
			       .text = text,
			       .hint = about && about->hint ? about->hint : kind->fix,
		       });
}

bool finding_hides_values(const struct diag_item *item)
{
	const struct finding_kind *kind = finding_by_code(item->code);

	return (item->severity == DIAG_ERROR || item->allowed) && kind &&
	       (kind->exit == EXIT_DATA || kind->exit == EXIT_NO_INPUT ||
		       kind->exit == EXIT_DENIED);
}

// The first of these that an error asks for is the exit code.
int finding_exit_code(const struct diag *diag)
{
	static const int order[] = {EXIT_SETTINGS, EXIT_DATA, EXIT_NO_INPUT, EXIT_DENIED,
		EXIT_TRY_AGAIN, EXIT_UNAVAILABLE};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t j = 0; j < diag_size(diag); j++) {
			const struct diag_item *item = diag_at(diag, j);
			const struct finding_kind *kind =
				item->severity == DIAG_ERROR ? finding_by_code(item->code) : NULL;

			if (kind && kind->exit == order[i])
				return order[i];
		}
	}
	return diag_count(diag, DIAG_ERROR) ? EXIT_FINDINGS : EXIT_OK;
}
