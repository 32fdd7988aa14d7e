// The server is started when it is first needed.
// SPDX-License-Identifier: MIT
#include "tests/unit/redisstoring.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "tests/unit/redisserver.h"
#include "verifier/record/sessions/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define REDISSTORING_CLAIMS "{\"userId\":\"canary-claim\"}"

static const struct family_now now = {REDISSTORING_WALL_MS, 1000000};

struct redisserver redisstoring_server;

struct store *redisstoring_open_at(const char *url, const char *user, const char *password)
{
	struct store_options options = {
		.url = url, .user = user, .timeout_ms = REDISSTORING_TIMEOUT_MS};
	struct store *store = NULL;
	struct err err = ERR_NONE;

	if (password)
		options.password = secret_view(password, strlen(password));
	if (store_open(&options, &store, &err) < 0)
		fail_msg("%s", err.what);
	return store;
}

struct store_op redisstoring_about(enum store_verb verb, uint8_t family, uint64_t generation)
{
	struct store_op op = {.verb = verb,
		.generation = generation,
		.end = FAMILY_ENDED_BY_LOGOUT,
		.rules = {.grace_ms = 10000, .idle_ms = 600000, .access_ms = 60000},
		.family = {.generation = 1,
			.issued_wall_ms = REDISSTORING_WALL_MS,
			.expires_wall_ms = REDISSTORING_WALL_MS + 600000,
			.absolute_wall_ms = REDISSTORING_WALL_MS + 6000000,
			.subject = REDISSTORING_SUBJECT,
			.access_claims = REDISSTORING_CLAIMS,
			.refresh_claims = REDISSTORING_CLAIMS}};

	memset(op.family.id, family, sizeof(op.family.id));
	return op;
}

int redisstoring_apply(struct store *store, struct store_op *op)
{
	return store_apply(store, (struct store_op *const[]){op}, 1, &now);
}

void redisstoring_create(struct store *store, uint8_t family)
{
	struct store_op op = redisstoring_about(STORE_CREATE, family, 0);

	if (redisstoring_apply(store, &op) < 0)
		fail_msg("%s", store->why);
	assert_int_equal(op.code, 0);
}

struct store_op redisstoring_use(struct store *store, uint8_t family, uint64_t generation)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t deadline_ms = clock_steady_ms() + REDISSTORING_WAIT_MS;

	for (;;) {
		struct store_op op = redisstoring_about(STORE_USE, family, generation);

		if (redisstoring_apply(store, &op) == 0)
			return op;
		if (clock_steady_ms() > deadline_ms)
			fail_msg("still away: %s", store->why);
		(void)nanosleep(&pause, NULL);
	}
}

void redisstoring_check_why(const struct store *store, const char *part)
{
	if (!strstr(store->why, part))
		fail_msg("'%s' does not say '%s'", store->why, part);
	assert_null(strstr(store->why, "canary"));
}

void redisstoring_start_with(const char *const *settings)
{
	size_t count = 0;

	redisserver_end(&redisstoring_server);
	memset(&redisstoring_server, 0, sizeof(redisstoring_server));
	for (; settings[count]; count++)
		redisstoring_server.settings[count] = settings[count];
	redisserver_start(&redisstoring_server);
}

int redisstoring_end(void **state)
{
	(void)state;
	redisserver_end(&redisstoring_server);
	return 0;
}
