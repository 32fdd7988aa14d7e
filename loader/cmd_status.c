// samekey status: asks the verifier what it holds, what disagrees and who was refused.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/wire/drift.h"
#include "loader/cli/commands.h"
#include "loader/cli/probe.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/resolve/resolution.h"
#include "loader/witness/drift_list.h"

#include <errno.h>
#include <jansson.h>

// The three answers that make up a status.
struct status {
	json_t *ready, *secrets, *drift;
};

static void status_done(struct status *status)
{
	json_decref(status->ready);
	json_decref(status->secrets);
	json_decref(status->drift);
}

static const char *text_of(const json_t *object, const char *key, char *out, size_t size)
{
	if (!*dump_member(object, key, out, size) && !json_is_string(json_object_get(object, key)))
		(void)snprintf(out, size, "%s", "-");
	return out;
}

#define SHOWN 512

// A key in front of what is said of it: " KEY", or nothing.
static const char *key_of(const json_t *object, char *out, size_t size)
{
	*out = ' ';
	(void)text_of(object, "key", out + 1, size - 1);
	return out[1] ? out : "";
}

// The origin comes last: it is the only column of any length.
static void print_keys(const json_t *app)
{
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(app, "keys"), i, key)
	{
		char name[SHOWN], source[64], origin[SHOWN], length[64], fingerprint[64];

		(void)text_of(key, "fingerprint", fingerprint, sizeof(fingerprint));
		// a port is no weak secret
		if (!json_is_true(json_object_get(key, "secret")) &&
			text_equal(fingerprint, "weak"))
			(void)snprintf(fingerprint, sizeof(fingerprint), "-");
		(void)printf("    %-24s  %-11s  %8s  %-12s  %s\n",
			text_of(key, "key", name, sizeof(name)),
			text_of(key, "source", source, sizeof(source)),
			text_of(key, "length", length, sizeof(length)), fingerprint,
			text_of(key, "origin", origin, sizeof(origin)));
	}
}

// "pid 4711", "standing", or "no pid".
static const char *process_of(const json_t *object, char *out, size_t size)
{
	const json_t *pid = json_object_get(object, "pid");

	if (json_is_true(json_object_get(object, "standing")))
		(void)snprintf(out, size, "standing");
	else if (json_is_integer(pid))
		(void)snprintf(out, size, "pid %lld", (long long)json_integer_value(pid));
	else
		(void)snprintf(out, size, "no pid");
	return out;
}

static void print_apps(const json_t *secrets)
{
	const json_t *app;
	size_t i;

	(void)puts(json_array_size(json_object_get(secrets, "apps")) ? "apps" : "apps\n  none");
	json_array_foreach(json_object_get(secrets, "apps"), i, app)
	{
		char name[SHOWN], group[SHOWN], phase[64], state[64], process[64];
		char age[TEXT_SPAN_SIZE];

		(void)printf("  %s  group %s  phase %s  %s  %s  %s old\n",
			text_of(app, "app", name, sizeof(name)),
			text_of(app, "group", group, sizeof(group)),
			text_of(app, "phase", phase, sizeof(phase)),
			text_of(app, "state", state, sizeof(state)),
			process_of(app, process, sizeof(process)),
			text_span(age, (double)json_integer_value(json_object_get(app, "age_s"))));
		if (!text_equal(state, "dead")) // --json has them too
			print_keys(app);
	}
}

// The profiles with their keys, in the order in which they are tried.
static void print_profiles(const json_t *secrets)
{
	const json_t *profile, *key;
	size_t i, j;

	if (json_array_size(json_object_get(secrets, "profiles")))
		(void)puts("profiles");
	json_array_foreach(json_object_get(secrets, "profiles"), i, profile)
	{
		bool usable = json_is_true(json_object_get(profile, "usable"));
		char name[SHOWN], kind[64], fault[2 * SHOWN];

		(void)printf("  %s  %s  %s\n", text_of(profile, "name", name, sizeof(name)),
			text_of(profile, "kind", kind, sizeof(kind)),
			usable ? "usable" : "unusable");
		if (json_string_length(json_object_get(profile, "fault")))
			(void)printf("    %s%s\n", usable ? "without a key: " : "",
				text_of(profile, "fault", fault, sizeof(fault)));
		json_array_foreach(json_object_get(profile, "keys"), j, key)
		{
			bool is_file = json_is_string(json_object_get(key, "file"));
			char label[SHOWN], state[64], algorithm[64], kid[SHOWN], app[SHOWN];

			(void)printf("    %-24s  %-8s  %-6s  %s%s  kid %s\n",
				text_of(key, "key", label, sizeof(label)),
				text_of(key, "state", state, sizeof(state)),
				text_of(key, "alg", algorithm, sizeof(algorithm)),
				is_file ? "" : "app ",
				is_file ? "file" : text_of(key, "app", app, sizeof(app)),
				text_of(key, "kid", kid, sizeof(kid)));
		}
	}
}

static int print_drift(const json_t *answer, struct pool *pool)
{
	struct pool_list drifts = {0};

	if (drift_list_read(json_object_get(answer, "drift"), pool, &drifts) < 0)
		return -ENOMEM;
	drift_list_print(drifts.items, drifts.count);
	return 0;
}

