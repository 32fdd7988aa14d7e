// samekey ps: which running processes carry a key of the bundle, and what each holds of it. Prints;
// the looking is loader/inspect/running/census.c.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/deliver/facts.h"
#include "loader/deliver/report.h"
#include "loader/inspect/running/census.h"
#include "loader/inspect/running/port.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>

#define SHOWN 4200

struct listing {
	const struct options *options;
	const struct resolution *resolution;
	struct diag *diag;
	struct pool *pool;
	struct census census;
	bool quiet, json;
};

// The port that was asked for; 0: none.
static uint16_t asked_port(const struct options *options)
{
	return options->listen == OPTIONS_NO_PORT ? 0 : (uint16_t)options->listen;
}

static bool is_shown(const struct listing *listing, const struct holding *holding)
{
	return holding->key->flags & BUNDLE_KEY_SECRET || listing->options->all == SETTING_YES;
}

// The fingerprint of the winner as of what a process holds; "" where none is shown.
static void winner_fingerprint(const struct listing *listing, const struct bundle_key *key,
	char out[static FINGERPRINT_TEXT_SIZE])
{
	const struct report report = {.resolution = listing->resolution};
	struct facts facts;

	facts_of(&report, key, bundle_winner(key), &facts);
	(void)snprintf(out, FINGERPRINT_TEXT_SIZE, "%s", facts.fingerprint);
}

static const char *origin_of(
	const struct candidate *candidate, char out[static SHOWN], char scratch[static SHOWN])
{
	return text_printable(out, SHOWN, origin_text(candidate->origin, scratch, SHOWN));
}

// ---- text

static int widest_key(const struct listing *listing)
{
	size_t widest = REPORT_KEY_WIDTH;

	for (size_t i = 0; i < listing->census.count; i++) {
		const struct holding_list *holdings = &listing->census.members[i].holdings;

		for (size_t j = 0; j < holdings->count; j++)
			if (is_shown(listing, &holdings->items[j]))
				widest = report_key_width(widest, holdings->items[j].key->name);
	}
	return (int)widest;
}

// "  NEXTAUTH_SECRET  stale  0123456789ab  .env.local:3:1  not ba9876543210  .env:1:1"
static void print_holding(const struct listing *listing, const struct holding *holding, int width)
{
	const struct candidate *winner = bundle_winner(holding->key);
	char wanted[FINGERPRINT_TEXT_SIZE], origin[SHOWN], other[SHOWN], scratch[SHOWN];
	const char *held = *holding->fingerprint ? holding->fingerprint : "-";

	winner_fingerprint(listing, holding->key, wanted);
	(void)printf("    %-*s  %-11s  %-12s", width, holding->key->name,
		holding_state_text(holding->state), held);
	if (holding->candidate)
		(void)printf("  %s", origin_of(holding->candidate, other, scratch));
	if (holding->candidate && holding->candidate->kind == CANDIDATE_READING)
		(void)printf(" as %s reads it", holding->candidate->dialects);
	if (winner && holding->state == HOLDING_SAME)
		(void)printf("  %s", origin_of(winner, origin, scratch));
	else if (winner)
		(void)printf("  not %s  %s", *wanted ? wanted : "the value",
			origin_of(winner, origin, scratch));
	else
		(void)printf("  the bundle has none");
	(void)putchar('\n');
}

static void print_head(const struct census_member *member)
{
	const struct process *process = &member->process;
	const char *role = census_role_text(member->role);
	char folder[SHOWN], span[TEXT_SPAN_SIZE];

	(void)printf("%-7d %s", process->pid, member->name);
	if (*role)
		(void)printf(" (%s)", role);
	(void)printf("  %s%s",
		*process->folder ? text_printable(folder, SHOWN, process->folder) : "-",
		process->folder_gone ? " (deleted since)" : "");
	for (size_t i = 0; i < process->port_count; i++)
		(void)printf("%s%u", i ? "," : "  port ", process->ports[i]);
	if (process->ports_apart)
		(void)printf(" of another network (a container)");
	(void)printf("  started %s ago%s", text_span(span, (double)process->age_s),
		member->related ? "" : "  (not of this project)");
	if (*member->holdings.pm2_id)
		(void)printf(
			"  PM2 %s (pm_id %s)", member->holdings.pm2_name, member->holdings.pm2_id);
	(void)putchar('\n');
}

static void print_member(
	const struct listing *listing, const struct census_member *member, int width)
{
	print_head(member);
	if (member->orphan || asked_port(listing->options))
		(void)printf("    %s%s\n", member->orphan ? "orphan: " : "", member->lineage);
	if (member->process.sight != PROCESS_SEEN)
		(void)printf("    its environment cannot be read\n");
	if (process_is_overwritten(member->process.environment))
		(void)printf("    it has written over its environment (a title), so `missing` says "
			     "nothing\n");
	for (size_t i = 0; i < member->holdings.count; i++)
		if (is_shown(listing, &member->holdings.items[i]))
			print_holding(listing, &member->holdings.items[i], width);
}

