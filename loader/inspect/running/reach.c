// A list of processes that were seen, and per process which keys were told.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/reach.h"

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/inspect/running/holding.h"
#include "loader/inspect/running/process.h"
#include "loader/resolve/given.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/runner.h"

#include <errno.h>
#include <limits.h>

#define WHO_SIZE 1024

// What was said of a process and a key: a warning until it listens, an error then.
enum telling {
	TELLING_NONE,
	TELLING_WARNING,
	TELLING_ERROR,
};

// A process that was seen.
struct sighting {
	pid_t pid;
	uint64_t start;
	uint64_t first_ms;
	enum telling *told; // by the bundle's keys
};

struct reach {
	struct pool *pool;
	const struct resolution *resolution;
	const char *given; // SAMEKEY_RUN=..., as the command has it; NULL: none
	bool fails;
	bool reached; // a process that listens holds all secrets
	bool unripe;  // the last look saw a process too early
	bool late;    // REACH_LATE_MS are over
	bool begun;
	uint64_t begun_ms; // of the first process
	char self[PATH_MAX];
	struct pool_list seen; // struct sighting
};

enum settings_reach reach_level(const struct resolution *resolution, char *const *program)
{
	const struct framework *framework = &resolution->framework;
	bool develops = framework->develops || text_equal(resolution->mode, "development");

	if (resolution->settings->reach != SETTINGS_REACH_UNSET)
		return (enum settings_reach)resolution->settings->reach;
	if (resolution->phase == BUNDLE_PHASE_BUILD || develops ||
		runner_is_server(program, framework, resolution_variable(resolution, "PATH")))
		return SETTINGS_REACH_OFF;
	return framework->kind == FRAMEWORK_SERVER || framework->kind == FRAMEWORK_BUILDER
		       ? SETTINGS_REACH_FAIL
		       : SETTINGS_REACH_WARN;
}

struct reach *reach_new(const struct resolution *resolution, char *const *environment, bool fails)
{
	struct pool *pool = pool_new();
	struct reach *reach = pool ? pool_take(pool, sizeof(*reach)) : NULL;
	ssize_t length;

	if (!reach) {
		pool_free(pool);
		return NULL;
	}
	reach->pool = pool;
	reach->resolution = resolution;
	reach->fails = fails;
	for (; *environment; environment++)
		if (text_starts(*environment, GIVEN_VARIABLE "="))
			reach->given = *environment + sizeof(GIVEN_VARIABLE);
	length = readlink("/proc/self/exe", reach->self, sizeof(reach->self) - 1);
	reach->self[length > 0 ? length : 0] = '\0';
	return reach;
}

struct reach *reach_free(struct reach *reach)
{
	if (reach)
		pool_free(reach->pool);
	return NULL;
}

// ---- one process

// Finds a process, or notes that it was seen for the first time.
// Returns: the sighting, or NULL when memory is short or enough were seen.
static struct sighting *see(struct reach *reach, const struct process *process, uint64_t now_ms)
{
	struct sighting *seen = reach->seen.items;

	for (size_t i = 0; i < reach->seen.count; i++)
		if (seen[i].pid == process->pid && seen[i].start == process->start)
			return &seen[i];
	if (reach->seen.count == REACH_SEEN_MAX)
		return NULL;
	seen = pool_push(reach->pool, &reach->seen, sizeof(*seen));
	if (!seen)
		return NULL;
	*seen = (struct sighting){.pid = process->pid,
		.start = process->start,
		.first_ms = now_ms,
		.told = pool_array(reach->pool, reach->resolution->bundle.key_count + 1,
			sizeof(enum telling))};
	if (seen->told)
		return seen;
	reach->seen.count--;
	return NULL;
}

// What another samekey started has that one's values.
static bool is_of_another_run(const struct reach *reach, const struct process *process)
{
	struct secret given;

	return process_variable(process->environment, GIVEN_VARIABLE, &given) &&
	       (!reach->given || !secret_is(given, reach->given));
}

static bool is_judged(const struct reach *reach, const struct process *process)
{
	return process->sight == PROCESS_SEEN && process->pid != getpid() &&
	       !text_equal(process->program, reach->self) &&
	       (process->port_count || runner_of(process->program) == RUNNER_RUNTIME) &&
	       !is_of_another_run(reach, process);
}

// "node in /srv/shop, port 3000,"
static void tell_who(const struct process *process, char *out, size_t size)
{
	char name[NAME_MAX + 1], folder[512], port[32] = "";

	if (process->port_count)
		(void)snprintf(port, sizeof(port), ", port %u,", process->ports[0]);
	(void)snprintf(out, size, "%s in %s%s",
		text_printable(name, sizeof(name),
			*process->program ? path_basename(process->program) : process->name),
		*process->folder ? text_printable(folder, sizeof(folder), process->folder)
				 : "an unknown folder",
		port);
}

