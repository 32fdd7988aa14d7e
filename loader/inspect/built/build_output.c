// A table says how grave each kind of hit is after a build. What is alike is one finding, which
// names the first place.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/build_output.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <sys/stat.h>

#define TIMEOUT_S 600 // of the whole look
#define DEPTH_MAX SCANREPORT_INSIDE_MAX

// ---- asking

// The first named folder that is not there: a clean answer would be none.
static const char *find_absent(const struct build_output *output)
{
	struct stat facts;

	for (size_t i = 0; i < output->folder_count; i++)
		if (stat(output->folders[i], &facts) < 0)
			return output->folders[i];
	return NULL;
}

// The framework's folders lie in the app's own; those that the build did not make are none.
static int list_folders(const struct build_output *output, struct pool_list *folders)
{
	const struct resolution *resolution = output->resolution;
	const char *const *outputs = resolution->framework.outputs;
	struct stat facts;

	for (size_t i = 0; i < output->folder_count; i++)
		if (pool_push_text(output->pool, folders, output->folders[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; !output->folder_count && outputs && outputs[i]; i++)
		if (fstatat(resolution->place.handle, outputs[i], &facts, 0) == 0 &&
			S_ISDIR(facts.st_mode) &&
			pool_push_text(output->pool, folders,
				pool_format(output->pool, "%s/%s", resolution->place.start,
					outputs[i])) < 0)
			return -ENOMEM;
	return 0;
}

static void report_unscanned(const struct build_output *output, struct diag *diag, const char *what,
	const struct err *err)
{
	finding_add(diag, FINDING_NOT_SCANNED,
		&(struct finding_about){.origin = err->where,
			.hint = *err->hint ? err->hint : NULL,
			.fails = output->demanded},
		"%s", what);
}

int build_output_ask(const struct build_output *output, struct diag *diag, struct scanjob *ret_job,
	struct residue *ret_residue)
{
	struct err err = ERR_NONE;
	struct pool_list folders = {0};
	struct scanjob job = {.task = SCANJOB_SEARCH,
		.flags = SCANJOB_FLAGS,
		.max_depth = DEPTH_MAX,
		.timeout_s = TIMEOUT_S};
	const char *absent = find_absent(output);
	int code = list_folders(output, &folders);

	if (code < 0)
		return code;
	if (absent) {
		(void)err_set(&err, -ENOENT, absent, "the build did not leave it");
		finding_add(diag, FINDING_NOT_SCANNED,
			&(struct finding_about){.origin = err.where,
				.hint = "is the path behind --scan right?",
				.fails = true},
			"%s", err.what);
		return 0;
	}
	if (!folders.count) {
		report_unscanned(output, diag,
			"nobody said what was built, so it was not looked through", &err);
		return 0;
	}
	job.paths = folders.items;
	job.path_count = folders.count;
	code = residue_job(output->resolution, output->pool, &job);
	if (code == 0)
		code = residue_ask(
			&job, output->resolution->arena, output->pool, ret_residue, &err);
	if (code == -ENOMEM)
		return code;
	if (code != 0) {
		report_unscanned(output, diag, err.what, &err);
		return 0;
	}
	*ret_job = job;
	return 1;
}

// ---- telling

struct telling {
	const struct build_output *output;
	const struct residue *residue;
	struct diag *diag;
	struct pool_list frozen; // struct stamp_frozen
	struct pool_list hits;   // struct hit
	struct map *known;       // what it is, to its index in hits
};

// What is said once of all that is alike.
struct hit {
	const struct scanned_item *first;
	enum finding finding;
	enum diag_severity severity;
	size_t more; // further places
};

// From the app's folder on.
static const char *shorten(const struct build_output *output, const char *path)
{
	const char *rest = path_below(path, output->resolution->place.start);

	return rest && *rest ? rest : path;
}

static uint32_t flags_of(const struct telling *telling, const char *name)
{
	const struct bundle_key *key = bundle_find(&telling->output->resolution->bundle, name);

	return key ? key->flags : 0;
}

static bool is_frozen(const struct scanned_item *item)
{
	return item->finding == FINDING_FROZEN_VALUE || item->finding == FINDING_FROZEN_OLD;
}

// What scanned.c calls a warning lies in a cache.
static bool is_cached(const struct scanned_item *item)
{
	return is_frozen(item) && item->severity < DIAG_ERROR;
}

// Whether a file holds a value that a stand-in was to keep out.
static bool holds_guarded(const struct telling *telling, const struct scanned_item *item)
{
	for (size_t i = 0; i < telling->residue->count; i++) {
		const struct scanreport *record = &telling->residue->records[i];

		if (record->type == SCANREPORT_VALUE &&
			text_equal(record->place.path, item->record->place.path) &&
			flags_of(telling, record->key) & BUNDLE_KEY_SENTINEL)
			return true;
	}
	return false;
}

static enum diag_severity severity_of(
	const struct telling *telling, const struct scanned_item *item)
{
	uint32_t flags = flags_of(telling, item->key);

	if (item->finding == FINDING_SHIPPED_ENV_FILE && item->severity == DIAG_ERROR)
		return holds_guarded(telling, item) ? DIAG_ERROR : DIAG_WARNING;
	if (item->finding != FINDING_FROZEN_VALUE || is_cached(item) ||
		(flags & (BUNDLE_KEY_SENTINEL | BUNDLE_KEY_BUILD_FAIL)))
		return item->severity;
	return DIAG_WARNING; // the value that the build was given, and was to use
}

static int freeze(struct telling *telling, const struct scanned_item *item)
{
	struct stamp_frozen *frozen;

	if (telling->frozen.count == STAMP_FROZEN_MAX)
		return 0;
	frozen = pool_push(telling->output->pool, &telling->frozen, sizeof(*frozen));
	if (!frozen)
		return -ENOMEM;
	*frozen = (struct stamp_frozen){.key = item->key,
		.path = shorten(telling->output, item->place),
		.form = item->form,
		.offset = item->record->place.offset};
	return 0;
}

static int take_item(struct telling *telling, const struct scanned_item *item)
{
	struct pool *pool = telling->output->pool;
	enum finding finding = is_cached(item) ? FINDING_CACHED_VALUE : item->finding;
	enum diag_severity severity = severity_of(telling, item);
	bool by_text = !*item->key || !is_frozen(item);
	struct hit *hit, *hits = telling->hits.items;
	const char *name;
	size_t at;

	if (is_cached(item) && text_equal(item->kind, "sentinel"))
		return 0;
	if (is_frozen(item) && !is_cached(item) && freeze(telling, item) < 0)
		return -ENOMEM;
	name = pool_format(pool, "%d %d %s %s %s", (int)finding, (int)severity, item->key,
		item->kind, by_text ? item->text : "");
	if (!name)
		return -ENOMEM;
	at = map_find(telling->known, name, strlen(name));
	if (hits && at != MAP_ABSENT) {
		hits[at].more += item->count;
		return 0;
	}
	hit = pool_push(pool, &telling->hits, sizeof(*hit));
	if (!hit)
		return -ENOMEM;
	*hit = (struct hit){item, finding, severity, item->count - 1};
	return map_put(telling->known, name, strlen(name), telling->hits.count - 1);
}

static void tell_hit(const struct telling *telling, const struct hit *hit)
{
	const char *thaw = telling->output->resolution->framework.thaw;
	const struct scanned_item *item = hit->first;
	bool real = item->finding == FINDING_FROZEN_VALUE && text_equal(item->kind, "current") &&
		    flags_of(telling, item->key) & BUNDLE_KEY_SENTINEL;
	char text[1024], place[96] = "", more[64] = "";

	if (is_frozen(item))
		(void)snprintf(place, sizeof(place), " (%sbyte %llu)",
			text_equal(item->form, "raw") ? "raw, " : "",
			(unsigned long long)item->record->place.offset);
	if (hit->more)
		(void)snprintf(more, sizeof(more), ", and so at %zu more place%s", hit->more,
			text_plural(hit->more));
	(void)snprintf(text, sizeof(text), "%s%s%s%s", item->text, place, more,
		real ? "; the build was given a stand-in, so it read another source" : "");
	diag_add(telling->diag,
		&(struct diag_item){.severity = hit->severity,
			.code = finding_kind(hit->finding)->code,
			.key = item->key,
			.origin = shorten(telling->output, item->where),
			.text = text,
			.hint = hit->finding == FINDING_CACHED_VALUE
					? finding_kind(FINDING_CACHED_VALUE)->fix
				: thaw && item->finding == FINDING_FROZEN_VALUE ? thaw
										: item->hint});
}

int build_output_tell(const struct build_output *output, const struct scanned *scanned,
	const struct residue *residue, struct diag *diag, struct stamp *stamp)
{
	own(map_release) struct map *known = map_new();
	struct telling telling = {
		.output = output, .residue = residue, .diag = diag, .known = known};
	const struct hit *hits;

	for (size_t i = 0; known && i < scanned->count; i++)
		if (take_item(&telling, &scanned->items[i]) < 0)
			return -ENOMEM;
	hits = telling.hits.items;
	for (size_t i = 0; i < telling.hits.count; i++)
		tell_hit(&telling, &hits[i]);
	stamp->frozen = telling.frozen.items;
	stamp->frozen_count = telling.frozen.count;
	return known ? 0 : -ENOMEM;
}
