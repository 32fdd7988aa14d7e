// A list that is walked: a file names a handful.
// SPDX-License-Identifier: MIT
#include "loader/scan/kuberef.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>

static bool is_of(const struct kuberef *ref, const char *kind, const char *object)
{
	return text_equal(ref->kind, kind) && text_equal(ref->object, object);
}

int kuberef_add(struct kuberefs *refs, const struct kuberef *ref)
{
	struct kuberef *kept;

	refs->cut |= refs->count == KUBEREF_MAX;
	if (refs->cut)
		return 0;
	if (!refs->items)
		refs->items = pool_array(refs->pool, KUBEREF_MAX, sizeof(*refs->items));
	if (!refs->items)
		return -ENOMEM;
	kept = &refs->items[refs->count];
	*kept = *ref;
	kept->object = pool_copy(refs->pool, ref->object);
	kept->item = ref->item ? pool_copy(refs->pool, ref->item) : NULL;
	kept->variable = pool_copy(refs->pool, ref->variable);
	kept->who = pool_copy(refs->pool, ref->who);
	kept->path = pool_copy(refs->pool, ref->path);
	if (!kept->object || (ref->item && !kept->item) || !kept->variable || !kept->who ||
		!kept->path)
		return -ENOMEM;
	refs->count++;
	return 0;
}

void kuberef_meet(struct kuberefs *refs, const char *kind, const char *object)
{
	for (size_t i = 0; i < refs->count; i++)
		refs->items[i].met = refs->items[i].met || is_of(&refs->items[i], kind, object);
}

const char *kuberef_name(const struct kuberef *ref, const char *kind, const char *object,
	const char *item, char *out, size_t size)
{
	if (!is_of(ref, kind, object))
		return NULL;
	if (ref->item)
		return text_equal(ref->item, item) && !text_equal(ref->variable, item)
			       ? ref->variable
			       : NULL;
	if (!*ref->variable || snprintf(out, size, "%s%s", ref->variable, item) >= (int)size)
		return NULL;
	return out;
}
