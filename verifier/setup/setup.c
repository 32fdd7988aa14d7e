// From a file to judged settings.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup.h"

#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "verifier/setup/setup_judge.h"
#include "verifier/setup/setup_profile.h"
#include "verifier/setup/setup_reading.h"
#include "verifier/setup/setup_rows.h"
#include "verifier/setup/setup_session.h"
#include "verifier/setup/setup_store.h"
#include "verifier/setup/setup_upstream.h"

#include <errno.h>
#include <fcntl.h>

struct setup *setup_new(struct pool *pool)
{
	static const char *const kinds[] = {"listen", "session", "upstream", "store", "drift",
		"limits", "fingerprint", "log", "sandbox"};
	struct setup *setup = pool_take(pool, sizeof(*setup));

	if (setup)
		setup->ini = "none";
	for (size_t i = 0; setup && i < ARRAY_SIZE(kinds); i++)
		if (setting_defaults(setup_rows, setup_rows_count, kinds[i], setup, pool) < 0)
			return NULL;
	return setup;
}

int setup_read(struct setup *setup, const char *bytes, size_t length, const char *shown,
	struct pool *pool, struct diag *diag)
{
	struct setup_reading reading = {.setup = setup, .pool = pool, .diag = diag, .shown = shown};

	setup_reading_all(&reading, bytes, length);
	if (reading.code != -ENOMEM)
		setup_judge(&reading);
	if (reading.code != -ENOMEM)
		setup_profile_judge_all(&reading);
	if (reading.code != -ENOMEM)
		setup_session_judge(&reading);
	if (reading.code != -ENOMEM)
		setup_upstream_judge(&reading);
	if (reading.code != -ENOMEM)
		setup_store_judge(&reading);
	return reading.code;
}

// Whoever can write the ini decides who is admitted.
static int judge_file(const struct stat *facts, const char *path, struct err *err)
{
	if (fs_is_trusted(facts, 0))
		return 0;
	(void)err_set(err, -EPERM, path, "it belongs to uid %lu, who is neither root nor this user",
		(unsigned long)facts->st_uid);
	return err_hint(err, "chown root %s", path);
}

int setup_load(const char *path, struct pool *pool, struct secret_arena *arena, struct diag *diag,
	struct setup **ret_setup, struct err *err)
{
	const struct fs_rules rules = {.max_size = SETUP_FILE_MAX, .links = FS_LINKS_ANYWHERE};
	const char *shown = path ? path : SETUP_DEFAULT_INI;
	struct setup *setup = setup_new(pool);
	struct fs_file file = {0};
	int code;

	if (!setup)
		return err_no_memory(err);
	code = fs_read(AT_FDCWD, shown, &rules, arena, &file, err);
	if (code == -ENOENT && !path)
		code = setup_read(setup, "", 0, "defaults", pool, diag);
	else if (code == 0)
		code = judge_file(&file.facts, shown, err);
	if (code == 0 && file.bytes) {
		setup->ini = shown;
		code = setup_read(setup, (const char *)file.bytes, file.size, shown, pool, diag);
	}
	if (file.bytes)
		fs_file_done(&file, arena);
	if (code == -ENOMEM)
		return err_set(err, code, shown, "out of memory");
	if (code == 0)
		*ret_setup = setup;
	return code;
}
