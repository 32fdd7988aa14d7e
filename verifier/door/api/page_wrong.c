// What is wrong, worst first: why it is not ready, what disagrees with both origins, who was turned
// away; each with what to do.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "verifier/door/api/html.h"
#include "verifier/door/api/page.h"
#include "verifier/door/api/page_part.h"

static const char *style_of(const char *severity)
{
	return text_equal(severity, "error") ? "bad" : "warn";
}

// What is said of something: what it is about, the sentence, and what to do.
static void write_item(const struct page *page, const json_t *item, const char *style)
{
	const char *app = page_text(item, "app"), *key = page_text(item, "key");
	const char *hint = page_text(item, "hint");

	html_format(page->out, "<li class=\"%s\"><strong>%s%s%s</strong> <code>%s</code><br>",
		style, app, *app && *key ? " " : "", key, page_text(item, "code"));
	html_sentence(page->out, page_text(item, "text"));
	if (*hint)
		page_fix(page, hint);
	html_format(page->out, "</li>\n");
}

static void write_reason(const struct page *page, const json_t *item)
{
	write_item(page, item, "bad");
}

static void write_warning(const struct page *page, const json_t *item)
{
	write_item(page, item, "warn");
}

void page_wrong_reasons(const struct page *page)
{
	page_list(page, &(struct page_list){.title = "Why it is not ready",
				.items = json_object_get(page->ready, "reasons"),
				.write = write_reason,
				.command = "samekey status",
				.bullets = true});
	page_list(page, &(struct page_list){.title = "Warnings",
				.items = json_object_get(page->ready, "warnings"),
				.write = write_warning,
				.command = "samekey status",
				.bullets = true});
}

// ---- what disagrees

static void write_side(const struct page *page, const json_t *side)
{
	char age[PAGE_AGE_SIZE], process[PAGE_PROCESS_SIZE];

	html_row(page->out, NULL, "App", page_text(side, "app"),
		text_equal(page_text(side, "life"), "stale") ? "restart this" : NULL);
	html_cell_begin(page->out, "Fingerprint");
	html_format(page->out, "<code>%s</code>", page_text(side, "fingerprint"));
	html_cell_end(page->out);
	html_cell(page->out, "Origin", page_text(side, "origin"));
	html_cell(page->out, "Phase", page_text(side, "phase"));
	html_cell(page->out, "Process", page_process(side, "", process));
	html_cell(page->out, "Age", page_age(side, "age_s", age));
	html_row_end(page->out);
}

static void write_drift(const struct page *page, const json_t *drift)
{
	static const char *const heads[] = {
		"App", "Fingerprint", "Origin", "Phase", "Process", "Age", NULL};
	const json_t *side, *sides = json_object_get(drift, "sides");
	const char *text = page_text(drift, "text");
	char caption[512];
	size_t i;

	html_format(page->out, "<article class=\"%s\"><h3>%s <span>in group %s</span></h3>\n<p>",
		style_of(page_text(drift, "severity")), page_text(drift, "key"),
		page_text(drift, "group"));
	html_format(page->out, "%s <code>%s</code>%s%s</p>\n", page_text(drift, "severity"),
		page_text(drift, "code"), *text ? ": " : "", text);
	(void)snprintf(
		caption, sizeof(caption), "Who holds which value of %s", page_text(drift, "key"));
	html_table(page->out, caption, heads);
	json_array_foreach(sides, i, side)
	{
		if (i < PAGE_SIDES_MAX)
			write_side(page, side);
	}
	html_table_end(page->out);
	page_rest(page, json_array_size(sides), PAGE_SIDES_MAX, "samekey drift");
	page_fix(page, page_text(drift, "fix"));
	html_format(page->out, "</article>\n");
}

void page_wrong_drift(const struct page *page)
{
	page_list(page, &(struct page_list){.title = "Drift",
				.items = json_object_get(page->drift, "drift"),
				.write = write_drift,
				.command = "samekey drift",
				.none = "Nothing disagrees."});
}

// ---- who was refused

static void write_refusal(const struct page *page, const json_t *refusal)
{
	const json_t *finding;
	char age[PAGE_AGE_SIZE];
	size_t i;

	html_format(page->out, "<article class=\"bad\"><h3>%s <span>in group %s</span></h3>\n",
		page_text(refusal, "app"), page_text(refusal, "group"));
	html_format(page->out, "<p>%s ago, phase %s: <code>%s</code></p>\n<ul>\n",
		page_age(refusal, "age_s", age), page_text(refusal, "phase"),
		page_text(refusal, "program"));
	json_array_foreach(json_object_get(refusal, "findings"), i, finding)
	{
		write_item(page, finding, style_of(page_text(finding, "severity")));
	}
	html_format(page->out, "</ul></article>\n");
}

void page_wrong_refused(const struct page *page)
{
	page_list(page, &(struct page_list){.title = "Refused, and not accepted since",
				.items = json_object_get(page->drift, "refused"),
				.write = write_refusal,
				.command = "samekey status"});
}
