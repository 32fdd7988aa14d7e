// Code that lets an env file beat whatever samekey gives: dotenv with override and the like, in the
// project's sources and scripts.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/doctor/override.h"
#include "loader/inspect/sources.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

#define BYTES_MAX (256ull << 20) // of all files

struct look {
	struct doctor *doctor;
	const char *path;
	size_t files, unread;
	uint64_t bytes;
	bool matters; // some env file would give another value
};

// Whether an env file holds another value of a secret than the one that won.
static bool env_file_differs(const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];
		const struct candidate *winner = bundle_winner(key);

		for (size_t j = 1; winner && j < key->count; j++)
			if (key->flags & BUNDLE_KEY_SECRET &&
				key->candidates[j].origin.source == SOURCE_DOTENV &&
				!secret_equal(key->candidates[j].value, winner->value))
				return true;
	}
	return false;
}

static int tell(void *user, const struct override *override)
{
	struct look *look = user;
	char origin[DOCTOR_TEXT_SIZE];

	(void)snprintf(origin, sizeof(origin), "%s:%u", look->path, override->line);
	finding_add(look->doctor->diag, FINDING_ENV_OVERRIDE,
		&(struct finding_about){.origin = origin, .fails = look->matters},
		"%s: the env file beats what samekey gives%s", override->text,
		look->matters ? ", and one holds another value" : "");
	return 0;
}

static int look_at_file(void *user, const struct tree_file *found)
{
	struct look *look = user;
	struct doctor_file file;
	int code;

	if (!override_looks_at(found->name) || look->bytes > BYTES_MAX)
		return 0;
	code = doctor_load(look->doctor, found->folder, found->name, &file);
	look->unread += code < 0;
	if (code < 0)
		return code == -ENOMEM ? code : 0;
	look->files++;
	look->bytes += file.size;
	look->path = found->path;
	code = override_scan(found->name, file.bytes, file.size, tell, look);
	doctor_done(look->doctor, &file);
	return code;
}

int doctor_code(struct doctor *doctor)
{
	struct look look = {
		.doctor = doctor, .matters = env_file_differs(&doctor->resolution->bundle)};
	const struct tree_walk walk = {.prefix = "",
		.enters = sources_enter,
		.file = look_at_file,
		.user = &look,
		.links = true};
	struct tree_gaps gaps;
	int code = tree_walk(doctor->resolution->place.handle, &walk, &gaps);

	if (look.unread || gaps.skipped || gaps.cut || look.bytes > BYTES_MAX)
		doctor_could_not(
			doctor, NULL, "not all of the code was read: too much or unreadable");
	doctor_walked(doctor, &gaps);
	if (code == 0)
		doctor_saw(doctor, "%zu source%s and scripts, searched for env files that override",
			look.files, text_plural(look.files));
	return code;
}
