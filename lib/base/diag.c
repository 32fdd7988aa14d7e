// A collection of findings. Does not print and knows no codes.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>

struct allowance {
	const char *code, *key;
};

struct diag {
	struct pool *pool;
	struct pool_list items, allowances;
	size_t counts[DIAG_SEVERITIES];
	size_t allowed; // of the warnings, those past DIAG_MAX included
	size_t omitted;
	bool lost;
};

struct diag *diag_new(void)
{
	struct diag *diag = calloc(1, sizeof(*diag));

	if (!diag)
		return NULL;
	diag->pool = pool_new();
	return diag->pool ? diag : diag_free(diag);
}

struct diag *diag_free(struct diag *diag)
{
	if (diag)
		pool_free(diag->pool);
	free(diag);
	return NULL;
}

void diag_release(struct diag **diag)
{
	*diag = diag_free(*diag);
}

static bool is_allowed(const struct diag *diag, const struct diag_item *item)
{
	const struct allowance *allowances = diag->allowances.items;

	if (item->severity == DIAG_NOTE)
		return false;
	for (size_t i = 0; i < diag->allowances.count; i++)
		if (text_equal(allowances[i].code, item->code) &&
			(!allowances[i].key || text_equal(allowances[i].key, item->key)))
			return true;
	return false;
}

// A finding is kept whole or not at all: who reads one relies on its code.
static bool copy_item(struct diag *diag, const struct diag_item *item, struct diag_item *ret_copy)
{
	struct diag_item copied = *item;
	const char **const texts[] = {
		&copied.code, &copied.key, &copied.origin, &copied.text, &copied.hint};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		*texts[i] = pool_copy(diag->pool, *texts[i] ? *texts[i] : "");
		if (!*texts[i])
			return false;
	}
	*ret_copy = copied;
	return true;
}

// The last finding that is no error makes room for an error.
static struct diag_item *displace(struct diag *diag, enum diag_severity severity)
{
	struct diag_item *items = diag->items.items;
	size_t i = severity == DIAG_ERROR ? diag->items.count : 0;

	diag->omitted++;
	while (i-- > 0)
		if (items[i].severity != DIAG_ERROR)
			return &items[i];
	return NULL;
}

// Where one more finding is kept; NULL: nowhere.
static struct diag_item *room_for(struct diag *diag, enum diag_severity severity)
{
	if (diag->items.count >= DIAG_MAX)
		return displace(diag, severity);
	return pool_push(diag->pool, &diag->items, sizeof(struct diag_item));
}

void diag_add(struct diag *diag, const struct diag_item *item)
{
	bool allowed = is_allowed(diag, item), full = diag->items.count >= DIAG_MAX;
	enum diag_severity severity = allowed ? DIAG_WARNING : item->severity;
	struct diag_item copied, *kept = room_for(diag, severity);

	diag->counts[severity]++;
	diag->allowed += allowed;
	if (kept && copy_item(diag, item, &copied)) {
		copied.severity = severity;
		copied.allowed = allowed;
		*kept = copied;
		return;
	}
	diag->lost = diag->lost || kept || !full;
	if (kept && !full)
		diag->items.count--;
}

size_t diag_count(const struct diag *diag, enum diag_severity severity)
{
	return diag->counts[severity];
}

size_t diag_objections(const struct diag *diag, bool strict)
{
	return diag->counts[DIAG_ERROR] + (strict ? diag->counts[DIAG_WARNING] - diag->allowed : 0);
}

bool diag_objects(const struct diag_item *item, bool strict)
{
	return item->severity == DIAG_ERROR ||
	       (strict && item->severity == DIAG_WARNING && !item->allowed);
}

size_t diag_size(const struct diag *diag)
{
	return diag->items.count;
}

const struct diag_item *diag_at(const struct diag *diag, size_t index)
{
	return (const struct diag_item *)diag->items.items + index;
}

size_t diag_omitted(const struct diag *diag)
{
	return diag->omitted;
}

bool diag_is_complete(const struct diag *diag)
{
	return !diag->lost;
}

int diag_allow(struct diag *diag, const char *code, const char *key)
{
	struct allowance *allowance = pool_push(diag->pool, &diag->allowances, sizeof(*allowance));
	struct diag_item *items = diag->items.items;

	if (!allowance)
		return -ENOMEM;
	allowance->code = pool_copy(diag->pool, code);
	allowance->key = pool_copy(diag->pool, key);
	if (!allowance->code || (key && !allowance->key))
		return -ENOMEM;
	for (size_t i = 0; i < diag->items.count; i++) {
		if (!is_allowed(diag, &items[i]))
			continue;
		diag->counts[items[i].severity]--;
		diag->counts[DIAG_WARNING]++;
		diag->allowed += !items[i].allowed;
		items[i].severity = DIAG_WARNING;
		items[i].allowed = true;
	}
	return 0;
}

const char *diag_severity_text(enum diag_severity severity)
{
	static const char *const texts[] = {"note", "warning", "error"};

	return texts[severity];
}