// Who was turned away and has not come back right since. The last comes first.
static void print_refused(const json_t *answer)
{
	const json_t *refusal, *finding;
	size_t i, j;

	json_array_foreach(json_object_get(answer, "refused"), i, refusal)
	{
		char app[SHOWN], group[SHOWN], uid[64], process[64], age[64], program[SHOWN];

		(void)text_of(refusal, "program", program, sizeof(program));
		(void)printf("  %s  group %s  uid %s  %s  %s s ago%s%s\n",
			text_of(refusal, "app", app, sizeof(app)),
			text_of(refusal, "group", group, sizeof(group)),
			text_of(refusal, "uid", uid, sizeof(uid)),
			process_of(refusal, process, sizeof(process)),
			text_of(refusal, "age_s", age, sizeof(age)), *program ? "  " : "", program);
		json_array_foreach(json_object_get(refusal, "findings"), j, finding)
		{
			char severity[64], code[64], key[SHOWN], text[4 * SHOWN], hint[4 * SHOWN];

			(void)printf("    %s [%s]%s: %s\n    fix  %s\n",
				text_of(finding, "severity", severity, sizeof(severity)),
				text_of(finding, "code", code, sizeof(code)),
				key_of(finding, key, sizeof(key)),
				text_of(finding, "text", text, sizeof(text)),
				text_of(finding, "hint", hint, sizeof(hint)));
		}
	}
}

// What bad tokens were signed with.
static void print_tokens(const json_t *answer)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(answer, "tokens"), i, finding)
	{
		char severity[64], code[64], key[SHOWN], count[64], age[64];
		char text[4 * SHOWN], hint[4 * SHOWN];

		(void)printf("  %s [%s]%s: %s\n    %s time%s, the last %s s ago\n    fix  %s\n",
			text_of(finding, "severity", severity, sizeof(severity)),
			text_of(finding, "code", code, sizeof(code)),
			key_of(finding, key, sizeof(key)),
			text_of(finding, "text", text, sizeof(text)),
			text_of(finding, "count", count, sizeof(count)),
			text_equal(count, "1") ? "" : "s",
			text_of(finding, "age_s", age, sizeof(age)),
			text_of(finding, "hint", hint, sizeof(hint)));
	}
}

// What makes it not ready, or what is wrong all the same.
static void print_reasons(const json_t *ready, const char *list)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(ready, list), i, reason)
	{
		char code[64], app[SHOWN], key[SHOWN], text[2 * SHOWN], hint[2 * SHOWN];
		const char *name = text_of(reason, "app", app, sizeof(app));
		const char *about = key_of(reason, key, sizeof(key));

		if (!*name && *about)
			about++; // no app in front
		(void)printf("  [%s]%s%s%s: %s\n", text_of(reason, "code", code, sizeof(code)),
			*name || *about ? " " : "", name, about,
			text_of(reason, "text", text, sizeof(text)));
		if (json_string_length(json_object_get(reason, "hint")))
			(void)printf("    fix  %s\n", text_of(reason, "hint", hint, sizeof(hint)));
	}
}

static int print(const struct status *status, bool json, struct pool *pool)
{
	bool ready = json_is_true(json_object_get(status->ready, "ready"));
	int code = ready ? EXIT_OK : EXIT_FINDINGS;

	if (json)
		return command_print_json(
			json_pack("{s:i, s:O, s:O, s:O}", "v", 1, "ready", status->ready, "secrets",
				status->secrets, "drift", status->drift),
			code);
	(void)printf("%s\n", ready ? "ready" : "not ready");
	print_reasons(status->ready, "reasons");
	if (json_array_size(json_object_get(status->ready, "warnings")))
		(void)puts("warnings");
	print_reasons(status->ready, "warnings");
	if (json_array_size(json_object_get(status->drift, "drift")))
		(void)puts("drift");
	if (print_drift(status->drift, pool) < 0)
		return command_no_memory();
	if (json_array_size(json_object_get(status->drift, "refused")))
		(void)puts("refused");
	print_refused(status->drift);
	if (json_array_size(json_object_get(status->drift, "tokens")))
		(void)puts("tokens");
	print_tokens(status->drift);
	print_profiles(status->secrets);
	print_apps(status->secrets);
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	struct status status = {0};
	struct err err = ERR_NONE;
	int code;

	if (probe_is_wanted(options))
		return probe_run(options, pool);
	code = resolving_begin(options, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	code = verifiercall_ask(resolution, "/readyz", pool, &status.ready, &err);
	if (code == 0)
		code = verifiercall_ask(resolution, "/v1/secrets", pool, &status.secrets, &err);
	if (code == 0)
		code = verifiercall_ask(resolution, "/v1/drift", pool, &status.drift, &err);
	if (code == 0)
		code = print(&status, options->json == SETTING_YES, pool);
	else
		code = command_fail(options, &err, command_exit_code(code));
	status_done(&status);
	return code;
}

const struct command cmd_status = {
	.name = "status",
	.moment = COMMAND_RUNNING,
	.synopsis = "[OPTION]...",
	.summary = "ask the verifier what it holds, what disagrees and who was refused",
	.details =
		"Exit 0: ready; 1: not ready, with the reasons; 69: no verifier answers; 77: it\n"
		"does not admit this user, or the socket is somebody else's.\n"
		"\n"
		"As a probe: --health is for what starts or restarts a verifier, --ready --name\n"
		"APP for what sends an app requests. Both read settings only, and no env file.\n",
	.groups = (const char *const[]){"probe", "resolve", "root", "output", NULL},
	.settings = true,
	.beside = "the other options of samekey run are taken and change nothing here",
	.run = run,
};
