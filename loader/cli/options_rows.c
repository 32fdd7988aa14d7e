// A row an option, and how rows are found. Groups are named by the commands that take them.
// SPDX-License-Identifier: MIT
#include "loader/cli/options_rows.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "loader/cli/command.h"
#include "loader/cli/options.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_rows.h"

static const char *const format_words[] = {"text", "json", "sarif", NULL};
static const char *const phase_words[] = {"", "build", "start", NULL};

#define AT(field) offsetof(struct options, field)

// clang-format off
static const struct setting rows[] = {
	{"common", "help", SETTING_FLAG, AT(help), NULL, NULL, NULL, "shows this"},
	{"output", "json", SETTING_FLAG, AT(json), NULL, NULL, NULL, "prints JSON for programs"},
	{"quiet", "quiet", SETTING_FLAG, AT(quiet), NULL, NULL, NULL, "says only what stops a start, or goes wrong behind one, and its end"},
	{"strict", "strict", SETTING_FLAG, AT(strict), NULL, NULL, NULL, "warnings fail too"},
	{"root", "root", SETTING_TEXT, AT(root), NULL, NULL, "DIR",
		"the folder where all begins; default: the current one"},
	{"resolve", "ini", SETTING_TEXT, AT(ini), NULL, NULL, "FILE",
		"the settings file; default: samekey.ini here or above"},
	{"resolve", "phase", SETTING_CHOICE, AT(phase), phase_words, NULL, "build|start",
		"what is started; default: by the command"},
	{"resolve", "dotenv", SETTING_LIST, AT(dotenv), NULL, NULL, "FILE",
		"reads this env file instead of the cascade; may repeat, the first wins"},
	{"resolve", "allow", SETTING_LIST, AT(allow), NULL, NULL, "CODE[:KEY]",
		"turns an error into a warning, this once; may repeat"},
	{"keygen", "bytes", SETTING_COUNT, AT(bytes), NULL, "32", "N",
		"how many random bytes, 16 to 1024"},
	{"parse", "dialect", SETTING_TEXT, AT(dialect), NULL, NULL, "DIALECT",
		"the loader to read as; samekey dialects lists them"},
	{"parse", "max-file", SETTING_SIZE, AT(max_file), NULL, "1M", "SIZE",
		"a larger file is refused"},
	{"export", "for", SETTING_TEXT, AT(target), NULL, NULL, "FORM",
		"who reads it: a dialect, json, process, shell, kubernetes-secret, github-env"},
	{"export", "offer", SETTING_FLAG, AT(offer), NULL, NULL, NULL,
		"hands the bundle to the verifier too, for the process that called export"},
	{"init", "print", SETTING_FLAG, AT(print), NULL, NULL, NULL,
		"prints the file instead of writing it"},
	{"lint", "loaders", SETTING_WORDS, AT(loaders), NULL, NULL, "DIALECT,...",
		"who reads the files; default: [app] loaders, else who is in use, else all"},
	{"lint", "dialect", SETTING_TEXT, AT(dialect), NULL, NULL, "DIALECT",
		"the reading that is meant, which --fix keeps; default: that of samekey.ini"},
	{"lint", "format", SETTING_CHOICE, AT(format), format_words, "text", "text|json|sarif",
		"how the findings are printed; --json is --format json"},
	{"lint", "fix", SETTING_FLAG, AT(fix), NULL, NULL, NULL,
		"rewrites what is read differently"},
	{"lint", "ini", SETTING_TEXT, AT(ini), NULL, NULL, "FILE",
		"the settings file; default: samekey.ini here or above"},
	{"lint", "allow", SETTING_LIST, AT(allow), NULL, NULL, "CODE[:KEY]",
		"a finding that is no reason to fail; may repeat"},
	{"scan", "format", SETTING_CHOICE, AT(format), format_words, "text", "text|json|sarif",
		"how the findings are printed; --json is --format json"},
	{"scan", "baseline", SETTING_TEXT, AT(baseline), NULL, NULL, "FILE",
		"findings that were accepted: they are no reason to fail"},
	{"scan", "write-baseline", SETTING_TEXT, AT(write_baseline), NULL, NULL, "FILE",
		"accepts all errors and warnings that are found now"},
	{"scan", "stamp", SETTING_TEXT, AT(stamp), NULL, NULL, "FILE",
		"what a build was given: its values are looked for by their fingerprints"},
	{"scan", "exclude", SETTING_LIST, AT(exclude), NULL, NULL, "NAME",
		"a file or folder below that is passed over; may repeat"},
	{"scan", "no-tokens", SETTING_FLAG, AT(no_tokens), NULL, NULL, NULL,
		"looks for no tokens"},
	{"scan", "max-depth", SETTING_COUNT, AT(max_depth), NULL, "8", "N",
		"how deep containers in containers are opened"},
	{"scan", "max-size", SETTING_SIZE, AT(max_size), NULL, "2G", "SIZE",
		"of a larger file only the beginning is looked at"},
	{"scan", "time-limit", SETTING_DURATION, AT(time_limit_ms), NULL, "10m", NULL,
		"for all of it"},
	{"offer", "withdraw", SETTING_FLAG, AT(withdraw), NULL, NULL, NULL,
		"takes the standing offer of this app back, and the key that an ended process left to a profile"},
	{"probe", "health", SETTING_FLAG, AT(health), NULL, NULL, NULL,
		"only whether the verifier answers, within 800 ms; quiet when it does"},
	{"probe", "ready", SETTING_FLAG, AT(ready), NULL, NULL, NULL,
		"only whether it is ready, for the app of --name where given, within 800 ms; quiet when it is"},
	{"offer", "watch", SETTING_FLAG, AT(watch), NULL, NULL, NULL,
		"stays, and offers anew when a source changes or the verifier comes back"},
	{"supervise", "supervise", SETTING_FLAG, AT(supervise), NULL, NULL, NULL,
		"stays as COMMAND's parent, and keeps what was handed over current"},
	{"supervise", "on-change", SETTING_TEXT, AT(on_change), NULL, NULL, "WHAT",
		"of a new set: offer (the default), signal NAME, or restart"},
	{"supervise", "stop-timeout", SETTING_DURATION, AT(stop_ms), NULL, "10s", NULL,
		"for a restart: how long COMMAND may take to end before it is killed"},
	{"ps", "listen", SETTING_COUNT, AT(listen), NULL, NULL, "PORT",
		"only who listens on this TCP port (1 to 65535); what it lacks counts too"},
	{"ps", "all", SETTING_FLAG, AT(all), NULL, NULL, NULL,
		"also processes that carry settings and no secret; shows settings"},
	{"doctor", "host", SETTING_TEXT, AT(host), NULL, NULL, "DIR",
		"the file system whose units are looked at, such as a mounted image; default: /"},
	{"witness", "stamp", SETTING_TEXT, AT(stamp), NULL, NULL, "FILE",
		"what the build was given: a build leaves it, a start is compared with it"},
	{"witness", "scan", SETTING_LIST, AT(scan), NULL, NULL, "DIR",
		"what was built, to be looked through for values; may repeat"},
	{"build", "sentinels", SETTING_FLAG, AT(sentinels), NULL, NULL, NULL,
		"a build gets random stand-ins for all secrets, so that none can be baked in"},
	{"profile", "profile", SETTING_TEXT, AT(profile), NULL, NULL, "NAME",
		"by which rules and keys; default: the only profile that samekeyd.ini has"},
	{"token", "token-file", SETTING_TEXT, AT(token_file), NULL, NULL, "FILE",
		"holds the token"},
	{"verify", "audience", SETTING_TEXT, AT(audience), NULL, NULL, "AUD",
		"must be in the token's aud, beside what the profile wants"},
	{"issue", "claims", SETTING_TEXT, AT(claims), NULL, NULL, "FILE",
		"a JSON object that the token says; - is standard input"},
	{"issue", "claim", SETTING_LIST, AT(claim), NULL, NULL, "NAME=TEXT",
		"one more claim, or NAME:=JSON; may repeat"},
	{"issue", "lifetime", SETTING_DURATION, AT(lifetime_ms), NULL, NULL, NULL,
		"how long it is good; default, and the most: the profile's lifetime"},
	{"revoke", "profile", SETTING_TEXT, AT(profile), NULL, NULL, "NAME",
		"whose token it is; default: the profile that finds it good"},
	{"revoke", "whole-session", SETTING_FLAG, AT(whole_session), NULL, NULL, NULL,
		"of an access token: ends the session that it belongs to"},
	{"revoke", "family", SETTING_TEXT, AT(family), NULL, NULL, "HEX",
		"the session of this id, in place of a token"},
	{"revoke", "subject", SETTING_TEXT, AT(subject), NULL, NULL, "TEXT",
		"every session of this user, in place of a token"},
	{"private", "private-verifier", SETTING_FLAG, AT(private_verifier), NULL, NULL, NULL,
		"starts a samekeyd for this alone and asks it; for development"},
	{"private", "verifier-ini", SETTING_TEXT, AT(verifier_ini), NULL, NULL, "FILE",
		"its settings and profiles; default: samekeyd.ini beside samekey.ini, if there is one"},
};
// clang-format on

