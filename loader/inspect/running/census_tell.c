// A table says which finding a state is; the rest is words.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/census_tell.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/running/belonging.h"
#include "loader/inspect/running/census.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"

#include <errno.h>

#define PLACE_SIZE 512    // of a folder or an origin in a sentence
#define ELSEWHERE_NAMED 3 // processes of other projects; more are only counted
// by which two differences of whole seconds can be wrong together: each of its own clock
#define SECONDS_OFF 1

static const enum finding kinds[HOLDING_STATES] = {
	[HOLDING_SAME] = FINDINGS, // nothing to say
	[HOLDING_STALE] = FINDING_PROCESS_STALE,
	[HOLDING_MISSING] = FINDING_PROCESS_MISSING,
	[HOLDING_EMPTY] = FINDING_PROCESS_EMPTY,
	[HOLDING_QUOTED] = FINDING_PROCESS_QUOTED,
	[HOLDING_PLACEHOLDER] = FINDING_PROCESS_PLACEHOLDER,
	[HOLDING_OTHER] = FINDING_PROCESS_OTHER,
};

struct telling {
	const struct census_request *request;
	const struct census_member *member;
	struct diag *diag;
	struct pool *pool;
	const char *who;
};

static const char *place_text(struct origin origin, char out[static PLACE_SIZE])
{
	char text[ORIGIN_TEXT_SIZE];

	if (origin.source == SOURCE_ENV && !*origin.place)
		return "the environment of this samekey";
	return text_printable(out, PLACE_SIZE, origin_text(origin, text, sizeof(text)));
}

// "pid 4711 (node: next-server in /srv/web, port 3000, PM2's web)"
static const char *who_text(const struct census_member *member, struct pool *pool)
{
	const struct process *process = &member->process;
	const char *role = census_role_text(member->role);
	char folder[PLACE_SIZE];
	const char *text = pool_format(pool, "pid %d (%s%s%s%s%s%s", process->pid, member->name,
		*process->folder ? " in " : "",
		text_printable(folder, sizeof(folder), process->folder),
		process->folder_gone ? " (deleted since)" : "", *role ? ", " : "", role);

	if (text && process->port_count)
		text = pool_format(pool, "%s, port %u", text, process->ports[0]);
	if (text && member->role != CENSUS_PM2 && *member->holdings.pm2_name)
		text = pool_format(pool, "%s, PM2's %s", text, member->holdings.pm2_name);
	return text ? pool_format(pool, "%s)", text) : NULL;
}

// When the file that gives the key was changed last, in seconds since the epoch; 0: no file does.
static uint64_t changed_at(const struct telling *telling, const struct bundle_key *key)
{
	const struct contest *contest =
		contest_find(telling->request->resolution, key->name, strlen(key->name));
	const struct contestant *winner = contest ? contest_winner(contest) : NULL;

	return winner && winner->found && winner->found->file ? winner->found->file->changed_at_s
							      : 0;
}

// "; it started 3 hours before .env changed"
static const char *when_text(const struct telling *telling, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);
	uint64_t now = (uint64_t)clock_wall_ms() / 1000, age = telling->member->process.age_s;
	uint64_t changed = changed_at(telling, key);
	char span[TEXT_SPAN_SIZE], place[PLACE_SIZE];

	if (winner && changed && changed <= now && now - changed + SECONDS_OFF < age)
		return pool_format(telling->pool, "; it started %s before %s changed",
			text_span(span, (double)(age - (now - changed))),
			text_printable(place, sizeof(place), winner->origin.place));
	return pool_format(telling->pool, "; it started %s ago", text_span(span, (double)age));
}

static const char *stale_text(const struct telling *telling, const struct holding *holding)
{
	const struct candidate *candidate = holding->candidate;
	char place[PLACE_SIZE];

	if (candidate->kind == CANDIDATE_READING)
		return pool_format(telling->pool, "holds what %s makes of %s", candidate->dialects,
			place_text(candidate->origin, place));
	return pool_format(telling->pool, "holds the value of %s, which lost",
		place_text(candidate->origin, place));
}

// samekey run gave it, from a source that this samekey does not have: the variables and credentials
// of a service are seen by it alone. So nothing is known to disagree.
static bool is_unseen(const struct holding *holding)
{
	return holding->state == HOLDING_OTHER && holding->given && holding->key->count == 0;
}

