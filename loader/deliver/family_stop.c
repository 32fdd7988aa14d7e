// Ends a family in rounds: each reads it anew, since whoever is told to end may start others first.
// SPDX-License-Identifier: MIT
#include "loader/deliver/family.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define HELD_MAX 64  // processes whose end is waited for at once
#define ROUND_MS 500 // until the family is read anew while it is stopped
#define RETRY_MS 10  // until it is tried again to read the family
#define KILL_MS 2000 // how long SIGKILL may take to be felt

static bool has_member(const struct family *family, const struct family_member *member)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i].pid == member->pid &&
			family->members[i].start == member->start)
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
static size_t tell_family(
	const struct family *family, const struct family *told, int signal, struct pollfd *held)
{
	size_t count = 0;

	for (size_t i = 0; i < family->count; i++) {
		int handle = family_hold(&family->members[i]);

		if (handle < 0)
			continue; // gone
		if (signal == SIGKILL || !has_member(told, &family->members[i])) {
			ignore_result(family_signal(handle, signal));  // gone meanwhile: as well
			ignore_result(family_signal(handle, SIGCONT)); // so a stopped one feels it
		}
		if (count < HELD_MAX)
			held[count++] = (struct pollfd){.fd = handle, .events = POLLIN};
		else
			(void)close(handle); // the next round waits for it
	}
	return count;
}

// Returns: whether somebody was there, or may have been.
static bool stop_round(struct family *told, int signal, uint64_t left_ms)
{
	struct pollfd held[HELD_MAX];
	struct family family;
	size_t count;
	int code;

	reap_all();
	code = family_read(getpid(), &family);
	if (code < 0) {
		if (code != -ENOENT)
			(void)poll(NULL, 0, RETRY_MS);
		return code != -ENOENT;
	}
	count = tell_family(&family, told, signal, held);
	family_done(told);
	*told = family;
	if (count)
		(void)poll(held, count, (int)(left_ms < ROUND_MS ? left_ms : ROUND_MS));
	for (size_t i = 0; i < count; i++)
		(void)close(held[i].fd); // only handles
	return family.count > 0;
}

void family_stop(uint64_t grace_ms)
{
	const struct {
		int signal;
		uint64_t for_ms;
	} phases[] = {{SIGTERM, grace_ms}, {SIGKILL, KILL_MS}};
	struct family told = {0};

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		uint64_t until = clock_steady_ms() + phases[i].for_ms, now;

		while ((now = clock_steady_ms()) < until &&
			stop_round(&told, phases[i].signal, until - now))
			;
	}
	family_done(&told);
	reap_all();
}
