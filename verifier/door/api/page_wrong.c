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

static void write_list(
	const struct page *page, const char *title, const char *member, const char *style)
{
	const json_t *item, *list = json_object_get(page->ready, member);
	size_t i;

	if (!json_array_size(list))
		return;
	html_format(page->out, "<section><h2>%s</h2>\n<ul>\n", title);
	json_array_foreach(list, i, item)
	{
		if (i < PAGE_ITEMS_MAX)
			write_item(page, item, style);
	}
	html_format(page->out, "</ul>\n");
	page_rest(page, json_array_size(list), PAGE_ITEMS_MAX, "samekey status");
	html_format(page->out, "</section>\n");
}

void page_wrong_reasons(const struct page *page)
{
	write_list(page, "Why it is not ready", "reasons", "bad");
	write_list(page, "Warnings", "warnings", "warn");
}

// ---- what disagrees

static void write_side(const struct page *page, const json_t *side)
{
	bool standing = json_is_true(json_object_get(side, "standing"));
	const json_t *pid = json_object_get(side, "pid");
	char age[PAGE_AGE_SIZE], process[32] = "";

	if (standing)
		(void)snprintf(process, sizeof(process), "standing");
	else if (json_is_integer(pid))
		(void)snprintf(
			process, sizeof(process), "pid %lld", (long long)json_integer_value(pid));
	html_row(page->out, NULL, "App", page_text(side, "app"),
		text_equal(page_text(side, "life"), "stale") ? "restart this" : NULL);
	html_cell_begin(page->out, "Fingerprint");
	html_format(page->out, "<code>%s</code>", page_text(side, "fingerprint"));
	html_cell_end(page->out);
	html_cell(page->out, "Origin", page_text(side, "origin"));
	html_cell(page->out, "Phase", page_text(side, "phase"));
	html_cell(page->out, "Process", process);
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
	const json_t *drift, *list = json_object_get(page->drift, "drift");
	size_t i;

	html_format(page->out, "<section><h2>Drift</h2>\n");
	if (!json_array_size(list))
		html_format(page->out, "<p class=\"none\">Nothing disagrees.</p>\n");
	json_array_foreach(list, i, drift)
	{
		if (i < PAGE_ITEMS_MAX)
			write_drift(page, drift);
	}
	page_rest(page, json_array_size(list), PAGE_ITEMS_MAX, "samekey drift");
	html_format(page->out, "</section>\n");
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
	const json_t *refusal, *list = json_object_get(page->drift, "refused");
	size_t i;

	if (!json_array_size(list))
		return;
	html_format(page->out, "<section><h2>Refused, and not accepted since</h2>\n");
	json_array_foreach(list, i, refusal)
	{
		if (i < PAGE_ITEMS_MAX)
			write_refusal(page, refusal);
	}
	page_rest(page, json_array_size(list), PAGE_ITEMS_MAX, "samekey status");
	html_format(page->out, "</section>\n");
}
