// One offer against everything that is held: who may say this name, where it disagrees with the
// living, and with the build. Writes findings for the one who offers; changes nothing.
// SPDX-License-Identifier: MIT
#include "verifier/record/judgement.h"

#include "lib/base/text.h"
#include "verifier/record/compare.h"
#include "verifier/record/remedy.h"

#include <errno.h>
#include <stdarg.h>

#define JUDGEMENT_TEXT_SIZE 2000 // of a finding: what is longer would be cut at its end
#define JUDGEMENT_NAMED_MAX 6    // apps that a finding names of those who agree with each other
#define JUDGEMENT_VALUES_MAX 4   // other values that it names

// A living bundle that holds another value than the offer.
struct opponent {
	const struct registry_entry *entry;
	const struct registry_key *key;
	struct compare_result result;
	bool told;
};

struct judging {
	const struct registry *registry;
	const struct registry_entry *offer;
	uint64_t now_ms;
	struct diag *diag;
	struct opponent *opponents;          // room for every bundle
	const struct registry_entry **stale; // the same
	size_t count;
};

// ---- texts

struct line {
	char text[JUDGEMENT_TEXT_SIZE];
	size_t length, limit;
};

static void add(struct line *line, const char *format, ...) printf_like(2, 3);
static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length =
		vsnprintf(line->text + line->length, line->limit - line->length, format, arguments);
	va_end(arguments);
	if (length > 0)
		line->length += (size_t)length;
	if (line->length >= line->limit)
		line->length = line->limit - 1; // cut
}

// "web (pid 41, 9 minutes)"
static void add_holder(
	struct line *line, const struct judging *judging, const struct registry_entry *entry)
{
	char age[TEXT_SPAN_SIZE], pid[32] = "standing";

	if (entry->hold == REGISTRY_PROCESS)
		(void)snprintf(pid, sizeof(pid), "pid %ld", (long)entry->pid);
	add(line, "%s%s (%s, %s)", entry->app, entry->phase == BUNDLE_PHASE_BUILD ? "'s build" : "",
		pid, text_span(age, (double)(judging->now_ms - entry->offered_ms) / 1000));
}

// What stands before one name of a list.
static const char *joint(size_t index, size_t count)
{
	return index == 0 ? "" : index + 1 == count ? " and " : ", ";
}

static bool is_one_kind(const struct opponent *a, const struct opponent *b)
{
	return a->result.finding == b->result.finding && a->result.stale == b->result.stale;
}

static bool is_one_value(const struct opponent *a, const struct opponent *b)
{
	return is_one_kind(a, b) && compare_equal(a->key, b->key) &&
	       compare_same_origin(a->key->origin, b->key->origin) &&
	       a->key->origin.line == b->key->origin.line;
}

// "; web (pid 41, 9 minutes) and api (standing, 2 hours) have 91ac33e0d1f2 from /srv/web/.env:3:1",
// from the first of them on.
static void add_agreeing(struct line *line, const struct judging *judging, size_t first, bool weak)
{
	const struct opponent *of = &judging->opponents[first];
	char origin[ORIGIN_TEXT_SIZE];
	size_t total = 0, named = 0, shown;

	for (size_t i = first; i < judging->count; i++)
		total += is_one_value(&judging->opponents[i], of);
	shown = total > JUDGEMENT_NAMED_MAX ? JUDGEMENT_NAMED_MAX + 1 : total;
	add(line, "; ");
	for (size_t i = first; i < judging->count && named < JUDGEMENT_NAMED_MAX; i++) {
		if (!is_one_value(&judging->opponents[i], of))
			continue;
		add(line, "%s", joint(named++, shown));
		add_holder(line, judging, judging->opponents[i].entry);
	}
	if (total > named)
		add(line, " and %zu more", total - named);
	add(line, " %s %s from %s", total == 1 ? "has" : "have",
		weak && (of->key->flags & BUNDLE_KEY_WEAK) ? "another weak value"
							   : compare_value_text(of->key),
		origin_text(of->key->origin, origin, sizeof(origin)));
}

