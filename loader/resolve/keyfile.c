// Finds and reads the files that variables KEY_FILE name, and says which of them nobody asked for.
// SPDX-License-Identifier: MIT
#include "loader/resolve/keyfile.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "loader/read/environment.h"
#include "loader/read/secretfile.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <limits.h>

#define SUFFIX "_FILE"
#define VARIABLE_SIZE (BUNDLE_NAME_MAX + sizeof(SUFFIX))

const char *keyfile_path(const struct environment *environment, const char *key)
{
	char name[VARIABLE_SIZE];

	return text_join(name, sizeof(name), key, SUFFIX) ? environment_value(environment, name)
							  : NULL;
}

static bool is_wanted(const struct contest *contest)
{
	const struct settings_key *rule = contest->rule;

	if (contest->found->inherited)
		return false;
	return rule && rule->file != SETTING_UNSET ? rule->file == SETTING_YES : contest->secret;
}

int keyfile_read(struct resolution *resolution, const struct environment *environment,
	struct contest *contest, const char *inherited)
{
	const char *path = is_wanted(contest) ? keyfile_path(environment, contest->name) : NULL;
	char name[VARIABLE_SIZE];

	if (!path || !*path)
		return 0;
	(void)text_join(name, sizeof(name), contest->name, SUFFIX); // fits: it was found
	if (inherited && *inherited) {
		finding_add(resolution->diag, FINDING_BOTH_GIVEN,
			&(struct finding_about){.key = contest->name, .origin = "env"},
			"%s and %s are both set", contest->name, name);
		contest->bad = true;
	}
	contest->file_variable = pool_copy(resolution->pool, name);
	if (!contest->file_variable)
		return -ENOMEM;
	return secretfile_read_key(
		&(struct source_reader){
			.found = resolution->found,
			.pool = resolution->pool,
			.arena = resolution->arena,
			.diag = resolution->diag,
			.max_file = resolution->settings->max_file,
		},
		found_find(resolution->found, contest->name), path);
}

// Files that libraries read by themselves, as the clouds name them for every pod.
static const char *const read_by_libraries[] = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE",
	"SSL_KEY_FILE", NULL};

// The KEY of a variable KEY_FILE. Returns false for any other, and for those of libraries.
static bool key_of(const char *variable, size_t length, char ret_key[static BUNDLE_NAME_MAX + 1])
{
	const size_t suffix = strlen(SUFFIX);

	if (length <= suffix || length > BUNDLE_NAME_MAX ||
		memcmp(variable + length - suffix, SUFFIX, suffix) != 0)
		return false;
	memcpy(ret_key, variable, length);
	ret_key[length] = '\0';
	if (text_is_among(ret_key, read_by_libraries))
		return false;
	ret_key[length - suffix] = '\0';
	return text_is_name(ret_key) && shape_name_looks_secret(ret_key);
}

// DB_PASSWORD_FILE alone, and nobody names DB_PASSWORD: the app goes without, and nobody would
// know.
static void report_unasked(const struct resolution *resolution)
{
	char key[BUNDLE_NAME_MAX + 1];

	for (size_t i = 0; resolution->environment[i]; i++) {
		const char *variable = resolution->environment[i];

		if (key_of(variable, strcspn(variable, "="), key) &&
			!found_find(resolution->found, key))
			finding_add(resolution->diag, FINDING_UNASKED_FILE,
				&(struct finding_about){.key = key, .origin = "env"},
				"%s_FILE is set, but nothing names %s, so the file is not read",
				key, key);
	}
}

// DB_PASSWORD_FILE in an env file, and nothing gives DB_PASSWORD: a path that others may have
// written is not followed, and the app gets it as it is.
static void report_unfollowed(
	const struct resolution *resolution, const struct environment *environment)
{
	char key[BUNDLE_NAME_MAX + 1], origin[PATH_MAX + 16];

	for (size_t i = 0; i < found_count(resolution->found); i++) {
		const struct found_key *variable = found_at(resolution->found, i);
		const struct contest *contest;

		if (!variable->first || variable->first->origin.source != SOURCE_DOTENV ||
			!key_of(variable->name, strlen(variable->name), key))
			continue;
		contest = contest_find(resolution, key, strlen(key));
		if (!environment_value(environment, key) && (!contest || !contest_winner(contest)))
			finding_add(resolution->diag, FINDING_UNFOLLOWED_FILE,
				&(struct finding_about){.key = key,
					.origin = origin_text(
						variable->first->origin, origin, sizeof(origin))},
				"%s_FILE stands in an env file, so the file that it names is not "
				"read",
				key);
	}
}

void keyfile_report_unread(
	const struct resolution *resolution, const struct environment *environment)
{
	report_unasked(resolution);
	report_unfollowed(resolution, environment);
}