// What nobody sees from outside.
static void print_unseen(const struct listing *listing)
{
	const struct census *census = &listing->census;

	if (listing->quiet)
		return;
	if (census->denied)
		(void)fprintf(stderr, "samekey: %zu of %zu processes are not looked at%s\n",
			census->denied, census->looked_at,
			geteuid() == 0 ? ": the kernel shows no environment"
				       : ", most of them other users'; root sees them");
	if (census->hidden)
		(void)fputs("samekey: /proc hides what other users run (hidepid)\n", stderr);
	if (census->too_large)
		(void)fprintf(stderr, "samekey: %zu with too large an environment %s left out\n",
			census->too_large, census->too_large == 1 ? "was" : "were");
	if (census->cut)
		(void)fprintf(stderr, "samekey: only the first %d processes were looked at\n",
			PROCESS_MAX);
	if (census->lacks)
		(void)fputs("samekey: what a program reads by itself after its start (dotenv, "
			    "@next/env) is not in\n  its environment: `missing` may mean that\n",
			stderr);
}

static void print_all(const struct listing *listing)
{
	const struct report report = {.resolution = listing->resolution,
		.diag = listing->diag,
		.quiet = listing->quiet,
		.strict = listing->options->strict == SETTING_YES};
	int width = widest_key(listing);

	if (!listing->census.count && !listing->quiet)
		(void)printf("no process that this user may read carries a %s of %s\n",
			listing->options->all == SETTING_YES ? "key" : "secret",
			listing->resolution->bundle.app);
	for (size_t i = 0; i < listing->census.count; i++)
		print_member(listing, &listing->census.members[i], width);
	if (fflush(stdout) == 0) // so that the findings come behind it
		report_findings(&report);
	print_unseen(listing);
}

// ---- JSON

static json_t *or_null(const char *text)
{
	return *text ? dump_shown(text) : json_null();
}

static json_t *origin_json(const struct candidate *candidate)
{
	char origin[SHOWN], scratch[SHOWN];

	return candidate ? json_string(origin_of(candidate, origin, scratch)) : json_null();
}

static json_t *holding_json(const struct listing *listing, const struct holding *holding)
{
	char wanted[FINGERPRINT_TEXT_SIZE];

	winner_fingerprint(listing, holding->key, wanted);
	return json_pack("{s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:b}", "key", holding->key->name,
		"secret", (holding->key->flags & BUNDLE_KEY_SECRET) != 0, "state",
		holding_state_text(holding->state), "candidate", origin_json(holding->candidate),
		"fingerprint", or_null(holding->fingerprint), "origin",
		origin_json(bundle_winner(holding->key)), "wanted", or_null(wanted), "from_pm2",
		holding->from_pm2);
}

static json_t *ports_json(const struct process *process)
{
	json_t *list = json_array();

	for (size_t i = 0; i < process->port_count; i++)
		dump_append(&list, json_integer(process->ports[i]));
	return list;
}

static json_t *pm2_json(const struct census_member *member)
{
	if (!*member->holdings.pm2_id)
		return json_null();
	return json_pack(
		"{s:s, s:s}", "name", member->holdings.pm2_name, "pm_id", member->holdings.pm2_id);
}

static json_t *member_json(const struct listing *listing, const struct census_member *member)
{
	const struct process *process = &member->process;
	json_t *keys = json_array();

	for (size_t i = 0; i < member->holdings.count; i++)
		if (is_shown(listing, &member->holdings.items[i]))
			dump_append(&keys, holding_json(listing, &member->holdings.items[i]));
	return json_pack("{s:i, s:i, s:s, s:o, s:s, s:s, s:o, s:b, s:o, s:b, s:I, s:I, s:I, s:b, "
			 "s:b, s:o, s:o}",
		"pid", process->pid, "parent", process->parent, "name", member->name, "program",
		dump_shown(process->program), "lineage", member->lineage, "role",
		census_role_text(member->role), "folder", or_null(process->folder),
		"folder_deleted", process->folder_gone, "ports", ports_json(process), "ports_apart",
		process->ports_apart, "uid", (json_int_t)process->uid, "started_s",
		(json_int_t)clock_wall_ms() / 1000 - (json_int_t)process->age_s, "age_s",
		(json_int_t)process->age_s, "orphan", member->orphan, "related", member->related,
		"pm2", pm2_json(member), "keys", keys);
}

static int print_json(const struct listing *listing, int code)
{
	const struct census *census = &listing->census;
	json_t *processes = json_array();

	for (size_t i = 0; i < census->count; i++)
		dump_append(&processes, member_json(listing, &census->members[i]));
	return command_print_json(
		json_pack("{s:i, s:s, s:o, s:{s:I, s:I, s:b, s:I, s:b, s:b}, s:o, s:b}", "v", 1,
			"app", listing->resolution->bundle.app, "processes", processes, "unseen",
			"looked_at", (json_int_t)census->looked_at, "denied",
			(json_int_t)census->denied, "hidden", census->hidden, "too_large",
			(json_int_t)census->too_large, "cut", census->cut, "loaded_later", true,
			"findings", report_json_findings(listing->diag), "ok", code == EXIT_OK),
		code);
}

