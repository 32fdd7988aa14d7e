// The outline of the page: who sees how much, head, state, sections.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/page.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/disagreement.h"
#include "verifier/door/api/held.h"
#include "verifier/door/api/html.h"
#include "verifier/door/api/page_part.h"
#include "verifier/door/api/reply.h"

#include <errno.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#define PAGE_HASH_SIZE 64 // of 32 bytes as base64
#define PAGE_HOST_SIZE 65 // HOST_NAME_MAX and its NUL

const char *page_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

const char *page_age(const json_t *object, const char *member, char out[static PAGE_AGE_SIZE])
{
	return text_span(out, (double)json_integer_value(json_object_get(object, member)));
}

void page_fix(const struct page *page, const char *fix)
{
	html_format(page->out, "<p class=\"fix\">Fix: ");
	html_sentence(page->out, fix);
	html_format(page->out, "</p>\n");
}

void page_rest(const struct page *page, size_t count, size_t shown, const char *command)
{
	char number[32];

	if (count <= shown)
		return;
	(void)snprintf(number, sizeof(number), "%zu", count - shown);
	html_format(page->out, "<p>%s more: <code>%s</code></p>\n", number, command);
}

void page_list(const struct page *page, const struct page_list *list)
{
	size_t i, count = json_array_size(list->items);
	const json_t *item;

	if (!count && !list->none)
		return;
	html_format(page->out, "<section><h2>%s</h2>\n", list->title);
	if (!count)
		html_format(page->out, "<p class=\"none\">%s</p>\n", list->none);
	else if (list->bullets)
		html_format(page->out, "<ul>\n");
	json_array_foreach(list->items, i, item)
	{
		if (i < PAGE_ITEMS_MAX)
			list->write(page, item);
	}
	if (count && list->bullets)
		html_format(page->out, "</ul>\n");
	page_rest(page, count, PAGE_ITEMS_MAX, list->command);
	html_format(page->out, "</section>\n");
}

const char *page_process(const json_t *object, const char *none, char out[static PAGE_PROCESS_SIZE])
{
	const json_t *pid = json_object_get(object, "pid");

	if (json_is_true(json_object_get(object, "standing")))
		(void)snprintf(out, PAGE_PROCESS_SIZE, "standing");
	else if (json_is_integer(pid))
		(void)snprintf(
			out, PAGE_PROCESS_SIZE, "pid %lld", (long long)json_integer_value(pid));
	else
		(void)snprintf(out, PAGE_PROCESS_SIZE, "%s", none);
	return out;
}

const char *page_drift_name(const char *group, const char *key, char out[static PAGE_DRIFT_SIZE])
{
	(void)snprintf(out, PAGE_DRIFT_SIZE, "%s\n%s", group, key);
	return out;
}

// The names of what drifts: there may be as many as there are keys, and each key is looked up.
// Returns: an object whose reference is the caller's, or NULL when memory is short.
static json_t *drifting_of(const json_t *disagreement)
{
	json_t *drifting = json_object();
	const json_t *drift;
	char name[PAGE_DRIFT_SIZE];
	size_t i;

	json_array_foreach(json_object_get(disagreement, "drift"), i, drift)
	{
		(void)page_drift_name(page_text(drift, "group"), page_text(drift, "key"), name);
		if (!drifting || json_object_set_new_nocheck(drifting, name, json_true()) < 0) {
			json_decref(drifting);
			return NULL;
		}
	}
	return drifting;
}

// ---- head

// Shows in the tab how it stands, beside the title's first word.
static void write_icon(FILE *out, bool ready)
{
	html_format(out,
		"<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg "
		"xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%%3E%%3Ccircle cx='8' "
		"cy='8' "
		"r='7' fill='%%23%s'/%%3E%%3C/svg%%3E\">\n",
		ready ? "1a7f37" : "cf222e");
}

