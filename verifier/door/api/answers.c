// JSON by jansson. Every object begins with "v":1.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/answers.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/judge.h"
#include "verifier/record/registry.h"
#include "verifier/record/sessions/ledger.h"

#include <jansson.h>

void answers_finish(struct route_reply *reply, unsigned status, json_t *json)
{
	size_t length = 0;
	char *body = json ? dump_json(json, &length) : NULL;

	json_decref(json);
	if (!body) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	*reply = (struct route_reply){.status = status,
		.content_type = "application/json",
		.body = body,
		.length = length};
}

bool answers_is_meant(const struct route_request *request, const char *app)
{
	return !request->app || text_equal(request->app, app);
}

void answers_healthz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	json_t *json = json_pack("{s:i, s:s}", "v", 1, "status", "ok");
	char instance[24];

	// loaders that stay see by them that another samekeyd answers, which knows nothing of them
	(void)snprintf(
		instance, sizeof(instance), "%llx", (unsigned long long)answers->life.started_ms);
	if (request->caller.door == ROUTE_HANDOFF) {
		dump_set(&json, "instance", json_string(instance));
		dump_set(&json, "age_ms",
			json_integer((json_int_t)(clock_steady_ms() - answers->life.started_ms)));
	}
	answers_finish(reply, 200, json);
}

// ---- readiness

int answers_judge(struct answers *answers, const char *app, struct pool *pool,
	struct readiness *ret_readiness)
{
	return readiness_judge(
		&(struct readiness_question){.registry = answers->registry,
			.keyring = answers->keyring,
			.attestations = answers->attestations,
			.life = &answers->life,
			.store = answers->ledger ? ledger_state(answers->ledger) : NULL,
			.revocations = answers->revocations,
			.app = app,
			.now_ms = clock_steady_ms(),
			.wall_ms = clock_wall_ms()},
		pool, ret_readiness);
}

static json_t *reasons_json(const struct readiness_reason *reasons, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		const struct readiness_reason *reason = &reasons[i];

		dump_append(&list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", reason->code,
					   "app", reason->app, "key", reason->key, "text",
					   reason->text, "hint", reason->hint));
	}
	return list;
}

static json_t *allowed_json(struct registry *registry, const struct route_request *request)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->dead || !answers_is_meant(request, entry->app))
			continue;
		for (size_t j = 0; list && j < entry->allowed_count; j++)
			dump_append(&list,
				json_pack("{s:s, s:s, s:s}", "app", entry->app, "code",
					entry->allowed[j].code, "key", entry->allowed[j].key));
	}
	return list;
}

static json_t *app_json(struct answers *answers, const struct route_request *request,
	const char *app, bool expected, struct pool *pool)
{
	struct registry *registry = answers->registry;
	struct readiness readiness;
	json_int_t live = 0;
	bool is_away;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		live += !entry->dead && entry->phase == BUNDLE_PHASE_START &&
			text_equal(entry->app, app);
	}
	// An app that nobody expects, nor asks for, is ready while it has nothing wrong, also when
	// it ended.
	if (answers_judge(answers, app, pool, &readiness) < 0)
		return NULL;
	// The only reason is then that nothing of it lives.
	is_away = !live && !expected && !request->app && readiness.reason_count == 1;
	return json_pack("{s:s, s:b, s:I, s:b}", "app", app, "expected", expected, "live", live,
		"ready", readiness.ready || is_away);
}

// Whether an app was seen already: among the expected, or in an earlier bundle.
static bool is_seen(struct registry *registry, const char *app, size_t before)
{
	const struct registry_rules *rules = registry_rules(registry);

	for (size_t i = 0; i < rules->app_count; i++)
		if (text_equal(rules->apps[i].name, app))
			return true;
	for (size_t i = 0; i < before; i++)
		if (text_equal(registry_at(registry, i)->app, app))
			return true;
	return false;
}

static json_t *apps_json(
	struct answers *answers, const struct route_request *request, struct pool *pool)
{
	struct registry *registry = answers->registry;
	const struct registry_rules *rules = registry_rules(registry);
	json_t *list = json_array();

	for (size_t i = 0; list && i < rules->app_count; i++)
		if (answers_is_meant(request, rules->apps[i].name))
			dump_append(&list, app_json(answers, request, rules->apps[i].name,
						   rules->apps[i].expected, pool));
	for (size_t i = 0; list && i < registry_size(registry); i++) {
		const char *app = registry_at(registry, i)->app;

		if (answers_is_meant(request, app) && !is_seen(registry, app, i))
			dump_append(&list, app_json(answers, request, app, false, pool));
	}
	return list;
}

struct json_t *answers_readiness(struct answers *answers, const struct route_request *request,
	struct pool *pool, bool *ret_ready)
{
	struct readiness readiness;

	attest_settle(answers);
	if (answers_judge(answers, request->app, pool, &readiness) < 0)
		return NULL;
	*ret_ready = readiness.ready;
	if (!route_sees_names(&request->caller))
		return json_pack("{s:i, s:b}", "v", 1, "ready", readiness.ready);
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o}", "v", 1, "ready", readiness.ready,
		"reasons", reasons_json(readiness.reasons, readiness.reason_count), "warnings",
		reasons_json(readiness.warnings, readiness.warning_count), "apps",
		apps_json(answers, request, pool), "allowed",
		allowed_json(answers->registry, request));
}

void answers_readyz(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	own(pool_release) struct pool *pool = pool_new();
	bool ready = false;
	json_t *json = pool ? answers_readiness(answers, request, pool, &ready) : NULL;

	answers_finish(reply, ready ? 200 : 503, json);
}

// ---- itself

void answers_guards(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	(void)request;
	if (answers->vault)
		guards_look(&answers->guards, answers->vault);
	answers_finish(reply, 200, guards_json(&answers->guards));
}

void answers_metrics(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct metrics_view view = {.counts = &answers->counts,
		.registry = answers->registry,
		.keyring = answers->keyring,
		.key = answers->key,
		.sightings = answers->sightings,
		.attestations = answers->attestations,
		.life = &answers->life,
		.tally = answers->judge ? judge_tally(answers->judge) : NULL,
		.sessions = answers->sessions,
		.process = answers->process,
		.guards = &answers->guards,
		.now_ms = clock_steady_ms(),
		.names = route_sees_names(&request->caller)};

	if (answers->vault)
		guards_look(&answers->guards, answers->vault);
	view.sessions.store = answers->ledger ? ledger_state(answers->ledger) : NULL;
	view.sessions.revocations = answers->revocations;
	attest_settle(answers);
	if (metrics_text(&view, &reply->body, &reply->length) < 0) {
		answers_finish(reply, 503, NULL);
		return;
	}
	reply->status = 200;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
}