bool options_rows_in(const struct command *command, const char *group)
{
	if (text_equal(group, "common"))
		return true;
	for (const char *const *at = command->groups; at && *at; at++)
		if (text_equal(*at, group))
			return true;
	return false;
}

// One option serves [verifier] required; `--required` alone would not say what is.
const char *options_rows_name(const struct setting *row)
{
	if (text_equal(row->section, "verifier") && text_equal(row->key, "required"))
		return "verifier-required";
	if (text_equal(row->section, "fingerprint"))
		return "fingerprint-key";
	return row->key;
}

const struct setting *options_rows_at(const struct command *command, size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (options_rows_in(command, rows[i].section) && index-- == 0)
			return &rows[i];
	return command->settings && index < settings_rows_count ? &settings_rows[index] : NULL;
}

const struct setting *options_rows_find(const struct command *command, const char *name)
{
	const struct setting *row;

	for (size_t i = 0; (row = options_rows_at(command, i)); i++) {
		const char *known = options_rows_name(row);
		size_t j = 0;

		// max_file may be written --max-file
		while (known[j] && (known[j] == name[j] || (known[j] == '_' && name[j] == '-')))
			j++;
		if (!known[j] && !name[j])
			return row;
	}
	return NULL;
}

bool options_rows_is_setting(const struct setting *row)
{
	return row < rows || row >= rows + ARRAY_SIZE(rows);
}

bool options_rows_fills(const struct setting *row, size_t offset)
{
	return !options_rows_is_setting(row) && row->offset == offset;
}

int options_rows_defaults(struct options *options, struct pool *pool, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].fallback &&
			setting_apply(&rows[i], options, rows[i].fallback, pool, err) < 0)
			return err->code;
	return 0;
}
