// Compares the names that samekey.ini has a section for and nobody gives with those that are given
// and have no section. Nearness is lib/base/text's; here stands what a slip is.
// SPDX-License-Identifier: MIT
#include "loader/resolve/rules_spelling.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <ctype.h>
#include <limits.h>

#define SPELLING_NAMES_MAX 1000 // that a misspelt name is compared with

// Letters that changed places or case, or one too many or too few; DB_HOST and DB_PORT or API_KEY_1
// and API_KEY_2 are names of their own.
static bool is_slip(const char *a, const char *b)
{
	int surplus[UCHAR_MAX + 1] = {0}, letters = 0;

	for (; *a; a++)
		surplus[tolower((unsigned char)*a)]++;
	for (; *b; b++)
		surplus[tolower((unsigned char)*b)]--;
	for (size_t byte = 0; byte <= UCHAR_MAX; byte++) {
		if (surplus[byte] && !isalpha((int)byte))
			return false;
		letters += abs(surplus[byte]);
	}
	return letters <= 1;
}

const char *rules_spelling_near(const struct contest *contest, const char *const *unruled)
{
	const char *near = text_nearest(contest->name, unruled);

	return near && is_slip(contest->name, near) ? near : NULL;
}

const char *const *rules_spelling_names(const struct resolution *resolution)
{
	const char **unruled =
		pool_array(resolution->pool, resolution->contest_count + 1, sizeof(*unruled));
	size_t count = 0;

	if (!unruled)
		return NULL;
	for (size_t i = 0; i < resolution->contest_count && count < SPELLING_NAMES_MAX; i++)
		if (!resolution->contests[i].rule)
			unruled[count++] = resolution->contests[i].name;
	return unruled;
}

void rules_spelling_judge(struct resolution *resolution, const char *const *unruled)
{
	for (size_t i = 0; i < resolution->contest_count; i++) {
		const struct contest *contest = &resolution->contests[i];
		const char *near = contest->rule && !contest->count
					   ? rules_spelling_near(contest, unruled)
					   : NULL;
		char origin[ORIGIN_TEXT_SIZE];

		if (!near)
			continue;
		(void)snprintf(origin, sizeof(origin), "%s:%d", resolution->place.ini,
			contest->rule->line);
		finding_add(resolution->diag, FINDING_MISSPELT_KEY,
			&(struct finding_about){.key = contest->name, .origin = origin},
			"no source gives it; is %s meant?", near);
	}
}
