// Thrice in the first moments, then each half second; where a server is late, each two seconds.
// SPDX-License-Identifier: MIT
#include "loader/deliver/looks.h"

uint64_t looks_moment(size_t index, bool late)
{
	static const uint64_t first[] = {50, 100, 200};
	const size_t dense = SUPERVISE_LOOKS_MS / 500;
	uint64_t moment;

	if (index < ARRAY_SIZE(first))
		return first[index];
	index -= ARRAY_SIZE(first);
	if (index < dense)
		return (index + 1) * 500;
	moment = SUPERVISE_LOOKS_MS + (index - dense + 1) * 2000;
	return late && moment <= SUPERVISE_LATE_MS ? moment : UINT64_MAX;
}

void looks_begin(struct looks *looks, const struct supervise_options *options)
{
	*looks = (struct looks){.options = options, .view = SUPERVISE_VIEW_OPEN};
}

static uint64_t next_moment(const struct looks *looks, bool ended)
{
	bool late = looks->options->outlast && !ended && looks->view == SUPERVISE_VIEW_OPEN;

	return looks_moment(looks->moment, late);
}

int looks_turn(struct looks *looks, pid_t child, uint64_t age_ms, bool ended)
{
	const struct supervise_options *options = looks->options;
	uint64_t due;

	if (!options->look)
		return -1;
	if (age_ms >= next_moment(looks, ended)) {
		looks->view = options->look(options->user, child);
		while (age_ms >= next_moment(looks, ended))
			looks->moment++; // one look is enough for all that were missed
	}
	due = next_moment(looks, ended);
	return due == UINT64_MAX ? -1 : (int)(due - age_ms);
}
