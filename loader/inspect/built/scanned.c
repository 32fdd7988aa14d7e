// What is alike in a place is one item, found again by a map; what an env file holds belongs to the
// finding about that file.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/scanned.h"

#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "loader/inspect/built/lasting.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/scanned_place.h"
#include "loader/inspect/built/scanned_record.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

#define KEYS_SHOWN_SIZE 400 // of an env file

// ---- items

int scanned_add(struct scanned_judging *judging, const struct scanned_remark *remark)
{
	const struct bundle *bundle = &judging->question->resolution->bundle;
	const struct scanreport *record = remark->record;
	const char *place = scanned_place_stable(record, judging->pool);
	const char *code = finding_kind(remark->finding)->code;
	const char *name = place ? pool_format(judging->pool, "%s\n%s\n%s\n%s\n%s\n%s", place, code,
					   record->key, record->kind, record->form,
					   *record->key   ? ""
					   : remark->text ? remark->text
							  : "")
				 : NULL;
	struct scanned_item *item = judging->items.items;
	size_t index;

	if (!name || !remark->text)
		return -ENOMEM;
	index = map_find(judging->known, name, strlen(name));
	if (item && index != MAP_ABSENT) {
		item[index].count++;
		return 0;
	}
	index = judging->items.count;
	item = pool_push(judging->pool, &judging->items, sizeof(*item));
	if (!item || map_put(judging->known, name, strlen(name), index) < 0)
		return -ENOMEM;
	*item = (struct scanned_item){.finding = remark->finding,
		.severity = remark->severity,
		.record = record,
		.where = scanned_place_shown(record, judging->pool),
		.place = place,
		.lasting = lasting_place(place, judging->pool),
		.key = record->key,
		.kind = record->kind,
		.form = record->form,
		.text = remark->text,
		.hint = remark->hint ? remark->hint : finding_kind(remark->finding)->fix,
		.count = 1,
		.accepted =
			bundle_allows(bundle->allowed, bundle->allowed_count, code, record->key)};
	return item->where && item->lasting ? 0 : -ENOMEM;
}

// ---- what is no record

// Something about the app itself, as if it had been found.
static int add_own(struct scanned_judging *judging, enum finding finding, bool fails,
	const char *key, const char *where, const char *text)
{
	struct scanreport *record = pool_take(judging->pool, sizeof(*record));

	if (!record)
		return -ENOMEM;
	*record = (struct scanreport){.type = SCANREPORT_SKIPPED,
		.place.path = where,
		.key = key,
		.origin = "",
		.kind = "",
		.form = "",
		.state = "",
		.text = text,
		.token = ""};
	return scanned_add(
		judging, &(struct scanned_remark){.finding = finding,
				 .severity = fails ? DIAG_ERROR : finding_kind(finding)->severity,
				 .record = record,
				 .text = text});
}

// Any of those that were not kept may have been an error.
static int judge_omitted(struct scanned_judging *judging)
{
	size_t omitted = judging->question->residue->omitted;

	return omitted ? add_own(judging, FINDING_SCAN_INCOMPLETE, true, "", "",
				 pool_format(judging->pool,
					 "%zu more finding%s not judged: %d are the limit", omitted,
					 omitted == 1 ? " was" : "s were", RESIDUE_RECORDS_MAX))
		       : 0;
}

// Values that are not known cannot be searched.
static int judge_unread(struct scanned_judging *judging)
{
	const struct diag *diag = judging->question->resolution->diag;
	int code = 0;

	for (size_t i = 0; i < diag_size(diag) && code == 0; i++) {
		const struct diag_item *item = diag_at(diag, i);

		if (!finding_hides_values(item))
			continue;
		code = add_own(judging, FINDING_SCAN_INCOMPLETE, false, item->key, item->origin,
			pool_format(
				judging->pool, "what is there was not searched: %s", item->text));
	}
	return code;
}

static int judge_examples(struct scanned_judging *judging)
{
	const struct bundle *bundle = &judging->question->resolution->bundle;
	int code = 0;

	for (size_t i = 0; i < bundle->key_count && code == 0; i++) {
		const struct candidate *winner = bundle_winner(&bundle->keys[i]);

		if (winner && bundle->keys[i].flags & BUNDLE_KEY_SECRET &&
			winner->value.length >= SCANJOB_SEARCHED_MIN &&
			placeholder_is_known(winner->value))
			code = add_own(judging, FINDING_VALUE_NOT_SEARCHED, false,
				bundle->keys[i].name, "",
				"it is a public example, which may stand anywhere");
	}
	return code;
}