static const char *what_text(const struct telling *telling, const struct holding *holding)
{
	static const char *const texts[HOLDING_STATES] = {
		[HOLDING_MISSING] = "does not have it in its environment",
		[HOLDING_EMPTY] = "holds it empty",
		[HOLDING_QUOTED] = "holds it with quotes or a carriage return around it",
		[HOLDING_PLACEHOLDER] = "holds a text that everybody can guess",
		[HOLDING_OTHER] = "holds a value that no source here has",
	};
	char place[PLACE_SIZE];

	if (holding->state == HOLDING_STALE)
		return stale_text(telling, holding);
	if (is_unseen(holding))
		return "holds what samekey run gave it, and no source that is seen from here gives "
		       "it at all";
	if (holding->state == HOLDING_OTHER && holding->given)
		return "holds what samekey run gave it, which no source here has";
	if (holding->state == HOLDING_PLACEHOLDER && holding->candidate)
		return pool_format(telling->pool, "%s, that of %s", texts[holding->state],
			place_text(holding->candidate->origin, place));
	return texts[holding->state];
}

// samekey run stood in front of it: that is no advice then.
static const char *run_hint(const struct telling *telling, const struct holding *holding)
{
	const char *app = telling->member->holdings.pm2_name;
	const struct process *process = &telling->member->process;
	char folder[PLACE_SIZE];

	if (is_unseen(holding))
		return "nothing, if its service gives it, by a variable or a credential, which no "
		       "shell has; samekey status says where it came from";
	if (*process->folder &&
		!belonging_runs_in(process, telling->request->resolution->place.start))
		return pool_format(telling->pool,
			"samekey explain in %s says where it came from; give both one source",
			text_printable(folder, sizeof(folder), process->folder));
	if (holding->state == HOLDING_MISSING)
		return "start it again if the key is new; else find out which program between "
		       "samekey run and it cuts the environment";
	if (*app)
		return pool_format(telling->pool, "pm2 restart %s", app);
	return "start it again, as it was; if it gets this value again, its service gives it, by a "
	       "variable or a credential";
}

// PM2 replays what it captured until the app is deleted.
static const char *hint_text(const struct telling *telling, const struct holding *holding)
{
	const struct holding_list *holdings = &telling->member->holdings;
	const char *app = *holdings->pm2_name ? holdings->pm2_name : holdings->pm2_id;

	if (telling->member->role == CENSUS_SHELL)
		return "unset it in that shell, or end the shell, before it starts anything else";
	if (telling->member->role == CENSUS_PM2)
		return "pm2 kill, then start the apps from a shell that does not hold it";
	if (holding->given ||
		(holding->state == HOLDING_MISSING && telling->member->holdings.below_run))
		return run_hint(telling, holding);
	if (*app && holding->state != HOLDING_MISSING)
		return pool_format(telling->pool,
			"pm2 delete %s, then start it anew with samekey run in front: pm2 restart "
			"keeps what was captured (samekey help pm2)",
			app);
	return NULL;
}

bool census_tell_is_ours(const struct holding *holding)
{
	return holding->key->flags & BUNDLE_KEY_SECRET && *holding->fingerprint &&
	       !text_equal(holding->fingerprint, "weak") &&
	       (holding->state == HOLDING_SAME || holding->state == HOLDING_STALE ||
		       holding->state == HOLDING_QUOTED);
}

// Everybody calls a secret NEXTAUTH_SECRET: what another project's process makes of that name says
// nothing about this bundle, unless the value comes from here or is meant to be the same.
static bool concerns(const struct census_member *member, const struct holding *holding)
{
	return member->ours || holding->key->flags & BUNDLE_KEY_SHARED ||
	       census_tell_is_ours(holding);
}

static void add_milder(struct diag *diag, enum diag_severity severity, enum finding finding,
	const struct finding_about *about, const char *text)
{
	diag_add(diag, &(struct diag_item){.severity = severity,
			       .code = finding_kind(finding)->code,
			       .key = about->key,
			       .origin = about->origin,
			       .text = text,
			       .hint = about->hint ? about->hint : finding_kind(finding)->fix});
}

// Whether a framework's server reads the value from its file by itself, which nobody sees.
static bool is_read_later(const struct telling *telling, const struct bundle_key *key)
{
	const struct candidate *winner = bundle_winner(key);

	return winner && winner->origin.source == SOURCE_DOTENV &&
	       telling->request->resolution->framework.kind == FRAMEWORK_SERVER;
}

// A program may do without a secret, or read it from a file by itself, unless somebody says that it
// must be there.
static bool is_warning(const struct telling *telling, const struct holding *holding)
{
	const struct bundle_key *key = holding->key;
	const struct contest *contest;

	if (telling->member->role != CENSUS_PROGRAM)
		return true;
	if (holding->state != HOLDING_MISSING || telling->request->port || telling->request->strict)
		return false;
	contest = contest_find(telling->request->resolution, key->name, strlen(key->name));
	return is_read_later(telling, key) ||
	       !(key->flags & BUNDLE_KEY_REQUIRED || (contest && contest->framework_secret));
}