static void tell(
	const struct process *process, const struct holding *holding, bool fails, struct diag *diag)
{
	static const char *const texts[HOLDING_STATES] = {
		[HOLDING_STALE] = "holds another value, that of",
		[HOLDING_MISSING] = "does not have it",
		[HOLDING_EMPTY] = "has it empty",
		[HOLDING_QUOTED] = "holds it with quotes or a line end around it",
		[HOLDING_PLACEHOLDER] = "holds a placeholder",
		[HOLDING_OTHER] = "holds another value",
	};
	char who[WHO_SIZE], pid[32], from[ORIGIN_TEXT_SIZE] = "", fingerprint[32] = "";
	const struct candidate *candidate = holding->candidate;

	tell_who(process, who, sizeof(who));
	(void)snprintf(pid, sizeof(pid), "pid %d", (int)process->pid);
	if (holding->state == HOLDING_STALE && candidate) {
		from[0] = ' ';
		(void)origin_text(candidate->origin, from + 1, sizeof(from) - 1);
	} else if (holding->state == HOLDING_OTHER) {
		(void)snprintf(fingerprint, sizeof(fingerprint), " (%s)", holding->fingerprint);
	}
	finding_add(diag, FINDING_NOT_REACHED,
		&(struct finding_about){.key = holding->key->name, .origin = pid, .fails = fails},
		"%s %s%s%s", who, texts[holding->state], from, fingerprint);
}

// Whether a secret did not reach a process.
static bool differs(const struct process *process, const struct holding *holding)
{
	if (holding->state == HOLDING_SAME || !(holding->key->flags & BUNDLE_KEY_SECRET) ||
		!bundle_winner(holding->key))
		return false;
	return (holding->state != HOLDING_MISSING && holding->state != HOLDING_EMPTY) ||
	       !process_is_overwritten(process->environment);
}

static void judge_holdings(struct reach *reach, const struct process *process,
	const struct sighting *sighting, const struct holding_list *list, struct diag *diag)
{
	bool reached = process->port_count > 0;
	bool fails = reach->fails && (process->port_count || !(reach->reached || reach->late));
	enum telling telling = fails ? TELLING_ERROR : TELLING_WARNING;

	for (size_t i = 0; i < list->count; i++) {
		const struct holding *holding = &list->items[i];
		enum telling *told = &sighting->told[holding->key - reach->resolution->bundle.keys];

		if (!differs(process, holding))
			continue;
		reached = false;
		if (*told < telling) {
			tell(process, holding, fails, diag);
			if (diag_is_complete(diag)) // else it is told by the next look
				*told = telling;
		}
	}
	reach->reached = reach->reached || reached;
}

int reach_judge(
	struct reach *reach, const struct process *process, uint64_t now_ms, struct diag *diag)
{
	const struct resolution *resolution = reach->resolution;
	const struct bundle *bundle = &resolution->bundle;
	struct sighting *sighting;
	struct holding_list list;

	if (!is_judged(reach, process))
		return 0;
	if (!reach->begun) {
		reach->begun = true;
		reach->begun_ms = now_ms;
	}
	reach->late = now_ms - reach->begun_ms >= REACH_LATE_MS;
	sighting = see(reach, process, now_ms);
	if (!sighting || sighting->first_ms == now_ms ||
		(!process->port_count && now_ms - sighting->first_ms < REACH_RIPE_MS)) {
		reach->unripe = true;
		return 0;
	}
	if (holding_compare(bundle, resolution->fingerprints, process, resolution->arena,
		    reach->pool, &list) < 0)
		return -ENOMEM;
	judge_holdings(reach, process, sighting, &list, diag);
	return 0;
}

bool reach_is_known(const struct reach *reach)
{
	return reach->reached && !reach->unripe;
}

int reach_look(struct reach *reach, struct diag *diag)
{
	const struct process_query query = {.below = getpid(), .environment = true, .ports = true};
	own(pool_release) struct pool *pool = pool_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	struct process_list list = {0};
	uint64_t now = clock_steady_ms();
	int code = pool ? secret_arena_open(NULL, &arena, NULL) : -ENOMEM;

	if (code == 0)
		code = process_look(&query, arena, pool, &list, NULL);
	reach->unripe = false;
	for (size_t i = 0; i < list.count && code == 0; i++)
		code = reach_judge(reach, &list.items[i], now, diag);
	return code;
}
