// A process with a store is killed at any point, again and again. What it had answered holds: ends
// and revocations are there, no token was rotated twice, whoever holds an answered token is let in.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ROUNDS 200
#define NEW_ROUNDS 40 // that begin without a database
#define FAMILIES 256
#define TOKENS 2000
#define BATCH_MAX 64
#define REPORTS_MAX 12 // answers that a round waits for
#define DEADLINE_MS 20000
#define DAY_MS INT64_C(86400000)

static const struct family_rules rules = {
	.grace_ms = 60000, .idle_ms = UINT64_C(7) * 86400000, .access_ms = UINT64_C(3600000)};

// What is known of the store by its answers.
struct known {
	bool made[FAMILIES], ended[FAMILIES];
	uint64_t generation[FAMILIES]; // that was answered
	bool revoked[TOKENS];
	size_t tokens; // that were tried
};

// An answered operation on its way to the parent.
struct report {
	enum store_verb verb;
	size_t which; // family or token
	enum family_outcome outcome;
	int code;
	uint64_t generation;
};

struct scene {
	char folder[64], path[128];
	struct known known;
	uint64_t random;
	struct store *store;
	bool told[TOKENS];
	bool told_family[FAMILIES];
	size_t answers;
};

static uint64_t draw(struct scene *scene, uint64_t below)
{
	scene->random ^= scene->random << 13;
	scene->random ^= scene->random >> 7;
	scene->random ^= scene->random << 17;
	return scene->random % below;
}

static void name_family(struct store_op *op, size_t which)
{
	memset(op->family.id, 0, sizeof(op->family.id));
	op->family.id[0] = (uint8_t)which;
	op->family.id[1] = (uint8_t)(which >> 8);
}

static int open_store(struct scene *scene, struct err *err)
{
	const struct store_options options = {.url = scene->path};

	return store_open(&options, &scene->store, err);
}

static int apply(struct scene *scene, struct store_op *const *ops, size_t count)
{
	const struct family_now now = {clock_wall_ms(), store_steady_ms(scene->store)};

	return store_apply(scene->store, ops, count, &now);
}

// ---- the child

static void choose_create(struct store_op *op, int64_t wall_ms)
{
	op->verb = STORE_CREATE;
	op->family.generation = 1;
	op->family.issued_wall_ms = wall_ms;
	op->family.expires_wall_ms = wall_ms + 7 * DAY_MS;
	op->family.absolute_wall_ms = wall_ms + 30 * DAY_MS;
	memset(op->family.access_claims, 'a', 1000);
	op->family.access_claims[1000] = '\0';
}

static size_t choose(struct scene *scene, struct store_op *op)
{
	size_t which = draw(scene, FAMILIES);
	const struct known *known = &scene->known;

	*op = (struct store_op){.rules = rules, .end = FAMILY_ENDED_BY_LOGOUT};
	name_family(op, which);
	if (!known->made[which] || draw(scene, 20) == 0) {
		choose_create(op, clock_wall_ms());
	} else if (scene->known.tokens < TOKENS && draw(scene, 10) == 0) {
		which = scene->known.tokens++;
		op->verb = STORE_END_TOKEN;
		op->until_wall_ms = clock_wall_ms() + DAY_MS;
		(void)snprintf(op->token, sizeof(op->token), "token.%zu", which);
	} else if (draw(scene, 40) == 0) {
		op->verb = STORE_END_FAMILY;
	} else {
		op->verb = STORE_USE;
		op->generation = known->generation[which];
	}
	return which;
}

// Keeps what is known, in the child and from its reports.
static const char *learn(struct known *known, const struct report *report)
{
	size_t which = report->which;
	uint64_t before = report->verb == STORE_END_TOKEN ? 0 : known->generation[which];

	if (report->code == -EAGAIN)
		return "an operation failed";
	if (report->verb == STORE_CREATE) {
		if (report->code == 0 && known->made[which])
			return "an answered family was lost";
		known->made[which] = true;
		known->generation[which] = before ? before : 1;
	} else if (report->verb == STORE_END_FAMILY) {
		known->ended[which] = true;
	} else if (report->verb == STORE_END_TOKEN) {
		known->revoked[which] = true;
		known->tokens = which + 1 > known->tokens ? which + 1 : known->tokens;
	} else if (known->ended[which]) {
		return report->outcome == FAMILY_ENDED ? NULL : "an ended family was used";
	} else {
		if (report->outcome == FAMILY_ROTATED && report->generation <= before)
			return "a token was rotated twice";
		if (report->outcome == FAMILY_ENDED)
			known->ended[which] = true; // by an operation whose answer was lost
		else if (!family_is_good(report->outcome) || report->generation < before)
			return "whoever has an answered token was locked out";
		known->generation[which] = report->generation;
	}
	return NULL;
}

