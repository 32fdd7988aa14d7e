// A code that is misspelt would let nothing pass, and nobody would know: it is refused.
// SPDX-License-Identifier: MIT
#include "loader/resolve/allowance.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"

#include <errno.h>

#define INHERITED_MAX 4096u // bytes of the variable

static int judge_code(const char *code, const char *where, struct err *err)
{
	const struct finding_kind *kind = finding_by_code(code);
	const char *near = finding_nearest(code);
	char shown[80];

	if (kind && finding_may_pass(kind))
		return 0;
	if (kind) {
		(void)err_set(err, -EINVAL, where, "nothing lets '%s' pass", code);
		return err_hint(err, "%s", kind->fix);
	}
	(void)err_set(err, -EINVAL, where, "no finding has the code '%s'",
		shape_show(shown, sizeof(shown), code));
	return near ? err_hint(err, "did you mean '%s'?", near)
		    : err_hint(err, "samekey help findings lists the codes");
}

int allowance_read(const char *word, const char *where, struct pool *pool,
	struct bundle_allowed *ret_allowed, struct err *err)
{
	const char *colon = strchr(word, ':');
	struct bundle_allowed allowed = {
		.code = pool_text(pool, word, colon ? (size_t)(colon - word) : strlen(word)),
		.key = pool_copy(pool, colon ? colon + 1 : ""),
	};

	if (!allowed.code || !allowed.key)
		return err_no_memory(err);
	if (judge_code(allowed.code, where, err) < 0)
		return -EINVAL;
	if (colon && !bundle_is_key_name(allowed.key)) {
		(void)err_set(
			err, -EINVAL, where, "no key's name stands behind '%s:'", allowed.code);
		return err_hint(err, "%s:KEY allows it for one key, %s for every key", allowed.code,
			allowed.code);
	}
	*ret_allowed = allowed;
	return 0;
}

static int add(const char *word, const char *where, struct pool *pool, struct pool_list *list,
	struct err *err)
{
	struct bundle_allowed *slot;

	if (list->count == BUNDLE_ALLOWED_MAX) {
		(void)err_set(err, -EINVAL, where, "over %d entries", BUNDLE_ALLOWED_MAX);
		return err_hint(err, "a CODE without a KEY allows it for every key");
	}
	slot = pool_push(pool, list, sizeof(*slot));
	return slot ? allowance_read(word, where, pool, slot, err) : err_no_memory(err);
}

int allowance_read_all(const char *const *words, size_t count, const char *inherited,
	struct pool *pool, struct pool_list *ret_list, struct err *err)
{
	struct pool_list list = {0};
	char *rest, *word;
	int code = 0;

	for (size_t i = 0; i < count && code == 0; i++)
		code = add(words[i], "--allow", pool, &list, err);
	if (inherited && strlen(inherited) > INHERITED_MAX)
		return err_set(err, -EINVAL, "SAMEKEY_ALLOW", "too long");
	rest = pool_copy(pool, inherited ? inherited : "");
	if (!rest)
		return err_no_memory(err);
	while (code == 0 && (word = strsep(&rest, ", ")))
		if (*word)
			code = add(word, "SAMEKEY_ALLOW", pool, &list, err);
	if (code == 0)
		*ret_list = list;
	return code;
}

int allowance_apply(const struct bundle_allowed *allowed, size_t count, struct diag *diag)
{
	int code = 0;

	for (size_t i = 0; i < count && code == 0; i++)
		code = diag_allow(diag, allowed[i].code, *allowed[i].key ? allowed[i].key : NULL);
	return code;
}
