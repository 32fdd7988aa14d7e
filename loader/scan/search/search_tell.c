// Reports without a value: key, origin, form and place. Of each value or print the first places of
// a stream are told, and the others only counted.
// SPDX-License-Identifier: MIT
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/newlines.h"
#include "loader/scan/search/search_stream.h"

#include <errno.h>

#define SHOWN_MAX 256 // for people

bool search_tell_is_text(const struct search_stream *stream)
{
	return stream->looked && !stream->binary;
}

void search_tell(struct search_stream *stream, struct scanreport *report, uint64_t offset)
{
	report->place = *stream->place;
	report->place.offset = offset;
	if (search_tell_is_text(stream) && offset >= stream->base)
		report->place.line =
			stream->lines + 1 +
			newlines_count(stream->window, (size_t)(offset - stream->base));
	stream->search->sink.found(stream->search->sink.user, report);
}

// Counts one more.
// Returns: whether it shall be told.
static bool count_one(struct search_stream *stream, struct search_tally *tally, size_t room,
	size_t index, uint64_t offset, const char *form)
{
	struct search_tally_item *item;

	if (!tally->items) {
		tally->items = calloc(room, sizeof(*tally->items));
		if (!tally->items) {
			stream->code = -ENOMEM;
			return false;
		}
	}
	item = &tally->items[index];
	if (item->count++ < SEARCH_LISTED_MAX)
		return true;
	if (item->count == SEARCH_LISTED_MAX + 1) {
		item->first_unlisted = offset;
		item->form = form;
	}
	return false;
}

static const char *kind_text(enum scanjob_kind kind)
{
	static const char *const texts[SCANJOB_KINDS] = {
		[SCANJOB_CURRENT] = "current",
		[SCANJOB_SHADOWED] = "shadowed",
		[SCANJOB_READING] = "reading",
		[SCANJOB_SENTINEL] = "sentinel",
	};

	return kind < SCANJOB_KINDS ? texts[kind] : "";
}

static struct scanreport value_report(const struct search *search, size_t value, const char *form)
{
	const struct scanjob_value *found = &search->job->values[value];

	return (struct scanreport){.type = SCANREPORT_VALUE,
		.key = found->key,
		.origin = found->origin,
		.kind = kind_text(found->kind),
		.form = form};
}

static struct scanreport print_report(const struct search *search, size_t print, const char *form)
{
	const struct scanjob_print *found = &search->job->prints[print];

	return (struct scanreport){
		.type = SCANREPORT_OLD, .key = found->key, .origin = found->origin, .form = form};
}

void search_tell_hit(void *user, const struct hit *hit)
{
	struct search_stream *stream = user;
	struct search *search = stream->search;
	const struct pattern *pattern = hit->pattern;
	struct scanreport report = value_report(search, pattern->value, pattern->form);

	if (!count_one(stream, &stream->values, search->job->value_count, pattern->value,
		    hit->start, pattern->form))
		return;
	if (pattern->middle)
		report.text = "the middle of the value stands there";
	else
		report.size = hit->end - hit->start;
	search_tell(stream, &report, hit->start);
}

void search_tell_print(void *user, size_t print, uint64_t offset, const char *form)
{
	struct search_stream *stream = user;
	struct search *search = stream->search;
	struct scanreport report = print_report(search, print, form);

	if (count_one(stream, &stream->prints, search->job->print_count, print, offset, form))
		search_tell(stream, &report, offset);
}

// Says how many places of one value or print are not listed.
static void tell_rest(struct search_stream *stream, const struct search_tally *tally, size_t count,
	struct scanreport (*make)(const struct search *search, size_t index, const char *form))
{
	for (size_t i = 0; tally->items && i < count; i++) {
		const struct search_tally_item *item = &tally->items[i];
		struct scanreport report;
		char text[SHOWN_MAX];

		if (item->count <= SEARCH_LISTED_MAX)
			continue;
		report = make(stream->search, i, item->form);
		(void)snprintf(text, sizeof(text),
			"the first of %u more places in this file that are not listed",
			item->count - SEARCH_LISTED_MAX);
		report.text = text;
		search_tell(stream, &report, item->first_unlisted);
	}
}

void search_tell_rest(struct search_stream *stream)
{
	const struct scanjob *job = stream->search->job;

	tell_rest(stream, &stream->values, job->value_count, value_report);
	tell_rest(stream, &stream->prints, job->print_count, print_report);
}

void search_tell_skipped(const struct search *search)
{
	const struct scanjob *job = search->job;
	struct scanreport report = {.type = SCANREPORT_SKIPPED};

	for (size_t i = 0; i < job->value_count; i++) {
		if (!job->values[i].secret || pattern_is_searched(job, i))
			continue;
		report.key = job->values[i].key;
		report.origin = job->values[i].origin;
		report.kind = kind_text(job->values[i].kind);
		report.text = "values of fewer than 8 bytes are not searched";
		search->sink.found(search->sink.user, &report);
	}
	for (size_t i = 0; i < job->print_count; i++) {
		if (job->prints[i].length <= OLDER_LENGTH_MAX)
			continue;
		report.key = job->prints[i].key;
		report.origin = job->prints[i].origin;
		report.kind = NULL;
		report.text = "older values of more than 4096 bytes are not searched";
		search->sink.found(search->sink.user, &report);
	}
}