static void work(struct scene *scene, int reports)
{
	static struct store_op ops[BATCH_MAX];
	struct store_op *all[BATCH_MAX];
	size_t which[BATCH_MAX];
	size_t count = 1 + draw(scene, draw(scene, 4) == 0 ? BATCH_MAX : 3);

	for (size_t i = 0; i < count; i++) {
		all[i] = &ops[i];
		which[i] = choose(scene, &ops[i]);
	}
	ignore_result(apply(scene, all, count)); // each has its code
	for (size_t i = 0; i < count; i++) {
		const struct report report = {ops[i].verb, which[i], ops[i].outcome, ops[i].code,
			ops[i].family.generation};

		(void)learn(&scene->known, &report); // the parent judges
		if (write(reports, &report, sizeof(report)) != sizeof(report))
			_exit(1);
	}
}

static _Noreturn void be_child(struct scene *scene, int reports)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (open_store(scene, NULL) < 0)
		_exit(2);
	for (;;)
		work(scene, reports);
}

// ---- the parent

static void note(void *owner, const struct store_revocation *revocation)
{
	struct scene *scene = owner;
	size_t which = 0;

	if (revocation->is_family) {
		scene->told_family[revocation->family[0] | revocation->family[1] << 8] = true;
		return;
	}
	for (const char *at = revocation->token + strlen("token."); *at; at++)
		which = which * 10 + (size_t)(*at - '0');
	assert_in_range(which, 0, TOKENS - 1);
	scene->told[which] = true;
}

static void take_reports(struct scene *scene, int reports, size_t wanted)
{
	struct pollfd event = {.fd = reports, .events = POLLIN};
	struct report report;
	const char *wrong;

	for (size_t i = 0; i < wanted; i++) {
		if (poll(&event, 1, DEADLINE_MS) != 1)
			fail_msg("the child hangs");
		if (read(reports, &report, sizeof(report)) != sizeof(report))
			return; // it is dead, and all that it said is read
		wrong = learn(&scene->known, &report);
		if (wrong)
			fail_msg("%s: verb %s of %zu: %s, generation %llu", wrong,
				store_verb_names[report.verb], report.which,
				family_outcome_names[report.outcome],
				(unsigned long long)report.generation);
		scene->answers++;
	}
}

static void spin(uint64_t ns)
{
	uint64_t end = clock_steady_ns() + ns;

	while (clock_steady_ns() < end)
		continue;
}

static void kill_one(struct scene *scene, size_t wanted)
{
	int pipes[2], status;
	pid_t child;

	scene->random += clock_steady_ns(); // where it dies is chance anyway
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		(void)close(pipes[0]);
		be_child(scene, pipes[1]);
	}
	assert_true(child > 0);
	(void)close(pipes[1]);
	take_reports(scene, pipes[0], wanted);
	spin(draw(scene, 3000000));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	take_reports(scene, pipes[0], SIZE_MAX);
	(void)close(pipes[0]);
}

static void check_family(struct scene *scene, size_t which)
{
	struct store_op op = {.verb = STORE_LOOK, .rules = rules};
	struct store_op *one = &op;
	const struct known *known = &scene->known;

	name_family(&op, which);
	assert_int_equal(apply(scene, &one, 1), 0);
	if (op.outcome == FAMILY_ENDED)
		assert_true(scene->told_family[which]);
	else
		assert_int_equal(op.outcome, FAMILY_HELD);
	if (known->ended[which])
		assert_int_equal(op.outcome, FAMILY_ENDED);
	assert_true(op.family.generation >= known->generation[which]);
	assert_int_equal(strlen(op.family.access_claims), 1000);
}

static void check_store(struct scene *scene)
{
	struct err err = ERR_NONE;

	if (open_store(scene, &err) < 0)
		fail_msg("after a kill: %s", err.what);
	memset(scene->told, 0, sizeof(scene->told));
	memset(scene->told_family, 0, sizeof(scene->told_family));
	assert_int_equal(store_news(scene->store, clock_wall_ms(), note, scene), 0);
	for (size_t i = 0; i < TOKENS; i++)
		if (scene->known.revoked[i] && !scene->told[i])
			fail_msg("the revocation of token %zu was lost", i);
	for (size_t i = 0; i < FAMILIES; i++)
		if (scene->known.made[i])
			check_family(scene, i);
	scene->store = store_close(scene->store);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

static void begin(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->random = clock_steady_ns() | 1;
	(void)snprintf(scene->folder, sizeof(scene->folder), "/tmp/samekey-crash-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	(void)snprintf(scene->path, sizeof(scene->path), "%s/s.db", scene->folder);
}

static void end(struct scene *scene)
{
	(void)nftw(scene->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void what_was_answered_survives_any_kill(void **state)
{
	static struct scene scene;

	(void)state;
	begin(&scene);
	for (int i = 0; i < ROUNDS; i++) {
		kill_one(&scene, draw(&scene, REPORTS_MAX));
		check_store(&scene);
	}
	assert_true(scene.answers > ROUNDS); // the children did something
	end(&scene);
}

static void a_database_in_the_making_survives_any_kill(void **state)
{
	static struct scene scene;

	(void)state;
	for (int i = 0; i < NEW_ROUNDS; i++) {
		begin(&scene);
		kill_one(&scene, draw(&scene, 4) == 0);
		check_store(&scene);
		end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_answered_survives_any_kill),
		cmocka_unit_test(a_database_in_the_making_survives_any_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
