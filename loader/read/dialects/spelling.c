// What reads a line back as its dialects would, and who asks for one: the search and the reasons.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/spelling.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/spelling_reason.h"
#include "loader/read/dialects/spelling_search.h"

#include <errno.h>

// What a name outside the file stands for, so that a reference to it would show.
static const char elsewhere[] = "set elsewhere";

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const struct spelling *spelling = user;

	// no environment holds a variable without a name
	if (!spelling->crowded || !name.length ||
		map_find(spelling->names, (const char *)name.at, name.length) != MAP_ABSENT)
		return false;
	*ret_value = span_of(elsewhere);
	return true;
}

static void note_trouble(void *user, const struct emulation_trouble *trouble)
{
	struct spelling *spelling = user;

	spelling->lost |=
		trouble->finding == FINDING_IGNORED_LINE || trouble->finding == FINDING_NOT_RUN;
}

struct spelling *spelling_new(struct secret_arena *arena)
{
	struct spelling *spelling = calloc(1, sizeof(*spelling));

	if (!spelling)
		return NULL;
	spelling->arena = arena;
	spelling->names = map_new();
	spelling->emulation = emulation_new(&(struct emulation_options){
		.dialect = dialect_at(0),
		.arena = arena,
		.environment = look_up,
		.trouble = note_trouble,
		.user = spelling,
		.files_only = true,
	});
	if (!spelling->names || !spelling->emulation)
		return spelling_free(spelling);
	return spelling;
}

struct spelling *spelling_free(struct spelling *spelling)
{
	if (!spelling)
		return NULL;
	emulation_free(spelling->emulation);
	map_free(spelling->names);
	secret_arena_give(spelling->arena, spelling->bytes, spelling->room);
	free(spelling);
	return NULL;
}

void spelling_release(struct spelling **spelling)
{
	*spelling = spelling_free(*spelling);
}

static bool has_results(
	const struct emulation *emulation, const struct spelling_pair *pairs, size_t count)
{
	if (emulation_count(emulation) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t index = emulation_index(emulation, pairs[i].name);

		if (index == SIZE_MAX ||
			!span_equal(emulation_at(emulation, index).value, pairs[i].value))
			return false;
	}
	return true;
}

static int read_once(struct spelling *spelling, const struct dialect *dialect, struct span file)
{
	int code;

	spelling->lost = false;
	emulation_restart(spelling->emulation, dialect);
	code = emulation_read(spelling->emulation, file);
	if (code == 0)
		code = emulation_finish(spelling->emulation);
	if (code < 0)
		return code;
	return code == 0 && !spelling->lost ? 0 : SPELLING_E_NONE;
}

int spelling_reads_back(struct spelling *spelling, const struct dialect *dialect, struct span file,
	const struct spelling_pair *pairs, size_t count)
{
	map_clear(spelling->names);
	for (size_t i = 0; i < count; i++)
		if (map_put(spelling->names, (const char *)pairs[i].name.at, pairs[i].name.length,
			    i) < 0)
			return -ENOMEM;
	for (int crowded = 0; crowded < 2; crowded++) {
		int code;

		spelling->crowded = crowded;
		code = read_once(spelling, dialect, file);
		if (code != 0)
			return code;
		if (!has_results(spelling->emulation, pairs, count))
			return SPELLING_E_NONE;
	}
	return 0;
}

int spelling_find(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *ret_answer)
{
	struct spelling_search search = spelling_search_for(spelling, request);
	struct spelling_answer answer = {0};
	int code = spelling_search_find(&search);

	if (code == 0) {
		answer.line = search.line;
		answer.text = search.text;
	} else if (code == SPELLING_E_NONE &&
		   spelling_reason_find(spelling, request, &answer) < 0) {
		code = -ENOMEM;
	}
	if (code >= 0)
		*ret_answer = answer;
	return code;
}

const char *spelling_excuse(const struct spelling_answer *answer, struct pool *pool)
{
	if (!answer->dialect)
		return answer->reason ? answer->reason : "";
	return pool_format(pool, "%s%s %s%s%s", answer->dialect->name, answer->other ? "" : ":",
		answer->reason ? answer->reason : "", answer->other ? " " : "",
		answer->other ? answer->other->name : "");
}
