// A function a type of record. What is alike in a place is one item, found again by a map; what an
// env file holds belongs to the finding about that file.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/scanned.h"

#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "loader/inspect/built/lasting.h"
#include "loader/inspect/built/residue.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>

#define WRITTEN_MOST 6      // bytes that the longest form of a byte takes: \u0041
#define TOKEN_ID_SIZE 13    // 12 hex digits of a token's SHA-256
#define KEYS_SHOWN_SIZE 400 // of an env file

struct judging {
	const struct scanned_question *question;
	struct pool *pool;
	struct map *known;      // identity to index in items
	struct pool_list items; // struct scanned_item
};

// Something to say, before it is known whether the same was said already.
struct remark {
	enum finding finding;
	enum diag_severity severity;
	const struct scanreport *record;
	const char *text, *hint; // NULL: memory was short; a hint: the finding's own
};

// ---- places

static bool has_folder(const struct scanreport *record, const char *folder)
{
	size_t length = strlen(folder);

	for (size_t i = 0; i <= record->place.inside_count; i++) {
		const char *path = i ? record->place.inside[i - 1] : record->place.path;

		for (const char *at = path; (at = strstr(at, folder)); at++)
			if ((at == path || at[-1] == '/') && at[length] == '/')
				return true;
	}
	return false;
}

static bool is_of_package(const struct scanreport *record)
{
	return has_folder(record, "node_modules");
}