// ---- the whole

// What an env file holds is said with the file, and not once more.
// Returns: 0 or -ENOMEM.
static int fold_env_file(struct scanned_judging *judging, struct scanned_item *file)
{
	struct scanned_item *items = judging->items.items;
	char keys[KEYS_SHOWN_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; i < judging->items.count; i++) {
		struct scanned_item *item = &items[i];

		if (!item->count || !text_equal(item->place, file->place) ||
			(item->finding != FINDING_FROZEN_VALUE &&
				item->finding != FINDING_FROZEN_OLD))
			continue;
		item->count = 0;
		if (used < sizeof(keys) && !strstr(keys, item->key))
			used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s",
				used ? ", " : "", item->key);
	}
	if (!used)
		return 0;
	file->text = pool_format(judging->pool, "%s, with values of %s", file->text, keys);
	return file->text ? 0 : -ENOMEM;
}

static int fold_env_files(struct scanned_judging *judging)
{
	struct scanned_item *items = judging->items.items;
	size_t kept = 0;
	int code = 0;

	for (size_t i = 0; i < judging->items.count && code == 0; i++)
		if (items[i].finding == FINDING_SHIPPED_ENV_FILE)
			code = fold_env_file(judging, &items[i]);
	for (size_t i = 0; i < judging->items.count; i++)
		if (items[i].count)
			items[kept++] = items[i];
	judging->items.count = kept;
	return code;
}

// The worst first; the order in which they were found stays.
static int sort_items(struct scanned_judging *judging, struct scanned *scanned)
{
	const struct scanned_item *items = judging->items.items;
	struct scanned_item *sorted =
		pool_array(judging->pool, judging->items.count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (int severity = DIAG_ERROR; severity >= DIAG_NOTE; severity--)
		for (size_t i = 0; i < judging->items.count; i++)
			if (items[i].severity == (enum diag_severity)severity)
				sorted[scanned->count++] = items[i];
	scanned->items = sorted;
	return 0;
}

// What only differs in what a build makes anew is told apart by its turn.
static int number_twins(struct scanned_judging *judging, const struct scanned *scanned)
{
	map_clear(judging->known);
	for (size_t i = 0; i < scanned->count; i++) {
		struct scanned_item *item = &scanned->items[i];
		const char *name = pool_format(judging->pool, "%s\n%s\n%s\n%s\n%s", item->lasting,
			finding_kind(item->finding)->code, item->key, item->kind, item->form);
		size_t before = name ? map_find(judging->known, name, strlen(name)) : 0;

		item->twin = before == MAP_ABSENT ? 0 : before;
		if (!name || map_put(judging->known, name, strlen(name), item->twin + 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

int scanned_judge(
	const struct scanned_question *question, struct pool *pool, struct scanned *ret_scanned)
{
	const struct residue *residue = question->residue;
	own(map_release) struct map *known = map_new();
	struct scanned_judging judging = {.question = question, .pool = pool, .known = known};
	struct scanned scanned = {.omitted = residue->omitted,
		.foreign = residue->foreign,
		.files = residue->files,
		.bytes = residue->bytes,
		.members = residue->members};
	int code = known ? 0 : -ENOMEM;

	for (size_t i = 0; i < residue->count && code == 0; i++)
		code = scanned_record_judge(&judging, &residue->records[i]);
	if (code == 0)
		code = judge_omitted(&judging);
	if (code == 0)
		code = judge_unread(&judging);
	if (code == 0)
		code = judge_examples(&judging);
	if (code == 0)
		code = fold_env_files(&judging);
	if (code == 0)
		code = sort_items(&judging, &scanned);
	if (code == 0)
		code = number_twins(&judging, &scanned);
	if (code == 0)
		*ret_scanned = scanned;
	return code;
}

size_t scanned_objections(const struct scanned *scanned, bool strict)
{
	size_t count = 0;

	for (size_t i = 0; i < scanned->count; i++)
		count += !scanned->items[i].accepted &&
			 (scanned->items[i].severity == DIAG_ERROR ||
				 (strict && scanned->items[i].severity == DIAG_WARNING));
	return count;
}