static int tell_holding(const struct telling *telling, const struct holding *holding)
{
	const struct candidate *winner = bundle_winner(holding->key);
	const char *what = what_text(telling, holding), *when = when_text(telling, holding->key);
	char origin[ORIGIN_TEXT_SIZE] = "";
	struct finding_about about = {.key = holding->key->name, .origin = origin};
	const char *text = what && when
				   ? pool_format(telling->pool, "%s %s%s", telling->who, what, when)
				   : NULL;

	if (!text)
		return -ENOMEM;
	if (winner)
		(void)origin_text(winner->origin, origin, sizeof(origin));
	about.hint = hint_text(telling, holding);
	if (is_unseen(holding))
		add_milder(telling->diag, DIAG_NOTE, kinds[holding->state], &about, text);
	else if (is_warning(telling, holding))
		add_milder(telling->diag, DIAG_WARNING, kinds[holding->state], &about, text);
	else
		finding_add(telling->diag, kinds[holding->state], &about, "%s", text);
	return 0;
}

static bool differs(const struct holding *holding)
{
	return holding->key->flags & BUNDLE_KEY_SECRET && holding->state != HOLDING_SAME;
}

static bool is_told(const struct telling *telling, const struct holding *holding)
{
	if (!differs(holding) || !concerns(telling->member, holding))
		return false;
	if ((holding->state == HOLDING_MISSING || holding->state == HOLDING_EMPTY) &&
		process_is_overwritten(telling->member->process.environment))
		return false;
	if (holding->state != HOLDING_MISSING)
		return true;
	return telling->member->role == CENSUS_PROGRAM &&
	       (telling->member->home || telling->request->port || telling->request->strict);
}

// One that holds what it should is listed as an orphan, and no disagreement.
static bool holds_all(const struct census_member *member)
{
	for (size_t i = 0; i < member->holdings.count; i++)
		if (differs(&member->holdings.items[i]))
			return false;
	return true;
}

static int tell_orphan(const struct telling *telling)
{
	const struct census_member *member = telling->member;
	const char *hint = pool_format(telling->pool,
		"stop it with kill %d, then start the app again", member->process.pid);
	const struct finding_about about = {.hint = hint, .key = NULL};

	if (!hint)
		return -ENOMEM;
	if (member->adopted == member->process.pid)
		finding_add(telling->diag, FINDING_PROCESS_ORPHAN, &about,
			"%s is an orphan: its parent ended, and pid %d took it over; no restart "
			"reaches it",
			telling->who, member->adopter);
	else
		finding_add(telling->diag, FINDING_PROCESS_ORPHAN, &about,
			"%s is an orphan: the parent of pid %d, which started it, ended, and pid "
			"%d took that over; no restart reaches it",
			telling->who, member->adopted, member->adopter);
	return 0;
}

int census_tell(const struct census_request *request, const struct census_member *member,
	struct diag *diag, struct pool *pool)
{
	struct telling telling = {request, member, diag, pool, who_text(member, pool)};
	int code = telling.who ? 0 : -ENOMEM;

	for (size_t i = 0; i < member->holdings.count && code == 0; i++)
		if (is_told(&telling, &member->holdings.items[i]))
			code = tell_holding(&telling, &member->holdings.items[i]);
	if (code == 0 && member->orphan && member->related && member->role == CENSUS_PROGRAM &&
		(request->port || !holds_all(member)))
		code = tell_orphan(&telling);
	return code == 0 && !diag_is_complete(diag) ? -ENOMEM : code;
}

// ---- other projects

static bool is_elsewhere(const struct census_member *member)
{
	for (size_t i = 0; i < member->holdings.count; i++) {
		const struct holding *holding = &member->holdings.items[i];

		if (differs(holding) && holding->state != HOLDING_MISSING &&
			!concerns(member, holding))
			return true;
	}
	return false;
}

int census_tell_elsewhere(const struct census_request *request, const struct census *census,
	struct diag *diag, struct pool *pool)
{
	const char *named = "";
	size_t count = 0;

	for (size_t i = 0; named && i < census->count; i++) {
		const struct census_member *member = &census->members[i];
		char folder[PLACE_SIZE];

		if (!is_elsewhere(member) || count++ >= ELSEWHERE_NAMED)
			continue;
		named = pool_format(pool, "%s%spid %d (%s in %s)", named, *named ? ", " : "",
			member->process.pid, member->name,
			*member->process.folder
				? text_printable(folder, sizeof(folder), member->process.folder)
				: "an unknown folder");
	}
	if (!named)
		return -ENOMEM;
	if (count)
		finding_add(diag, FINDING_PROCESS_ELSEWHERE, &(struct finding_about){.key = NULL},
			"%zu process%s outside of %s %s a secret of the same name with another "
			"value: %s%s",
			count, count == 1 ? "" : "es", request->resolution->bundle.app,
			count == 1 ? "has" : "have", named,
			count > ELSEWHERE_NAMED ? " and others" : "");
	return diag_is_complete(diag) ? 0 : -ENOMEM;
}