static bool is_first_of_value(const struct judging *judging, size_t index, size_t first)
{
	for (size_t i = first; i < index; i++)
		if (is_one_value(&judging->opponents[i], &judging->opponents[index]))
			return false;
	return true;
}

// Both sides of a disagreement: ours, and each other value with all who hold it.
static void add_sides(struct line *line, const struct judging *judging,
	const struct registry_key *ours, size_t first)
{
	bool weak = ours->flags & BUNDLE_KEY_WEAK;
	char origin[ORIGIN_TEXT_SIZE];
	size_t values = 0;

	add_holder(line, judging, judging->offer);
	add(line, " has %s from %s", compare_value_text(ours),
		origin_text(ours->origin, origin, sizeof(origin)));
	for (size_t i = first; i < judging->count; i++) {
		if (!is_one_kind(&judging->opponents[i], &judging->opponents[first]) ||
			!is_first_of_value(judging, i, first))
			continue;
		if (values++ < JUDGEMENT_VALUES_MAX)
			add_agreeing(line, judging, i, weak);
	}
	if (values > JUDGEMENT_VALUES_MAX)
		add(line, "; %zu more values", values - JUDGEMENT_VALUES_MAX);
}

// What brings up to date who holds the older value.
static void add_remedy(struct line *line, const struct judging *judging, size_t first)
{
	const struct opponent *of = &judging->opponents[first];
	const struct registry_entry **stale = judging->stale;
	size_t count = 0;

	if (of->result.stale == COMPARE_NEWER)
		stale[count++] = judging->offer;
	else
		for (size_t i = first; i < judging->count; i++)
			if (is_one_kind(&judging->opponents[i], of))
				stale[count++] = judging->opponents[i].entry;
	remedy_text(stale, count, line->text, line->limit);
	line->length = strlen(line->text);
}

// ---- judgements

// One finding for all who disagree in one way, from the first of them on.
static void tell(struct judging *judging, const struct registry_key *ours, size_t first)
{
	struct line sides = {.limit = sizeof(sides.text)}, hint = {.limit = sizeof(hint.text) / 2};
	char origin[ORIGIN_TEXT_SIZE];
	struct finding_about about = {
		.key = ours->name, .origin = origin_text(ours->origin, origin, sizeof(origin))};

	if (judging->opponents[first].result.kind == REGISTRY_ROTATION) {
		add_remedy(&hint, judging, first);
		about.hint = hint.text;
		sides.limit -= hint.length + 2;
	}
	add_sides(&sides, judging, ours, first);
	finding_add(judging->diag, judging->opponents[first].result.finding, &about, "%s%s%s",
		sides.text, hint.length ? "; " : "", hint.text);
	for (size_t i = first; i < judging->count; i++)
		judging->opponents[i].told |=
			is_one_kind(&judging->opponents[i], &judging->opponents[first]);
}

// A key of `other`, which came first, and of the offer. Instances of one app that hold one value
// are one opponent.
static void oppose(struct judging *judging, const struct registry_entry *other,
	const struct registry_key *ours)
{
	const struct registry_key *theirs = compare_find(other, ours->name);
	struct opponent *opponent = &judging->opponents[judging->count];

	*opponent = (struct opponent){.entry = other, .key = theirs};
	if (!theirs || !compare_key(other, theirs, judging->offer, ours, &opponent->result))
		return;
	// An app that was let pass with a value of its own must not keep out those who keep the
	// rule.
	if (opponent->result.finding == FINDING_DRIFT_SHARED &&
		compare_allows(other, FINDING_DRIFT_SHARED, ours->name))
		opponent->result.finding = FINDING_DRIFT_APP;
	for (size_t i = 0; i < judging->count; i++)
		if (is_one_value(&judging->opponents[i], opponent) &&
			text_equal(judging->opponents[i].entry->app, other->app))
			return;
	judging->count++;
}

