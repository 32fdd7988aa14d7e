// Metrics of sessions: what each count becomes, that nothing stands twice, and that what is not
// there has no metric.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/sessionmetrics.h"

#include "verifier/door/session/sessionrules.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const results[] = {"ok", "refused", NULL};

static size_t count_waiting(const struct upstream *upstream)
{
	(void)upstream;
	return 3;
}

static size_t count_logouts(const struct sessions *sessions)
{
	(void)sessions;
	return 4;
}

static bool is_up(const struct upstream *upstream)
{
	(void)upstream;
	return true;
}

static char *write_all(const struct sessionmetrics *view)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		abort();
	sessionmetrics_write(out, view);
	if (fclose(out) != 0 || !text)
		abort();
	return text;
}

static void has(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in:\n%s", line, text);
	if (at && strstr(at + 1, line))
		fail_msg("'%s' stands twice", line);
}

static void each_count_is_a_sample(void **state)
{
	static const uint64_t requests[] = {1, 2, 3, 4, 5, 6, 7, 8}, outcomes[8] = {9, 0, 10},
			      lost = 5;
	struct revocations *revocations = revocations_new();
	struct ledger_state store = {.up = true,
		.ops = {[STORE_USE] = 11},
		.failed = {[STORE_END_TOKEN] = 12},
		.outcomes = {[FAMILY_ROTATED] = 13, [FAMILY_REUSED] = 14},
		.times = {[0] = 2, [LEDGER_TIMES] = 1},
		.spent_ns = 1500000000,
		.waiting = 15};
	const struct sessionmetrics view = {.store = &store,
		.revocations = revocations,
		.requests = requests,
		.routes = sessionrules_routes,
		.results = results,
		.logouts = count_logouts,
		.lost_logouts = &lost,
		.outcomes = outcomes,
		.waiting = count_waiting,
		.is_up = is_up};
	own_free char *text = NULL;

	(void)state;
	if (!revocations || revocations_add(revocations, "a", 1, INT64_MAX) < 0)
		abort();
	text = write_all(&view);
	has(text, "# TYPE samekey_store_up gauge");
	has(text, "samekey_store_up 1");
	has(text, "samekey_store_operations_total{operation=\"use\",result=\"done\"} 11");
	has(text, "samekey_store_operations_total{operation=\"end_token\",result=\"away\"} 12");
	has(text, "# TYPE samekey_store_batch_duration_seconds histogram");
	has(text, "samekey_store_batch_duration_seconds_bucket{le=\"+Inf\"} 3");
	has(text, "samekey_store_batch_duration_seconds_sum 1.5");
	has(text, "samekey_store_batch_duration_seconds_count 3");
	has(text, "samekey_store_waiting 15");
	has(text, "samekey_refresh_total{outcome=\"rotated\"} 13");
	has(text, "samekey_refresh_total{outcome=\"reuse_detected\"} 14");
	has(text, "samekey_refresh_total{outcome=\"replayed_in_grace\"} 0");
	has(text, "samekey_revoked_entries 1");
	has(text, "samekey_revoked_lost_total 0");
	has(text, "samekey_session_requests_total{route=\"login\",result=\"ok\"} 1");
	has(text, "samekey_session_requests_total{route=\"logout\",result=\"refused\"} 8");
	has(text, "samekey_session_logouts_waiting 4");
	has(text, "samekey_session_logouts_lost_total 5");
	has(text, "samekey_upstream_up 1");
	has(text, "samekey_upstream_requests_total{outcome=\"ok\"} 9");
	has(text, "samekey_upstream_requests_total{outcome=\"timeout\"} 10");
	has(text, "samekey_upstream_waiting 3");
	revocations_free(revocations);
}

static void what_is_not_there_has_no_metric(void **state)
{
	const struct ledger_state store = {0};
	own_free char *nothing = write_all(&(struct sessionmetrics){0});
	own_free char *alone = write_all(&(struct sessionmetrics){.store = &store});

	(void)state;
	assert_string_equal(nothing, "");
	has(alone, "samekey_store_up 0");
	assert_null(strstr(alone, "samekey_session"));
	assert_null(strstr(alone, "samekey_revoked"));
	assert_null(strstr(alone, "samekey_upstream"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_count_is_a_sample),
		cmocka_unit_test(what_is_not_there_has_no_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
