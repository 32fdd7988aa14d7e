// What makes records alike is a name in a map; a count belongs to the file that came last, for
// files come one behind another.
// SPDX-License-Identifier: MIT
#include "loader/scan/outlet.h"

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/wire/scanreport.h"

#include <errno.h>
#include <jansson.h>

#define NAME_SIZE 512

struct alike {
	size_t file, count; // of which file
};

struct outlet {
	int fd, code;
	struct pool *pool;
	struct map *alike;       // "type key kind form" to the index below
	struct pool_list counts; // struct alike
	char *path;              // of the last record
	size_t file;             // how many paths there were
	char line[SCANREPORT_LINE_MAX];
};

struct outlet *outlet_new(int fd)
{
	struct outlet *outlet = calloc(1, sizeof(*outlet));

	if (!outlet)
		return NULL;
	outlet->fd = fd;
	outlet->pool = pool_new();
	outlet->alike = map_new();
	return outlet->pool && outlet->alike ? outlet : outlet_free(outlet);
}

struct outlet *outlet_free(struct outlet *outlet)
{
	if (!outlet)
		return NULL;
	pool_free(outlet->pool);
	map_free(outlet->alike);
	free(outlet->path);
	free(outlet);
	return NULL;
}

int outlet_failure(const struct outlet *outlet)
{
	return outlet->code;
}

static int write_record(struct outlet *outlet, const struct scanreport *report)
{
	json_t *json = scanreport_to_json(report);
	size_t size =
		json ? json_dumpb(json, outlet->line, sizeof(outlet->line) - 1, JSON_COMPACT) : 0;

	json_decref(json);
	if (!size)
		return -ENOMEM;
	if (size >= sizeof(outlet->line))
		return -EMSGSIZE; // the caps of a record forbid it
	outlet->line[size] = '\n';
	return fs_write_all(outlet->fd, outlet->line, size + 1);
}

static int note_path(struct outlet *outlet, const char *path)
{
	char *copy;

	if (outlet->path && strcmp(outlet->path, path) == 0)
		return 0;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	free(outlet->path);
	outlet->path = copy;
	outlet->file++;
	return 0;
}

// Counts what is like this record.
// Returns: how many there were in the same file, this one included, or 0 when memory is short.
static size_t count_alike(struct outlet *outlet, const struct scanreport *report)
{
	char name[NAME_SIZE];
	int length = snprintf(name, sizeof(name), "%u %s %s %s", (unsigned)report->type,
		report->key ? report->key : "", report->kind ? report->kind : "",
		report->form ? report->form : "");
	size_t used = length < NAME_SIZE ? (size_t)length : NAME_SIZE - 1;
	size_t index = map_find(outlet->alike, name, used);
	struct alike *alike;

	if (index == MAP_ABSENT) {
		const char *kept = pool_text(outlet->pool, name, used);

		index = outlet->counts.count;
		if (!kept || !pool_push(outlet->pool, &outlet->counts, sizeof(*alike)) ||
			map_put(outlet->alike, kept, used, index) < 0)
			return 0;
	}
	alike = (struct alike *)outlet->counts.items + index;
	if (alike->file != outlet->file)
		*alike = (struct alike){.file = outlet->file};
	return ++alike->count;
}

static int put(struct outlet *outlet, const struct scanreport *report)
{
	const char *path = report->place.path ? report->place.path : "";
	size_t count;

	if (report->type == SCANREPORT_DONE)
		return write_record(outlet, report);
	if (note_path(outlet, path) < 0)
		return -ENOMEM;
	count = count_alike(outlet, report);
	if (!count)
		return -ENOMEM;
	if (count <= OUTLET_ALIKE_MAX)
		return write_record(outlet, report);
	if (count > OUTLET_ALIKE_MAX + 1)
		return 0;
	return write_record(outlet, &(struct scanreport){.type = SCANREPORT_SKIPPED,
					    .place = {.path = path},
					    .key = report->key,
					    .text = "more of the same in this file is not listed"});
}

int outlet_put(struct outlet *outlet, const struct scanreport *report)
{
	if (outlet->code == 0)
		outlet->code = put(outlet, report);
	return outlet->code;
}
