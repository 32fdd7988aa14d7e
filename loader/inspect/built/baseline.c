// {"v":1,"accepted":[{"place","code","key","kind","form"}]}, read strictly: a misspelt member would
// accept more than was meant.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/baseline.h"

#include "lib/base/err.h"
#include "lib/base/freshfile.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/jsonload.h"
#include "loader/inspect/built/lasting.h"
#include "loader/inspect/built/scanned.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

static const struct {
	const char *name;
	size_t in_entry;
} members[] = {
	{"place", offsetof(struct baseline_entry, place)},
	{"code", offsetof(struct baseline_entry, code)},
	{"key", offsetof(struct baseline_entry, key)},
	{"kind", offsetof(struct baseline_entry, kind)},
	{"form", offsetof(struct baseline_entry, form)},
};

static int malformed(const char *path, const char *what, struct err *err)
{
	(void)err_set(err, -EBADMSG, path, "it is no baseline: %s", what);
	return err_hint(err, "samekey scan --write-baseline %s PATH makes one", path);
}

// ---- reading

static int read_entry(const char *path, json_t *object, struct pool *pool,
	struct baseline_entry *entry, struct err *err)
{
	size_t known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const json_t *value = json_object_get(object, members[i].name);
		const char *text = "";

		if (value && !json_is_string(value))
			return malformed(path, "a member of an entry is no text", err);
		if (value)
			text = pool_copy(pool, json_string_value(value));
		if (!text)
			return err_no_memory(err);
		known += value != NULL;
		memcpy((char *)entry + members[i].in_entry, &text, sizeof(text));
	}
	if (!json_is_object(object) || known != json_object_size(object))
		return malformed(path, "an entry has a member that is not known", err);
	if (!*entry->code)
		return malformed(path, "an entry has no code", err);
	entry->place = lasting_place(entry->place, pool);
	return entry->place ? 0 : err_no_memory(err);
}

static int read_entries(const char *path, json_t *json, struct pool *pool,
	struct baseline *baseline, struct err *err)
{
	json_t *accepted = json_object_get(json, "accepted"), *item;
	size_t i;
	int code = 0;

	if (json_integer_value(json_object_get(json, "v")) != 1)
		return malformed(path, "its version is not 1", err);
	if (!json_is_array(accepted) || json_object_size(json) != 2)
		return malformed(path, "it has not \"v\" and \"accepted\" alone", err);
	if (json_array_size(accepted) > BASELINE_ENTRIES_MAX)
		return malformed(path, "it has too many entries", err);
	baseline->entries =
		pool_array(pool, json_array_size(accepted) + 1, sizeof(*baseline->entries));
	if (!baseline->entries)
		return err_no_memory(err);
	json_array_foreach(accepted, i, item)
	{
		if (code == 0)
			code = read_entry(path, item, pool, &baseline->entries[i], err);
	}
	baseline->count = json_array_size(accepted);
	return code;
}

int baseline_decode(const char *path, const uint8_t *bytes, size_t size, struct pool *pool,
	struct baseline *ret_baseline, struct err *err)
{
	struct baseline baseline = {0};
	json_t *json = NULL;
	int code = jsonload_text((const char *)bytes, size, JSON_REJECT_DUPLICATES, &json, NULL);

	if (code == 0)
		code = read_entries(path, json, pool, &baseline, err);
	else
		code = code == -ENOMEM ? err_no_memory(err) : malformed(path, "it is no JSON", err);
	json_decref(json);
	if (code == 0)
		*ret_baseline = baseline;
	return code;
}

int baseline_read(const char *path, struct secret_arena *arena, struct pool *pool,
	struct baseline *ret_baseline, struct err *err)
{
	const struct fs_rules rules = {.max_size = BASELINE_SIZE_MAX, .links = FS_LINKS_ANYWHERE};
	struct fs_file file;
	int code = fs_read(AT_FDCWD, path, &rules, arena, &file, err);

	if (code < 0)
		return code;
	code = baseline_decode(path, file.bytes, file.size, pool, ret_baseline, err);
	fs_file_done(&file, arena);
	return code;
}

static bool is_meant(const struct baseline_entry *entry, const struct scanned_item *item)
{
	return text_equal(entry->place, item->lasting) &&
	       text_equal(entry->code, finding_kind(item->finding)->code) &&
	       text_equal(entry->key, item->key) && text_equal(entry->kind, item->kind) &&
	       text_equal(entry->form, item->form);
}

// The item that an entry accepts: one that no other entry accepts, else what is accepted anyway.
static struct scanned_item *find_item(
	const struct baseline_entry *entry, const struct scanned *scanned)
{
	struct scanned_item *accepted = NULL;

	for (size_t i = 0; i < scanned->count; i++) {
		struct scanned_item *item = &scanned->items[i];

		if (!is_meant(entry, item))
			continue;
		if (!item->accepted)
			return item;
		if (!item->met)
			accepted = item;
	}
	return accepted;
}

void baseline_apply(struct baseline *baseline, struct scanned *scanned)
{
	for (size_t i = 0; i < baseline->count; i++) {
		struct scanned_item *item = find_item(&baseline->entries[i], scanned);

		if (item)
			item->accepted = item->met = baseline->entries[i].met = true;
	}
}

// ---- writing

static json_t *entry_json(const struct scanned_item *item)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "place", item->lasting, "code",
		finding_kind(item->finding)->code, "key", item->key, "kind", item->kind, "form",
		item->form);
}

// That the scan as a whole is not complete is accepted by nobody.
static bool is_written(const struct scanned_item *item)
{
	return item->severity != DIAG_NOTE &&
	       (item->finding != FINDING_SCAN_INCOMPLETE || *item->place);
}

int baseline_write(const char *path, const struct scanned *scanned, struct err *err)
{
	json_t *list = json_array();
	own_free char *text = NULL;
	size_t length;
	json_t *json;

	for (size_t i = 0; i < scanned->count; i++)
		if (is_written(&scanned->items[i]))
			dump_append(&list, entry_json(&scanned->items[i]));
	json = json_pack("{s:i, s:o}", "v", 1, "accepted", list);
	text = json ? dump_json_as(json, JSON_INDENT(1), &length) : NULL;
	json_decref(json);
	if (!text)
		return err_no_memory(err);
	return freshfile_write(path, text, length, 0644, true, err);
}
