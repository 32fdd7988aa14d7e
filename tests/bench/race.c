// Starts programs in turn and compares how long each takes from spawn to exit:
//     race ROUNDS WHAT COMMAND... {::: BOUND PEER COMMAND...}...
// The first command is ours; BOUND is "<=N" or "-" (ours/peer), ">=N" or ">" (peer/ours). Each
// round runs every command once, so that a disturbance hits all of them; a row is the median of the
// rounds' ratios.
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define RUNNERS_MAX 8
#define ROUNDS_MAX 100000
#define WARM_UPS 3

struct runner {
	const char *name, *bound;
	char **words;
	double *wall, *cpu; // microseconds, one a round
	long peak;          // KiB resident at most, in any round
};

struct race {
	const char *what;
	size_t rounds, count;
	struct runner runners[RUNNERS_MAX];
	posix_spawn_file_actions_t quiet;
};

static double microseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static void run_once(struct race *race, struct runner *runner, double *ret_wall, double *ret_cpu)
{
	uint64_t began = measure_now();
	struct rusage usage;
	int status, code;
	pid_t pid;

	code = posix_spawn(&pid, runner->words[0], &race->quiet, NULL, runner->words, environ);
	if (code)
		measure_stop(runner->words[0], code);
	if (wait4(pid, &status, 0, &usage) < 0)
		measure_stop("wait4", errno);
	*ret_wall = (double)(measure_now() - began) / 1e3;
	if (usage.ru_maxrss > runner->peak)
		runner->peak = usage.ru_maxrss;
	*ret_cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "bench: %s: exit status %d\n", runner->name, status);
		exit(EXIT_FAILURE);
	}
}

static void run_all(struct race *race)
{
	double unused;

	for (size_t i = 0; i < race->count; i++) {
		struct runner *runner = &race->runners[i];

		runner->wall = measure_samples(race->rounds);
		runner->cpu = measure_samples(race->rounds);
		for (size_t j = 0; j < WARM_UPS; j++)
			run_once(race, runner, &unused, &unused);
	}
	for (size_t round = 0; round < race->rounds; round++)
		for (size_t i = 0; i < race->count; i++) {
			struct runner *runner = &race->runners[(round + i) % race->count];

			run_once(race, runner, &runner->wall[round], &runner->cpu[round]);
		}
}

// The median leaves the rounds in their order: the ratios pair them.
static double median_of(const struct race *race, const double *rounds)
{
	own_free double *sorted = measure_samples(race->rounds);

	memcpy(sorted, rounds, race->rounds * sizeof(double));
	return measure_median(sorted, race->rounds);
}

static void report(struct race *race, struct runner *peer)
{
	struct runner *ours = &race->runners[0];
	bool at_least = peer->bound[0] == '>';
	struct measure_row row = {.what = race->what, .unit = "x", .count = race->rounds};
	char detail[256], against[128];
	own_free double *samples = measure_samples(race->rounds);

	row.samples = samples;
	for (size_t i = 0; i < race->rounds; i++)
		row.samples[i] =
			at_least ? peer->wall[i] / ours->wall[i] : ours->wall[i] / peer->wall[i];
	measure_read_bound(peer->bound, &row);
	(void)snprintf(
		against, sizeof(against), at_least ? "faster than %s" : "time of %s", peer->name);
	row.against = against;
	(void)snprintf(detail, sizeof(detail),
		"wall %.0f us against %.0f, CPU %.0f against %.0f, most memory %ld KiB against %ld",
		median_of(race, ours->wall), median_of(race, peer->wall),
		median_of(race, ours->cpu), median_of(race, peer->cpu), ours->peak, peer->peak);
	row.detail = detail;
	measure_print(&row);
}

// Takes the words up to the next ":::", which becomes the end of the list.
static char **take_command(char **words)
{
	while (*words && strcmp(*words, ":::") != 0)
		words++;
	if (!*words)
		return words;
	*words = NULL;
	return words + 1;
}

static bool parse(struct race *race, char **words)
{
	char **next;

	race->rounds = measure_rounds((size_t)strtod(words[0], NULL));
	race->what = words[1];
	race->runners[0] = (struct runner){.name = words[1], .words = words + 2};
	race->count = 1;
	for (next = take_command(words + 2); *next && race->count < RUNNERS_MAX; race->count++) {
		struct runner *runner = &race->runners[race->count];

		if (!next[1] || !next[2])
			return false;
		*runner = (struct runner){.bound = next[0], .name = next[1], .words = next + 2};
		next = take_command(next + 2);
	}
	return race->rounds > 0 && race->rounds <= ROUNDS_MAX && race->count > 1;
}

int main(int argc, char **argv)
{
	struct race race = {0};

	if (argc < 5 || !parse(&race, argv + 1)) {
		(void)fputs(
			"usage: race ROUNDS WHAT COMMAND... ::: BOUND PEER COMMAND...\n", stderr);
		return 2;
	}
	if (posix_spawn_file_actions_init(&race.quiet) ||
		posix_spawn_file_actions_addopen(&race.quiet, 0, "/dev/null", O_RDONLY, 0) ||
		posix_spawn_file_actions_addopen(&race.quiet, 1, "/dev/null", O_WRONLY, 0) ||
		posix_spawn_file_actions_addopen(&race.quiet, 2, "/dev/null", O_WRONLY, 0))
		measure_stop("posix_spawn", ENOMEM);
	run_all(&race);
	for (size_t i = 1; i < race.count; i++)
		report(&race, &race.runners[i]);
	return 0;
}
