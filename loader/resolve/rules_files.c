// Modes and copies of files that offered a secret. What the secret is worth, the other rules say.
// SPDX-License-Identifier: MIT
#include "loader/resolve/rules_files.h"

#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

static void judge_mode(struct resolution *resolution, const struct found_file *file)
{
	char hint[ORIGIN_TEXT_SIZE];

	(void)snprintf(hint, sizeof(hint), "chmod o-r %s", file->shown);
	if (file->mode & 04)
		finding_add(resolution->diag, FINDING_WORLD_READABLE,
			&(struct finding_about){.origin = file->shown, .hint = hint},
			"everybody on this host may read its secrets");
}

// In folders of secrets, orchestrators make the files readable for all of the one container that
// sees them.
static bool is_in_secrets(const struct resolution *resolution, const struct found_file *file)
{
	const struct setting_list *folders = &resolution->settings->secrets;

	for (size_t i = 0; i < folders->count; i++) {
		size_t length = strlen(folders->items[i]);

		if (text_starts(file->shown, folders->items[i]) && file->shown[length] == '/')
			return true;
	}
	return text_starts(file->shown, "/run/secrets/");
}

void rules_files_judge(struct resolution *resolution)
{
	for (size_t i = 0; i < resolution->contest_count; i++) {
		const struct contest *contest = &resolution->contests[i];

		for (const struct found *found = contest->found->first; found;
			found = found->next) {
			if (!contest->secret || !found->file || !found->value.length)
				continue;
			found->file->offers_secret = true;
			if (found->from_file && !is_in_secrets(resolution, found->file))
				judge_mode(resolution, found->file);
		}
	}
	for (size_t i = 0; i < resolution->file_count; i++) {
		const struct found_file *file = resolution->files[i];

		if (file->offers_secret)
			judge_mode(resolution, file);
		if (file->build_copy)
			finding_add(resolution->diag, FINDING_BUILD_COPY,
				&(struct finding_about){.origin = file->shown},
				"copied by the build; the app's own files rank above it");
	}
}
