// What is held: the apps at a glance, and of each bundle every key with the source that won and
// those that lost.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "verifier/door/api/html.h"
#include "verifier/door/api/page.h"
#include "verifier/door/api/page_part.h"

// ---- apps

static const char *state_of(const json_t *app)
{
	if (json_is_true(json_object_get(app, "ready")))
		return "✓ ready";
	return json_integer_value(json_object_get(app, "live")) ? "✗ not ready" : "✗ not there";
}

void page_held_apps(const struct page *page)
{
	static const char *const heads[] = {"App", "State", "Live", "Expected", NULL};
	const json_t *app, *list = json_object_get(page->ready, "apps");
	size_t i;

	html_format(page->out, "<section><h2>Apps</h2>\n");
	if (!json_array_size(list)) {
		html_format(page->out,
			"<p class=\"none\">None yet. An app is there when it was started by <code>"
			"samekey run -- COMMAND</code>.</p></section>\n");
		return;
	}
	html_table(page->out, "Apps and whether they are ready", heads);
	json_array_foreach(list, i, app)
	{
		bool ready = json_is_true(json_object_get(app, "ready"));
		char live[32];

		if (i >= PAGE_ITEMS_MAX)
			break;
		(void)snprintf(live, sizeof(live), "%lld",
			(long long)json_integer_value(json_object_get(app, "live")));
		html_row(page->out, ready ? "good" : "bad", "App", page_text(app, "app"), NULL);
		html_cell(page->out, "State", state_of(app));
		html_cell(page->out, "Live", live);
		html_cell(page->out, "Expected",
			json_is_true(json_object_get(app, "expected")) ? "yes" : "no");
		html_row_end(page->out);
	}
	html_table_end(page->out);
	page_rest(page, json_array_size(list), PAGE_ITEMS_MAX, "samekey status");
	html_format(page->out, "</section>\n");
}

// ---- keys

// Whether a drift is about this key of this group.
static bool is_drifting(const struct page *page, const char *group, const char *key)
{
	char name[PAGE_DRIFT_SIZE];

	return json_object_get(page->drifting, page_drift_name(group, key, name)) != NULL;
}

static void write_shadowed(const struct page *page, const json_t *key)
{
	const json_t *other, *list = json_object_get(key, "shadowed");
	size_t i;

	html_cell_begin(page->out, "Shadowed");
	json_array_foreach(list, i, other)
	{
		if (i)
			html_format(page->out, "<br>");
		html_format(page->out, "%s%s", page_text(other, "origin"),
			json_is_true(json_object_get(other, "differs")) ? " differs" : "");
	}
	html_cell_end(page->out);
}

static void write_key(const struct page *page, const char *group, const json_t *key)
{
	bool secret = json_is_true(json_object_get(key, "secret"));
	bool drifting = is_drifting(page, group, page_text(key, "key"));
	const char *fingerprint = page_text(key, "fingerprint");
	const json_t *length = json_object_get(key, "length");
	char bytes[32] = "", age[PAGE_AGE_SIZE];

	if (json_is_integer(length))
		(void)snprintf(bytes, sizeof(bytes), "%lld", (long long)json_integer_value(length));
	html_row(page->out,
		drifting ? "bad"
		: secret ? NULL
			 : "plain",
		"Key", page_text(key, "key"), drifting ? "drift" : NULL);
	html_cell(page->out, "Source", page_text(key, "source"));
	html_cell(page->out, "Origin", page_text(key, "origin"));
	html_cell_begin(page->out, "Fingerprint");
	if (secret || !text_equal(fingerprint, "weak")) // a port is no weak secret
		html_format(page->out, "<code>%s</code>", fingerprint);
	html_cell_end(page->out);
	html_cell(page->out, "Bytes", bytes);
	html_cell(page->out, "Held for", *fingerprint ? page_age(key, "held_s", age) : "");
	write_shadowed(page, key);
	html_row_end(page->out);
}

// Secrets first.
static void write_keys(const struct page *page, const json_t *bundle)
{
	static const char *const heads[] = {
		"Key", "Source", "Origin", "Fingerprint", "Bytes", "Held for", "Shadowed", NULL};
	const json_t *key, *list = json_object_get(bundle, "keys");
	size_t i;
	char caption[512];

	(void)snprintf(caption, sizeof(caption), "Keys of %s", page_text(bundle, "app"));
	html_table(page->out, caption, heads);
	for (int secret = 1; secret >= 0; secret--)
		json_array_foreach(list, i, key)
		{
			if (json_is_true(json_object_get(key, "secret")) == (secret == 1))
				write_key(page, page_text(bundle, "group"), key);
		}
	html_table_end(page->out);
	page_rest(page, (size_t)json_integer_value(json_object_get(bundle, "key_count")),
		json_array_size(list), "samekey status --json");
}

static void write_bundle(const struct page *page, const json_t *bundle)
{
	const char *state = page_text(bundle, "state");
	char age[PAGE_AGE_SIZE], process[PAGE_PROCESS_SIZE];

	html_format(page->out, "<article class=\"%s\"><h3>%s <span>in group %s</span></h3>\n",
		text_equal(state, "live") ? "good" : "warn", page_text(bundle, "app"),
		page_text(bundle, "group"));
	html_format(page->out,
		"<p>phase %s, mode %s · %s · %s · offered %s ago · <code>%s</code></p>\n",
		page_text(bundle, "phase"), page_text(bundle, "mode"), state,
		page_process(bundle, "no process", process), page_age(bundle, "age_s", age),
		page_text(bundle, "program"));
	write_keys(page, bundle);
	html_format(page->out, "</article>\n");
}

void page_held_bundles(const struct page *page)
{
	const json_t *bundle, *list = json_object_get(page->held, "apps");
	size_t i, living = 0;

	json_array_foreach(list, i, bundle)
	{
		if (text_equal(page_text(bundle, "state"), "dead"))
			continue;
		if (!living)
			html_format(page->out, "<section><h2>What they hold</h2>\n");
		if (living++ < PAGE_BUNDLES_MAX)
			write_bundle(page, bundle);
	}
	page_rest(page, living, PAGE_BUNDLES_MAX, "samekey status");
	if (living)
		html_format(page->out, "</section>\n");
}