// Whoever is refused for a key must not be told to restart who has its older value: that would be
// refused next.
static bool is_to_be_told(const struct judging *judging, const struct opponent *opponent)
{
	if (opponent->told || opponent->result.kind != REGISTRY_ROTATION)
		return !opponent->told;
	for (size_t i = 0; i < judging->count; i++)
		if (finding_kind(judging->opponents[i].result.finding)->severity == DIAG_ERROR)
			return false;
	return true;
}

static void tell_all(struct judging *judging, const struct registry_key *ours)
{
	for (size_t i = 0; i < judging->count; i++)
		if (is_to_be_told(judging, &judging->opponents[i]))
			tell(judging, ours, i);
	judging->count = 0;
}

static void judge_against_live(struct judging *judging)
{
	const struct registry_entry *offer = judging->offer;

	for (size_t k = 0; k < offer->key_count; k++) {
		for (size_t i = 0; i < registry_size(judging->registry); i++) {
			const struct registry_entry *other = registry_at(judging->registry, i);

			if (other->phase == BUNDLE_PHASE_START &&
				!registry_replaces(offer, other) && compare_concerns(other, offer))
				oppose(judging, other, &offer->keys[k]);
		}
		tell_all(judging, &offer->keys[k]);
	}
}

static void judge_against_build(struct judging *judging)
{
	const struct registry_entry *offer = judging->offer;
	const struct registry_entry *build =
		registry_newest(judging->registry, offer->app, BUNDLE_PHASE_BUILD, NULL);

	if (!build || !compare_concerns(build, offer))
		return;
	for (size_t k = 0; k < offer->key_count; k++) {
		oppose(judging, build, &offer->keys[k]);
		tell_all(judging, &offer->keys[k]);
	}
}

static bool judge_owner(
	const struct registry *registry, const struct registry_offer *offer, struct diag *diag)
{
	const char *app = offer->bundle->app;
	char owner[REGISTRY_OWNER_SIZE], hint[BUNDLE_NAME_MAX + 128];
	bool is_bound;

	if (registry_may_offer(registry, app, offer->uid, offer->gid))
		return true;
	is_bound = registry_owner(registry, app, owner);
	if (is_bound)
		(void)snprintf(
			hint, sizeof(hint), "offer it as its owner, or change [app %s] there", app);
	else
		(void)snprintf(hint, sizeof(hint),
			"if it is this user's, say uid = %lu under [app %s] in samekeyd.ini and "
			"reload "
			"samekeyd; else choose another name",
			(unsigned long)offer->uid, app);
	finding_add(diag, FINDING_APP_OWNER, &(struct finding_about){.hint = hint},
		"app '%s' belongs to %s; this is uid %lu", app, owner, (unsigned long)offer->uid);
	return false;
}

static int apply_allowances(const struct registry_offer *offer, struct diag *diag)
{
	const char *owner_code = finding_kind(FINDING_APP_OWNER)->code;

	for (size_t i = 0; i < offer->bundle->allowed_count; i++) {
		const struct bundle_allowed *allowed = &offer->bundle->allowed[i];

		// An offer cannot allow itself another user's name.
		if (!text_equal(allowed->code, owner_code) &&
			diag_allow(diag, allowed->code, *allowed->key ? allowed->key : NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

int judgement_of(const struct registry *registry, const struct registry_offer *offer,
	const struct registry_entry *entry, uint64_t now_ms, struct diag *diag)
{
	own_free struct opponent *opponents =
		calloc(registry_size(registry) + 1, sizeof(*opponents));
	own_free const struct registry_entry **stale =
		calloc(registry_size(registry) + 1, sizeof(*stale));
	struct judging judging = {registry, entry, now_ms, diag, opponents, stale, 0};

	// before what they hold for: of very many findings some are only counted
	if (!opponents || !stale || apply_allowances(offer, diag) < 0)
		return -ENOMEM;
	if (judge_owner(registry, offer, diag)) {
		judge_against_live(&judging);
		judge_against_build(&judging);
	}
	if (!diag_is_complete(diag))
		return -ENOMEM;
	return diag_count(diag, DIAG_ERROR) ? REGISTRY_E_REFUSED : REGISTRY_ACCEPTED;
}
