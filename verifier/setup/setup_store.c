// Whether the store is there shows when it is opened; here only what is written is judged.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_store.h"

#include "lib/base/err.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#define TIMEOUT_MIN_MS 10
#define TIMEOUT_MAX_MS 60000
#define AWAY_MAX_MS UINT64_C(3600000)

static int line_of(const struct setup_reading *reading, const char *key)
{
	return setup_reading_line(reading->lines, "store", key);
}

static void judge_names(struct setup_reading *reading, const struct setup_store *store)
{
	static const char may[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
	const char *prefix = store->options.prefix;
	char shown[96];

	if (prefix[strspn(prefix, may)] || strlen(prefix) > STORE_PREFIX_MAX)
		setup_reading_complain(reading, line_of(reading, "prefix"), "prefix = samekey",
			"no prefix of at most %d letters, digits, '-', '_', '.' and ':': '%s'",
			STORE_PREFIX_MAX, shape_show(shown, sizeof(shown), prefix));
	if (store->password_file && store->password_file[0] != '/')
		setup_reading_complain(reading, line_of(reading, "password_file"), NULL,
			"password_file needs an absolute path");
	if (store->options.user && !store->password_file)
		setup_reading_complain(reading, line_of(reading, "user"),
			"password_file = /etc/samekey/redis-password", "user needs password_file");
}

static void judge_times(struct setup_reading *reading)
{
	const struct setup *setup = reading->setup;
	uint64_t timeout = setup->store.options.timeout_ms;
	static const char *const away[] = {[SESSIONRULES_LOGIN] = "away_login",
		[SESSIONRULES_CHECK] = "away_check",
		[SESSIONRULES_REFRESH] = "away_refresh",
		[SESSIONRULES_LOGOUT] = "away_logout"};

	if (timeout < TIMEOUT_MIN_MS || timeout > TIMEOUT_MAX_MS)
		setup_reading_complain(reading, line_of(reading, "timeout"), "timeout = 1s",
			"timeout is not between 10ms and 1m");
	for (size_t i = 0; i < ARRAY_SIZE(away); i++)
		if (setup->session.rules.away_ms[i] > AWAY_MAX_MS)
			setup_reading_complain(reading, line_of(reading, away[i]),
				"for so long nothing that is revoked is known", "%s is over 1h",
				away[i]);
}

void setup_store_judge(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	struct setup_store *store = &setup->store;
	struct err err = ERR_NONE;

	store->is_on = setup->session.is_on || line_of(reading, "url");
	if (store_check_url(store->options.url, &err) < 0)
		setup_reading_complain(reading, line_of(reading, "url"), err.hint, "%s", err.what);
	judge_names(reading, store);
	judge_times(reading);
}
