// The sections of the status page. Each writes itself, or nothing where there is nothing to say.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_PAGE_PART_H
#define VERIFIER_DOOR_API_PAGE_PART_H

#include "lib/base/base.h"

#include <jansson.h>

struct answers;

// What the sections are made from; all borrowed.
struct page {
	FILE *out;
	const struct answers *answers;
	const json_t *ready, *held, *drift; // see answers_readiness, held_json, disagreement_json
	// What drifts: page_drift_name of each.
	const json_t *drifting;
};

// Its stylesheet, all of what stands in <style>.
extern const char page_style[];

// A text member, or "".
const char *page_text(const json_t *object, const char *member);

// How long ago a member with seconds says: "3 days".
#define PAGE_AGE_SIZE 32
const char *page_age(const json_t *object, const char *member, char out[static PAGE_AGE_SIZE]);

// A key of a group, in one text.
#define PAGE_DRIFT_SIZE 520
const char *page_drift_name(const char *group, const char *key, char out[static PAGE_DRIFT_SIZE]);

// Says what to do.
void page_fix(const struct page *page, const char *fix);

// Says how many of `count` were left out, and where they are.
void page_rest(const struct page *page, size_t count, size_t shown, const char *command);

// A section that is a list, of which each item writes itself.
struct page_list {
	const char *title;
	const json_t *items; // NULL: none
	void (*write)(const struct page *page, const json_t *item);
	const char *command; // where those are that are too many for a page
	bool bullets;        // the items are <li>
	const char *none;    // said where there is no item; NULL: then there is no section
};

// Writes the section with at most PAGE_ITEMS_MAX items.
void page_list(const struct page *page, const struct page_list *list);

// Which process: "standing", "pid 4711", or `none`.
#define PAGE_PROCESS_SIZE 32
const char *page_process(
	const json_t *object, const char *none, char out[static PAGE_PROCESS_SIZE]);

// What is wrong: reasons, warnings, who was refused, what disagrees.
void page_wrong_reasons(const struct page *page);
void page_wrong_refused(const struct page *page);
void page_wrong_drift(const struct page *page);

// What is held: apps at a glance, then the keys of each bundle.
void page_held_apps(const struct page *page);
void page_held_bundles(const struct page *page);

// What is done with it: profiles and their tokens, bad tokens whose signer is known, sessions.
void page_used_profiles(const struct page *page);
void page_used_signers(const struct page *page);
void page_used_sessions(const struct page *page);

#endif