// What only speeds up the next build, and is not what runs.
static bool is_cache(const struct scanreport *record)
{
	static const char *const folders[] = {
		".next/cache", ".cache", ".turbo", ".parcel-cache", ".vite", ".nuxt/cache"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (has_folder(record, folders[i]))
			return true;
	return false;
}

// The containers one in another, and with `stable` without what changes from build to build: a
// frame is called "zstd@1234" by its offset.
static const char *join_place(const struct scanreport *record, bool stable, struct pool *pool)
{
	const char *text = record->place.path;

	for (size_t i = 0; text && i < record->place.inside_count; i++) {
		const char *inside = record->place.inside[i], *at = strrchr(inside, '@');
		bool frame = at && at[1] && !at[1 + strspn(at + 1, "0123456789")];

		text = pool_format(pool, "%s!%.*s", text,
			stable && frame ? (int)(at - inside) : (int)strlen(inside), inside);
	}
	return text;
}

static const char *show_place(const struct scanreport *record, struct pool *pool)
{
	const char *place = join_place(record, false, pool);
	bool counts = record->type == SCANREPORT_VALUE || record->type == SCANREPORT_OLD ||
		      record->type == SCANREPORT_PLACEHOLDER || record->type == SCANREPORT_TOKEN;

	if (!place || !counts)
		return place;
	if (record->place.line)
		return pool_format(pool, "%s:%llu", place, (unsigned long long)record->place.line);
	return pool_format(
		pool, "%s at byte %llu", place, (unsigned long long)record->place.offset);
}

// ---- items

static int add(struct judging *judging, const struct remark *remark)
{
	const struct scanned_question *question = judging->question;
	const struct scanreport *record = remark->record;
	const char *place = join_place(record, true, judging->pool);
	const char *code = finding_kind(remark->finding)->code;
	const char *name = place ? pool_format(judging->pool, "%s\n%s\n%s\n%s\n%s\n%s", place, code,
					   record->key, record->kind, record->form,
					   *record->key   ? ""
					   : remark->text ? remark->text
							  : "")
				 : NULL;
	struct scanned_item *item = judging->items.items;
	size_t index;

	if (!name || !remark->text)
		return -ENOMEM;
	index = map_find(judging->known, name, strlen(name));
	if (item && index != MAP_ABSENT) {
		item[index].count++;
		return 0;
	}
	index = judging->items.count;
	item = pool_push(judging->pool, &judging->items, sizeof(*item));
	if (!item || map_put(judging->known, name, strlen(name), index) < 0)
		return -ENOMEM;
	*item = (struct scanned_item){.finding = remark->finding,
		.severity = remark->severity,
		.record = record,
		.where = show_place(record, judging->pool),
		.place = place,
		.lasting = lasting_place(place, judging->pool),
		.key = record->key,
		.kind = record->kind,
		.form = record->form,
		.text = remark->text,
		.hint = remark->hint ? remark->hint : finding_kind(remark->finding)->fix,
		.count = 1,
		.accepted = finding_is_allowed(
			remark->finding, record->key, question->allow, question->allow_count)};
	return item->where && item->lasting ? 0 : -ENOMEM;
}

// An error, but a warning in what is no part of the output.
static enum diag_severity severity_at(const struct scanreport *record)
{
	return is_cache(record) ? DIAG_WARNING : DIAG_ERROR;
}

static const char *cache_text(const struct scanreport *record)
{
	return is_cache(record) ? ", in a build cache" : "";
}

// How it is written, unless as it is.
static const char *form_text(const struct scanreport *record, struct pool *pool)
{
	if (!*record->form || text_equal(record->form, "raw"))
		return "";
	return pool_format(pool, ", written as %s", record->form);
}

// ---- values

static size_t length_of_current(const struct scanjob *job, const char *key)
{
	for (size_t i = 0; i < job->value_count; i++)
		if (job->values[i].kind == SCANJOB_CURRENT && text_equal(job->values[i].key, key))
			return job->values[i].value.length;
	return 0;
}

static bool is_same_stream(const struct scanreport *a, const struct scanreport *b)
{
	if (a->place.inside_count != b->place.inside_count ||
		!text_equal(a->place.path, b->place.path))
		return false;
	for (size_t i = 0; i < a->place.inside_count; i++)
		if (!text_equal(a->place.inside[i], b->place.inside[i]))
			return false;
	return true;
}

// Whether it is but a part of a current value that stands there.
static bool is_covered(const struct judging *judging, const struct scanreport *record)
{
	const struct residue *residue = judging->question->residue;

	for (size_t i = 0; i < residue->count; i++) {
		const struct scanreport *other = &residue->records[i];
		uint64_t from = other->place.offset;

		if (other->type == SCANREPORT_VALUE && text_equal(other->kind, "current") &&
			record->place.offset >= from && is_same_stream(record, other) &&
			record->place.offset - from <
				WRITTEN_MOST *
					length_of_current(judging->question->job, other->key))
			return true;
	}
	return false;
}

static int judge_value(struct judging *judging, const struct scanreport *record)
{
	static const struct {
		const char *kind;
		enum finding finding;
		const char *text;
	} rows[] = {
		{"current", FINDING_FROZEN_VALUE, "holds the current value"},
		{"sentinel", FINDING_FROZEN_VALUE, "holds the stand-in that the build was given"},
		{"shadowed", FINDING_FROZEN_OLD, "holds a value that lost"},
		{"reading", FINDING_FROZEN_OLD, "holds what another loader reads"},
		{"", FINDING_FROZEN_OLD, "holds an older value"},
	};
	struct remark remark = {.record = record, .severity = severity_at(record)};
	const char *form = form_text(record, judging->pool);
	size_t i = 0;

	while (*rows[i].kind && !text_equal(rows[i].kind, record->kind))
		i++;
	if (rows[i].finding == FINDING_FROZEN_OLD && is_covered(judging, record))
		return 0;
	remark.finding = rows[i].finding;
	if (form)
		remark.text = pool_format(judging->pool, "%s%s%s%s%s%s", rows[i].text,
			*record->origin ? " (" : "", record->origin, *record->origin ? ")" : "",
			form, cache_text(record));
	return add(judging, &remark);
}

// Code that is not run: a cache, or the sources that a map tells of.
static bool is_idle(const struct scanreport *record)
{
	return is_cache(record) || text_ends(record->place.path, ".map");
}

static int judge_placeholder(struct judging *judging, const struct scanreport *record)
{
	static const enum diag_severity severities[2][2] = {
		{DIAG_WARNING, DIAG_NOTE}, // guarded: where it is run, and where it is not
		{DIAG_ERROR, DIAG_WARNING},
	};
	bool folded = text_equal(record->state, "folded");

	return add(judging,
		&(struct remark){.finding = FINDING_FALLBACK_PLACEHOLDER,
			.severity = severities[folded][is_idle(record) || is_of_package(record)],
			.record = record,
			.text = record->text});
}

// ---- tokens

static const struct scanned_signer *find_signer(const struct judging *judging, const char *token)
{
	for (size_t i = 0; i < judging->question->signer_count; i++)
		if (text_equal(judging->question->signers[i].token, token))
			return &judging->question->signers[i];
	return NULL;
}

static void token_id(const char *token, char ret_id[static TOKEN_ID_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
	(void)sodium_bin2hex(ret_id, TOKEN_ID_SIZE, hash, TOKEN_ID_SIZE / 2);
}

// Whoever has a secret of the app signed it; or everybody could have.
static enum diag_severity severity_of_signer(const char *what)
{
	static const struct {
		const char *what;
		enum diag_severity severity;
	} rows[] = {
		{"winner", DIAG_ERROR},
		{"retired", DIAG_ERROR},
		{"pending", DIAG_ERROR},
		{"shadowed", DIAG_ERROR},
		{"reading", DIAG_ERROR},
		{"near-miss", DIAG_ERROR},
		{"placeholder", DIAG_WARNING},
		{"empty", DIAG_WARNING},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_equal(rows[i].what, what))
			return rows[i].severity;
	return DIAG_NOTE;
}

static int judge_token(struct judging *judging, const struct scanreport *record)
{
	const struct scanned_signer *signer = find_signer(judging, record->token);
	struct remark remark = {.finding = FINDING_FROZEN_TOKEN, .record = record};
	char id[TOKEN_ID_SIZE];

	token_id(record->token, id);
	if (signer && signer->judged)
		remark.severity = severity_of_signer(signer->what);
	if (remark.severity == DIAG_WARNING && is_of_package(record))
		remark.severity = DIAG_NOTE;
	if (remark.severity == DIAG_ERROR)
		remark.severity = severity_at(record);
	if (signer && signer->judged)
		remark.text = pool_format(judging->pool, "a token (%s%s%s, SHA-256 %s...), %s%s",
			*signer->algorithm ? signer->algorithm : "no alg",
			*signer->kid ? ", kid " : "", signer->kid, id, signer->text,
			cache_text(record));
	else
		remark.text = pool_format(judging->pool,
			"a token (SHA-256 %s...) that was not judged: %s", id,
			signer ? signer->text : "there are too many");
	return add(judging, &remark);
}

// ---- files, and what was left out

static int judge_file(struct judging *judging, const struct scanreport *record)
{
	bool env = record->type == SCANREPORT_ENV_FILE;

	return add(judging,
		&(struct remark){
			.finding = env ? FINDING_SHIPPED_ENV_FILE : FINDING_SHIPPED_KEY_FILE,
			.severity = is_of_package(record) ? DIAG_NOTE : severity_at(record),
			.record = record,
			.text = pool_format(judging->pool, "%s is part of it%s", record->text,
				cache_text(record))});
}

static int judge_skipped(struct judging *judging, const struct scanreport *record)
{
	enum finding finding = FINDING_SCAN_INCOMPLETE;

	if (*record->key && !*record->place.path)
		finding = FINDING_VALUE_NOT_SEARCHED;
	else if (text_equal(record->state, "foreign"))
		finding = FINDING_NOT_OPENED;
	return add(judging, &(struct remark){.finding = finding,
				    .severity = finding_kind(finding)->severity,
				    .record = record,
				    .text = record->text});
}

// The files that the values come from; a copy that a build made is none of them.
static bool is_own(const struct judging *judging, const struct scanreport *record)
{
	const struct found_file *file;
	struct stat facts;

	if (record->place.inside_count || !*record->place.path ||
		stat(record->place.path, &facts) < 0)
		return false;
	file = resolution_file(judging->question->resolution, &facts);
	return file && !file->build_copy;
}

static int judge_record(struct judging *judging, const struct scanreport *record)
{
	static int (*const judges[SCANREPORT_TYPES])(
		struct judging * judging, const struct scanreport *record) = {
		[SCANREPORT_VALUE] = judge_value,
		[SCANREPORT_OLD] = judge_value,
		[SCANREPORT_PLACEHOLDER] = judge_placeholder,
		[SCANREPORT_TOKEN] = judge_token,
		[SCANREPORT_ENV_FILE] = judge_file,
		[SCANREPORT_KEY_FILE] = judge_file,
		[SCANREPORT_SKIPPED] = judge_skipped,
	};

	if (!judges[record->type] ||
		(record->type != SCANREPORT_SKIPPED && is_own(judging, record)))
		return 0;
	return judges[record->type](judging, record);
}

// ---- what is no record

// Something about the app itself, as if it had been found.
static int add_own(struct judging *judging, enum finding finding, const char *key,
	const char *where, const char *text)
{
	struct scanreport *record = pool_take(judging->pool, sizeof(*record));

	if (!record)
		return -ENOMEM;
	*record = (struct scanreport){.type = SCANREPORT_SKIPPED,
		.place.path = where,
		.key = key,
		.origin = "",
		.kind = "",
		.form = "",
		.state = "",
		.text = text,
		.token = ""};
	return add(judging, &(struct remark){.finding = finding,
				    .severity = finding_kind(finding)->severity,
				    .record = record,
				    .text = text});
}

// Values that are not known cannot be searched.
static int judge_unread(struct judging *judging)
{
	const struct diag *diag = judging->question->resolution->diag;
	int code = 0;

	for (size_t i = 0; i < diag_size(diag) && code == 0; i++) {
		const struct diag_item *item = diag_at(diag, i);
		const struct finding_kind *kind = finding_by_code(item->code);

		if (item->severity != DIAG_ERROR || !kind ||
			(kind->exit != EXIT_DATA && kind->exit != EXIT_NO_INPUT &&
				kind->exit != EXIT_DENIED))
			continue;
		code = add_own(judging, FINDING_SCAN_INCOMPLETE, item->key, item->origin,
			pool_format(
				judging->pool, "what is there was not searched: %s", item->text));
	}
	return code;
}

static int judge_examples(struct judging *judging)
{
	const struct bundle *bundle = &judging->question->resolution->bundle;
	int code = 0;

	for (size_t i = 0; i < bundle->key_count && code == 0; i++) {
		const struct candidate *winner = bundle_winner(&bundle->keys[i]);

		if (winner && bundle->keys[i].flags & BUNDLE_KEY_SECRET &&
			winner->value.length >= SCANJOB_SEARCHED_MIN &&
			placeholder_is_known(winner->value))
			code = add_own(judging, FINDING_VALUE_NOT_SEARCHED, bundle->keys[i].name,
				"", "it is a public example, which may stand anywhere");
	}
	return code;
}

// ---- the whole

// What an env file holds is said with the file, and not once more.
// Returns: 0 or -ENOMEM.
static int fold_env_file(struct judging *judging, struct scanned_item *file)
{
	struct scanned_item *items = judging->items.items;
	char keys[KEYS_SHOWN_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; i < judging->items.count; i++) {
		struct scanned_item *item = &items[i];

		if (!item->count || !text_equal(item->place, file->place) ||
			(item->finding != FINDING_FROZEN_VALUE &&
				item->finding != FINDING_FROZEN_OLD))
			continue;
		item->count = 0;
		if (used < sizeof(keys) && !strstr(keys, item->key))
			used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s",
				used ? ", " : "", item->key);
	}
	if (!used)
		return 0;
	file->text = pool_format(judging->pool, "%s, with values of %s", file->text, keys);
	return file->text ? 0 : -ENOMEM;
}

static int fold_env_files(struct judging *judging)
{
	struct scanned_item *items = judging->items.items;
	size_t kept = 0;
	int code = 0;

	for (size_t i = 0; i < judging->items.count && code == 0; i++)
		if (items[i].finding == FINDING_SHIPPED_ENV_FILE)
			code = fold_env_file(judging, &items[i]);
	for (size_t i = 0; i < judging->items.count; i++)
		if (items[i].count)
			items[kept++] = items[i];
	judging->items.count = kept;
	return code;
}

// The worst first; the order in which they were found stays.
static int sort_items(struct judging *judging, struct scanned *scanned)
{
	const struct scanned_item *items = judging->items.items;
	struct scanned_item *sorted =
		pool_array(judging->pool, judging->items.count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (int severity = DIAG_ERROR; severity >= DIAG_NOTE; severity--)
		for (size_t i = 0; i < judging->items.count; i++)
			if (items[i].severity == (enum diag_severity)severity)
				sorted[scanned->count++] = items[i];
	scanned->items = sorted;
	return 0;
}

// What only differs in what a build makes anew is told apart by its turn.
static int number_twins(struct judging *judging, const struct scanned *scanned)
{
	map_clear(judging->known);
	for (size_t i = 0; i < scanned->count; i++) {
		struct scanned_item *item = &scanned->items[i];
		const char *name = pool_format(judging->pool, "%s\n%s\n%s\n%s\n%s", item->lasting,
			finding_kind(item->finding)->code, item->key, item->kind, item->form);
		size_t before = name ? map_find(judging->known, name, strlen(name)) : 0;

		item->twin = before == MAP_ABSENT ? 0 : before;
		if (!name || map_put(judging->known, name, strlen(name), item->twin + 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

int scanned_judge(
	const struct scanned_question *question, struct pool *pool, struct scanned *ret_scanned)
{
	const struct residue *residue = question->residue;
	own(map_release) struct map *known = map_new();
	struct judging judging = {.question = question, .pool = pool, .known = known};
	struct scanned scanned = {.omitted = residue->omitted,
		.files = residue->files,
		.bytes = residue->bytes,
		.members = residue->members};
	int code = known ? 0 : -ENOMEM;

	for (size_t i = 0; i < residue->count && code == 0; i++)
		code = judge_record(&judging, &residue->records[i]);
	if (code == 0)
		code = judge_unread(&judging);
	if (code == 0)
		code = judge_examples(&judging);
	if (code == 0)
		code = fold_env_files(&judging);
	if (code == 0)
		code = sort_items(&judging, &scanned);
	if (code == 0)
		code = number_twins(&judging, &scanned);
	if (code == 0)
		*ret_scanned = scanned;
	return code;
}

size_t scanned_objections(const struct scanned *scanned, bool strict)
{
	size_t count = 0;

	for (size_t i = 0; i < scanned->count; i++)
		count += !scanned->items[i].accepted &&
			 (scanned->items[i].severity == DIAG_ERROR ||
				 (strict && scanned->items[i].severity == DIAG_WARNING));
	return count;
}