// ---- asking

// Nobody was found on the port: there is nobody, or nobody that this user may see.
static int complain_port(const struct listing *listing)
{
	unsigned port = asked_port(listing->options);
	struct err err = ERR_NONE;
	uid_t owner = 0;
	int code = port_is_open((uint16_t)port, listing->pool, &owner);

	if (code == -ENOMEM)
		return command_no_memory();
	if (code < 0) {
		(void)err_set(&err, code, "/proc", "cannot look at sockets: %s", strerror(-code));
		return command_fail(listing->options, &err, command_exit_code(code));
	}
	if (code == 0) {
		(void)err_set(&err, -ENOENT, NULL, "nobody listens on port %u", port);
		(void)err_hint(&err, "is the app running, and not in a container? ss -ltnp lists "
				     "who listens");
		return command_fail(listing->options, &err, EXIT_FINDINGS);
	}
	(void)err_set(&err, -EACCES, NULL,
		"port %u is listened on by a process of uid %u that this user may not look at",
		port, owner);
	(void)err_hint(&err, "ask as root, or as that user");
	return command_fail(listing->options, &err, EXIT_DENIED);
}

static int check_port(const struct options *options)
{
	if (options->listen == OPTIONS_NO_PORT ||
		(options->listen && options->listen <= UINT16_MAX))
		return EXIT_OK;
	return command_misuse(options, "--listen", "a port is a number from 1 to 65535", NULL);
}

static int look(struct listing *listing)
{
	const struct census_request request = {.resolution = listing->resolution,
		.port = asked_port(listing->options),
		.settings = listing->options->all == SETTING_YES,
		.strict = listing->options->strict == SETTING_YES};
	struct err err = ERR_NONE;
	int code;

	if (resolution_allow(listing->resolution, listing->diag) < 0)
		return command_no_memory();
	code = census_take(&request, listing->diag, listing->pool, &listing->census, &err);
	return code < 0 ? command_fail(listing->options, &err, command_exit_code(code)) : EXIT_OK;
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	own(diag_release) struct diag *diag = diag_new();
	struct listing listing = {.options = options,
		.diag = diag,
		.pool = pool,
		.quiet = options->quiet == SETTING_YES,
		.json = options->json == SETTING_YES};
	int code = check_port(options);

	if (!diag)
		return command_no_memory();
	if (code == EXIT_OK)
		code = resolving_begin(options, pool, &resolution);
	listing.resolution = resolution;
	if (code == EXIT_OK) {
		resolving_tell_unread(resolution);
		resolving_tell_nothing(options, resolution);
		code = look(&listing);
	}
	if (code != EXIT_OK)
		return code;
	if (asked_port(options) && !listing.census.count)
		return complain_port(&listing);
	code = diag_objections(diag, options->strict == SETTING_YES) ? EXIT_FINDINGS : EXIT_OK;
	if (listing.json)
		return print_json(&listing, code);
	print_all(&listing);
	return code;
}

const struct command cmd_ps = {
	.name = "ps",
	.moment = COMMAND_RUNNING,
	.synopsis = "[OPTION]...",
	.summary = "say what each running process holds of the bundle: same, stale, missing ...",
	.details =
		"Resolves as `samekey run` would, then compares the environment of every process\n"
		"that this user may read and that carries a secret of the bundle. PM2's cluster\n"
		"workers are asked for what PM2 gave them. States: same; stale, with the place\n"
		"that offers the old value; missing; empty; quoted; placeholder; other. No value\n"
		"is shown.\n"
		"\n"
		"    samekey ps                  who holds what, each with its age, port and PM2\n"
		"                                name\n"
		"    samekey ps --listen 3000    who answers on this port, who started it, what\n"
		"                                it lacks\n"
		"    samekey ps --all            settings too\n"
		"    sudo samekey ps             the processes of all users\n"
		"    samekey help process-other  what to do about `other`; the same for each\n"
		"                                state\n"
		"\n"
		"What a program reads from a file by itself after its start (dotenv, @next/env)\n"
		"is not in its environment and not seen. A shell or PM2's daemon that holds\n"
		"another value is a warning: what is started from there inherits it. A process\n"
		"outside of the project (the repository, or the folder of samekey.ini) that\n"
		"holds none of its values is only counted, unless the key says shared = yes. A\n"
		"server that holds no secret at all, such as one that fell back to a default in\n"
		"its code, is seen where it runs in the bundle's folder by a runtime (node,\n"
		"python ...).\n"
		"\n"
		"Exit 0: nobody holds anything else; 1: a process does, or lacks a secret that\n"
		"is required or the framework's own (with --listen or --strict any), or nobody\n"
		"listens on the port; 77: the port is another user's.\n",
	.groups = (const char *const[]){"ps", "resolve", "root", "output", "quiet", "strict", NULL},
	.settings = true,
	.run = run,
};
