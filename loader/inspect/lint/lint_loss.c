// Compares the meant value with the portable reading, which keeps what is written. A reference is a
// `$` with a name that a file of the call sets.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_loss.h"

#include "lib/base/ascii.h"
#include "lib/base/map.h"
#include "loader/inspect/lint/lint.h"
#include "loader/read/dialects/dialect.h"

#include <errno.h>

// ---- what is lost

// Whether every byte of the text is in the value, in the same order.
static bool holds(struct span value, struct span text)
{
	size_t found = 0;

	for (size_t i = 0; i < value.length && found < text.length; i++)
		found += value.at[i] == text.at[found];
	return found == text.length;
}

static struct span plain_value(const struct lint_loss_request *request)
{
	if (request->plain && request->plain->effect == LINT_VALUE)
		return request->plain->value;
	return request->file->written.items[request->item].value;
}

// ---- references

struct reference {
	struct span token, name; // "${NAME" or "$NAME"; empty: there is none
	bool here, elsewhere;    // which files set the name
};

static struct reference reference_at(const uint8_t *dollar, const uint8_t *end)
{
	const uint8_t *start = dollar + 1, *at;

	if (start < end && *start == '{')
		start++;
	for (at = start; at < end && ascii_is_name(*at, at == start);)
		at++;
	return (struct reference){
		.token = span_between(dollar, at), .name = span_between(start, at)};
}

static bool sets(const struct lint_file *file, struct span name)
{
	return file->written.count &&
	       map_find(file->written.names, (const char *)name.at, name.length) != MAP_ABSENT;
}

static void find_files(const struct lint_loss_request *request, struct reference *reference)
{
	struct lint_file *const *files = request->lint->files.items;
	struct span own = request->file->written.items[request->item].name;

	reference->here = !span_equal(reference->name, own) && sets(request->file, reference->name);
	for (size_t i = 0; i < request->lint->files.count; i++)
		reference->elsewhere |=
			files[i] != request->file && sets(files[i], reference->name);
}

static bool has_token(const struct lint_outcome *outcome, struct span token)
{
	return memmem(outcome->value.at, outcome->value.length, token.at, token.length) != NULL;
}

// Whether a compared loader puts something in the reference's place.
static bool is_resolved(const struct lint_loss_request *request, struct span token)
{
	const struct lint_outcome *at = &request->file->outcomes[request->item];

	for (; at; at = at->next)
		if ((at->loaders & request->lint->mask) && at->effect == LINT_VALUE &&
			!has_token(at, token))
			return true;
	return false;
}

// The first reference whose value nobody said how to write.
static struct reference find_reference(
	const struct lint_loss_request *request, const struct lint_outcome *meant)
{
	struct span value = request->file->written.items[request->item].value;
	const uint8_t *at = value.at, *end = span_end(value);

	for (; (at = span_find(span_between(at, end), '$')); at++) {
		struct reference reference = reference_at(at, end);

		if (!reference.name.length)
			continue;
		find_files(request, &reference);
		if (!reference.here && !reference.elsewhere)
			continue;
		if (!is_resolved(request, reference.token))
			continue;
		if (!request->asked || (reference.elsewhere && !has_token(meant, reference.token)))
			return reference;
	}
	return (struct reference){0};
}

static const char *resolver_of(const struct lint_loss_request *request, struct span token)
{
	const struct lint *lint = request->lint;

	for (size_t i = 0; i < lint->options.loader_count; i++) {
		const struct lint_outcome *outcome =
			lint_outcome_of(&request->file->outcomes[request->item], UINT64_C(1) << i);

		if (outcome && outcome->effect == LINT_VALUE && !has_token(outcome, token))
			return lint->options.loaders[i]->name;
	}
	return lint->options.reference->name;
}

static int judge_reference(
	const struct lint_loss_request *request, struct reference reference, struct lint_loss *loss)
{
	const char *resolver = resolver_of(request, reference.token);
	struct pool *pool = request->lint->options.pool;

	loss->text = pool_format(pool,
		reference.elsewhere ? "%s resolves its reference to a key of another file"
				    : "%s resolves its reference to a key of this file",
		resolver);
	if (reference.elsewhere)
		loss->hint = "write the value out by hand, or --dialect portable keeps the "
			     "reference as text";
	else
		loss->hint = pool_format(pool,
			"--dialect %s writes the value that %s makes of it; --dialect portable "
			"keeps the reference as text",
			resolver, resolver);
	return loss->text && loss->hint ? 0 : -ENOMEM;
}

// A '#' right behind the separator may be a comment, or the first byte of a secret.
static bool is_all_hash(const struct lint_loss_request *request)
{
	struct span right = request->file->written.items[request->item].right;

	return right.length && *right.at == '#';
}

static int judge_value(const struct lint_loss_request *request, struct span meant,
	const char *meaning, struct lint_loss *loss)
{
	struct span plain = plain_value(request);
	struct pool *pool = request->lint->options.pool;

	if (!meant.length && (plain.length || is_all_hash(request))) {
		loss->text = pool_format(pool, "%s reads nothing where a value stands", meaning);
		loss->hint = plain.length ? "--dialect portable writes what stands there"
					  : "--dialect literal writes what stands there";
	} else if (!request->asked && !holds(meant, plain)) {
		loss->text = pool_format(
			pool, "%s drops or replaces a part of what stands there", meaning);
		loss->hint = pool_format(pool,
			"--dialect portable writes what stands there; --dialect %s writes what %s "
			"makes of it",
			meaning, meaning);
	} else {
		return 0;
	}
	return loss->text && loss->hint ? 0 : -ENOMEM;
}

int lint_loss_judge(const struct lint_loss_request *request, struct lint_loss *ret_loss)
{
	const struct lint *lint = request->lint;
	const struct lint_outcome *meant =
		lint_outcome_of(&request->file->outcomes[request->item], lint->reference);
	struct reference reference = find_reference(request, meant);
	struct lint_loss loss = {0};
	int code;

	if (reference.name.length)
		code = judge_reference(request, reference, &loss);
	else
		code = judge_value(request, meant->value, lint->options.reference->name, &loss);
	if (code == 0)
		*ret_loss = loss;
	return code;
}
