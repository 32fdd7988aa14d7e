// The value of a key is its fingerprint.
// SPDX-License-Identifier: MIT
#include "tests/unit/offering.h"

#include "verifier/record/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct registry_app apps[] = {
	{.name = "bound", .has_uid = true, .uid = 1234, .where = "samekeyd.ini:7"}};

static const struct registry_fail fails[] = {{FINDING_DRIFT_SHARED, NULL},
	{FINDING_ROTATION_LATE, NULL}, {FINDING_BUILD_DRIFT_FAIL, NULL}};

const struct registry_rules offering_rules = {apps, 1, fails, 3, 100, 10};

static struct registry_key key_of(
	const char *name, const char *value, const struct offering_step *step)
{
	struct registry_key key = {.name = name,
		.flags = step->flags,
		.has_value = *value,
		.length = (uint32_t)strlen(value),
		.origin = {*step->place ? SOURCE_DOTENV : SOURCE_ENV, step->place, 1, 1}};

	(void)snprintf((char *)key.equality, sizeof(key.equality), "%s", value);
	(void)snprintf(key.fingerprint, sizeof(key.fingerprint), "%.10s", value);
	return key;
}

int offering_offer(struct registry *registry, const struct offering_step *step, pid_t pid,
	struct diag *diag, uint64_t *ret_id)
{
	const char *colon = step->allow ? strchr(step->allow, ':') : NULL;
	char code[64] = "";
	const struct bundle_allowed allowed = {code, colon ? colon + 1 : ""};
	struct registry_key keys[2];
	struct bundle bundle = {.app = step->app,
		.group = step->group ? step->group : "shop",
		.mode = "production",
		.phase = step->build ? BUNDLE_PHASE_BUILD : BUNDLE_PHASE_START,
		.program = "node",
		.root = "/",
		.rotation_ms = 5 * OFFERING_MINUTE,
		.key_count = step->previous ? 2 : 1,
		.allowed = &allowed,
		.allowed_count = step->allow != NULL};
	const struct registry_offer made = {.bundle = &bundle,
		.keys = keys,
		.hold = step->standing ? REGISTRY_STANDING : REGISTRY_PROCESS,
		.uid = step->uid ? step->uid : 1000,
		.pid = pid};

	if (step->allow)
		(void)snprintf(
			code, sizeof(code), "%.*s", (int)strcspn(step->allow, ":"), step->allow);
	keys[0] = key_of("AUTH_SECRET", step->value, step);
	if (step->previous)
		keys[1] = key_of("AUTH_SECRET_PREVIOUS", step->previous, step);
	return registry_offer(registry, &made, step->at_ms, diag, ret_id);
}
