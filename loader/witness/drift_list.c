// The only place that knows how a record of drift looks on a terminal.
// SPDX-License-Identifier: MIT
#include "loader/witness/drift_list.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/wire/drift.h"
#include "loader/cli/command.h"

#include <errno.h>
#include <jansson.h>

#define SHOWN 512

// "live, pid 4711, 9 minutes old": an age of 0 is said only of what runs.
static void print_side(const struct drift_side *side)
{
	bool runs = side->life <= DRIFT_DEAD;
	char app[SHOWN], origin[2 * SHOWN], process[64] = "no pid", age[TEXT_SPAN_SIZE] = "";

	if (side->standing)
		(void)snprintf(process, sizeof(process), "standing");
	else if (side->pid)
		(void)snprintf(process, sizeof(process), "pid %lld", (long long)side->pid);
	if (runs || side->age_s)
		(void)text_span(age, (double)side->age_s);
	(void)printf("    %-20s  %-12s  %s%s%s%s%s%s  %s\n",
		text_printable(app, sizeof(app), side->app),
		*side->fingerprint ? side->fingerprint : "-", drift_life_text(side->life),
		runs ? ", " : "", runs ? process : "", *age ? ", " : "", age, *age ? " old" : "",
		text_printable(origin, sizeof(origin), side->origin));
}

static void print_record(const struct drift *drift)
{
	char code[64], key[SHOWN], group[SHOWN], witness[SHOWN], text[4 * SHOWN], fix[2 * SHOWN];

	(void)printf("  %s [%s]%s%s%s%s", diag_severity_text(drift->severity),
		text_printable(code, sizeof(code), drift->code), *drift->key ? " " : "",
		text_printable(key, sizeof(key), drift->key), *drift->group ? " in group " : "",
		text_printable(group, sizeof(group), drift->group));
	if (drift->witness)
		(void)printf(", by %s", text_printable(witness, sizeof(witness), drift->witness));
	(void)putchar('\n');
	if (drift->text)
		(void)printf("    %s\n", text_printable(text, sizeof(text), drift->text));
	for (size_t i = 0; i < drift->side_count; i++)
		print_side(&drift->sides[i]);
	(void)printf("    fix  %s\n", text_printable(fix, sizeof(fix), drift->fix));
}

void drift_list_print(const struct drift *drifts, size_t count)
{
	size_t shown = count < DRIFT_LIST_SHOWN_MAX ? count : DRIFT_LIST_SHOWN_MAX;

	for (size_t i = 0; i < shown; i++)
		print_record(&drifts[i]);
	if (shown < count)
		(void)printf("  and %zu more; --json has all\n", count - shown);
}

int drift_list_read(const json_t *records, struct pool *pool, struct pool_list *drifts)
{
	const json_t *record;
	int passed = 0;
	size_t i;

	json_array_foreach(records, i, record)
	{
		struct err err = ERR_NONE;
		struct drift drift, *slot;
		int code = drift_from_json(record, pool, &drift, &err);

		if (code == -ENOMEM)
			return code;
		if (code < 0) {
			command_complain(&err);
			passed++;
			continue;
		}
		slot = pool_push(pool, drifts, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		*slot = drift;
	}
	return passed;
}
