// Ends them in rounds: each reads anew who they are, since whoever is told to end may start others
// first.
// SPDX-License-Identifier: MIT
#include "loader/deliver/descendants.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define HELD_MAX 64  // processes whose end is waited for at once
#define ROUND_MS 500 // until they are read anew while they are stopped
#define RETRY_MS 10  // until it is tried again to read them
#define KILL_MS 2000 // how long SIGKILL may take to be felt

static bool has_member(const struct descendants *descendants, const struct descendant *member)
{
	for (size_t i = 0; i < descendants->count; i++)
		if (descendants->items[i].pid == member->pid &&
			descendants->items[i].start == member->start)
			return true;
	return false;
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

// Tells each member, SIGTERM only once.
// Returns: how many handles it kept, to wait for.
static size_t tell_all(const struct descendants *descendants, const struct descendants *told,
	int signal, struct pollfd *held)
{
	size_t count = 0;

	for (size_t i = 0; i < descendants->count; i++) {
		int handle = descendants_hold(&descendants->items[i]);

		if (handle < 0)
			continue; // gone
		if (signal == SIGKILL || !has_member(told, &descendants->items[i])) {
			ignore_result(
				descendants_signal(handle, signal)); // gone meanwhile: as well
			ignore_result(
				descendants_signal(handle, SIGCONT)); // so a stopped one feels it
		}
		if (count < HELD_MAX)
			held[count++] = (struct pollfd){.fd = handle, .events = POLLIN};
		else
			(void)close(handle); // the next round waits for it
	}
	return count;
}

// Returns: whether somebody was there, or may have been.
static bool stop_round(struct descendants *told, int signal, uint64_t left_ms)
{
	struct pollfd held[HELD_MAX];
	struct descendants descendants;
	size_t count;
	int code;

	reap_all();
	code = descendants_read(getpid(), &descendants);
	if (code < 0) {
		if (code != -ENOENT)
			(void)poll(NULL, 0, RETRY_MS);
		return code != -ENOENT;
	}
	count = tell_all(&descendants, told, signal, held);
	descendants_done(told);
	*told = descendants;
	if (count)
		(void)poll(held, count, (int)(left_ms < ROUND_MS ? left_ms : ROUND_MS));
	for (size_t i = 0; i < count; i++)
		(void)close(held[i].fd); // only handles
	return descendants.count > 0;
}

void descendants_stop(uint64_t grace_ms)
{
	const struct {
		int signal;
		uint64_t for_ms;
	} phases[] = {{SIGTERM, grace_ms}, {SIGKILL, KILL_MS}};
	struct descendants told = {0};

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		uint64_t until = clock_steady_ms() + phases[i].for_ms, now;

		while ((now = clock_steady_ms()) < until &&
			stop_round(&told, phases[i].signal, until - now))
			;
	}
	descendants_done(&told);
	reap_all();
}
