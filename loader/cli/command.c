// The table of commands and what they have in common when something fails.
// SPDX-License-Identifier: MIT
#include "loader/cli/command.h"

#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/cli/commands.h"

#include <errno.h>
#include <jansson.h>

const struct command *const command_table[] = {
	&cmd_init,
	&cmd_keygen,
	&cmd_install,
	&cmd_check,
	&cmd_explain,
	&cmd_scan,
	&cmd_offer,
	&cmd_run,
	&cmd_status,
	&cmd_drift,
	&cmd_ps,
	&cmd_doctor,
	&cmd_verify,
	&cmd_issue,
	&cmd_diagnose,
	&cmd_revoke,
	&cmd_dialects,
	&cmd_parse,
	&cmd_lint,
	&cmd_export,
	&cmd_help,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *at = command_table; *at; at++)
		if (text_equal((*at)->name, name))
			return *at;
	return NULL;
}

void command_complain(const struct err *err)
{
	char where[ERR_WHERE_SIZE * 2], what[ERR_WHAT_SIZE * 2], hint[ERR_HINT_SIZE * 2];

	(void)fprintf(stderr, "samekey: %s%s%s\n", text_printable(where, sizeof(where), err->where),
		*err->where ? ": " : "", text_printable(what, sizeof(what), err->what));
	if (*err->hint)
		(void)fprintf(
			stderr, "  hint: %s\n", text_printable(hint, sizeof(hint), err->hint));
}

int command_no_memory(void)
{
	struct err err = ERR_NONE;

	(void)err_no_memory(&err);
	command_complain(&err);
	return EXIT_TRY_AGAIN;
}

int command_fail(const struct options *options, const struct err *err, int exit)
{
	char where[ERR_WHERE_SIZE * 2], what[ERR_WHAT_SIZE * 2], hint[ERR_HINT_SIZE * 2];

	command_complain(err);
	if (options->json != SETTING_YES)
		return exit;
	return command_print_json(
		json_pack("{s:i, s:{s:i, s:s, s:s, s:s}}", "v", 1, "error", "exit", exit, "where",
			text_printable(where, sizeof(where), err->where), "text",
			text_printable(what, sizeof(what), err->what), "hint",
			text_printable(hint, sizeof(hint), err->hint)),
		exit);
}

int command_misuse(
	const struct options *options, const char *where, const char *what, const char *hint)
{
	struct err err = ERR_NONE;

	(void)err_set(&err, -EINVAL, where, "%s", what);
	if (hint)
		(void)err_hint(&err, "%s", hint);
	return command_fail(options, &err, EXIT_USAGE);
}

int command_print_json(json_t *json, int exit)
{
	size_t length;
	own_free char *text = json ? dump_json(json, &length) : NULL;

	json_decref(json);
	if (!text)
		return command_no_memory();
	(void)puts(text); // main looks whether stdout took it all
	return exit;
}

int command_exit_code(int code)
{
	static const struct {
		int code, exit;
	} rows[] = {
		// EBADF is of a standard output that is closed
		{0, EXIT_OK},
		{-EINVAL, EXIT_SETTINGS},
		{-E2BIG, EXIT_DATA},
		{-EFBIG, EXIT_DATA},
		{-EBADMSG, EXIT_DATA},
		{-EPERM, EXIT_DENIED},
		{-EAGAIN, EXIT_TRY_AGAIN},
		{-ENOMEM, EXIT_TRY_AGAIN},
		{-EMFILE, EXIT_TRY_AGAIN},
		{-ENFILE, EXIT_TRY_AGAIN},
		{-ENOSPC, EXIT_TRY_AGAIN},
		{-EDQUOT, EXIT_TRY_AGAIN},
		{-EBADF, EXIT_TRY_AGAIN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].code == code)
			return rows[i].exit;
	return code > 0 ? EXIT_UNAVAILABLE : EXIT_NO_INPUT;
}
