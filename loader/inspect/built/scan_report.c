// Three views of the same items.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/scan_report.h"

#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/wire/scanreport.h"
#include "loader/inspect/built/baseline.h"
#include "loader/inspect/built/scanned.h"
#include "loader/inspect/sarif.h"

#include <jansson.h>
#include <sodium.h>

#define SHOWN_SIZE 8192
#define IDENTITY_SIZE 33 // 32 hex digits

// ---- text

static void print_item(const struct scanned_item *item)
{
	char where[SHOWN_SIZE], key[1024], text[1024];

	if (*item->where)
		(void)printf("%s: ", text_printable(where, sizeof(where), item->where));
	(void)printf("%s: %s%s%s", item->accepted ? "accepted" : diag_severity_text(item->severity),
		text_printable(key, sizeof(key), item->key), *item->key ? ": " : "",
		text_printable(text, sizeof(text), item->text));
	if (item->count > 1)
		(void)printf(", %zu times", item->count);
	(void)printf(" [%s]\n", finding_kind(item->finding)->code);
}

static const char *size_text(uint64_t bytes, char *out, size_t size)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	(void)snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

static size_t count_not_opened(const struct scanned *scanned)
{
	size_t count = scanned->foreign;

	for (size_t i = 0; i < scanned->count; i++)
		if (scanned->items[i].finding == FINDING_NOT_OPENED)
			count += scanned->items[i].count;
	return count;
}

static void print_sum(const struct scanned *scanned)
{
	size_t counts[DIAG_SEVERITIES] = {0}, accepted = 0;
	size_t closed = count_not_opened(scanned);
	char size[32];

	for (size_t i = 0; i < scanned->count; i++)
		if (scanned->items[i].accepted)
			accepted++;
		else
			counts[scanned->items[i].severity]++;
	(void)printf("%llu file%s, %llu member%s, %s: ", (unsigned long long)scanned->files,
		text_plural((size_t)scanned->files), (unsigned long long)scanned->members,
		text_plural((size_t)scanned->members),
		size_text(scanned->bytes, size, sizeof(size)));
	if (!scanned->count)
		(void)printf("no finding");
	else
		(void)printf("%zu error%s, %zu warning%s, %zu note%s", counts[DIAG_ERROR],
			text_plural(counts[DIAG_ERROR]), counts[DIAG_WARNING],
			text_plural(counts[DIAG_WARNING]), counts[DIAG_NOTE],
			text_plural(counts[DIAG_NOTE]));
	if (accepted)
		(void)printf(", %zu accepted", accepted);
	if (closed)
		(void)printf(", %zu not opened", closed);
	(void)putchar('\n');
}

static void print_stale(const struct baseline *baseline)
{
	char place[SHOWN_SIZE], key[1024];

	for (size_t i = 0; baseline && i < baseline->count; i++)
		if (!baseline->entries[i].met)
			(void)printf("%s: %s%s[%s] is in the baseline and was not found\n",
				text_printable(place, sizeof(place), baseline->entries[i].place),
				text_printable(key, sizeof(key), baseline->entries[i].key),
				*baseline->entries[i].key ? " " : "", baseline->entries[i].code);
}

// Quiet leaves what stands against the output.
static bool is_shown(const struct scan_report *report, const struct scanned_item *item)
{
	if (!report->quiet)
		return true;
	return !item->accepted &&
	       (item->severity == DIAG_ERROR || (report->strict && item->severity == DIAG_WARNING));
}

void scan_report_text(const struct scan_report *report)
{
	const struct scanned *scanned = report->scanned;
	char hint[1024];

	for (size_t i = 0; i < scanned->count; i++) {
		const struct scanned_item *item = &scanned->items[i], *next = item + 1;

		if (!is_shown(report, item))
			continue;
		print_item(item);
		// equal hints behind one another are said once
		if (!item->accepted && item->severity != DIAG_NOTE &&
			(i + 1 == scanned->count || next->severity != item->severity ||
				!text_equal(next->hint, item->hint)))
			(void)printf("  fix: %s\n", text_printable(hint, sizeof(hint), item->hint));
	}
	if (report->quiet)
		return;
	if (scanned->foreign)
		(void)printf("%zu more notes are not shown [%s]\n", scanned->foreign,
			finding_kind(FINDING_NOT_OPENED)->code);
	print_stale(report->baseline);
	print_sum(scanned);
}

