// What is done with the keys: tokens by profile and key, bad tokens whose signer is known, and the
// session listener with its store and its login server.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/html.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/page_part.h"
#include "verifier/door/api/tally.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"

#define NUMBER_SIZE 32

static const char *number_text(char out[static NUMBER_SIZE], uint64_t number)
{
	(void)snprintf(out, NUMBER_SIZE, "%llu", (unsigned long long)number);
	return out;
}

// ---- profiles

static const struct tally_profile *counts_of(const struct page *page, const char *profile)
{
	const struct tally *tally = page->answers->judge ? judge_tally(page->answers->judge) : NULL;

	for (size_t i = 0; tally && i < tally->count; i++)
		if (text_equal(tally->profiles[i]->name, profile))
			return tally->profiles[i];
	return NULL;
}

// Tokens that a key has verified in the state that it has.
static uint64_t tokens_of(const struct tally_profile *counts, const json_t *key)
{
	for (size_t i = 0; counts && i < counts->key_count; i++)
		if (text_equal(counts->keys[i].name, page_text(key, "kid")) &&
			text_equal(key_states[counts->keys[i].state], page_text(key, "state")))
			return counts->keys[i].tokens;
	return 0;
}

static void write_codes(const struct page *page, const struct tally_profile *counts)
{
	char number[NUMBER_SIZE];
	bool any = false;

	html_format(page->out, "<p>");
	for (unsigned code = 0; counts && code < TOKEN_CODES; code++) {
		if (!counts->codes[code])
			continue;
		html_format(page->out, "%s%s %s",
			any ? ", " : "Tokens: ", number_text(number, counts->codes[code]),
			code == TOKEN_OK ? "accepted" : token_code_text((enum token_code)code));
		any = true;
	}
	if (counts && counts->issued) {
		html_format(page->out, "%s%s minted",
			any ? ", " : "Tokens: ", number_text(number, counts->issued));
		any = true;
	}
	html_format(page->out, "%s</p>\n", any ? "" : "No token yet.");
}

static void write_profile_keys(
	const struct page *page, const json_t *profile, const struct tally_profile *counts)
{
	static const char *const heads[] = {
		"Key", "State", "From", "Algorithm", "Key id", "Tokens", NULL};
	const json_t *key;
	char number[NUMBER_SIZE], caption[512];
	size_t i;

	(void)snprintf(caption, sizeof(caption), "Keys of profile %s", page_text(profile, "name"));
	html_table(page->out, caption, heads);
	json_array_foreach(json_object_get(profile, "keys"), i, key)
	{
		html_row(page->out, NULL, "Key", page_text(key, "key"), NULL);
		html_cell(page->out, "State", page_text(key, "state"));
		html_cell(page->out, "From",
			*page_text(key, "app") ? page_text(key, "app") : page_text(key, "file"));
		html_cell(page->out, "Algorithm", page_text(key, "alg"));
		html_cell(page->out, "Key id", page_text(key, "kid"));
		html_cell(page->out, "Tokens", number_text(number, tokens_of(counts, key)));
		html_row_end(page->out);
	}
	html_table_end(page->out);
}

static void write_profile(const struct page *page, const json_t *profile)
{
	const struct tally_profile *counts = counts_of(page, page_text(profile, "name"));
	bool usable = json_is_true(json_object_get(profile, "usable"));

	html_format(page->out, "<article class=\"%s\"><h3>%s <span>%s%s</span></h3>\n",
		usable ? "good" : "bad", page_text(profile, "name"), page_text(profile, "kind"),
		usable ? "" : ", cannot verify");
	if (*page_text(profile, "fault"))
		html_format(page->out, "<p>%s</p>\n", page_text(profile, "fault"));
	if (*page_text(profile, "hint"))
		page_fix(page, page_text(profile, "hint"));
	write_codes(page, counts);
	if (json_array_size(json_object_get(profile, "keys")))
		write_profile_keys(page, profile, counts);
	html_format(page->out, "</article>\n");
}

void page_used_profiles(const struct page *page)
{
	page_list(page, &(struct page_list){.title = "Tokens by profile and key",
				.items = json_object_get(page->held, "profiles"),
				.write = write_profile,
				.command = "samekey status"});
}

// ---- who signs bad ones

static void write_signer(const struct page *page, const json_t *signer)
{
	char age[PAGE_AGE_SIZE], number[NUMBER_SIZE];

	(void)number_text(number, (uint64_t)json_integer_value(json_object_get(signer, "count")));
	html_format(page->out,
		"<li class=\"warn\"><strong>%s %s</strong> <code>%s</code><br>%s, %s times, the "
		"last %s ago<br><span class=\"fix\">Fix: %s</span></li>\n",
		page_text(signer, "app"), page_text(signer, "key"), page_text(signer, "code"),
		page_text(signer, "text"), number, page_age(signer, "age_s", age),
		page_text(signer, "hint"));
}

void page_used_signers(const struct page *page)
{
	page_list(page, &(struct page_list){.title = "Bad tokens whose signer is known",
				.items = json_object_get(page->drift, "tokens"),
				.write = write_signer,
				.command = "samekey status",
				.bullets = true});
}

// ---- sessions

static void write_requests(const struct page *page)
{
	static const char *const heads[] = {"Route", "Results", NULL};
	const struct sessionmetrics *sessions = &page->answers->sessions;
	const uint64_t *count = sessions->requests;
	char number[NUMBER_SIZE];

	html_table(page->out, "Logins, checks, refreshes and logouts by what came of them", heads);
	for (size_t i = 0; sessions->routes[i]; i++) {
		bool any = false;

		html_row(page->out, NULL, "Route", sessions->routes[i], NULL);
		html_cell_begin(page->out, "Results");
		for (size_t k = 0; sessions->results[k]; k++, count++) {
			if (!*count)
				continue;
			html_format(page->out, "%s%s %s", any ? ", " : "",
				number_text(number, *count), sessions->results[k]);
			any = true;
		}
		html_format(page->out, "%s", any ? "" : "none yet");
		html_cell_end(page->out);
		html_row_end(page->out);
	}
	html_table_end(page->out);
}

static void write_store(const struct page *page, const struct ledger_state *store)
{
	char number[NUMBER_SIZE];

	html_format(page->out, "<p class=\"%s\">Store: %s%s%s", store->up ? "good" : "bad",
		store->up ? "✓ there" : "✗ away", store->up ? "" : ", ",
		store->up ? "" : store->why);
	if (*store->warning)
		html_format(page->out, ". %s", store->warning);
	html_format(page->out, ", %s waiting</p>\n", number_text(number, store->waiting));
}

void page_used_sessions(const struct page *page)
{
	const struct answers *answers = page->answers;
	const struct sessionmetrics *sessions = &answers->sessions;
	char number[NUMBER_SIZE];

	if (!answers->ledger && !sessions->requests)
		return;
	html_format(page->out, "<section><h2>Sessions</h2>\n");
	if (answers->ledger)
		write_store(page, ledger_state(answers->ledger));
	if (sessions->is_up)
		html_format(page->out, "<p class=\"%s\">Login server's helper: %s</p>\n",
			sessions->is_up(sessions->upstream) ? "good" : "bad",
			sessions->is_up(sessions->upstream) ? "✓ runs" : "✗ has ended");
	if (answers->revocations)
		html_format(page->out, "<p>Sessions and tokens ended before their time: %s</p>\n",
			number_text(number, revocations_size(answers->revocations)));
	if (sessions->requests)
		write_requests(page);
	html_format(page->out, "</section>\n");
}
