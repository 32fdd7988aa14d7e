// Any bytes as samekey.ini and as samekeyd.ini: lines are told in order and lie in the file, what
// is wrong is told and what is not is accepted, and the settings' own rules come back.
// SPDX-License-Identifier: MIT
#include "lib/base/conf.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "loader/resolve/settings.h"
#include "verifier/setup/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct told {
	int line, lines;
	bool in_section, troubled;
};

static void check_line(struct told *told, int line)
{
	if (line < told->line || line < 1 || line > told->lines)
		abort();
	told->line = line;
}

static void on_section(void *user, const char *kind, const char *argument, int line)
{
	struct told *told = user;

	check_line(told, line);
	told->in_section = true;
	if (strlen(kind) + strlen(argument) > CONF_SECTION_MAX)
		abort();
}

static void on_setting(void *user, const char *key, const char *value, int line)
{
	struct told *told = user;

	check_line(told, line);
	if (!told->in_section || strlen(key) + strlen(value) > CONF_LINE_MAX)
		abort();
}

static void on_trouble(void *user, int line, const char *text, const char *hint)
{
	struct told *told = user;

	check_line(told, line);
	told->troubled = true;
	if (!*text || !*hint)
		abort();
}

static void check_reader(const char *bytes, size_t size)
{
	struct told told = {.lines = 1};
	const struct conf_reader reader = {&told, "[app]", on_section, on_setting, on_trouble};

	for (size_t i = 0; i < size; i++)
		told.lines += bytes[i] == '\n';
	if ((conf_parse(bytes, size, &reader) != 0) != told.troubled)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;
	own(pool_release) struct pool *pool = pool_new();
	own(diag_release) struct diag *loader = diag_new(), *verifier = diag_new();
	struct settings *settings = settings_new(pool);
	struct setup *setup = setup_new(pool);
	int code;

	check_reader(text, size);
	code = settings_read(settings, text, size, "samekey.ini", pool, loader);
	if ((code != 0) != (diag_count(loader, DIAG_ERROR) > 0))
		abort();
	settings->name = "web";
	if (code == 0 && settings_judge(settings, "samekey.ini", loader) == 0 && diag_size(loader))
		abort();
	code = setup_read(setup, text, size, "samekeyd.ini", pool, verifier);
	if ((code != 0) != (diag_count(verifier, DIAG_ERROR) > 0))
		abort();
	return 0;
}