// ---- JSON

static json_t *item_json(const struct scanned_item *item)
{
	const struct scanreport_place *place = &item->record->place;
	json_t *inside = json_array();

	for (size_t i = 0; i < place->inside_count; i++)
		dump_append(&inside, dump_shown(place->inside[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:I, s:b}",
		"severity", diag_severity_text(item->severity), "code",
		finding_kind(item->finding)->code, "key", dump_shown(item->key), "path",
		dump_shown(place->path), "inside", inside, "offset", (json_int_t)place->offset,
		"line", (json_int_t)place->line, "kind", item->kind, "form", item->form, "origin",
		dump_shown(item->record->origin), "text", dump_shown(item->text), "hint",
		dump_shown(item->hint), "count", (json_int_t)item->count, "accepted",
		item->accepted);
}

static json_t *stale_json(const struct baseline *baseline)
{
	json_t *list = json_array();

	for (size_t i = 0; baseline && i < baseline->count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];

		if (!entry->met)
			dump_append(&list,
				json_pack("{s:o, s:o, s:o}", "place", dump_shown(entry->place),
					"code", dump_shown(entry->code), "key",
					dump_shown(entry->key)));
	}
	return list;
}

json_t *scan_report_json(const struct scan_report *report)
{
	const struct scanned *scanned = report->scanned;
	json_t *findings = json_array();

	for (size_t i = 0; i < scanned->count; i++)
		dump_append(&findings, item_json(&scanned->items[i]));
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:b}", "v", 1, "files",
		(json_int_t)scanned->files, "members", (json_int_t)scanned->members, "bytes",
		(json_int_t)scanned->bytes, "not_opened", (json_int_t)count_not_opened(scanned),
		"findings", findings, "omitted", (json_int_t)scanned->omitted, "stale",
		stale_json(report->baseline), "ok",
		scanned_objections(scanned, report->strict) == 0);
}

// ---- SARIF

// What a service knows a finding again by, whatever line it moves to.
static void identity_of(const struct scanned_item *item, char ret_text[static IDENTITY_SIZE])
{
	char twin[24] = "";
	const char *const parts[] = {item->lasting, finding_kind(item->finding)->code, item->key,
		item->kind, item->form, twin};
	uint8_t hash[(IDENTITY_SIZE - 1) / 2];
	crypto_generichash_state state;

	if (item->twin)
		(void)snprintf(twin, sizeof(twin), "%zu", item->twin);
	(void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		(void)crypto_generichash_update(
			&state, (const uint8_t *)parts[i], strlen(parts[i]) + 1);
	(void)crypto_generichash_final(&state, hash, sizeof(hash));
	(void)sodium_bin2hex(ret_text, IDENTITY_SIZE, hash, sizeof(hash));
}

// A line is one of the file itself only where it lies in no container.
static json_t *region_json(const struct scanreport_place *place)
{
	if (place->line && !place->inside_count)
		return json_pack("{s:I}", "startLine", (json_int_t)place->line);
	return json_pack("{s:I, s:i}", "byteOffset",
		(json_int_t)(place->inside_count ? 0 : place->offset), "byteLength", 0);
}

static void add(struct sarif *sarif, const struct scanned_item *item)
{
	const struct scanreport_place *place = &item->record->place;
	char text[SARIF_TEXT_SIZE], identity[IDENTITY_SIZE];

	(void)snprintf(text, sizeof(text), "%s%s%s (%s). Fix: %s", item->key,
		*item->key ? ": " : "", item->text, item->where, item->hint);
	identity_of(item, identity);
	sarif_add(sarif, &(struct sarif_result){.finding = item->finding,
				 .severity = item->severity,
				 .text = text,
				 .path = *place->path ? place->path : ".",
				 .region = region_json(place),
				 .identity = identity,
				 .accepted = item->accepted});
}

json_t *scan_report_sarif(const struct scan_report *report)
{
	struct sarif sarif = {.rules = json_array(), .results = json_array()};

	for (size_t i = 0; i < report->scanned->count; i++)
		add(&sarif, &report->scanned->items[i]);
	return sarif_log(&sarif);
}
