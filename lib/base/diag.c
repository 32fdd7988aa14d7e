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

static const char *copy(struct diag *diag, const char *text)
{
	const char *copied = pool_copy(diag->pool, text ? text : "");

	if (!copied)
		diag->lost = true;
	return copied ? copied : "";
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

void diag_add(struct diag *diag, const struct diag_item *item)
{
	bool allowed = is_allowed(diag, item);
	enum diag_severity severity = allowed ? DIAG_WARNING : item->severity;
	struct diag_item *kept;

	diag->counts[severity]++;
	diag->allowed += allowed;
	if (diag->items.count >= DIAG_MAX) {
		kept = displace(diag, severity);
		if (!kept)
			return;
	} else {
		kept = pool_push(diag->pool, &diag->items, sizeof(*kept));
	}
	if (!kept) {
		diag->lost = true;
		return;
	}
	*kept = (struct diag_item){
		.severity = severity,
		.allowed = allowed,
		.code = copy(diag, item->code),
		.key = copy(diag, item->key),
		.origin = copy(diag, item->origin),
		.text = copy(diag, item->text),
		.hint = copy(diag, item->hint),
	};
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