static void write_head(FILE *out, bool ready, const char *host)
{
	html_format(out,
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n");
	(void)fprintf(out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", PAGE_RELOAD_S);
	html_format(
		out, "<title>%s · samekey on %s</title>\n", ready ? "Ready" : "Not ready", host);
	write_icon(out, ready);
	(void)fprintf(out, "<style>%s</style>\n</head>\n<body>\n", page_style);
}

static void write_facts(const struct page *page)
{
	const struct answers *answers = page->answers;
	char now[32] = "", span[TEXT_SPAN_SIZE];
	time_t wall = (time_t)(clock_wall_ms() / 1000);
	struct tm utc;

	if (gmtime_r(&wall, &utc))
		(void)strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S UTC", &utc);
	(void)text_span(span, (double)(clock_steady_ms() - answers->life.started_ms) / 1000);
	html_format(page->out,
		"<p class=\"facts\">%s · running for %s · samekeyd %s · fingerprint key "
		"<code>%s</code></p>\n",
		now, span, SAMEKEY_VERSION, fingerprint_key_id(answers->key));
}

// ", 2 warnings"
static void write_count(FILE *out, size_t count, const char *what)
{
	char text[48];

	(void)snprintf(text, sizeof(text), ", %zu %s%s", count, what, text_plural(count));
	if (count)
		html_text(out, text);
}

static void write_state(const struct page *page, bool ready, const char *host)
{
	html_format(page->out,
		"<header>\n<h1>samekey <span>on %s</span></h1>\n<p class=\"state %s\" "
		"role=\"status\">%s",
		host, ready ? "good" : "bad", ready ? "✓ Ready" : "✗ Not ready");
	write_count(
		page->out, json_array_size(json_object_get(page->ready, "warnings")), "warning");
	write_count(page->out, json_array_size(json_object_get(page->drift, "drift")), "drift");
	html_format(page->out, "</p>\n");
	write_facts(page);
	html_format(page->out, "</header>\n<main>\n");
}

// ---- the whole

static void write_all(const struct page *page, bool ready)
{
	char host[PAGE_HOST_SIZE] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		(void)snprintf(host, sizeof(host), "this host");
	write_head(page->out, ready, host);
	write_state(page, ready, host);
	page_wrong_reasons(page);
	page_wrong_drift(page);
	page_wrong_refused(page);
	page_used_signers(page);
	page_held_apps(page);
	page_held_bundles(page);
	page_used_profiles(page);
	page_used_sessions(page);
	(void)fprintf(page->out,
		"</main>\n<footer><p>Values are never shown. A fingerprint is a short keyed hash: "
		"where it is the same, so is the value.</p>\n<p>The same in a terminal: <code>"
		"samekey status</code>, <code>samekey drift</code>. This page asks again every %d "
		"s.</p></footer>\n</body>\n</html>\n",
		PAGE_RELOAD_S);
}

// What a stranger may know.
static void write_glance(FILE *out, bool ready, const char *hint)
{
	write_head(out, ready, "this host");
	html_format(out,
		"<header><h1>samekey</h1>\n<p class=\"state %s\" role=\"status\">%s</p></header>\n"
		"<main><p>%s</p></main>\n</body>\n</html>\n",
		ready ? "good" : "bad", ready ? "✓ Ready" : "✗ Not ready", hint);
}

// ---- the reply

// The page runs nothing, loads nothing and is shown in nothing.
static int add_policy(struct route_reply *reply)
{
	static const char format[] =
		"default-src 'none'; style-src 'sha256-%s'; img-src data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'";
	uint8_t hash[crypto_hash_sha256_BYTES];
	char text[PAGE_HASH_SIZE], policy[sizeof(format) + PAGE_HASH_SIZE];
	int code;

	(void)crypto_hash_sha256(hash, (const uint8_t *)page_style, strlen(page_style));
	(void)sodium_bin2base64(
		text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(policy, sizeof(policy), format, text);
	code = reply_header(reply, "Content-Security-Policy", policy, strlen(policy));
	return code ? code : reply_header(reply, "Referrer-Policy", "no-referrer", 11);
}

// Returns: 0 or -ENOMEM.
static int write_page(struct answers *answers, const struct route_request *request,
	struct pool *pool, struct route_reply *reply)
{
	const char *hint =
		request->caller.door != ROUTE_TCP
			? "More is for those with the verb status: [admit] in samekeyd.ini."
		: request->caller.lacks_token
			? "More needs a token: token_file under [listen] in samekeyd.ini names it."
			: "More needs the token of samekeyd.ini's token_file, as the password; any "
			  "user name will do.";
	bool sees = route_sees_names(&request->caller), ready = false;
	json_t *readiness = answers_readiness(answers, request, pool, &ready);
	const struct held_share keys = {PAGE_KEYS_MAX, PAGE_ALL_KEYS_MAX};
	json_t *held = sees ? held_json(answers, request, keys) : NULL;
	json_t *drift = sees ? disagreement_json(answers, request, pool) : NULL;
	json_t *drifting = drift ? drifting_of(drift) : NULL;
	struct page page = {NULL, answers, readiness, held, drift, drifting};
	bool made = readiness && (!sees || (held && drifting));

	page.out = made ? open_memstream(&reply->body, &reply->length) : NULL;
	if (page.out && sees)
		write_all(&page, ready);
	else if (page.out)
		write_glance(page.out, ready, hint);
	if (page.out)
		made = !ferror(page.out); // fclose of an unwritable stream frees it all the same
	// where its last realloc fails, fclose leaves NULL and says nothing
	if (page.out && (fclose(page.out) != 0 || !reply->body))
		made = false;
	made = made && page.out;
	json_decref(readiness);
	json_decref(held);
	json_decref(drift);
	json_decref(drifting);
	return made ? 0 : -ENOMEM;
}

void page_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();
	bool asks = request->caller.door == ROUTE_TCP && !route_sees_names(&request->caller) &&
		    !request->caller.lacks_token;

	if (!pool || write_page(answers, request, pool, reply) < 0 || add_policy(reply) < 0) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	reply->status = asks ? 401 : 200;
	reply->challenge = asks ? ROUTE_CHALLENGE_BASIC : ROUTE_CHALLENGE_NONE;
	reply->content_type = "text/html; charset=utf-8";
}
