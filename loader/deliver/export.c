// The table of forms, and the one writer of all dialects: a spelling for each key, then the whole
// file read back.
// SPDX-License-Identifier: MIT
#include "loader/deliver/export.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/draft.h"
#include "lib/value/finding.h"
#include "loader/deliver/launch.h"
#include "loader/read/dialects/dialect.h"
#include "loader/resolve/resolution.h"

#include <assert.h>
#include <errno.h>

static int write_lines(struct exporting *exporting);

static const struct export_format formats[] = {
	{"json", NULL, NULL, export_forms_json},
	{"process", NULL, NULL, export_forms_process},
	{"shell", "sh", "export ", write_lines},
	{"kubernetes-secret", NULL, NULL, export_forms_kubernetes_secret},
	{"github-env", NULL, NULL, export_forms_github_env},
};

const struct export_format *export_format_at(size_t index)
{
	return index < ARRAY_SIZE(formats) ? &formats[index] : NULL;
}

bool export_find(const char *name, struct export_format *ret_format)
{
	const struct dialect *dialect = dialect_find(name);

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!text_equal(formats[i].name, name))
			continue;
		*ret_format = formats[i];
		return true;
	}
	if (!dialect)
		return false;
	*ret_format = (struct export_format){
		.name = dialect->name,
		.dialect = dialect->name,
		.write = write_lines,
	};
	return true;
}

const char *export_nearest(const char *name)
{
	static const struct {
		const char *called, *name;
	} others[] = {
		{"github", "github-env"},
		{"github-actions", "github-env"},
		{"gha", "github-env"},
		{"k8s", "kubernetes-secret"},
		{"kubernetes", "kubernetes-secret"},
		{"secret", "kubernetes-secret"},
		{"docker-compose", "compose"},
		{"bash", "shell"},
		{"zsh", "shell"},
	};
	const char *words[64] = {NULL};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (text_equal(others[i].called, name))
			return others[i].name;
	for (size_t i = 0; export_format_at(i) && count + 1 < ARRAY_SIZE(words); i++)
		words[count++] = export_format_at(i)->name;
	for (size_t i = 0; dialect_at(i) && count + 1 < ARRAY_SIZE(words); i++)
		words[count++] = dialect_at(i)->name;
	return text_nearest(name, words);
}

void export_refuse(struct exporting *exporting, size_t index, const char *reason)
{
	const struct bundle *bundle = &exporting->resolution->bundle;
	struct span name = exporting->pairs[index].name;
	const struct bundle_key *key = bundle_find(bundle, (const char *)name.at);
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	char origin[ORIGIN_TEXT_SIZE] = "", hint[ERR_HINT_SIZE];

	(void)snprintf(hint, sizeof(hint),
		"export for another loader, encode the value, e.g. as base64, or keep it out: "
		"inject = "
		"no under [key %.*s], with apps = NAME there and --name NAME for this reader only",
		(int)(name.length < 64 ? name.length : 64), (const char *)name.at);
	if (winner && winner->origin.place)
		(void)origin_text(winner->origin, origin, sizeof(origin));
	finding_add(exporting->resolution->diag, FINDING_CANNOT_HOLD,
		&(struct finding_about){
			.key = (const char *)name.at, .origin = origin, .hint = hint},
		"%s cannot hold it: %s", exporting->format->name, reason);
	exporting->refused = true;
}

// ---- a dialect's lines

static int add_line(struct exporting *exporting, struct spelling *spelling,
	const struct dialect *dialect, size_t index)
{
	const struct spelling_request request = {
		.dialects = &dialect,
		.count = 1,
		.prefix = exporting->format->prefix,
		.any_shell = text_equal(dialect->name, "sh"),
		.pair = exporting->pairs[index],
	};
	struct spelling_answer answer;
	int code = spelling_find(spelling, &request, &answer);

	if (code < 0)
		return code;
	if (code == SPELLING_E_NONE) {
		export_refuse(exporting, index, answer.reason);
		return 0;
	}
	draft_put(exporting->draft, answer.line.at, answer.line.length);
	draft_put_text(exporting->draft, "\n");
	return 0;
}

// A comment says where the file came from, where the loader knows comments.
static int add_header(
	struct exporting *exporting, struct spelling *spelling, const struct dialect *dialect)
{
	struct draft *draft = exporting->draft;
	int code;

	draft_put_text(draft, "# made by samekey " SAMEKEY_VERSION " for ");
	draft_put_text(draft, exporting->format->name);
	draft_put_text(draft, "\n");
	if (draft->failed)
		return -ENOMEM;
	code = spelling_reads_back(
		spelling, dialect, (struct span){draft->bytes, draft->length}, NULL, 0);
	if (code == SPELLING_E_NONE)
		draft->length = 0;
	return code < 0 ? code : 0;
}

// Each line alone was read back; all of them together are as well, or nobody gets them.
static int judge_whole(
	struct exporting *exporting, struct spelling *spelling, const struct dialect *dialect)
{
	struct span file = {exporting->draft->bytes, exporting->draft->length};
	int code = spelling_reads_back(spelling, dialect, file, exporting->pairs, exporting->count);

	if (code == SPELLING_E_NONE) {
		finding_add(exporting->resolution->diag, FINDING_CANNOT_HOLD, NULL,
			"%s holds each key, but not all of them in one file",
			exporting->format->name);
		exporting->refused = true;
	}
	return code < 0 ? code : 0;
}

static int write_lines(struct exporting *exporting)
{
	const struct dialect *dialect = dialect_find(exporting->format->dialect);
	own(spelling_release) struct spelling *spelling =
		spelling_new(exporting->resolution->arena);
	int code;

	assert(dialect); // export_find, or a row above
	code = spelling ? add_header(exporting, spelling, dialect) : -ENOMEM;

	for (size_t i = 0; i < exporting->count && code == 0; i++)
		code = add_line(exporting, spelling, dialect, i);
	if (code == 0 && exporting->draft->failed)
		code = -ENOMEM;
	if (code == 0 && !exporting->refused)
		code = judge_whole(exporting, spelling, dialect);
	return code;
}

// ---- the whole

static int list_pairs(struct exporting *exporting)
{
	const struct bundle *bundle = &exporting->resolution->bundle;

	exporting->pairs = pool_array(
		exporting->resolution->pool, bundle->key_count + 1, sizeof(*exporting->pairs));
	if (!exporting->pairs)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];
		struct secret value;

		if (!launch_gives(key))
			continue;
		value = bundle_winner(key)->value;
		exporting->pairs[exporting->count++] = (struct spelling_pair){
			span_of(key->name), {secret_bytes(value), value.length}};
	}
	return 0;
}

int export_write(const struct resolution *resolution, const struct export_format *format,
	struct draft *draft, size_t *ret_count)
{
	struct exporting exporting = {.resolution = resolution, .format = format, .draft = draft};
	int code = list_pairs(&exporting);

	if (code == 0)
		code = format->write(&exporting);
	if (code == 0 && draft->failed)
		code = -ENOMEM;
	if (code == 0 && exporting.refused)
		code = EXPORT_E_REFUSED;
	if (code == 0)
		*ret_count = exporting.count;
	return code;
}
