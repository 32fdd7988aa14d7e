// Sums of moments; nothing else.
// SPDX-License-Identifier: MIT
#include "loader/deliver/pacing.h"

void pacing_note(struct pacing_burst *burst, uint64_t now_ms)
{
	if (!burst->on)
		burst->first_ms = now_ms;
	burst->on = true;
	burst->last_ms = now_ms;
}

uint64_t pacing_due(const struct pacing_burst *burst)
{
	uint64_t quiet = burst->last_ms + burst->quiet_ms;
	uint64_t most = burst->first_ms + burst->most_ms;

	if (!burst->on)
		return PACING_NEVER;
	return quiet < most ? quiet : most;
}

bool pacing_take(struct pacing_burst *burst, uint64_t now_ms)
{
	if (!burst->on || now_ms < pacing_due(burst))
		return false;
	burst->on = false;
	return true;
}

uint64_t pacing_wait(struct pacing_tries *tries)
{
	uint64_t wait_ms = tries->wait_ms ? 2 * tries->wait_ms : tries->least_ms;

	tries->wait_ms = wait_ms < tries->most_ms ? wait_ms : tries->most_ms;
	return tries->wait_ms;
}

void pacing_calm(struct pacing_tries *tries)
{
	tries->wait_ms = 0;
}

void pacing_act(struct pacing_space *space, uint64_t now_ms)
{
	bool calm = !space->space_ms || now_ms >= space->until_ms + space->space_ms;

	space->space_ms = calm ? space->least_ms : 2 * space->space_ms;
	if (space->space_ms > space->most_ms)
		space->space_ms = space->most_ms;
	space->until_ms = now_ms + space->space_ms;
}
